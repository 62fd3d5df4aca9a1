"""What is stored of one person, wherever it stands: what erasing deletes and an export writes.

The tables are named here, not imported: the console's are there only where there is a console, and may have columns
that this process does not know. A test holds the list against every table of the project, the staff's rooms included.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

SENDER, MESSAGE, CLAIM = "sender", "message", "claim"
# More would be too long for one statement.
_AT_ONCE = 500


@dataclass(frozen=True)
class Part:
    """A table with rows of a person, and the column that tells whose: a sender id, the number of a message's event, or
    the id of a text message. `kept`: the rows outlive erasing, and why stands in docs/privacy.md."""

    table: str
    column: str
    by: str = SENDER
    kept: bool = False


# What is found by something in another table stands before that table: it is deleted first.
PARTS = (
    Part("inbox_changes", "message_id", MESSAGE),
    Part("inbox_pending", "message_id", MESSAGE),
    Part("console_labels", "message_id", MESSAGE, kept=True),
    Part("figures_counted", "id", MESSAGE, kept=True),
    Part("sms_claims", "message_id", CLAIM),
    Part("events", "sender_id"),
    Part("conversations", "sender_id"),
    Part("replies", "sender_id"),
    Part("feedback", "sender_id"),
    Part("messages", "sender_id"),
    Part("sms_pages", "sender_id"),
    Part("sms_opt_outs", "sender_id", kept=True),
)
# Tables without a row of any visitor: the staff's own, counts, keys, what became of texts that we sent, and numbers of
# conversations that last as long as an answer takes.
NOBODYS = frozenset({
    "alembic_version", "console_attempts", "console_audit", "console_candidates", "console_drafts", "console_links",
    "console_people", "console_proposals", "console_releases", "console_sessions", "console_training_jobs",
    "console_unrecorded", "figures_days", "figures_times", "inbox_groups", "inbox_marks", "lock_places",
    "sms_deliveries", "sms_keys",
})


def erase(engine: Engine, sender_id: str) -> None:
    """Delete every row of a conversation but those that are kept, and overwrite what stood in them in a file of ours.

    An opt-out stays, or whoever asked for silence would be written to again.
    """
    with engine.begin() as connection:
        there = set(sa.inspect(connection).get_table_names())
        keys = _Keys(connection, sender_id, there)
        for part in PARTS:
            if part.table in there and not part.kept:
                for some in keys.of(part):
                    table, column = _table(part)
                    connection.execute(sa.delete(table).where(column.in_(some)))
    forget_deleted(engine)


def forget_deleted(engine: Engine) -> bool:
    """Fold the log of a SQLite file into it, for the log holds deleted words; whether nothing stands there any more.

    Deleted rows themselves are overwritten (`secure_delete`, see sqlite.py).
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def export(engine: Engine, sender_id: str) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows of one person, every column of each, whatever this program knows of it; JSON inside is opened.

    Tables in which nothing stands are left out; bytes are in base64.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        keys = _Keys(connection, sender_id, there)
        for part in PARTS:
            if part.table not in there:
                continue
            table = sa.Table(part.table, sa.MetaData(), autoload_with=connection)
            rows = [row for some in keys.of(part) for row in connection.execute(
                sa.select(table).where(table.c[part.column].in_(some)).order_by(*table.primary_key))]
            if rows:
                found[part.table] = [{name: _opened(value) for name, value in row._mapping.items()} for row in rows]
    return found


class _Keys:
    """What the rows of a person are found by."""

    def __init__(self, connection: Connection, sender_id: str, there: set[str]) -> None:
        self._values: dict[str, list[Any]] = {SENDER: [sender_id], MESSAGE: [], CLAIM: []}
        for name, column, kind in (("events", "id", MESSAGE), ("messages", "id", MESSAGE),
                                   ("replies", "message_id", CLAIM)):
            if name in there:
                table = sa.table(name, sa.column("sender_id"), sa.column(column))
                self._values[kind] += connection.execute(
                    sa.select(table.c[column]).where(table.c.sender_id == sender_id)).scalars().all()
        # A text message is answered under "gateway:id"; the claim holds the two apart.
        self._values[CLAIM] = [key.partition(":")[2] for key in self._values[CLAIM] if sender_id.startswith("sms-")]
        self._values[MESSAGE] = sorted(set(self._values[MESSAGE]))

    def of(self, part: Part) -> list[list[Any]]:
        """The keys of a part, some at a time."""
        values = self._values[part.by]
        return [values[place:place + _AT_ONCE] for place in range(0, len(values), _AT_ONCE)]


def _table(part: Part) -> tuple[Any, Any]:
    table = sa.table(part.table, sa.column(part.column))
    return table, table.c[part.column]


def _opened(value: Any) -> Any:
    """A value as JSON has it; text that is JSON itself as what it says."""
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return _read(value)
    return value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # a message may begin with a bracket
        return text
