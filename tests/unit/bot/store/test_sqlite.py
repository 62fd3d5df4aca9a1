"""A SQLite file: connections that are kept, and that notice when the file under them is another one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import sqlite


@pytest.fixture
def engine(tmp_path: Path):
    opened = sqlite.open_file(sa.engine.make_url(f"sqlite:///{tmp_path / 'notes.db'}"))
    with opened.begin() as connection:
        connection.execute(sa.text("CREATE TABLE notes (text TEXT)"))
    yield opened
    opened.dispose()


def write(engine: sa.engine.Engine, text: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})


def test_a_connection_is_kept(engine: sa.engine.Engine) -> None:
    """Two transactions, one connection: opening and closing was a sixth of a turn."""
    opened: list[object] = []
    sa.event.listen(engine, "connect", lambda connection, _: opened.append(connection))
    write(engine, "one")
    write(engine, "two")
    assert opened == []  # the fixture's connection served both


def test_every_connection_waits_and_writes_through(engine: sa.engine.Engine) -> None:
    """A commit is on disk before it is acknowledged, and readers do not stand in a writer's way."""
    with engine.connect() as connection:
        pragma = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                  for name in ("journal_mode", "synchronous", "busy_timeout")}
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 1000}


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite refuses one of two who change a file's journal at the same moment, one file in five of these."""
    refused: list[sa.exc.OperationalError] = []
    start = threading.Barrier(8)

    def connect(url: sa.engine.URL) -> None:
        engine = sqlite.open_file(url)
        start.wait()
        try:
            engine.connect().close()
        except sa.exc.OperationalError as error:
            refused.append(error)
        engine.dispose()

    for number in range(40):
        url = sa.engine.make_url(f"sqlite:///{tmp_path / str(number)}.db")
        threads = [threading.Thread(target=connect, args=(url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert refused == []


def test_nothing_is_written_into_a_file_that_was_taken_away(engine: sa.engine.Engine) -> None:
    """A kept connection would go on writing where nobody will read; the write fails instead."""
    path = Path(engine.url.database)
    path.rename(path.with_suffix(".away"))
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        write(engine, "lost")


def test_goes_on_when_the_file_is_back(engine: sa.engine.Engine) -> None:
    """What was there before the file was away and what comes after stand in one file."""
    path = Path(engine.url.database)
    write(engine, "before")
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    with pytest.raises(sa.exc.OperationalError):
        write(engine, "lost")
    path.rmdir()
    path.with_suffix(".away").rename(path)
    write(engine, "after")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT text FROM notes")).scalars().all() == ["before", "after"]
