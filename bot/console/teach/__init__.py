"""Staff teach: a label becomes an example, a group of messages a new topic; and both can be taken back."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from bot.console.people.accounts import Role
from bot.console.teach import pages, proposal_pages, tables, topic_pages, withdraw_pages
from bot.console.teach.repairing import repair
from bot.console.teach.warnings import alike
from bot.console.web import NavItem

__all__ = ["background", "nav", "routes", "tables"]

routes = [*pages.routes, *topic_pages.routes, *withdraw_pages.routes, *proposal_pages.routes]
nav = NavItem("teach.nav", "/teach", Role.REVIEWER)


async def background(state: State) -> None:
    """Once, at the start: tables and files agree again, and the lines to compare with are in memory."""
    await run_in_threadpool(repair, state.database, state.settings)
    await run_in_threadpool(alike, "warm", state.settings)
