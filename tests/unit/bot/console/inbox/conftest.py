"""What the inbox's tests share: databases, conversations in them, browsers in the console."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

import bot.console.inbox.tables  # noqa: F401  (its tables are made with the others)
from bot.console.inbox.rules import Rules, load_rules
from bot.console.people.accounts import Role
from bot.store.database import open_database
from tests.support.console import browser, console
from tests.support.inbox import Talk
from tests.support.postgres import Postgres
from tests.support.teaching import Teaching


@pytest.fixture
def rules() -> Rules:
    return load_rules()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'inbox.db'}")
    else:
        opened = open_database(request.getfixturevalue("postgres").database())
    yield opened
    opened.dispose()


@pytest.fixture
def talk(engine: Engine) -> Talk:
    return Talk(engine)


@pytest.fixture
def teaching(monkeypatch: pytest.MonkeyPatch) -> Teaching:
    """The room that keeps examples, which here only remembers."""
    fake = Teaching()
    fake.install(monkeypatch)
    return fake


@pytest.fixture
def ana(tmp_path: Path, teaching: Teaching) -> TestClient:
    """A reviewer in a console of her own, without what goes on in the background."""
    return console(tmp_path, Role.REVIEWER)


@pytest.fixture
def another(ana: TestClient) -> Callable[[], TestClient]:
    """Another reviewer in the same console."""
    return lambda: browser(ana.app, Role.REVIEWER)
