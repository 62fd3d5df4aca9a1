"""Makes the tables say what the files say: for the start, after whatever ended the console."""

from __future__ import annotations

import time
from typing import Any, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console import record
from bot.console.people import accounts, audit
from bot.console.people.tables import people
from bot.console.teach.examples import FOLDERS, Example, examples_in, file_of
from bot.console.teach.tables import labels
from bot.console.texts import say
from bot.errors import StaffFileError
from bot.overlay import staff_root
from bot.settings import Settings
from bot.staff_files import held
from bot.store.tables import messages


def repair(engine: Engine, settings: Settings) -> None:
    """Each example of the staff's files has its label and its message is done; a label whose example is gone is taken
    back. Raises StaffFileError where a file cannot be read: nothing is changed then."""
    with held(settings), engine.begin() as connection:
        found = {example.message: (example, use) for example, use in _examples(settings)}
        live = {row.message_id: row for row in connection.execute(sa.select(labels).where(labels.c.undone_at.is_(None)))}
        for message_id, row in live.items():
            example, use = found.get(message_id, (None, row.use))
            if (row.use in FOLDERS or example) and (row.topic, row.use) != (example and example.topic, use):
                _take_back(connection, row)
        for message_id, (example, use) in found.items():
            row = live.get(message_id)
            if not row or (row.topic, row.use) != (example.topic, use):
                _put(connection, example, use)


def _examples(settings: Settings) -> Iterator[tuple[Example, str]]:
    for use, folder in FOLDERS.items():
        for path in sorted((staff_root(settings) / folder).glob("*.yml")):
            yield from ((example, use) for example in examples_in(path.read_text(encoding="utf-8")))


def _take_back(connection: Connection, row: Any) -> None:
    connection.execute(labels.update().where(labels.c.id == row.id).values(undone_at=time.time()))
    connection.execute(messages.update().where(messages.c.id == row.message_id).values(
        state=row.state_before, version=messages.c.version + 1))
    audit.record(connection, None, "teach.repaired", f"message {row.message_id}", before={"topic": row.topic, "use": row.use})
    if row.use in FOLDERS:
        _leave(connection, row.by, row.topic, row.use, say("record.undone", topic=row.topic))


def _put(connection: Connection, example: Example, use: str) -> None:
    message = connection.execute(sa.select(messages).where(messages.c.id == example.message)).first()
    connection.execute(labels.insert().values(
        message_id=example.message, topic=example.topic, mark=next(iter(example.marks.values()), ""), use=use,
        text=example.text, language=example.language, asker=example.asker, by=example.by, at=time.time(), day=example.at,
        state_before=message.state if message else None))
    connection.execute(messages.update().where(messages.c.id == example.message).values(
        state="done", version=messages.c.version + 1))
    audit.record(connection, None, "teach.repaired", f"message {example.message}", after={"topic": example.topic, "use": use})
    _leave(connection, example.by, example.topic, use, say("record.labelled", topic=example.topic))


def _leave(connection: Connection, by: str, topic: str, use: str, message: str) -> None:
    """The file as it is leaves for the record, under the name of whoever gave the label, if there is an account of it. A
    file that was recorded already makes no commit."""
    row = connection.execute(sa.select(people).where(people.c.name == by)).first()
    try:
        name = file_of(topic, use)
    except StaffFileError:  # written by hand under a name that no file of ours has: whoever did so commits it
        return
    if row is not None:
        record.later(connection, accounts.person_of(row), [name], message)
