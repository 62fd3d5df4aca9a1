"""Putting a message where it belongs: the warning before, a second pair of eyes where it is about danger, the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.inbox import danger
from bot.console.inbox.catalogue import MARK
from bot.console.inbox.danger import Waiting
from bot.console.inbox.states import DONE, IGNORED, NEW, OPEN, Lost, Seen, count, follow, lost_to, move, note
from bot.console.people.accounts import Person
from bot.console.teach import labels, warnings
from bot.settings import Settings
from bot.store.tables import messages


@dataclass(frozen=True)
class Warned:
    """Nothing is stored: the same or nearly the same stands elsewhere. Whoever knows better may put it there anyway."""

    topic: str
    warnings: Sequence[Any]


@dataclass(frozen=True)
class Put:
    """The message is an example of the topic now, or `ignored`; `confirmed` where two people have decided so."""

    topic: str
    confirmed: bool = False


Outcome = Warned | Waiting | Lost | Put


def put(engine: Engine, settings: Settings, person: Person, seen: Seen, topic: str, *, anyway: bool = False) -> Outcome:
    """Put a message under a place of the catalogue. What all but repeats it is done with it, without being an example of
    its own.

    Raises StaffFileError where no example can be made of the words.
    """
    with engine.connect() as connection:
        row = connection.execute(sa.select(messages).where(messages.c.id == seen.id)).first()
        if row is None or row.version != seen.version or row.state not in OPEN:
            return lost_to(connection, seen.id)
    intent, _, mark = topic.partition(MARK)
    found = () if anyway else warnings.near(row.text, intent, settings)
    if found:
        return Warned(topic, found)
    confirmed = danger.needs_second(row, intent)
    if confirmed:
        held = danger.propose(engine, person, seen, topic)
        if held is not None:
            return held
    try:
        labels.label(engine, settings, person, seen.id, intent, version=seen.version, mark=mark)
    except labels.Conflict as conflict:
        with engine.connect() as connection:
            first = lost_to(connection, seen.id)
        return first if first.by else Lost(seen.id, conflict.by, DONE)
    except KeyError:  # erased between two statements
        return Lost(seen.id, "", "gone")
    settle(engine, person, seen.id)
    return Put(topic, confirmed)


def ignore(engine: Engine, person: Person, seen: Seen) -> Outcome:
    """Leave a message aside; one about danger once a second person has decided so, too."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(messages).where(messages.c.id == seen.id)).first()
        if row is None or row.version != seen.version or row.state not in OPEN:
            return lost_to(connection, seen.id)
    confirmed = danger.needs_second(row, IGNORED)
    if confirmed:
        held = danger.propose(engine, person, seen, IGNORED)
        if held is not None:
            return held
    moved = move(engine, person, [seen], IGNORED)
    if moved.lost:
        return moved.lost[0]
    with engine.begin() as connection:
        danger.forget(connection, seen.id)
    return Put(IGNORED, confirmed)


def settle(engine: Engine, person: Person, message_id: int) -> None:
    """What else is done once a message has its label: what repeats it goes with it, its group is counted anew."""
    with engine.begin() as connection:
        group = connection.execute(sa.select(messages.c.group_id).where(messages.c.id == message_id)).scalar()
        danger.forget(connection, message_id)
        connection.execute(sa.update(messages).where(messages.c.id == message_id).values(vector=None))
        note(connection, person, message_id, DONE)
        follow(connection, message_id, DONE)
        count(connection, group)


def take_back(engine: Engine, settings: Settings, person: Person, message_id: int) -> None:
    """Undo a label; what went with the message comes back with it."""
    labels.undo(engine, settings, person, message_id)
    with engine.begin() as connection:
        group = connection.execute(sa.select(messages.c.group_id).where(messages.c.id == message_id)).scalar()
        note(connection, person, message_id, NEW)
        follow(connection, message_id, NEW)
        count(connection, group)
