"""The database beside Rasa's tracker store, for what must work where no model does: opt-outs, claims, deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.store import sqlite
from bot.store.migrate import REVISION, migrate, revision_of

# See `open_engine`: the whole process waits for a row, with everybody whom it could answer.
WAITS_MS, TAKES_MS, STANDS_STILL_MS = 2000, 3000, 5000
# From a server that has not ended a statement itself by then nothing more is expected.
SILENT_AFTER_S = TAKES_MS / 1000 + 0.25


def open_database(address: str, *, short: bool = False) -> Engine:
    """An engine on the database at `address`, with our tables in it, as this program knows them; `short`: see below.

    Raises what SQLAlchemy raises where it is away, StoreError where it is of a newer program.
    """
    engine = open_engine(sa.engine.make_url(address), short=short)
    if not short:
        migrate(engine)
    elif revision_of(engine) != REVISION:
        open_database(address).dispose()  # changing tables, and waiting for who does, may take its time
    return engine


def open_engine(url: URL, *, short: bool = False) -> Engine:
    """An engine whose connections are tried before they are used: after an outage the first to come is served.

    What it raises and logs holds statements, never the values in them: these are what people wrote. A PostgreSQL that
    stands still is given up after a few seconds (see `deadline`). `short`: for transactions of a few milliseconds, by
    processes that answer others meanwhile. In PostgreSQL such a one waits `WAITS_MS` for a row at most, `TAKES_MS` for
    a statement, and is ended where its process stands still in the middle of it.
    """
    if url.drivername.startswith("sqlite") and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return sqlite.open_file(url)
    if url.drivername.startswith("postgresql"):
        from bot.store.deadline import answering_within, keep_deadlines  # where there is no PostgreSQL, nor its driver

        keep_deadlines()
        options = {"options": f"-c lock_timeout={WAITS_MS} -c statement_timeout={TAKES_MS} "
                              f"-c idle_in_transaction_session_timeout={STANDS_STILL_MS}",
                   "connection_factory": answering_within(SILENT_AFTER_S)}
        # A connection that a firewall has forgotten is cut by the system, before the server is thought to be silent.
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True,
                                connect_args={"tcp_user_timeout": TAKES_MS, **(options if short else {})})
    return sa.create_engine(url, hide_parameters=True)


def insert_new(connection: Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert a row unless there is one of its key; whether it was inserted. Atomic between processes."""
    return connection.execute(_insert(connection, table).values(**values).on_conflict_do_nothing()).rowcount == 1


def insert_missing(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows whose key is not there yet; the others stay as they are. All rows name the same columns."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def upsert(connection: Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any], *,
           over: Any = None) -> bool:
    """Insert a row, or give the one of its key new values, where `over` holds of it; whether either was done."""
    statement = _insert(connection, table).values(**key, **values)
    return connection.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=values, where=over)).rowcount == 1


def _insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT in the dialect of the connection, which alone knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table)
