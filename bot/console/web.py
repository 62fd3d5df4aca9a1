"""What pages of the console share: who may see them, how they are drawn, where their words are.

A room's endpoints are functions decorated with `requires(Role.…)`; the few that anybody may open say so with
`anybody`. A coroutine runs in the event loop, a plain function in a thread. Forms were read by then:
`request.state.form`.
"""

from __future__ import annotations

import functools
import hmac
import inspect
from dataclasses import dataclass
from typing import Any, Awaitable, Callable
from urllib.parse import quote

from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.console import cookies
from bot.console.people import sessions
from bot.console.people.accounts import Role
from bot.console.texts import say, templates
from bot.settings import Settings

__all__ = ["NavItem", "anybody", "database", "form_of", "own_address", "page", "redirect", "requires", "say",
           "settings"]

# The greatest number that a row can have; databases fail on others instead of finding nothing.
_MAX_KEY = 2**31 - 1
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
Endpoint = Callable[[Request], Any]


class FormNotTaken(HTTPException):
    """A form was not taken, for a reason that whoever filled it in can mend. What was typed is shown again: again.py."""


Guarded = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class NavItem:
    """An entry of the navigation: the key of its title in texts.yml, its path, and the least role that sees it."""

    title_key: str
    path: str
    role: Role


def settings(request: Request) -> Settings:
    """The console's settings."""
    return request.app.state.settings


def database(request: Request) -> Engine:
    """The database, with every room's tables."""
    return request.app.state.database


def own_address(request: Request) -> str:
    """The console's address as a browser reaches it, without a slash at the end: as configured, or as it was called."""
    return settings(request).console_url or str(request.base_url).rstrip("/")


def requires(role: Role) -> Callable[[Endpoint], Guarded]:
    """Only people of this role or a higher one; `request.state.person` is who asks. Unsafe methods need the token."""
    return functools.partial(_guarded, role)


def anybody(endpoint: Endpoint) -> Guarded:
    """Open without signing in; unsafe methods still need the form token that the page before gave."""
    return _guarded(None, endpoint)


def _guarded(role: Role | None, endpoint: Endpoint) -> Guarded:
    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        _refuse_nul(request.url.query, request.url.path)
        if any(isinstance(value, int) and value > _MAX_KEY for value in request.path_params.values()):
            raise HTTPException(404)
        session = await recognize(request)
        if session is None and role is not None:
            return await _to_sign_in(request)
        if session is not None and role is not None and session.person.role < role:
            raise HTTPException(403)
        if request.method not in _SAFE_METHODS:
            await _check_form_token(request)
        if inspect.iscoroutinefunction(endpoint):
            return await endpoint(request)
        return await run_in_threadpool(endpoint, request)

    guarded.required_role = role  # type: ignore[attr-defined]  # read by the test that tries each route with less
    return guarded


async def recognize(request: Request) -> sessions.Session | None:
    """Who asks, if they have signed in; also `request.state.session` and `request.state.person`."""
    if not hasattr(request.state, "session"):
        token = cookies.read(request, cookies.SESSION)
        session = await run_in_threadpool(sessions.current, database(request), token) if token else None
        request.state.session, request.state.person = session, session.person if session else None
    return request.state.session


async def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request"):
        # Leading a script's page to the sign-in would lose what is typed in it just now.
        raise HTTPException(401, say("errors.session_ended"))
    if request.method not in _SAFE_METHODS:
        await form_of(request)
        raise FormNotTaken(401, say("errors.again.sign_in"))
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        raise HTTPException(401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(back)}", 303)


async def _check_form_token(request: Request) -> None:
    form = await form_of(request)
    given = request.headers.get("x-csrf-token") or form.get("csrf") or ""
    wanted = _form_token(request)
    if not (wanted and isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())):
        if getattr(request.state, "session", None) is None:
            raise HTTPException(403, say("errors.form_token"))
        if request.headers.get("hx-request"):
            # For a page of ours that a session before was in; another site's can read no answer.
            raise HTTPException(403, say("errors.form_token_renewed"), {"X-Form-Token": wanted})
        raise FormNotTaken(403, say("errors.again.form_token"))


def _form_token(request: Request) -> str:
    """What forms of this browser carry; empty where it has shown no cookie yet."""
    if session := getattr(request.state, "session", None):
        return session.csrf
    visit = cookies.read(request, cookies.VISIT)
    return sessions.csrf_of(visit) if visit else ""


async def form_of(request: Request) -> FormData:
    """The fields of the form that was sent; read once, and also at hand as `request.state.form`."""
    if not hasattr(request.state, "form"):
        request.state.form = await request.form(max_files=1, max_fields=1000)
        _refuse_nul(*(value for value in request.state.form.values() if isinstance(value, str)))
    return request.state.form


def _refuse_nul(*texts: str) -> None:
    # PostgreSQL keeps no NUL in a text; better told now than by an error of the database.
    if any("\x00" in text or "%00" in text for text in texts):
        raise HTTPException(400)


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template with `values`, and with `person`, `csrf`, `nav`, `path`, `say` and `flash`, a sentence left before."""
    session = getattr(request.state, "session", None)
    visit = "" if session else cookies.read(request, cookies.VISIT) or sessions.new_token()
    left = sessions.take_word(database(request), session) if session else None
    html = templates().get_template(name).render(
        person=session.person if session else None,
        csrf=session.csrf if session else sessions.csrf_of(visit),
        nav=[item for item in request.app.state.nav if session and session.person.role >= item.role],
        path=request.url.path,
        flash=say(left[0], **left[1]) if left else "",
        **values,
    )
    response = HTMLResponse(html, status)
    if visit:
        cookies.put(request, response, cookies.VISIT, visit)
    return response


def redirect(request: Request, path: str, key: str = "", **values: Any) -> RedirectResponse:
    """Go on at `path` (303), where the sentence of `key` is shown if there is one."""
    if key:
        sessions.leave_word(database(request), request.state.session, key, values)
    return RedirectResponse(path, 303)
