"""A message of the inbox becomes an example, and can be taken back.

The files are the truth, the tables hold the queue. A label is one change of one file inside one transaction: whoever is
killed in between leaves a file without its row at worst, which `repair` puts right at the next start.
"""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Any, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console import record
from bot.console.people import audit
from bot.console.people.accounts import Person
from bot.console.teach import examples, warnings
from bot.console.teach.examples import EVALUATION, TRAINING, Example
from bot.console.teach.tables import labels
from bot.console.teach.words import cleaned, for_evaluation
from bot.console.texts import say
from bot.errors import ImhError
from bot.overlay import live_files
from bot.safety import shared_screen
from bot.settings import Settings
from bot.staff_files import change, held, place
from bot.store.tables import messages

KNOWN = "known"
CRISIS, OUT_OF_SCOPE = "crisis", "out_of_scope"
_NEAR = "near"
# What is neither heard by the rules nor said by who labels it: the lines for it are the widest.
_KIND = "self_harm"


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
    somebody changed the message since, KeyError where there is no such message or the domain has no such intent,
    StaffFileError where no example can be made of its words; nothing is changed then.
    """
    if topic not in intents(settings):
        raise KeyError(topic)
    with held(settings):
        files = _Files(settings)
        with files.put_back_on_error(), engine.begin() as connection:
            message = _claim(connection, message_id, version, state="done")
            example = _example(message, topic, person.name, mark)
            use = _use(example, settings)
            row = {"message_id": message_id, "topic": topic, "mark": _mark(example), "use": use, "text": example.text,
                   "language": example.language, "asker": example.asker, "by": person.name, "at": time.time(),
                   "day": example.at, "state_before": message.state}
            connection.execute(labels.insert().values(**row))
            audit.record(connection, person, "teach.labelled", f"message {message_id}", after={"topic": topic, "use": use})
            if use != KNOWN:
                name = examples.file_of(topic, use)
                record.later(connection, person, [name], say("teach.record.labelled", topic=topic))
                files.write(name, examples.with_example(files.read(name), example, use))
    return Labelled(message_id, topic, use)


def undo(engine: Engine, settings: Settings, person: Person, message_id: int) -> None:
    """Take the message's label back: the example goes, the message is as it was before. Nothing where there is no label."""
    with held(settings):
        files = _Files(settings)
        with files.put_back_on_error(), engine.begin() as connection:
            row = connection.execute(sa.select(labels).where(labels.c.message_id == message_id,
                                                             labels.c.undone_at.is_(None))).first()
            if row is None:
                return
            connection.execute(labels.update().where(labels.c.id == row.id).values(
                undone_by=person.name, undone_at=time.time()))
            _reopen(connection, message_id, row.state_before)
            audit.record(connection, person, "teach.undone", f"message {message_id}",
                         before={"topic": row.topic, "use": row.use})
            if row.use != KNOWN:
                name = examples.file_of(row.topic, row.use)
                record.later(connection, person, [name], say("teach.record.undone", topic=row.topic))
                if (text := files.read(name)) is not None:
                    files.write(name, examples.without_example(text, _of_row(row), row.use))


def repair(engine: Engine, settings: Settings) -> None:
    """Make the tables say what the files say: for the start, after whatever ended the console."""
    with held(settings), engine.begin() as connection:
        found = {example.message: (example, use) for use in (TRAINING, EVALUATION) for path in _staff_files(settings, use)
                 for example in examples.examples_in(path.read_text(encoding="utf-8"))}
        rows = {row.message_id: row for row in connection.execute(sa.select(labels).where(labels.c.undone_at.is_(None)))}
        for message_id, row in rows.items():
            if row.use != KNOWN and message_id not in found:
                connection.execute(labels.update().where(labels.c.id == row.id).values(undone_at=time.time()))
                _reopen(connection, message_id, row.state_before)
                audit.record(connection, None, "teach.repaired", f"message {message_id}", before={"topic": row.topic})
        for message_id, (example, use) in found.items():
            row = rows.get(message_id)
            if row and (row.topic, row.use) == (example.topic, use):
                continue
            if row:
                connection.execute(labels.update().where(labels.c.id == row.id).values(undone_at=time.time()))
            message = connection.execute(sa.select(messages).where(messages.c.id == message_id)).first()
            connection.execute(labels.insert().values(
                message_id=message_id, topic=example.topic, mark=_mark(example), use=use, text=example.text,
                language=example.language, asker=example.asker, by=example.by, at=time.time(), day=example.at,
                state_before=message.state if message else None))
            connection.execute(messages.update().where(messages.c.id == message_id).values(
                state="done", version=messages.c.version + 1))
            audit.record(connection, None, "teach.repaired", f"message {message_id}", after={"topic": example.topic})


def intents(settings: Settings) -> list[str]:
    """What a message can be put under: the intents that are learnt from examples, in the domain's order."""
    from bot.check import learnt_intents

    return learnt_intents(live_files(settings, ""))
