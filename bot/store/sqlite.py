"""How a SQLite file is opened: connections that stay, writes that are on disk, and a file that is still the same one.

SQLAlchemy opens and closes a file for every transaction. Closing the last connection folds the write-ahead log into the
file, which was a sixth of a turn. Connections are kept here instead; and because a kept connection would go on writing
into a file that somebody has taken away, each is held against the file before it is used again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

_WAITS_MS = 1000


def open_file(url: URL) -> Engine:
    """An engine on the file that `url` names; every connection is prepared before it is used."""
    engine = sa.create_engine(url, poolclass=QueuePool, hide_parameters=True, connect_args={"check_same_thread": False})
    path = str(url.database)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        # Readers and one writer at once, a write that is on disk when the turn is acknowledged, and deleted words that
        # are overwritten, whoever deletes them.
        cursor.execute(f"PRAGMA busy_timeout={_WAITS_MS}")
        _write_ahead(cursor)
        for pragma in ("synchronous=FULL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        record.info["file"] = _identity(path)

    @sa.event.listens_for(engine, "checkout")
    def check(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise DisconnectionError  # SQLAlchemy then opens what is there now

    return engine


def _write_ahead(cursor: Any) -> None:
    """Have the file written ahead, which it stays.

    Of two who turn a new file into one at the same moment SQLite refuses one at once, whatever the busy timeout: each
    reads, and waits for the other to end reading. So it is asked again here, as long as it would have waited.
    """
    until = time.monotonic() + _WAITS_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.005)


def _identity(path: str) -> tuple[int, int] | None:
    """Which file this is, whatever its name; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
