"""What goes on beside the pages of this room."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from bot.console import train
from bot.console.people.accounts import Role
from bot.console.train import jobs
from bot.console.train.progress import FIRST_S, STEPS
from bot.console.train.tables import jobs as table
from bot.settings import Settings
from tests.support.console import console


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were begun to do things ahead, each by one that only waits."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(project: Path, settings: Settings) -> subprocess.Popen[bytes]:
        processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return processes[-1]

    monkeypatch.setattr(train.warming, "begin", begin)
    monkeypatch.setattr(train, "_EVERY_S", 0.05)
    monkeypatch.setattr(train, "_SETTLED_S", 0.1)
    yield processes
    for process in processes:
        process.kill()
        process.wait()


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


def test_a_training_that_is_gone_is_found_without_a_page(tmp_path: Path, begun: list[subprocess.Popen[bytes]]) -> None:
    """Within seconds; and the process that works ahead ends with the console."""
    client = console(tmp_path, Role.EDITOR)
    lost = job(client, beat_at=time.time() - jobs.LOST_S - 1)
    goes_on(client, 1)
    found = jobs.state(client.app.state.database, client.app.state.settings, lost)
    assert found is not None and found.state == "failed"
    assert len(begun) == 1 and begun[0].poll() is not None


def test_what_is_done_ahead_makes_way_for_a_training(tmp_path: Path, begun: list[subprocess.Popen[bytes]]) -> None:
    """Two that do the same would each take twice as long; what is left is done after it."""
    client = console(tmp_path, Role.EDITOR)

    async def run() -> None:
        work = asyncio.ensure_future(train.background(client.app.state))
        await until(lambda: len(begun) == 1)
        number = job(client, beat_at=time.time())
        await until(lambda: begun[0].poll() is not None)
        await asyncio.sleep(0.5)
        assert len(begun) == 1
        with client.app.state.database.begin() as connection:
            connection.execute(table.update().where(table.c.id == number).values(running=None, state="done"))
        await until(lambda: len(begun) == 2)
        await asyncio.sleep(0.5)
        assert len(begun) == 2 and begun[1].poll() is None
        work.cancel()

    asyncio.run(run())


def test_it_is_done_anew_for_another_version_in_production(tmp_path: Path, begun: list[subprocess.Popen[bytes]]) -> None:
    """Once for each; what was done for the one before ends."""
    client = console(tmp_path, Role.EDITOR)
    releases = client.app.state.settings.var_dir / "releases"

    async def run() -> None:
        work = asyncio.ensure_future(train.background(client.app.state))
        await until(lambda: len(begun) == 1)
        releases.mkdir(parents=True, exist_ok=True)
        (releases / "current").write_text("0123456789abcdef")
        await until(lambda: len(begun) == 2)
        assert begun[0].poll() is not None
        await asyncio.sleep(0.5)
        assert len(begun) == 2
        work.cancel()

    asyncio.run(run())


def test_nothing_is_begun_for_a_version_that_does_not_stay(tmp_path: Path, begun: list[subprocess.Popen[bytes]],
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Released and taken back, again and again: servers have enough to do."""
    monkeypatch.setattr(train, "_SETTLED_S", 1.0)
    client = console(tmp_path, Role.EDITOR)
    releases = client.app.state.settings.var_dir / "releases"
    releases.mkdir(parents=True, exist_ok=True)

    async def run() -> None:
        work = asyncio.ensure_future(train.background(client.app.state))
        for number in range(8):
            (releases / "current").write_text(f"{number:016x}")
            await asyncio.sleep(0.3)
        assert begun == []
        await until(lambda: len(begun) == 1)
        work.cancel()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    """Waits until it is, ten seconds at most."""
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to be")
