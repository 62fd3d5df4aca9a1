"""Staff files change whole or not at all: several at once, whenever the process that writes them is killed.

    var/staff.lock       who holds it may read or change staff files; the kernel takes it back from whoever dies
    var/staff-change/    a change that is decided: the new files and `change.json`; whoever takes the lock next ends it
    var/staff-written.json   which of the project's own files staff wrote, and what, where they write into the project

A change is written beside, then named by one rename: before it nothing happened, after it all of it will.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Iterator, Mapping

from bot.errors import StaffFileError
from bot.settings import PROJECT, Settings

# Where staff files may stand, and which: nothing that runs is among them.
AREAS = ("bot/content/", "nlu/data/", "tests/nlu/held_out/")
FILES = ("domain.yml", "stories/answers.yml")
SUFFIXES = (".yml", ".md")
# What the console notes of releases, for whoever reviews them; nothing checks, trains on or serves it.
NOTES = "releases/"
_LOCK, _CHANGE, _LIST, _WRITTEN = "staff.lock", "staff-change", "change.json", "staff-written.json"


def staff_root(settings: Settings) -> Path:
    """Where staff files are written: `IMH_STAFF_DIR`, or the project itself. Laid out like the project either way."""
    return settings.staff_dir or PROJECT


def place(root: Path, name: str) -> Path:
    """The file of that name under `root`, such as `nlu/data/staff/contact.yml`.

    Raises StaffFileError where no staff file may have the name, or where a link on the way would lead elsewhere.
    """
    parts = PurePosixPath(name).parts
    if ("\0" in name or "\\" in name or name.startswith("/") or ".." in parts or any(part[:1] == "." for part in parts)
            or "/".join(parts) != name or not (name in FILES or name.startswith((*AREAS, NOTES)) and name.endswith(SUFFIXES))):
        raise StaffFileError(f"{name!r} is no name for a staff file.")
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise StaffFileError(f"{path.relative_to(root)} is a link. Put the file itself there.")
    return path


@contextmanager
def held(settings: Settings) -> Iterator[Path]:
    """The staff folder while nobody else changes it; a change that somebody died over is ended first."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (settings.var_dir / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _end_change(settings)
        yield staff_root(settings)


def change(settings: Settings, files: Mapping[str, bytes | None]) -> list[Path]:
    """Write files by their names under the staff folder, None to take one away; all of them or none.

    The caller is inside `held`. Raises StaffFileError where a name is no staff file's, OSError where nothing can be
    written; nothing has changed then.
    """
    root = staff_root(settings)
    paths = [place(root, name) for name in files]
    with tempfile.TemporaryDirectory(dir=settings.var_dir, prefix=f"{_CHANGE}-") as scratch:
        folder = Path(scratch) / _CHANGE
        folder.mkdir()
        for name, data in files.items():
            if data is not None:
                _write(folder / _key(name), data)
        _write(folder / _LIST, json.dumps({name: data is not None for name, data in files.items()}).encode())
        os.rename(folder, settings.var_dir / _CHANGE)
        _sync(settings.var_dir)
    _end_change(settings)
    return paths


def _end_change(settings: Settings) -> None:
    """Do what was decided, as often as it takes: each step done twice is the same as once."""
    folder = settings.var_dir / _CHANGE
    if not folder.is_dir():
        return
    root = staff_root(settings)
    decided = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    if settings.staff_dir is None:
        _note_written(settings, {name: (folder / _key(name)).read_bytes() if kept else None
                                 for name, kept in decided.items()})
    for name, kept in decided.items():
        path = place(root, name)
        if kept:
            _replace(path, (folder / _key(name)).read_bytes())
        else:
            path.unlink(missing_ok=True)
    # The list goes last: without it nobody could tell an ended change from a broken one.
    done = Path(tempfile.mkdtemp(dir=settings.var_dir, prefix=f"{_CHANGE}-")) / "done"
    os.rename(folder, done)
    shutil.rmtree(done.parent)


def written_by_staff(settings: Settings) -> dict[str, str | None]:
    """The project's files that staff wrote or took away -> SHA-256 of what they wrote, None for a file taken away.

    Empty where staff have a folder of their own: what changes in the project then is never theirs.
    """
    path = settings.var_dir / _WRITTEN
    return json.loads(path.read_text(encoding="utf-8")) if settings.staff_dir is None and path.is_file() else {}


def _note_written(settings: Settings, files: Mapping[str, bytes | None]) -> None:
    """Before the files themselves: one that is noted and not written is as it was, which nobody takes for a change."""
    digests = {name: None if data is None else hashlib.sha256(data).hexdigest() for name, data in files.items()}
    written = {**written_by_staff(settings), **digests}
    _replace(settings.var_dir / _WRITTEN, json.dumps(written, indent=1, sort_keys=True).encode())


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # No suffix that anything here reads: a scratch left behind is nobody's data.
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        # As a new file would be, or as the one before it was: others may read the folder.
        os.fchmod(handle, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        file.write(data)
        file.flush()
        os.fsync(handle)
    os.replace(scratch, path)
    _sync(path.parent)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
