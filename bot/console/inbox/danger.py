"""A second pair of eyes: what one person decides on a message about danger counts once another has decided the same.

A cry for help taught as a harmless question would be missed from then on, and a harmless question taught as danger
would frighten whoever asks it next.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.reasons import DANGER
from bot.console.inbox.states import NEW, Lost, Seen, claim, count, lost_to, note
from bot.console.inbox.tables import pending
from bot.console.people.accounts import Person, Role
from bot.console.people.audit import record
from bot.errors import ImhError
from bot.store.database import upsert

CRISIS = "crisis"
PROPOSED = "proposed"


@dataclass(frozen=True)
class Waiting:
    """What was decided waits for a second person; `own` where the first tried to be the second as well."""

    topic: str
    own: bool = False


class NotYours(ImhError):
    """What one reviewer decided another one does not take back: they decide otherwise, and the first may confirm it."""


def needs_second(row: Any, topic: str) -> bool:
    """Whether one person's word is not enough: the message or the decision is about danger. `topic` is a place, or
    `ignored`."""
    return topic == CRISIS or row.kind == CRISIS or row.reason == DANGER


def waiting(connection: Connection, message_id: int) -> Any | None:
    """What is decided on a message and not confirmed yet: a row of `inbox_pending`, or None."""
    return connection.execute(sa.select(pending).where(pending.c.message_id == message_id)).first()


def propose(engine: Engine, person: Person, seen: Seen, topic: str) -> Waiting | Lost | None:
    """Decide on a message about danger. None: a second person has decided the same, and it may be done."""
    with engine.begin() as connection:
        first = waiting(connection, seen.id)
        if first is not None and first.topic == topic:
            return Waiting(topic, own=True) if first.person_id == person.id else None
        row = claim(connection, seen, reason=DANGER, state=NEW, group_id=None, copy_of=None)
        if row is None:
            return lost_to(connection, seen.id)
        upsert(connection, pending, {"message_id": seen.id}, {
            "topic": topic, "reason_before": first.reason_before if first else row.reason, "person_id": person.id,
            "person": person.shown, "at": time.time()})
        note(connection, person, seen.id, PROPOSED)
        record(connection, person, "inbox.proposed", f"message {seen.id}", before=first.topic if first else None,
               after=topic)
        count(connection, row.group_id)
    return Waiting(topic)


def withdraw(engine: Engine, person: Person, seen: Seen) -> Lost | None:
    """Take back what was decided and not confirmed; None where that is done. Raises NotYours where somebody else decided
    it and the person is no editor."""
    with engine.begin() as connection:
        first = waiting(connection, seen.id)
        if first is not None and first.person_id != person.id and person.role < Role.EDITOR:
            raise NotYours
        if first is None or claim(connection, seen, reason=first.reason_before, state=NEW) is None:
            return lost_to(connection, seen.id)
        forget(connection, seen.id)
        note(connection, person, seen.id, NEW)
        record(connection, person, "inbox.withdrawn", f"message {seen.id}", before=first.topic)
    return None


def forget(connection: Connection, message_id: int) -> None:
    """Nothing waits for a second person any more."""
    connection.execute(sa.delete(pending).where(pending.c.message_id == message_id))
