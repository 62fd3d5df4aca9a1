"""Keeps the counts up to date while the console runs."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import time

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.see.counting import count

EVERY_S = 60.0
# Thumbs come within minutes; of older days, what came late and what was erased is seen once an hour.
_RECENT_DAYS = 7
_ALL_EVERY = 60


async def background(state: State) -> None:
    """Count the last days every minute, and every day at the start and once an hour."""
    for turn in itertools.count():
        since = (datetime.date.today() - datetime.timedelta(_RECENT_DAYS)).isoformat() if turn % _ALL_EVERY else ""
        await run_in_threadpool(count, state.database, since)
        state.figures_counted_at = time.time()
        await asyncio.sleep(EVERY_S)
