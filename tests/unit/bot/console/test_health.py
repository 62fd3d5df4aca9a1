"""Whether the console is well: by codes, to anybody, and also while the database is away."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.console import health
from bot.knowledge import CONTENT
from bot.release import make_bundle
from bot.store import deadline
from tests.support.console import console
from tests.support.postgres import Postgres

SECRET = "db.internal:5432/srv/imh"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Somebody without a session."""
    return console(tmp_path, role=None)


def away(*_: Any, **__: Any) -> Any:
    raise sa.exc.OperationalError("SELECT 1", {}, ConnectionError(SECRET))


def test_a_console_that_is_well_says_so_to_anybody(client: TestClient) -> None:
    """No session, no cookie, no page."""
    assert client.get("/health/live").json() == {"status": "live"}
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "reasons": []})
    assert "set-cookie" not in response.headers


def test_without_the_database_it_is_alive_and_not_ready(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """To somebody with a session too, whom nobody could look up; nothing of the error is told."""
    monkeypatch.setattr(client.app.state.database, "connect", away)
    client.cookies.set("imh_session", "x" * 43)
    assert client.get("/health/live").status_code == 200
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "reasons": ["database_away"]})
    assert SECRET not in response.text


def test_a_folder_that_cannot_be_written_is_not_ready(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing could be trained or released."""
    monkeypatch.setattr(health.os, "access", lambda path, mode: False)
    assert client.get("/health/ready").json() == {"status": "unavailable", "reasons": ["var_unwritable"]}


def test_what_is_wrong_and_keeps_nobody_from_working_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch,
                                                              tmp_path: Path) -> None:
    """A disk that fills up, a release that is damaged here, a commit that git refuses: 200, degraded."""
    settings = client.app.state.settings
    (tmp_path / "0123abcd.tar.gz").write_bytes(b"model")
    bundle = make_bundle(tmp_path / "0123abcd.tar.gz", CONTENT, settings)
    assert client.get("/health/ready").json()["status"] == "ready"
    (bundle.content / "phrases.yml").write_text("evil")
    monkeypatch.setattr(health, "disk_low", lambda folder: True)
    client.app.state.record_trouble = f"Git said: {SECRET}"
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (
        200, {"status": "degraded", "reasons": ["disk_low", "release_damaged", "record_refused"]})
    assert SECRET not in response.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_done_there(client: TestClient, method: str) -> None:
    """It is looked at."""
    assert client.request(method, "/health/ready").status_code == 405


def test_a_database_that_stands_still_is_away_soon(tmp_path: Path, postgres: Postgres) -> None:
    """Its connections stay open and nothing answers: it is told before whoever asks gives up, and taken back."""
    client = console(tmp_path, role=None, db_url=postgres.database())
    assert client.get("/health/ready").status_code == 200
    with postgres.frozen():
        for _ in range(2):
            began = time.monotonic()
            response = client.get("/health/ready")
            assert (response.status_code, response.json()["reasons"]) == (503, ["database_away"])
            assert time.monotonic() - began < 3
    time.sleep(deadline.HELD_S + 0.1)
    assert client.get("/health/ready").status_code == 200
