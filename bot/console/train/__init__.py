"""Train and judge: jobs, quality cards, and what stands in the way of a release."""

from __future__ import annotations

import asyncio
import time

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.train import warming
from bot.console.train.jobs import repair, running
from bot.console.train.pages import nav, routes
from bot.console.train.view import readable_project
from bot.release import current_name

__all__ = ["background", "nav", "routes"]

_EVERY_S = 5.0
# A version is worked for once it has been in production for so long: until then servers load it, maybe on this machine,
# and somebody may be taking it back.
_SETTLED_S = 20.0


async def background(state: State) -> None:
    """Find jobs whose process is gone; and do ahead what the next training would make somebody wait for, whenever another
    version is in production."""
    ahead, begun_for = None, None
    seen, seen_at = None, 0.0
    try:
        while True:
            await run_in_threadpool(repair, state.database, state.settings)
            live = current_name(state.settings)
            if live != seen:
                seen, seen_at = live, time.monotonic()
            if await run_in_threadpool(running, state.database):
                if ahead is not None and ahead.poll() is None:
                    ahead.kill()  # the training does the rest itself; what it leaves is done after it
                    begun_for = None
            elif live != begun_for and time.monotonic() >= seen_at + _SETTLED_S:
                if ahead is not None:
                    ahead.kill()
                    ahead.wait()
                begun_for = live
                project = await run_in_threadpool(readable_project, state.settings)
                ahead = await run_in_threadpool(warming.begin, project, state.settings)
            await asyncio.sleep(_EVERY_S)
    finally:
        if ahead is not None:
            ahead.kill()
            ahead.wait()
