"""Messages -> counts by day. The counts stay, the words go.

A day is counted anew as a whole when one of its messages is new, changed (a thumb that came late) or gone, so counting
twice changes nothing. A message that is gone is moved to the kept counts of its day as it was counted last, and what
was known of it beside that is deleted. A message that is erased before it was ever counted is in no figure.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Mapping, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.see import tables
from bot.console.see.histogram import bucket
from bot.store.tables import messages

# What of a message may still change after it was collected.
_MAY_CHANGE = ("channel", "language", "audience", "kind")
# What is counted by. Words and vectors are not read: who writes a message waits meanwhile.
_READ = [messages.c[name] for name in ("id", "at", "day", "channel", "language", "audience", "kind", "topic", "helped",
                                       "took_ms")]
# Two values each; some builds of SQLite take no more than 999 in a statement.
_KEYS_AT_ONCE = 400


class Counted(NamedTuple):
    """A message as it is counted: everything about it but its words and whose it is."""

    id: int
    at: float
    day: str
    channel: str
    language: str
    audience: str
    kind: str
    topic: str
    helped: str
    bucket: int | None


def count(engine: Engine, since: str = "") -> int:
    """Bring the counts up to the messages as they are now; returns how many days were counted anew.

    `since` leaves older days alone: looking through all of them takes a second for every 150,000 messages.
    """
    with engine.connect() as connection:
        changed = _changed_days(connection, since)
    return _count_days(engine, changed)


def rebuild(engine: Engine) -> int:
    """Count every day anew. What is kept of messages that are gone cannot be counted again and stays as it is."""
    with engine.connect() as connection:
        known = {day for table in (messages, tables.counted, tables.days)
                 for day in connection.execute(sa.select(table.c.day).distinct()).scalars()}
    return _count_days(engine, known)


def _changed_days(connection: Connection, since: str) -> set[str]:
    """Days with a message that is not counted as it is now, or that is counted and gone."""
    row = tables.counted
    same = sa.and_(row.c.id == messages.c.id, row.c.at == messages.c.at)
    differs = sa.or_(
        row.c.id.is_(None),
        row.c.topic != sa.func.coalesce(messages.c.topic, ""),
        row.c.helped != sa.func.coalesce(messages.c.helped, ""),
        *(row.c[name] != messages.c[name] for name in _MAY_CHANGE),
    )
    new = (sa.select(messages.c.day).distinct().select_from(messages.outerjoin(row, same))
           .where(messages.c.day >= since, differs))
    gone = (sa.select(row.c.day).distinct().select_from(row.outerjoin(messages, same))
            .where(row.c.day >= since, messages.c.id.is_(None)))
    return {*connection.execute(new).scalars(), *connection.execute(gone).scalars()}


def _count_days(engine: Engine, days: Iterable[str]) -> int:
    """Each day in a transaction of its own: nobody who writes a message waits for more than one day."""
    counted = 0
    for day in sorted(days):
        with engine.connect().execution_options(**_whole_view(engine)) as connection, connection.begin():
            _lock(connection)
            _count_day(connection, day)
        counted += 1
    return counted


def _whole_view(engine: Engine) -> dict[str, Any]:
    """All statements of a transaction have to see the same messages, or one that comes between two is never counted."""
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def _lock(connection: Connection) -> None:
    """One counts at a time. Before anything is read: what is seen is then no older than what the one before wrote."""
    connection.exec_driver_sql({"sqlite": "BEGIN IMMEDIATE",
                                "postgresql": f"LOCK TABLE {tables.counted.name} IN EXCLUSIVE MODE"}[
        connection.dialect.name])


def _count_day(connection: Connection, day: str) -> None:
    before = {Counted(*row) for row in connection.execute(
        sa.select(*(tables.counted.c[name] for name in Counted._fields)).where(tables.counted.c.day == day))}
    now = {_counted(row) for row in connection.execute(sa.select(*_READ).where(messages.c.day == day))}
    here = {(message.id, message.at) for message in now}
    gone = [message for message in before if (message.id, message.at) not in here]
    _write_cells(connection, day, now, gone)
    _write_times(connection, day, now, gone)
    _write_counted(connection, before - now, now - before)


def _counted(row: Any) -> Counted:
    return Counted(row.id, row.at, row.day, row.channel, row.language, row.audience, row.kind, row.topic or "",
                   row.helped or "", None if row.took_ms is None else bucket(row.took_ms))


def _write_cells(connection: Connection, day: str, now: Iterable[Counted], gone: Iterable[Counted]) -> None:
    table = tables.days
    cells: dict[tuple[Any, ...], Counter[str]] = {}
    for row in connection.execute(sa.select(table).where(table.c.day == day, table.c.kept.is_(True))):
        cells[(True, row.channel, row.language, row.audience, row.kind, row.topic)] = Counter(
            messages=row.messages, up=row.up, down=row.down)
    for kept, of in ((False, now), (True, gone)):
        for one in of:
            cell = cells.setdefault((kept, one.channel, one.language, one.audience, one.kind, one.topic), Counter())
            cell.update(["messages", *([one.helped] if one.helped else [])])
    _replace(connection, table, day, [
        {"day": day, **dict(zip(("kept", "channel", "language", "audience", "kind", "topic"), key)),
         "messages": cell["messages"], "up": cell["up"], "down": cell["down"]} for key, cell in cells.items()])


def _write_times(connection: Connection, day: str, now: Iterable[Counted], gone: Iterable[Counted]) -> None:
    table = tables.times
    cells = Counter({(True, row.channel, row.bucket): row.messages for row in connection.execute(
        sa.select(table).where(table.c.day == day, table.c.kept.is_(True)))})
    cells.update((kept, one.channel, one.bucket) for kept, of in ((False, now), (True, gone)) for one in of
                 if one.bucket is not None)
    _replace(connection, table, day, [
        {"day": day, "kept": kept, "channel": channel, "bucket": number, "messages": cells[(kept, channel, number)]}
        for kept, channel, number in cells])


def _replace(connection: Connection, table: sa.Table, day: str, rows: list[Mapping[str, Any]]) -> None:
    connection.execute(table.delete().where(table.c.day == day))
    if rows:
        connection.execute(table.insert(), rows)


def _write_counted(connection: Connection, away: set[Counted], new: set[Counted]) -> None:
    table = tables.counted
    keys = [(message.id, message.at) for message in away]
    for begin in range(0, len(keys), _KEYS_AT_ONCE):
        connection.execute(table.delete().where(
            sa.tuple_(table.c.id, table.c.at).in_(keys[begin:begin + _KEYS_AT_ONCE])))
    if new:
        connection.execute(table.insert(), [message._asdict() for message in new])
