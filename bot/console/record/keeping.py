"""What leaves for the record, and when: content and releases at once, a reviewer's labels a few minutes' worth together."""

from __future__ import annotations

import fcntl
import json
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.people.accounts import Person
from bot.console.record import git, patches
from bot.console.record.git import Author, RecordError
from bot.console.record.tables import unrecorded
from bot.console.texts import say
from bot.settings import Settings
from bot.staff_files import staff_root

# A batch goes once its author has been quiet for so long, and at the latest when its first label is so old.
QUIET_S = 180
LATEST_S = 900
_LOCK = "record.lock"


def commit(settings: Settings, person: Person, paths: Iterable[str | Path], message: str) -> str | None:
    """Record these files now, under the person's name; the commit's id, None without git (a patch is kept then).

    `paths` are names under the staff folder, or files in it. Raises RecordError where git or a hook refuses; the files
    stay as they were written.
    """
    with _alone(settings):
        return _commit(settings, _names(settings, paths), message, Author(person.shown, person.email), ())


def later(connection: Connection, person: Person, names: Sequence[str], message: str) -> None:
    """Record these files with what else the person does in the next minutes; in the transaction of the change itself."""
    connection.execute(unrecorded.insert().values(
        at=time.time(), person=person.name, shown=person.shown, email=person.email, files=json.dumps(list(names)),
        message=message))


def flush(engine: Engine, settings: Settings, quiet_s: float = 0, latest_s: float = 0) -> list[str]:
    """Record what waits of everybody who was quiet for `quiet_s`, or whose first change is `latest_s` old; the commits.

    Where people changed the same file one commit names them all: a file is committed as it is. Raises RecordError where git
    refuses; what was not recorded goes on waiting.
    """
    made, now = [], time.time()
    with _alone(settings):
        with engine.connect() as connection:
            rows = connection.execute(sa.select(unrecorded).order_by(unrecorded.c.id)).all()
        for group in _groups(rows):
            if now - group[-1].at < quiet_s and now - group[0].at < latest_s:
                continue
            authors = list(dict.fromkeys(Author(row.shown, row.email) for row in group))
            names = list(dict.fromkeys(name for row in group for name in json.loads(row.files)))
            commit_id = _commit(settings, names, _message(row.message for row in group), authors[0], authors[1:])
            with engine.begin() as connection:
                connection.execute(sa.delete(unrecorded).where(unrecorded.c.id.in_([row.id for row in group])))
            made += [commit_id] if commit_id else []
    return made


def patch(settings: Settings, since: str = "") -> bytes:
    """What was recorded after the commit `since` (without git: the patch of that number), oldest first, as mails for
    `git am`. Raises RecordError where there is no such commit."""
    if git.is_working_tree(staff_root(settings)):
        return git.mails(staff_root(settings), since)
    if since and not since.isdecimal():
        raise RecordError("record.no_such_commit", since[:64])
    return patches.mails(settings, int(since or 0))


def _commit(settings: Settings, names: Sequence[str], message: str, author: Author, others: Sequence[Author]) -> str | None:
    root = staff_root(settings)
    if git.is_working_tree(root):
        return git.commit(root, names, message, author, others)
    patches.add(settings, names, message, author, others)
    return None


def _names(settings: Settings, paths: Iterable[str | Path]) -> list[str]:
    root = staff_root(settings)
    return [(path.relative_to(root) if path.is_absolute() else path).as_posix() for path in map(Path, paths)]


def _groups(rows: Sequence[Any]) -> list[list[Any]]:
    """Each person's rows together, and with them those of everybody who changed one of their files."""
    groups: list[tuple[set[str], list[Any]]] = []
    for row in rows:
        marks = {f"person {row.person}", *json.loads(row.files)}
        touching = [group for group in groups if group[0] & marks]
        groups = [group for group in groups if not group[0] & marks]
        groups.append((marks.union(*(group[0] for group in touching)),
                       sorted([row, *(row for group in touching for row in group[1])], key=lambda row: row.id)))
    return [group for _, group in groups]


def _message(messages: Iterable[str]) -> str:
    counted = Counter(messages)
    lines = [f"{message} ({count})" if count > 1 else message for message, count in counted.items()]
    return lines[0] if len(lines) == 1 else "\n".join([say("record.several", count=counted.total()), "", *lines])


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (settings.var_dir / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
