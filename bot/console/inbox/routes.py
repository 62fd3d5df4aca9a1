"""The inbox's addresses."""

from __future__ import annotations

from starlette.routing import Route

from bot.console.inbox import acts, pages
from bot.console.people.accounts import Role
from bot.console.web import NavItem

nav = NavItem("inbox.nav", "/inbox", Role.REVIEWER)

routes = [
    Route("/inbox", pages.groups),
    Route("/inbox/search", pages.search),
    Route("/inbox/danger", pages.danger),
    Route("/inbox/groups/{group:int}", pages.group),
    Route("/inbox/messages/{message:int}", pages.message),
    Route("/inbox/messages/{message:int}/label", acts.label, methods=["POST"]),
    Route("/inbox/messages/{message:int}/state", acts.state, methods=["POST"]),
    Route("/inbox/messages/{message:int}/undo", acts.undo, methods=["POST"]),
    Route("/inbox/bulk", acts.bulk, methods=["POST"]),
]
