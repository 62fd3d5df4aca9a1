"""Everything of one person: written out whole, erased whole, whatever tables there are."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa

from bot.settings import PROJECT, Settings, pseudonym_key
from bot.sms.pseudonyms import Pseudonyms
from bot.store import personal, tables
from bot.store.personal import CLAIM, MESSAGE, NOBODYS, PARTS, SENDER
from bot.store.tracker import BoundedTrackerStore

ANA, BEA = "sms-ana", "sms-bea"


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[sa.engine.Engine]:
    """A database with a row of each of two people in every table that can hold one."""
    for path in (PROJECT / "bot" / "console").glob("*/tables.py"):
        importlib.import_module(f"bot.console.{path.parent.name}.tables")
    store = BoundedTrackerStore(host=f"sqlite:///{tmp_path / 'all.db'}")
    tables.metadata.create_all(store.engine)
    with store.engine.begin() as connection:
        for number, sender in ((1, ANA), (2, BEA)):
            for part in PARTS:
                table = store.events_table if part.table == "events" else tables.metadata.tables.get(part.table)
                if table is not None:
                    connection.execute(table.insert().values(**row(table, part.column, part.by, number, sender)))
    yield store.engine
    store.engine.dispose()


def row(table: sa.Table, key: str, by: str, number: int, sender: str) -> dict[str, Any]:
    """Values for every column, by its type; every text names whose it is."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "sender_id":
            values[column.name] = sender
        elif column.name == "id" or column.name == key and by == MESSAGE:
            values[column.name] = number
        elif column.name == "message_id":
            values[column.name] = f"SM{number}" if by == CLAIM else f"twilio:SM{number}"
        else:
            made = {sa.Integer: number, sa.Float: float(number), sa.Boolean: True, sa.LargeBinary: b"\x00\x01"}
            values[column.name] = next((value for kind, value in made.items() if isinstance(column.type, kind)),
                                       f"of {sender}")
    return values


def there(engine: sa.engine.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_an_export_holds_every_column_of_every_table(filled: sa.engine.Engine) -> None:
    """A table or a column that is new is in it, or the list of parts is wrong."""
    found = personal.export(filled, ANA)
    assert set(found) == {part.table for part in PARTS} & there(filled)
    for table, (one,) in found.items():
        assert set(one) == {column["name"] for column in sa.inspect(filled).get_columns(table)}
    assert BEA not in json.dumps(found)


def test_no_table_is_forgotten(filled: sa.engine.Engine) -> None:
    """Every table is one of a person's parts, or holds nobody."""
    ours = {name for name in there(filled) if not name.startswith("sqlite_")}
    assert ours <= {part.table for part in PARTS} | NOBODYS


def test_json_is_opened_and_other_words_stay(filled: sa.engine.Engine) -> None:
    """A message that begins with a bracket is no JSON."""
    with filled.begin() as connection:
        connection.execute(tables.replies.update().values(body='[{"text": "¿Qué?"}]'))
        connection.execute(tables.feedback.update().values(text="[name] was kind"))
    found = personal.export(filled, ANA)
    assert found["replies"][0]["body"] == [{"text": "¿Qué?"}] and found["feedback"][0]["text"] == "[name] was kind"
    assert found["messages"][0]["vector"] == "AAE="


def test_erasing_leaves_what_is_said_to_stay(filled: sa.engine.Engine) -> None:
    """An opt-out, an example, a count; of the other person everything."""
    before = personal.export(filled, BEA)
    personal.erase(filled, ANA)
    with filled.connect() as connection:
        left = {part.table for part in PARTS if part.table in there(filled) and connection.execute(sa.text(
            f"SELECT count(*) FROM {part.table} WHERE {part.column} = :key"), {"key": {
                SENDER: ANA, MESSAGE: 1, CLAIM: "SM1"}[part.by]}).scalar()}
    assert left == {part.table for part in PARTS if part.kept} & there(filled)
    assert personal.export(filled, BEA) == before


def test_a_stranger_has_nothing(filled: sa.engine.Engine) -> None:
    """And can be erased."""
    personal.erase(filled, "nobody")
    assert personal.export(filled, "nobody") == {}


def test_a_number_is_never_given_twice(filled: sa.engine.Engine) -> None:
    """What the console noted by the number of an erased message must not be taken for the next one's."""
    personal.erase(filled, BEA)
    with filled.begin() as connection:
        new = connection.execute(sa.text("INSERT INTO events (sender_id, type_name) VALUES ('c', 'user')")).lastrowid
    assert new == 3


def test_the_command_finds_a_number_by_its_pseudonym(tmp_path: Path) -> None:
    """`python -m bot export`, and `erase`, with the number that was written to."""
    settings = Settings(var_dir=tmp_path)
    sender = Pseudonyms(pseudonym_key(settings)).of("+15055550123", "+15055550100")
    store = BoundedTrackerStore(host=settings.database_url)
    with store.engine.begin() as connection:
        connection.execute(tables.sms_pages.insert().values(sender_id=sender, page=2, updated_at=1.0))
    store.engine.dispose()

    def run(verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "bot", verb, *arguments], cwd=PROJECT, capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "IMH_VAR_DIR": str(tmp_path)})

    without = run("export", "(505) 555-0123")
    assert without.returncode == 1 and "--to" in without.stderr
    found = json.loads(run("export", "(505) 555-0123", "--to", "+15055550100").stdout)["conversations"]
    row = {"sender_id": sender, "page": 2, "updated_at": 1.0, "choices": None}
    assert found == {"(505) 555-0123": {}, sender: {"sms_pages": [row]}}
    assert json.loads(run("export", sender).stdout)["conversations"] == {sender: found[sender]}
    assert run("erase", "505-555-0123", "--to", "+15055550100").returncode == 0
    assert json.loads(run("export", sender).stdout)["conversations"] == {sender: {}}
