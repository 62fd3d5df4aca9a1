"""docs/privacy.md says what is stored: held against the schema, the staff's rooms and Rasa's table included."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.privacy import PAGE
from bot.settings import PROJECT
from bot.store import tables
from bot.store.personal import NOBODYS, PARTS
from bot.store.tracker import BoundedTrackerStore

ROOMS = [path.parent.name for path in (PROJECT / "bot" / "console").glob("*/tables.py")]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Table -> columns, as they are in a database that everything has made its tables in."""
    for room in ROOMS:
        importlib.import_module(f"bot.console.{room}.tables")
    store = BoundedTrackerStore(host=f"sqlite:///{tmp_path_factory.mktemp('schema') / 'all.db'}")
    tables.metadata.create_all(store.engine)
    inspector = sa.inspect(store.engine)
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()
            if not name.startswith("sqlite_")}


def documented() -> dict[str, set[str]]:
    """Table -> columns, as the page has them."""
    rows = re.findall(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|(.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert all(len([cell for cell in rest.split("|") if cell.strip()]) == 3 for _, _, rest in rows)
    return {table: set(re.findall(r"`(\w+)`", columns)) for table, columns, _ in rows}


def test_every_column_has_its_line_and_every_line_its_column(schema: dict[str, set[str]]) -> None:
    """What, why, how long, who sees; a new column without a line fails, and so does a line without its column."""
    assert len(schema) >= 9 and documented() == schema


def test_every_table_is_somebodys_or_nobodys(schema: dict[str, set[str]]) -> None:
    """So that erasing and exporting cannot forget one; `events` is Rasa's."""
    listed = {part.table for part in PARTS}
    assert not listed & NOBODYS
    assert listed | NOBODYS >= set(schema)
    assert {part.column for part in PARTS if part.table in schema} and all(
        part.column in schema[part.table] for part in PARTS if part.table in schema)
    # Whose rows are told by a sender is nobody's by no excuse.
    assert [name for name in NOBODYS & set(schema) if {"sender_id", "text"} & schema[name]] == []


def test_the_files_are_named() -> None:
    """What the program writes beside the database."""
    page = PAGE.read_text(encoding="utf-8")
    for name in ("var/models", "var/releases", "var/merged", "var/encoders", "var/secret", "var/pseudonym_key",
                 "nlu/data/staff", "IMH_RETENTION_DAYS", "IMH_REDIS_URL", "deploy/postgres/privacy.conf"):
        assert name in page, name


def test_commands_of_the_page_exist() -> None:
    """`python -m bot …` and `python -m benchmarks …`."""
    page = PAGE.read_text(encoding="utf-8")
    verbs = set(re.findall(r"python -m bot (\w+)", page))
    source = "".join(Path(PROJECT / "bot" / name).read_text(encoding="utf-8") for name in ("cli.py",
                                                                                          "personal_commands.py"))
    assert verbs == {"retain", "erase", "export"} and all(f"def {verb}(" in source for verb in verbs)
