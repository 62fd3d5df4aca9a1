"""Commits in the operator's repository: only the files that were touched, by the member of staff, through the operator's
own hooks and signing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from bot.errors import ImhError

# A hook may run a linter; a signature that waits for somebody to type must not wait for ever.
TIMEOUT_S = 60
_TO_END_S = 5
_COMMITTER = ("-c", "committer.name=IMH staff console", "-c", "committer.email=console@staff.invalid")
_COMMITTER_EMAIL = "console@staff.invalid"
_LAST_LINES = 4
_COMMIT_ID = re.compile("[0-9a-f]{7,64}")


class RecordError(ImhError):
    """Nothing was recorded, and nothing is lost: the files are as they were written. `key` names the sentence in
    texts.yml, `detail` is what git said."""

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(f"{key}: {detail}")
        self.key = key
        self.detail = detail


@dataclass(frozen=True)
class Author:
    """Who did it, as git wants to know it."""

    name: str
    email: str

    def __str__(self) -> str:
        # What git would take as the end of the name, as an address, or as a line of its own.
        name = " ".join(re.sub(r"[<>@()\"\x00-\x1f\x7f]", " ", self.name).split())
        email = re.sub(r"[<>\x00-\x20\x7f]", "", self.email)
        return f"{name or 'staff'} <{email or 'nobody@staff.invalid'}>"


def is_working_tree(root: Path) -> bool:
    """Whether files under `root` can be committed: git is there, and a repository that does not ignore the folder."""
    if shutil.which("git") is None or not root.is_dir():
        return False
    return _run(root, "rev-parse", "--is-inside-work-tree").out.strip() == "true" \
        and _run(root, "check-ignore", "--quiet", "--", str(root)).code != 0


def commit(root: Path, names: Sequence[str], message: str, author: Author, others: Sequence[Author] = ()) -> str | None:
    """Commit these files and nothing else, whatever else is staged or changed; None where none of them changed.

    Raises RecordError where git, or a hook of the operator's, refuses; the index is then as it was.
    """
    changed = [name for name in dict.fromkeys(names) if _git(root, "status", "--porcelain", "--", _literal(name)).strip()]
    if not changed:
        return None
    # Git commits no path that it has never heard of.
    unknown = [name for name in changed if (root / name).exists() and not _git(root, "ls-files", "--", _literal(name)).strip()]
    if unknown:
        _git(root, "add", "--intent-to-add", "--", *map(_literal, unknown))
    trailers = [f"Co-authored-by: {other}" for other in others]
    done = _run(root, "commit", "--quiet", "--cleanup=whitespace", f"--author={author}", "--message", message,
                *(["--message", "\n".join(trailers)] if trailers else []), "--only", "--", *map(_literal, changed))
    if done.code:
        if unknown:
            _run(root, "reset", "--quiet", "--", *map(_literal, unknown))
        raise _refusal(done)
    return _git(root, "rev-parse", "HEAD").strip()


def mails(root: Path, since: str) -> bytes:
    """The console's commits after the commit `since` (all of them where it is empty), oldest first, for `git am`.

    Raises RecordError where there is no such commit.
    """
    if since and not _COMMIT_ID.fullmatch(since):
        raise RecordError("record.no_such_commit", since[:64])
    head = _run(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if head.code:
        return b""
    return _git(root, "log", "--reverse", "--no-merges", "--format=email", "--patch", "--binary", "--full-index",
                f"--committer={_COMMITTER_EMAIL}", f"{since}..HEAD" if since else "HEAD", "--").encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class _Done:
    code: int
    out: str
    err: str


def _literal(name: str) -> str:
    """A name as a name: what looks like a pattern in it is none."""
    return f":(literal){name}"


def _git(root: Path, *arguments: str) -> str:
    done = _run(root, *arguments)
    if done.code:
        raise _refusal(done)
    return done.out


def _run(root: Path, *arguments: str) -> _Done:
    with subprocess.Popen(["git", *_COMMITTER, *arguments], cwd=root, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            _end(process)
            raise RecordError("record.too_slow", str(TIMEOUT_S)) from None
    return _Done(process.returncode, *(part.decode("utf-8", "surrogateescape") for part in (out, err)))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked first: git then takes its locks away. A hook's own children hold the pipes, so all of the group goes."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.communicate(timeout=_TO_END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _refusal(done: _Done) -> RecordError:
    locked = re.search(r"\.lock'?: ", done.err)
    said = "\n".join((done.err + done.out).strip().splitlines()[-_LAST_LINES:]).encode("utf-8", "replace").decode()
    return RecordError("record.locked" if locked else "record.refused", said)
