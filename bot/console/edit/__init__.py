"""Editing what the bot says: drafts of single values of the content, tried, approved, written to the files."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.routing import Route

from bot.console.edit import form_pages, pages, steps
from bot.console.edit.publishing import repair
from bot.console.people.accounts import Role
from bot.console.web import NavItem

_DRAFT = "/answers/drafts/{id:int}"

routes = [
    Route("/answers", pages.answers, methods=["GET"]),
    Route("/answers/lines", pages.add_line, methods=["POST"]),
    Route("/answers/contacts", pages.add_contact, methods=["POST"]),
    Route(_DRAFT, form_pages.form, methods=["GET"]),
    Route(_DRAFT, form_pages.submit, methods=["POST"]),
    Route(f"{_DRAFT}/preview", form_pages.show_preview, methods=["POST"]),
    Route(f"{_DRAFT}/difference", steps.show_difference, methods=["GET"]),
    Route(f"{_DRAFT}/send", steps.send, methods=["POST"]),
    Route(f"{_DRAFT}/approve", steps.approve, methods=["POST"]),
    Route(f"{_DRAFT}/withdraw", steps.withdraw, methods=["POST"]),
    Route(f"{_DRAFT}/publish", steps.publish, methods=["POST"]),
    Route(f"{_DRAFT}/take-up", steps.take_up, methods=["POST"]),
    Route("/answers/{kind}/{name}", pages.one, methods=["GET"]),
    Route("/answers/{kind}/{name}", pages.begin, methods=["POST"]),
]
nav = (NavItem("edit.nav", "/answers", Role.EDITOR),)


async def background(state: State) -> None:
    """Once, at the start: end what a killed console began."""
    await run_in_threadpool(repair, state.database, state.settings)
