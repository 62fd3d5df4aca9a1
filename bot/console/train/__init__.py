"""Train and judge: jobs, quality cards, and what stands in the way of a release."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.train import warming
from bot.console.train.jobs import repair, running
from bot.console.train.pages import nav, routes
from bot.console.train.view import readable_project

__all__ = ["background", "nav", "routes"]

_EVERY_S = 5.0


async def background(state: State) -> None:
    """Find jobs whose process is gone; and have the training data read before the first training."""
    project = await run_in_threadpool(readable_project, state.settings)
    reading = warming.begin(project)
    try:
        while True:
            await run_in_threadpool(repair, state.database, state.settings)
            if reading.poll() is None and await run_in_threadpool(running, state.database):
                reading.kill()  # the training reads the rest itself
            await asyncio.sleep(_EVERY_S)
    finally:
        reading.kill()
        reading.wait()
