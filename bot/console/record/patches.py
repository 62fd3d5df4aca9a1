"""The record where there is no repository: the same commits as mails that `git am` and `git apply` take.

    var/record/<number>/   changes.patch, and what the files were after it; named by one rename, so whole or not there

The first is compared with the repository that the program came from, each further one with the one before.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tempfile
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Sequence

from bot import wiring
from bot.console.record.git import Author
from bot.settings import PROJECT, Settings
from bot.staff_files import AREAS, FILES, SUFFIXES, place, staff_root

_FOLDER, _PATCH, _LIST = "record", "changes.patch", "files.json"
_NUMBER = re.compile("[0-9]{6}")


def begin(settings: Settings) -> None:
    """Remember how the files are before staff change any, where nothing else does; once."""
    if settings.staff_dir is not None or _entries(settings):
        return
    files = [*(PROJECT / name for name in FILES),
             *(path for area in AREAS for path in (PROJECT / area).rglob("*") if path.suffix in SUFFIXES)]
    _keep(settings, "", {path.relative_to(PROJECT).as_posix(): path.read_bytes() for path in files if path.is_file()})


def add(settings: Settings, names: Sequence[str], message: str, author: Author, others: Sequence[Author] = ()) -> None:
    """Record what changed in these files since they were recorded last; nothing where nothing did."""
    after = {name: _now(settings, name) for name in dict.fromkeys(names)}
    diff = "".join(_diff(name, before, data) for name, data in sorted(after.items())
                   if (before := _before(settings, name)) != data)
    if diff:
        _keep(settings, _mail(message, author, others, diff), after)


def mails(settings: Settings, since: int = 0) -> bytes:
    """All patches after the one with the number `since`, oldest first."""
    return b"".join((entry / _PATCH).read_bytes() for entry in _entries(settings) if int(entry.name) > since)


def _entries(settings: Settings) -> list[Path]:
    folder = settings.var_dir / _FOLDER
    return sorted(path for path in folder.glob("*/") if _NUMBER.fullmatch(path.name)) if folder.is_dir() else []


def _keep(settings: Settings, mail: str, files: dict[str, bytes | None]) -> None:
    folder = settings.var_dir / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    entries = _entries(settings)
    # The first holds only what was there before, so that numbers begin at 1 whether or not it is needed.
    number = int(entries[-1].name) + 1 if entries else 1 if mail else 0
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        entry = Path(scratch) / "entry"
        entry.mkdir()
        (entry / _PATCH).write_text(mail, encoding="utf-8", newline="")
        (entry / _LIST).write_text(json.dumps({name: data is not None for name, data in files.items()}), encoding="utf-8")
        for name, data in files.items():
            if data is not None:
                (entry / _key(name)).write_bytes(data)
        os.rename(entry, folder / f"{number:06}")


def _before(settings: Settings, name: str) -> bytes | None:
    for entry in reversed(_entries(settings)):
        kept = json.loads((entry / _LIST).read_text(encoding="utf-8"))
        if name in kept:
            return (entry / _key(name)).read_bytes() if kept[name] else None
    return _read(PROJECT / name) if settings.staff_dir is not None else None


def _now(settings: Settings, name: str) -> bytes | None:
    path = place(staff_root(settings), name)
    if settings.staff_dir is None:
        return _read(path)
    if name in FILES and path.is_file():  # it holds what is added to the repository's
        text = (PROJECT / name).read_text(encoding="utf-8")
        return wiring.with_intents(name, text, wiring.intents_of(name, path.read_text(encoding="utf-8"))).encode()
    # Without the staff's own, the repository's is in force again.
    return _read(path) if path.is_file() else _read(PROJECT / name)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _mail(message: str, author: Author, others: Sequence[Author], diff: str) -> str:
    subject, _, body = message.partition("\n")
    # Git would take such a line for the end of the message, and what follows for a difference.
    body = re.sub(r"(?m)^(?=---|diff |Index: |From |@@)", " ", body.strip())
    # Git would take such a line for the end of the message, and what follows for a difference.
    trailers = "".join(f"Co-authored-by: {other}\n" for other in others)
    commit_id = hashlib.sha1(diff.encode("utf-8", "surrogateescape")).hexdigest()
    return (f"From {commit_id} Mon Sep 17 00:00:00 2001\nFrom: {author}\n"
            f"Date: {format_datetime(datetime.now(timezone.utc))}\nSubject: [PATCH] {subject}\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{body}\n{trailers and chr(10)}{trailers}---\n\n{diff}-- \nIMH staff console\n\n")


def _diff(name: str, before: bytes | None, after: bytes | None) -> str:
    """One file's difference in git's form."""
    mode = "new file mode 100644\n" if before is None else "deleted file mode 100644\n" if after is None else ""
    old, new = (f"a/{name}" if before is not None else "/dev/null"), (f"b/{name}" if after is not None else "/dev/null")
    lines = difflib.unified_diff(_lines(before), _lines(after), old, new, n=3)
    return f"diff --git a/{name} b/{name}\n{mode}" + "".join(_ended(line) for line in lines)


def _lines(data: bytes | None) -> list[str]:
    # At line feeds only: what else Python takes for an end of line, git does not.
    return re.findall(r"[^\n]*\n|[^\n]+", (data or b"").decode("utf-8"))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
