"""A message of the inbox becomes an example, and can be taken back.

The files are the truth, the tables hold the queue. A label is one change of one file inside one transaction: whoever is
killed in between leaves a file without its row at worst, which `repair` puts right at the next start.
"""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console import record
from bot.console.people import audit
from bot.console.people.accounts import Person
from bot.console.teach import examples, topics
from bot.console.teach.examples import EVALUATION, TRAINING, Example
from bot.console.teach.repairing import repair
from bot.console.teach.staff import StaffFiles
from bot.console.teach.tables import labels
from bot.console.teach.warnings import alike
from bot.console.teach.words import cleaned, for_evaluation
from bot.console.texts import say
from bot.errors import ImhError
from bot.settings import Settings
from bot.staff_files import held
from bot.store.tables import messages

__all__ = ["KNOWN", "Conflict", "Labelled", "label", "repair", "undo"]

KNOWN = "known"
_ASKERS = {"parent", "provider"}


@dataclass(frozen=True)
class Labelled:
    """What became of a label: the intent, and whether the example is trained on, only measures, or was there already."""

    message_id: int
    topic: str
    use: str


class Conflict(ImhError):
    """Somebody else was first: `by` (the name that they sign in with, empty where it was no label) and their `topic`."""

    def __init__(self, by: str, topic: str) -> None:
        super().__init__(f"{by or 'somebody'} was first: {topic}")
        self.by = by
        self.topic = topic


def label(engine: Engine, settings: Settings, person: Person, message_id: int, topic: str, *, version: int,
          mark: str = "") -> Labelled:
    """Put the message under the intent `topic`, as it was seen at `version`.

    `mark` is the kind of danger or the distance of what is out of scope, where the person says. Raises Conflict where
    somebody changed the message since, KeyError where there is no such message, intent or mark, StaffFileError where no
    example can be made of its words; nothing is changed then.
    """
    if topic not in topics.intents(settings):
        raise KeyError(topic)
    with held(settings), StaffFiles(settings) as files, engine.begin() as connection:
        message = connection.execute(sa.select(messages).where(messages.c.id == message_id)).first()
        if message is None:
            raise KeyError(message_id)
        # All that takes time comes before the first write: the chat writes into the same database.
        example = example_of(message, topic, person, mark)
        use = _use(example, settings)
        put_row(connection, person, message, version, example, use)
        if use != KNOWN:
            name = examples.file_of(topic, use)
            record.later(connection, person, [name], say("record.labelled", topic=topic))
            files.write({name: examples.with_example(files.read(name), example, use)})
    return Labelled(message_id, topic, use)


def undo(engine: Engine, settings: Settings, person: Person, message_id: int) -> None:
    """Take the message's label back: the example goes, the message is as it was before. Nothing where there is no label."""
    with held(settings), StaffFiles(settings) as files, engine.begin() as connection:
        row = _live_label(connection, message_id)
        if row is None:
            return
        connection.execute(labels.update().where(labels.c.id == row.id).values(
            undone_by=person.name, undone_at=time.time()))
        connection.execute(messages.update().where(messages.c.id == message_id).values(
            state=row.state_before, version=messages.c.version + 1))
        audit.record(connection, person, "teach.undone", f"message {message_id}", before={"topic": row.topic, "use": row.use})
        if row.use != KNOWN:
            name = examples.file_of(row.topic, row.use)
            record.later(connection, person, [name], say("record.undone", topic=row.topic))
            if (text := files.read(name)) is not None:
                taken = Example(row.text, row.topic, row.language, row.by, row.day, row.message_id)
                files.write({name: examples.without_example(text, taken, row.use)})


def put_row(connection: Connection, person: Person, message: Any, version: int, example: Example, use: str) -> None:
    """Write down that a message has become an example. Raises Conflict like `label`."""
    _claim(connection, message.id, version)
    connection.execute(labels.insert().values(
        message_id=message.id, topic=example.topic, mark=next(iter(example.marks.values()), ""), use=use, text=example.text,
        language=example.language, asker=example.asker, by=person.name, at=time.time(), day=example.at,
        state_before=message.state))
    audit.record(connection, person, "teach.labelled", f"message {message.id}", after={"topic": example.topic, "use": use})


def _claim(connection: Connection, message_id: int, version: int) -> None:
    """Make the message done. Of two who saw the same version the database lets one through."""
    if _live_label(connection, message_id) is None and connection.execute(messages.update().where(
            messages.c.id == message_id, messages.c.version == version,
    ).values(state="done", version=version + 1)).rowcount == 1:
        return
    first = _live_label(connection, message_id)
    raise Conflict(first.by if first else "", first.topic if first else "")


def _live_label(connection: Connection, message_id: int) -> Any | None:
    return connection.execute(sa.select(labels).where(
        labels.c.message_id == message_id, labels.c.undone_at.is_(None))).first()


def example_of(message: Any, topic: str, person: Person, mark: str = "") -> Example:
    """A row of the table of messages as an example. Raises KeyError, StaffFileError like `label`."""
    return Example(cleaned(message.text), topic, message.language, person.name, datetime.date.today().isoformat(), message.id,
                   message.audience if message.audience in _ASKERS else "mixed", topics.marks(topic, message.text, mark))


def _use(example: Example, settings: Settings) -> str:
    """Where an example goes: by its words' share, unless its like is there already.

    What is like a line that is trained on would be no measure, what is like one that measures must not be trained on, and
    what is the same as one, or like one of both sorts, adds nothing.
    """
    found = [line for line in alike(example.text, settings) if line.message != example.message]
    uses = {line.use for line in found}
    if len(uses) == 2 or any(line.same and line.topic == example.topic for line in found):
        return KNOWN
    if uses:
        return uses.pop()
    return EVALUATION if for_evaluation(example.text, settings.evaluation_one_in) else TRAINING
