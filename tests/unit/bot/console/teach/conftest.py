"""What the tests of teaching share: staff files in a folder of their own, messages in a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from sqlalchemy.engine import Engine

import bot.console.people.tables  # noqa: F401  # so that the database has them
from bot.console.people.accounts import Person, Role
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.tables import messages

ANA = Person(1, "ana", "Ana Núñez", "ana@example.org", Role.REVIEWER)
BEN = Person(2, "ben", "Ben", "ben@example.org", Role.REVIEWER)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty staff folder."""
    return Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "staff")


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """The database beside the staff folder."""
    return open_database(settings.database_url)


def add_message(engine: Engine, number: int, text: str, **changes: Any) -> None:
    """A message of a person that waits in the inbox."""
    values = {"id": number, "sender_id": "visitor", "at": 1.0, "day": "2026-11-28", "channel": "web", "language": "en",
              "audience": "parent", "text": text, "kind": "clarify", "intent": "nlu_fallback", "confidence": 0.2,
              "reason": "asked_back", "state": "new", "version": 0, **changes}
    with engine.begin() as connection:
        connection.execute(messages.insert().values(**values))


@pytest.fixture
def said(engine: Engine) -> Callable[..., None]:
    """Puts a message into the inbox: number, words, and what differs."""
    return lambda number, text, **changes: add_message(engine, number, text, **changes)
