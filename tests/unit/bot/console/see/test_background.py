"""Counting by itself, and by a command."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app as cli
from bot.console.people.accounts import Role
from bot.settings import Settings
from bot.store.database import open_database
from tests.support.console import console
from tests.support.figures import message, put

PATIENCE_S = 20
TODAY = datetime.date.today().isoformat()


def test_a_console_that_runs_counts_by_itself(tmp_path: Path) -> None:
    """From its start on; the page says when."""
    client = console(tmp_path, Role.REVIEWER)
    assert "are being counted" in client.get("/figures").text
    put(client.app.state.database, *(message(TODAY) for _ in range(3)))
    with client:
        deadline = time.monotonic() + PATIENCE_S
        while "Last counted" not in (words := client.get("/figures").text):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert "<strong>3</strong>" in words


def test_a_command_counts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no console runs, too."""
    engine = open_database(Settings(var_dir=tmp_path).database_url)
    put(engine, message(TODAY), message("2026-01-01"))
    monkeypatch.setenv("IMH_VAR_DIR", str(tmp_path))
    done = CliRunner().invoke(cli, ["recount"])
    assert done.exit_code == 0, done.output
    assert [row.messages for row in engine.connect().exec_driver_sql("SELECT messages FROM figures_days")] == [1, 1]
