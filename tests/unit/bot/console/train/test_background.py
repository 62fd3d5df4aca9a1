"""What goes on beside the pages of this room."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.console import train
from bot.console.people.accounts import Role
from bot.console.train import jobs
from bot.console.train.progress import FIRST_S, STEPS
from bot.console.train.tables import jobs as table
from tests.support.console import console


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[bytes]:
    """Stands for the process that reads the training data."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    monkeypatch.setattr(train.warming, "begin", lambda project: process)
    monkeypatch.setattr(train, "_EVERY_S", 0.05)
    return process


def goes_on(client: TestClient, seconds: float) -> None:
    """The work for a while, as the console runs it, and its end."""
    async def run() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(train.background(client.app.state), seconds)

    asyncio.run(run())


def job(client: TestClient, *, beat_at: float) -> int:
    """A job of another machine that gave its last sign of life then."""
    with client.app.state.database.begin() as connection:
        return connection.execute(table.insert().values(
            person_id=1, person="", state="running", running=1, host="elsewhere", beat_at=beat_at, started_at=0,
            step=STEPS[0], step_at=0, seconds="{}", expected=json.dumps(FIRST_S))).inserted_primary_key[0]


def test_a_training_that_is_gone_is_found_without_a_page(tmp_path: Path, reading: subprocess.Popen[bytes]) -> None:
    """Within seconds; and the process that reads ends with the console."""
    client = console(tmp_path, Role.EDITOR)
    lost = job(client, beat_at=time.time() - jobs.LOST_S - 1)
    goes_on(client, 1)
    found = jobs.state(client.app.state.database, client.app.state.settings, lost)
    assert found is not None and found.state == "failed"
    assert reading.poll() is not None


@pytest.mark.parametrize("trains", [False, True], ids=["nobody trains", "somebody trains"])
def test_reading_ahead_makes_way_for_a_training(tmp_path: Path, reading: subprocess.Popen[bytes], trains: bool,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that read the same lines would each take twice as long."""
    client = console(tmp_path, Role.EDITOR)
    if trains:
        job(client, beat_at=time.time())
    killed_after_s: list[float] = []
    kill, begun = reading.kill, time.monotonic()
    monkeypatch.setattr(reading, "kill", lambda: (killed_after_s.append(time.monotonic() - begun), kill()))
    goes_on(client, 2)
    assert (killed_after_s[0] < 1.5) == trains
