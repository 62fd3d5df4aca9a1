"""The pages of this room."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people.accounts import Role
from bot.console.web import NavItem, anybody, page, requires


@anybody
def sign_in_form(request: Request) -> Response:
    """Name and password."""
    return page(request, "people/sign_in.html")


@requires(Role.REVIEWER)
def own_account(request: Request) -> Response:
    """What is known of the person who asks."""
    return page(request, "people/account.html")


routes = [Route("/sign-in", sign_in_form, methods=["GET"]), Route("/account", own_account, methods=["GET"])]
nav = (NavItem("people.nav.account", "/account", Role.REVIEWER),)
