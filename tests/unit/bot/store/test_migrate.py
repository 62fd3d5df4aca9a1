"""Migrations: tables and revisions say the same, old databases are taken over, and nobody migrates twice."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import StoreError
from bot.store import tables
from bot.store.database import open_database, open_engine
from bot.store.migrate import REVISION, migrate, revision_of
from tests.support.server import PROJECT

ROOMS = sorted(path.parent.name for path in (PROJECT / "bot" / "console").glob("*/tables.py"))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'some.db'}"
    return request.getfixturevalue("postgres").database()


def every_table() -> sa.MetaData:
    """The server's tables and those of every room of the console."""
    for room in ROOMS:
        importlib.import_module(f"bot.console.{room}.tables")
    return tables.metadata


def differences(engine: sa.engine.Engine) -> list[object]:
    """What a revision would have to change for the database to be as the code has it."""
    metadata = every_table()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "compare_type": True, "compare_server_default": True,
            "include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables})
        return compare_metadata(context, metadata)


def test_revisions_lead_to_the_tables_of_the_code(address: str) -> None:
    """Whoever changes a table writes a revision."""
    assert differences(open_database(address)) == []


def test_the_code_knows_the_last_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "bot" / "store" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_a_database_from_before_is_taken_over(address: str) -> None:
    """What it holds stays; the columns, the indexes and the tables that it lacks are added."""
    engine = open_engine(sa.engine.make_url(address))
    every_table().create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_messages_copy_of")
        for column in ("copy_of", "vector"):
            connection.exec_driver_sql(f"ALTER TABLE messages DROP COLUMN {column}")
        connection.exec_driver_sql("DROP TABLE lock_places")
        connection.execute(tables.sms_opt_outs.insert().values(sender_id="sms-a", key_id="k", since=1.0))
    engine = open_database(address)
    assert differences(engine) == [] and revision_of(engine) == REVISION
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.sms_opt_outs.c.sender_id)).scalars().all() == ["sms-a"]


def test_the_log_of_what_staff_did_cannot_be_changed(address: str) -> None:
    """Also where a server made the tables, before there was a console."""
    with open_database(address).begin() as connection:
        connection.exec_driver_sql("INSERT INTO console_audit (id, at, action, subject) VALUES (1, 1.0, 'a', 'b')")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), open_database(address).begin() as connection:
        connection.exec_driver_sql("UPDATE console_audit SET subject = 'c'")


def test_workers_that_start_together_migrate_once(address: str) -> None:
    """Each of six finds the tables there; none fails."""
    code = "import sys; from bot.store.database import open_database; open_database(sys.argv[1])"
    workers = [subprocess.Popen([sys.executable, "-c", code, address], cwd=PROJECT, stderr=subprocess.PIPE)
               for _ in range(6)]
    for process in workers:
        assert (process.communicate(timeout=90)[1], process.returncode) == (b"", 0)
    with open_database(address).connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [REVISION]


def test_what_is_up_to_date_is_only_looked_at(address: str) -> None:
    """A start costs no change: two looks, nothing written."""
    engine, said = open_database(address), []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert migrate(engine) == REVISION
    assert said and all(statement.upper().startswith(("SELECT", "PRAGMA")) for statement in said)


def test_a_database_of_a_newer_program_is_refused(address: str) -> None:
    """With a sentence: this program does not know what its tables are for."""
    engine = open_database(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version of this program"):
        open_database(address)
