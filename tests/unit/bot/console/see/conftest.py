"""A database for the figures: a file, and a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from sqlalchemy.engine import Engine

from bot.console.see import tables  # noqa: F401  # its tables are made with the others
from bot.store.database import open_database
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.e2e)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with all tables."""
    address = (f"sqlite:///{tmp_path / 'figures.db'}" if request.param == "sqlite"
               else request.getfixturevalue("postgres").database())
    opened = open_database(address)
    yield opened
    opened.dispose()
