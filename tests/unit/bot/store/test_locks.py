"""The lock store: one message of a sender at a time, in order, and nobody waits for somebody else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
import yaml
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from bot.store.locks import QueueLockStore

PAIRS = 200


def test_messages_of_a_sender_keep_their_order() -> None:
    """Who came first is served first, also where the first takes longest."""
    served: list[int] = []

    async def message(store: QueueLockStore, number: int) -> None:
        async with store.lock("ana"):
            await asyncio.sleep(0.01 if number == 0 else 0)
            served.append(number)

    async def play() -> None:
        store = QueueLockStore()
        await asyncio.gather(*(message(store, number) for number in range(20)))

    asyncio.run(play())
    assert served == list(range(20))


def test_simultaneous_pairs_never_overlap() -> None:
    """Two messages of each of 200 senders at once: never are both of a sender inside."""
    inside: dict[str, int] = {}
    most: dict[str, int] = {}

    async def message(store: QueueLockStore, sender: str) -> None:
        async with store.lock(sender):
            inside[sender] = inside.get(sender, 0) + 1
            most[sender] = max(most.get(sender, 0), inside[sender])
            await asyncio.sleep(0.001)
            inside[sender] -= 1

    async def play() -> None:
        store = QueueLockStore()
        await asyncio.gather(*(message(store, f"sender {number}") for number in range(PAIRS) for _ in range(2)))

    asyncio.run(play())
    assert most == {f"sender {number}": 1 for number in range(PAIRS)}


def test_other_sender_is_not_held_up() -> None:
    """While one conversation is held, another one starts and ends."""
    async def play() -> None:
        store = QueueLockStore()
        async with store.lock("ana"):
            async with store.lock("bea", lock_lifetime=1):
                pass

    asyncio.run(asyncio.wait_for(play(), 5))


def test_next_message_does_not_wait_by_the_clock() -> None:
    """Fifty messages in a row take milliseconds: Rasa's lock stores look again only once a second."""
    async def message(store: QueueLockStore) -> None:
        async with store.lock("ana"):
            await asyncio.sleep(0)

    async def play() -> None:
        store = QueueLockStore()
        await asyncio.gather(*(message(store) for _ in range(50)))

    began = time.monotonic()
    asyncio.run(play())
    assert time.monotonic() - began < 0.9


def test_failure_inside_lets_the_next_in_and_is_passed_on() -> None:
    """A turn that raises gives the conversation free."""
    async def play() -> str:
        store = QueueLockStore()
        with pytest.raises(ValueError, match="broken turn"):
            async with store.lock("ana"):
                raise ValueError("broken turn")
        async with store.lock("ana", lock_lifetime=1):
            return "in"

    assert asyncio.run(play()) == "in"


def test_waiting_longer_than_the_lifetime_is_an_error() -> None:
    """Who waited too long gets LockError; who holds the conversation goes on, and the next one gets in."""
    async def play() -> str:
        store = QueueLockStore()
        async with store.lock("ana"):
            with pytest.raises(LockError):
                async with store.lock("ana", lock_lifetime=0.02):
                    pytest.fail("two inside")
        async with store.lock("ana", lock_lifetime=1):
            return "in"

    assert asyncio.run(play()) == "in"


def test_failed_turn_inside_is_no_lock_error() -> None:
    """A timeout that the turn itself raises stays what it is."""
    async def play() -> None:
        async with QueueLockStore().lock("ana"):
            raise asyncio.TimeoutError

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(play())


def test_message_called_off_while_waiting_lets_the_others_pass() -> None:
    """A request whose client hung up leaves the queue; those behind it are served."""
    served: list[str] = []

    async def message(store: QueueLockStore, name: str) -> None:
        async with store.lock("ana", lock_lifetime=1):
            served.append(name)

    async def play() -> None:
        store = QueueLockStore()
        async with store.lock("ana"):
            gone, stays = (asyncio.ensure_future(message(store, name)) for name in ("gone", "stays"))
            await asyncio.sleep(0.01)
            gone.cancel()
            await asyncio.sleep(0.01)
        await stays

    asyncio.run(play())
    assert served == ["stays"]


def test_message_called_off_while_inside_lets_the_next_in() -> None:
    """A request that is cancelled in the middle of its turn gives the conversation free."""
    async def hold(store: QueueLockStore) -> None:
        async with store.lock("ana"):
            await asyncio.sleep(60)

    async def play() -> str:
        store = QueueLockStore()
        holder = asyncio.ensure_future(hold(store))
        await asyncio.sleep(0.01)
        holder.cancel()
        async with store.lock("ana", lock_lifetime=1):
            return "in"

    assert asyncio.run(play()) == "in"


def test_nothing_is_left_behind() -> None:
    """Senders who are gone, whether served, failed, called off or too late, cost no memory."""
    async def play() -> QueueLockStore:
        store = QueueLockStore()
        for number in range(100):
            async with store.lock(f"served {number}"):
                with pytest.raises(LockError):
                    async with store.lock(f"served {number}", lock_lifetime=0.001):
                        pass
            with pytest.raises(ValueError):
                async with store.lock(f"failed {number}"):
                    raise ValueError
        return store

    store = asyncio.run(play())
    assert not [kept for kept in vars(store).values() if kept]


def test_rasa_builds_the_store_from_endpoints() -> None:
    """`rasa run` finds the store by its module path."""
    store = LockStore.create(EndpointConfig.from_dict({"type": "bot.store.locks.QueueLockStore"}))
    assert isinstance(store, QueueLockStore)


def test_endpoints_name_the_stores_that_are_tested_here() -> None:
    """`endpoints.yml` points Rasa's own commands to our stores."""
    project = Path(__file__).resolve().parents[4]
    endpoints = yaml.safe_load((project / "endpoints.yml").read_text(encoding="utf-8"))
    assert endpoints["lock_store"]["type"] == "bot.store.locks.QueueLockStore"
    assert endpoints["tracker_store"]["type"] == "bot.store.tracker.BoundedTrackerStore"
