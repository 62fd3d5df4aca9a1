"""A database is filled with rows as a server writes them, under other senders."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from benchmarks.load.flat import Pair, fill

_TABLES = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, sender_id VARCHAR(255) NOT NULL, type_name "
    "VARCHAR(255), "
    "timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)",
    "CREATE TABLE conversations (sender_id VARCHAR(255) PRIMARY KEY, slots TEXT NOT NULL, updated_at FLOAT NOT NULL)",
    "CREATE TABLE replies (sender_id VARCHAR(255), message_id VARCHAR(128), body TEXT NOT NULL, created_at FLOAT NOT "
    "NULL, "
    "PRIMARY KEY (sender_id, message_id))")


def test_rows_are_multiplied_until_there_are_enough(tmp_path: Path) -> None:
    """Whole conversations, each under a sender of its own, with slots and replies; the given ones stay."""
    path = tmp_path / "conversations.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in _TABLES:
            connection.exec_driver_sql(statement)
        for sender in ("template-0", "template-1"):
            for number in range(3):
                connection.exec_driver_sql("INSERT INTO events (sender_id, type_name, data) VALUES (?, 'user', ?)",
                                           (sender, f"{sender} {number}"))
            connection.exec_driver_sql("INSERT INTO conversations VALUES (?, '{}', 1.0)", (sender,))
            connection.exec_driver_sql("INSERT INTO replies VALUES (?, 'm', '[]', 1.0)", (sender,))
    fill(path, 100)
    with engine.connect() as connection:
        count = lambda what: connection.exec_driver_sql(f"SELECT {what}").scalar()  # noqa: E731
        assert count("count(*) FROM events") == 102  # seventeen times six: the first that is not less
        assert count("count(DISTINCT sender_id) FROM events") == count("count(*) FROM conversations") == 34
        assert count("count(*) FROM replies") == 34
        assert count("count(DISTINCT sender_id) FROM events WHERE data = 'template-1 2'") == 17


def test_a_ratio_is_of_medians() -> None:
    """One message that took long does not make a full database look slow."""
    pair = Pair(much_ms=(12.0, 12.0, 900.0), little_ms=(10.0, 10.0, 10.0))
    assert pair.ratio == 1.2
