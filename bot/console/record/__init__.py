"""Git as the record: what staff change leaves as commits that somebody can review, or as a patch file where there is no
repository."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.record import patches, tables
from bot.console.record.git import RecordError, is_working_tree
from bot.console.record.keeping import LATEST_S, QUIET_S, commit, flush, later, patch
from bot.console.record.pages import routes
from bot.console.texts import say
from bot.staff_files import staff_root

__all__ = ["RecordError", "background", "commit", "flush", "later", "patch", "routes", "tables"]

_EVERY_S = 30.0


async def background(state: State) -> None:
    """Batches leave as their authors fall quiet; what git refuses is told on the page and tried again."""
    if not await run_in_threadpool(is_working_tree, staff_root(state.settings)):
        await run_in_threadpool(patches.begin, state.settings)
    while True:
        try:
            await run_in_threadpool(flush, state.database, state.settings, QUIET_S, LATEST_S)
            state.record_trouble = ""
        except RecordError as error:
            state.record_trouble = say(error.key, detail=error.detail)
        await asyncio.sleep(_EVERY_S)
