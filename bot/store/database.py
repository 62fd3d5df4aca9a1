"""The database beside Rasa's tracker store, for what must work where no model does: opt-outs, claims, deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.store import sqlite, tables

# A database that is away must not cost a gateway its patience.
CONNECT_TIMEOUT_S = 2
# Any number that nothing else in the database locks with.
_TABLES_LOCK = 0x1317138


def open_database(address: str) -> Engine:
    """An engine on the database at `address`, with our tables in it. Raises what SQLAlchemy raises where it is away."""
    engine = open_engine(sa.engine.make_url(address))
    make_tables(engine)
    return engine


def open_engine(url: URL) -> Engine:
    """An engine whose connections are tried before they are used: after an outage the first to come is served.

    What it raises and logs holds statements, never the values in them: these are what people wrote.
    """
    if url.drivername.startswith("sqlite") and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return sqlite.open_file(url)
    if url.drivername.startswith("postgresql"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True,
                                connect_args={"connect_timeout": CONNECT_TIMEOUT_S})
    return sa.create_engine(url, hide_parameters=True)


def make_tables(engine: Engine) -> None:
    """Our tables, where one is missing. Workers that start together wait for the first: each would find none there."""
    if set(tables.metadata.tables) <= set(sa.inspect(engine).get_table_names()):
        return  # a database that somebody holds can still be read
    first = {"postgresql": f"SELECT pg_advisory_xact_lock({_TABLES_LOCK})", "sqlite": "BEGIN IMMEDIATE"}
    with engine.begin() as connection:
        if engine.dialect.name in first:
            connection.exec_driver_sql(first[engine.dialect.name])
        tables.metadata.create_all(connection)


def insert_new(connection: Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert a row unless there is one of its key; whether it was inserted. Atomic between processes."""
    return connection.execute(_insert(connection, table).values(**values).on_conflict_do_nothing()).rowcount == 1


def insert_missing(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows whose key is not there yet; the others stay as they are. All rows name the same columns."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def upsert(connection: Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert a row, or give the one of its key new values."""
    statement = _insert(connection, table).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _insert(connection: Connection, table: sa.Table) -> Any:
    """An INSERT in the dialect of the connection, which alone knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table)
