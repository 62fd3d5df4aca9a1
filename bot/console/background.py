"""Work that goes on beside the pages: each room's own, started with the console and ended with it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.datastructures import State

from bot.logs import where

logger = logging.getLogger(__name__)

RESTART_AFTER_S = 5.0
Work = Callable[[State], Awaitable[Any]]


def lifespan(works: Sequence[Work]) -> Callable[[Starlette], Any]:
    """Runs every work for as long as the application lives."""

    @asynccontextmanager
    async def run(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_kept_up(work, app.state)) for work in works]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        app.state.database.dispose()

    return run


async def _kept_up(work: Work, state: State) -> None:
    """Start the work again a while after it raised; one that returns is done."""
    while True:
        try:
            await work(state)
            return
        except Exception as error:  # one room's failure stops neither the others nor itself for good
            logger.error("Background work of %s failed: %s", work.__module__, where(error))
            logger.debug("The whole error, for tests:", exc_info=True)
        await asyncio.sleep(RESTART_AFTER_S)
