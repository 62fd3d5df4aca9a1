"""One of several processes that lock the same conversations: `python -m tests.support.lock_worker ADDRESS SENDERS HOLD_S`.

Says "ready", waits for a line, then holds each conversation once, all at once, and prints who was inside from when to when.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bot.settings import Settings
from bot.store.shared_lock import lock_store


def settings_for(address: str) -> Settings:
    """Settings under which two workers share a lock at this address, of PostgreSQL or of Redis."""
    return Settings(db_url=address) if address.startswith("postgresql") else Settings(workers=2, redis_url=address)


async def _hold(address: str, senders: int, hold_s: float) -> list[tuple[str, float, float]]:
    store = lock_store(settings_for(address))
    async with store.lock("warm up"):
        print("ready", flush=True)
    sys.stdin.readline()
    inside: list[tuple[str, float, float]] = []

    async def message(sender: str) -> None:
        async with store.lock(sender):
            began = time.monotonic()
            await asyncio.sleep(hold_s)
            inside.append((sender, began, time.monotonic()))

    await asyncio.gather(*(message(f"sender {number}") for number in range(senders)))
    store.close()
    return inside


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_hold(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
