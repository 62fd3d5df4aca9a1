"""What the figures read in the tables of other rooms."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.see import neighbours
from bot.console.see.period import Period
from bot.console.see.sheets import Name
from bot.console.see.uncovered import read_asked
from bot.store.tables import metadata
from tests.support.figures import message, put

PERIOD = Period.ending(datetime.date(2026, 11, 28), 7)


def row(table: sa.Table, **given: Any) -> dict[str, Any]:
    """A row of a table of another room: `given`, and something in every other column that needs it."""
    filled = {column.name: 0.0 if isinstance(column.type, sa.Float) else "" for column in table.columns
              if not column.nullable and not column.primary_key}
    return {**filled, **given}


def insert(engine: Engine, name: str, *rows: dict[str, Any]) -> None:
    with engine.begin() as connection:
        table = metadata.tables[name]
        metadata.create_all(connection)
        for one in rows:
            connection.execute(table.insert(), row(table, **one))


def asked(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [message.text for message in read_asked(connection, PERIOD)]


def test_what_staff_put_under_a_topic_is_covered_after_all(engine: Engine) -> None:
    """Until they take it back; a question that they too call out of scope stays on the list."""
    pytest.importorskip("bot.console.teach.tables")
    put(engine, *(message(id=number, kind="out_of_scope", text=text) for number, text in
                  enumerate(("taught", "taken back", "out of scope", "unseen"), 1)))
    insert(engine, neighbours.LABELS, {"message_id": 1, "topic": "ask_contact"},
           {"message_id": 2, "topic": "ask_contact", "undone_at": 1.0},
           {"message_id": 3, "topic": "out_of_scope"})
    assert asked(engine) == ["taken back", "out of scope", "unseen"]


def test_releases_are_those_of_the_period_and_the_one_it_began_under(engine: Engine) -> None:
    """Not one that is only on its way, and none that came later."""
    pytest.importorskip("bot.console.publish.tables")
    insert(engine, neighbours.RELEASES, *(
        {"at": datetime.datetime.fromisoformat(day).timestamp(), "training": training, "kind": kind, "done": done,
         "content": "c" * 16, "person": "Ana"} for day, training, kind, done in (
            ("2026-11-01", "a" * 20, "found", True), ("2026-11-20", "b" * 20, "model", True),
            ("2026-11-23T12:30", "d" * 20, "content", True), ("2026-11-24", "e" * 20, "model", False),
            ("2026-11-28T23:00", "f" * 20, "back", True), ("2026-11-29", "g" * 20, "model", True))))
    with engine.connect() as connection:
        found = neighbours.releases(connection, PERIOD)
    assert found.rows == (
        ("2026-11-20 00:00", "b" * 8, "c" * 8, Name("release", "model"), "Ana"),
        ("2026-11-23 12:30", "d" * 8, "c" * 8, Name("release", "content"), "Ana"),
        ("2026-11-28 23:00", "f" * 8, "c" * 8, Name("release", "back"), "Ana"))


def test_a_console_without_these_rooms_has_figures_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of releases then, and nothing was taught."""
    monkeypatch.setattr(neighbours, "LABELS", "no_table")
    monkeypatch.setattr(neighbours, "RELEASES", "no_table")
    put(engine, message(kind="out_of_scope", text="one"))
    with engine.connect() as connection:
        assert neighbours.releases(connection, PERIOD).rows == ()
    assert asked(engine) == ["one"]
