"""What went live and when; which version is in production, which was before it, and which one can go back to.

*Production* is a label: the name in `var/releases/current`. The history says how it came there.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.people import accounts, audit
from bot.console.people.accounts import Person
from bot.console.publish import noting
from bot.console.publish.tables import releases
from bot.inputs import content_key
from bot.release import Bundle, current_bundle, current_name
from bot.settings import Settings

MODEL, CONTENT, BACK, FOUND = "model", "content", "back", "found"
# One can go back to so many versions.
KEPT = 10


@dataclass(frozen=True)
class Release:
    """One entry of the history. `at` in seconds since 1970."""

    id: int
    at: float
    bundle: str
    training: str
    content: str
    kind: str
    person: str | None
    reason: str
    overruled: tuple[str, ...]


def history(connection: Connection, limit: int = 100) -> list[Release]:
    """What went live, the latest first."""
    rows = connection.execute(sa.select(releases).where(releases.c.done).order_by(releases.c.id.desc()).limit(limit))
    return [_release(row) for row in rows]


def _release(row: Any) -> Release:
    return Release(row.id, row.at, row.bundle, row.training, row.content, row.kind, row.person, row.reason,
                   tuple(json.loads(row.overruled)))


def before(connection: Connection, bundle: str) -> str | None:
    """The version that was live before this one was released, None where none is known.

    What was taken back is not come back to: after A, B and back to A, there is nothing before A.
    """
    line: list[str] = []
    for release in reversed(history(connection)):
        if release.kind == BACK and release.bundle in line:
            del line[line.index(release.bundle) + 1:]
        else:
            line.append(release.bundle)
    return line[line.index(bundle) - 1] if bundle in line[1:] else None


def kept(connection: Connection) -> list[str]:
    """The versions that stay on disk, the latest first."""
    return list(dict.fromkeys(release.bundle for release in history(connection)))[:KEPT]


def overruled(connection: Connection, bundle: str) -> tuple[str, ...]:
    """What the gate said against a version when it went live all the same; empty where it said nothing."""
    return next((release.overruled for release in history(connection)
                 if release.bundle == bundle and release.overruled), ())


def begin(connection: Connection, person: Person, bundle: Bundle, kind: str, *, reason: str = "",
          overruled: Iterable[str] = ()) -> None:
    """Note what is about to go live."""
    connection.execute(releases.insert().values(
        at=time.time(), **_of(bundle), kind=kind, person_id=person.id, person=person.shown, reason=reason,
        overruled=json.dumps(list(overruled), ensure_ascii=False), done=False))


def finish(connection: Connection, settings: Settings) -> Release | None:
    """Note that what was about to go live did; nothing happened where it did not.

    The caller holds the lock of releases and that of staff files.
    """
    finished = None
    for row in connection.execute(sa.select(releases).where(~releases.c.done).order_by(releases.c.id)).all():
        if row.bundle != current_name(settings):
            connection.execute(releases.delete().where(releases.c.id == row.id))
            continue
        earlier = history(connection, 1)
        connection.execute(releases.update().where(releases.c.id == row.id).values(done=True))
        account = accounts.find(connection, row.person_id)
        person, before = account.person if account else None, earlier[0].bundle if earlier else None
        facts = {"training": row.training, "content": row.content, "reason": row.reason,
                 "overruled": json.loads(row.overruled)}
        audit.record(connection, person, f"publish.{row.kind}", row.bundle, before={"bundle": before} if before else None,
                     after={"bundle": row.bundle, **facts})
        noting.note(connection, settings, person, row.kind, row.bundle, row.at, {"before": before, **facts})
        finished = _release(row)
    return finished


def note_found(connection: Connection, settings: Settings) -> None:
    """Write what is live into the history where something else than the console released it: `make serve`, say."""
    bundle, latest = current_bundle(settings), history(connection, 1)
    if bundle and (not latest or latest[0].bundle != bundle.name):
        connection.execute(releases.insert().values(
            at=bundle.made_at, **_of(bundle), kind=FOUND, reason="", overruled="[]", done=True))


def _of(bundle: Bundle) -> dict[str, str]:
    return {"bundle": bundle.name, "training": bundle.training, "content": content_key(bundle.content)}
