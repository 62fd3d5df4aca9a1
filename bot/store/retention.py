"""What is past its time goes: words after `IMH_RETENTION_DAYS`, replies and claims when nobody can ask for them.

In small batches with pauses, each a transaction of its own, the oldest first: a turn waits for no more than one batch,
and whoever is killed in between leaves what a shorter run would have left. Several processes may do it at once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.logs import where
from bot.store import tables
from bot.store.database import open_database
from bot.store.personal import MESSAGE, PARTS, forget_deleted
from bot.store.sms import CLAIMS_KEPT_S, DELIVERIES_KEPT_S, PAGES_KEPT_S

logger = logging.getLogger(__name__)

DAY_S = 24 * 3600.0
REPLIES_KEPT_S = 2 * DAY_S
# Rows a transaction. Fifty events are deleted and on disk in a few milliseconds.
AT_ONCE = 50
# Rows that are looked at in one go: two columns of them, in a few milliseconds.
STRETCH = 500
# Between two batches the database belongs to others: at least so long, and so many times what the batch took.
_LEAST_PAUSE_S, _PAUSES_A_BATCH = 0.02, 3
# A log that is being read cannot be folded; somebody else's read ends soon.
_FOLDS, _FOLD_EVERY_S = 20, 0.25
# After a start there is other work; then once a day, not by every process in the same minute.
FIRST_AFTER_S, EVERY_S, AGAIN_AFTER_S, _SPREAD = 10.0, DAY_S, 3600.0, 0.1
_LOCK = 0x1317139

_events = sa.table("events", sa.column("id"), sa.column("timestamp"))
_Key = Mapping[str, Any]


@dataclass(frozen=True)
class _Table:
    """Rows that are past their time, a batch at a time; `changes` are what becomes of them, None where they go."""

    table: Any
    old: Any
    changes: Mapping[str, Any] | None = None


def retain(engine: Engine, days: int, *, now: float | None = None, stop: threading.Event | None = None) -> Counter[str]:
    """Delete what is past its time; table -> how many rows it was taken out of. Ends early where `stop` is set.

    Counts stay: feedback keeps its thumb, without words and without whose it was, and the console's figures keep their
    days. Opt-outs stay. A conversation that goes on keeps what is younger than `days`.
    """
    now = time.time() if now is None else now
    stop = stop or threading.Event()
    done: Counter[str] = Counter()
    for name, batch in _batches(engine, days, now, stop):
        started = time.monotonic()
        with engine.begin() as connection:
            if not _mine(connection):
                break  # another process is at it
            rows = batch(connection)
        done[name] += rows
        if stop.wait(max(_LEAST_PAUSE_S, (time.monotonic() - started) * _PAUSES_A_BATCH)):
            break
    if done and engine.dialect.name == "sqlite":
        _fold(engine, stop)
    return +done


def _batches(engine: Engine, days: int, now: float,
             stop: threading.Event) -> Iterator[tuple[str, Callable[[Connection], int]]]:
    """What to do, a transaction each, by the name of its table."""
    words = now - days * DAY_S
    there = set(sa.inspect(engine).get_table_names())
    if "events" in there:
        yield from _old_events(engine, words, now, stop)
    yield from _old_messages(engine, words, there)
    for kind in _tables(words, now):
        yield from _old_rows(engine, kind)


def _tables(words: float, now: float) -> Sequence[_Table]:
    feedback, claims, pages = tables.feedback, tables.sms_claims, tables.sms_pages
    return (
        # The thumb is counted by the day; whose it was and in which words is nobody's business any more.
        _Table(feedback, sa.and_(feedback.c.created_at < words, feedback.c.sender_id != ""),
               {"text": None, "sender_id": ""}),
        _Table(tables.conversations, tables.conversations.c.updated_at < words),
        _Table(tables.replies, tables.replies.c.created_at < max(words, now - REPLIES_KEPT_S)),
        _Table(claims, claims.c.claimed_at < max(words, now - CLAIMS_KEPT_S)),
        _Table(pages, pages.c.updated_at < max(words, now - PAGES_KEPT_S)),
        _Table(tables.sms_deliveries, tables.sms_deliveries.c.updated_at < max(words, now - DELIVERIES_KEPT_S)),
    )


def _old_events(engine: Engine, before: float, now: float,
                stop: threading.Event) -> Iterator[tuple[str, Callable[[Connection], int]]]:
    """Events have no index by time, so all are looked at, a stretch at a time; their numbers rise with it.

    An event whose time is unknown, or yet to come (a clock stood wrong), is as old as the next one that has a time.
    """
    cursor = -1
    unknown: list[int] = []
    while True:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(_events).where(_events.c.id > cursor).order_by(_events.c.id)
                                      .limit(STRETCH)).all()
        if not rows:
            return
        cursor, old = rows[-1].id, []
        for row in rows:
            if row.timestamp is None or row.timestamp > now:
                unknown.append(row.id)
                continue
            if row.timestamp < before:
                old += [*unknown, row.id]
            unknown = []
        for first in range(0, len(old), AT_ONCE):
            yield "events", _deletion(_events, _events.c.id, old[first:first + AT_ONCE])
        if not old and stop.wait(_LEAST_PAUSE_S):
            return


def _old_messages(engine: Engine, before: float, there: set[str]) -> Iterator[tuple[str, Callable[[Connection], int]]]:
    """The console's rows of messages, and what was noted beside them."""
    beside = [sa.table(part.table, sa.column(part.column)) for part in PARTS
              if part.by == MESSAGE and part.table in there and not part.kept]
    table = tables.messages
    while True:
        with engine.connect() as connection:
            old = connection.execute(sa.select(table.c.id).where(table.c.at < before).order_by(table.c.at)
                                     .limit(AT_ONCE)).scalars().all()
        if not old:
            return

        def batch(connection: Connection, old: Sequence[int] = old) -> int:
            for other in beside:
                connection.execute(sa.delete(other).where(next(iter(other.c)).in_(old)))
            return connection.execute(sa.delete(table).where(table.c.id.in_(old))).rowcount

        yield "messages", batch


