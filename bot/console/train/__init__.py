"""Train and judge: jobs, quality cards, and what stands in the way of a release."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.train.jobs import repair
from bot.console.train.pages import nav, routes

__all__ = ["background", "nav", "routes"]

_EVERY_S = 5.0


async def background(state: State) -> None:
    """Find jobs whose process is gone."""
    while True:
        await run_in_threadpool(repair, state.database, state.settings)
        await asyncio.sleep(_EVERY_S)
