"""The state of a message and who gave it: new, done, later, ignored. Of two at once one wins, the other is told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.tables import changes, groups
from bot.console.people.accounts import Person
from bot.console.people.audit import record
from bot.store.database import upsert
from bot.store.tables import messages

NEW, DONE, LATER, IGNORED = "new", "done", "later", "ignored"
STATES = (NEW, LATER, DONE, IGNORED)
CLOSED = (DONE, IGNORED)
OPEN = (NEW, LATER)
_LARGEST = 2 ** 31 - 1

# Of bot.console.teach.tables, which imports this room.
_labels = sa.table("console_labels", sa.column("message_id"), sa.column("undone_at"))


@dataclass(frozen=True)
class Seen:
    """A message as a reviewer saw it: `version` counts the changes of its state until then."""

    id: int
    version: int

    @classmethod
    def read(cls, text: str) -> Seen | None:
        """As forms have it, `number:version`; None where it is none that a row can have."""
        number, _, version = text.partition(":")
        parts = [part for part in (number, version) if part.isascii() and part.isdigit() and len(part) <= 10]
        return cls(int(number), int(version)) if len(parts) == 2 and max(map(int, parts)) <= _LARGEST else None


@dataclass(frozen=True)
class Lost:
    """Somebody else was first: who, and what the message is now (a state, or "gone" where it was erased)."""

    id: int
    by: str
    state: str


@dataclass(frozen=True)
class Moved:
    """The messages whose state is changed, and those that somebody else had changed meanwhile."""

    moved: Sequence[int]
    lost: Sequence[Lost]


def move(engine: Engine, person: Person, seen: Sequence[Seen], state: str) -> Moved:
    """Give messages a state (`new`, `later`, `ignored`); what all but repeats one of them goes with it.

    One that is done keeps its state: a label is taken back together with its example, by whoever undoes it.
    """
    moved: list[int] = []
    lost: list[Lost] = []
    for one in seen:  # each by itself: what one reviewer lost takes nothing away from the others
        with engine.begin() as connection:
            row = claim(connection, one, messages.c.state != DONE, state=state,
                        vector=None if state in CLOSED else messages.c.vector)
            if row is None:
                lost.append(lost_to(connection, one.id))
                continue
            note(connection, person, one.id, state)
            record(connection, person, f"inbox.{state}", f"message {one.id}", before=row.state, after=state)
            follow(connection, one.id, state)
            count(connection, row.group_id)
            moved.append(one.id)
    return Moved(moved, lost)


def reopen(engine: Engine, person: Person, seen: Seen) -> Lost | None:
    """Take one up again by itself that was done because it all but repeats another; None where that is done."""
    with engine.begin() as connection:
        row = claim(connection, seen, messages.c.state == DONE, _without_label(), state=NEW, copy_of=None)
        if row is None:
            return lost_to(connection, seen.id)
        note(connection, person, seen.id, NEW)
        record(connection, person, f"inbox.{NEW}", f"message {seen.id}", before=DONE, after=NEW)
        count(connection, row.group_id)
    return None


def claim(connection: Connection, seen: Seen, *conditions: Any, **values: Any) -> Any | None:
    """The message as it was, changed if nobody changed it since it was seen (and it meets the conditions); else None.
    Atomic."""
    row = connection.execute(sa.select(messages).where(messages.c.id == seen.id)).first()
    changed = connection.execute(sa.update(messages).where(
        messages.c.id == seen.id, messages.c.version == seen.version, messages.c.state.isnot(None), *conditions,
    ).values(version=messages.c.version + 1, **values)).rowcount
    return row if changed else None


def note(connection: Connection, person: Person, message_id: int, state: str) -> None:
    """Remember who changed a message last, for whoever comes second."""
    upsert(connection, changes, {"message_id": message_id}, {
        "person_id": person.id, "person": person.shown, "state": state, "at": time.time()})


def lost_to(connection: Connection, message_id: int) -> Lost:
    """Who changed a message last, and to what."""
    state = connection.execute(sa.select(messages.c.state).where(messages.c.id == message_id)).scalar()
    change = connection.execute(sa.select(changes).where(changes.c.message_id == message_id)).first()
    return Lost(message_id, change.person if change else "", state or "gone")


def follow(connection: Connection, message_id: int, state: str) -> None:
    """What all but repeats a message gets its state, unless somebody gave it one of its own."""
    if state == NEW:
        own = sa.exists().where(changes.c.message_id == messages.c.id, changes.c.state == messages.c.state)
        conditions = [messages.c.state != NEW, ~own, _without_label()]
    else:
        conditions = [messages.c.state.in_(OPEN)]
    connection.execute(sa.update(messages).where(messages.c.copy_of == message_id, *conditions).values(
        state=state, version=messages.c.version + 1))


def _without_label() -> Any:
    return messages.c.id.notin_(sa.select(_labels.c.message_id).where(_labels.c.undone_at.is_(None)))


def count(connection: Connection, group_id: int | None) -> None:
    """Count a group anew after one of its messages changed."""
    if group_id is not None:
        size = sa.select(sa.func.count()).where(
            messages.c.group_id == group_id, messages.c.state == NEW).scalar_subquery()
        connection.execute(sa.update(groups).where(groups.c.id == group_id).values(size=size))