def _old_rows(engine: Engine, kind: _Table) -> Iterator[tuple[str, Callable[[Connection], int]]]:
    key = list(kind.table.primary_key)
    while True:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(*key).where(kind.old).limit(AT_ONCE)).all()
        if not rows:
            return
        # What was written to since it was read is young again.
        those = sa.and_(kind.old, sa.or_(*(sa.and_(*(column == value for column, value in zip(key, row)))
                                           for row in rows)))
        statement = kind.table.delete() if kind.changes is None else kind.table.update().values(**kind.changes)

        def batch(connection: Connection, statement: Any = statement.where(those)) -> int:
            return connection.execute(statement).rowcount

        yield kind.table.name, batch


def _deletion(table: Any, column: Any, values: Sequence[Any]) -> Callable[[Connection], int]:
    return lambda connection: connection.execute(sa.delete(table).where(column.in_(values))).rowcount


def _mine(connection: Connection) -> bool:
    """Whether nobody else deletes at this moment. SQLite has one writer anyway, and two find the same rows gone."""
    return connection.dialect.name != "postgresql" or bool(
        connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_LOCK})").scalar())


def _fold(engine: Engine, stop: threading.Event) -> None:
    """Take the deleted words out of the log: first what stops nobody, then the little that is left."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
    for _ in range(_FOLDS):
        if forget_deleted(engine) or stop.wait(_FOLD_EVERY_S):
            return


class DailyRetention:
    """Does it beside a server's work, in a thread of its own, for as long as the server runs."""

    def __init__(self, database_url: str, days: int, *, first_after_s: float = FIRST_AFTER_S) -> None:
        self._database_url, self._days, self._first_after_s = database_url, days, first_after_s
        self._stop = threading.Event()
        # A daemon: a server that is killed need not wait for it, and what was committed stays so.
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self, *_: Any) -> None:
        """Begin; takes and ignores what a server's listeners are called with."""
        self._thread.start()

    def stop(self, *_: Any) -> None:
        """End after the batch that is being deleted."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        wait_s = self._first_after_s
        while not self._stop.wait(wait_s):
            wait_s = EVERY_S * (1 + _SPREAD * random.random())
            try:
                self._once()
            except Exception as error:  # a database that is away is back in an hour
                logger.error("What is past its time could not be deleted: %s", where(error))
                wait_s = AGAIN_AFTER_S

    def _once(self) -> None:
        engine = open_database(self._database_url)
        try:
            retain(engine, self._days, stop=self._stop)
        finally:
            engine.dispose()
