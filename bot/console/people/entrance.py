"""In and out: signing in with a password, choosing one with a one-time link, signing out."""

from __future__ import annotations

import math

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import cookies
from bot.console.people import audit, links, passwords, sessions, signing_in
from bot.console.people.accounts import Person, Role
from bot.console.web import anybody, database, page, requires, say, settings


@anybody
def sign_in_page(request: Request) -> Response:
    """Name and password, and the way to the provider where there is one."""
    return _sign_in_page(request, request.query_params.get("next", ""))


@anybody
def sign_in(request: Request) -> Response:
    """A new session, whatever session this browser had before."""
    form = request.state.form
    name, password, back = (str(form.get(key, "")) for key in ("name", "password", "next"))
    address = request.client.host if request.client else ""
    found = signing_in.sign_in(database(request), name, password, address)
    if isinstance(found, signing_in.Wait):
        return _sign_in_page(request, back, 429, waiting(found), {"Retry-After": str(math.ceil(found.seconds))})
    if found is None:
        return _sign_in_page(request, back, 401, say("people.sign_in.wrong"))
    return let_in(request, found, RedirectResponse(own_path(back), 303))


def let_in(request: Request, person: Person, response: Response) -> Response:
    """The response, with a new session of this person; the browser's session before, if it had one, ends."""
    with database(request).begin() as connection:
        if request.state.session:
            sessions.end(connection, request.state.session)
        token = sessions.begin(connection, person)
        audit.record(connection, person, "people.signed_in", person.name)
    cookies.put(request, response, cookies.SESSION, token)
    cookies.drop(request, response, cookies.VISIT)
    return response


def waiting(wait: signing_in.Wait) -> str:
    """How long to wait, in words."""
    if wait.seconds <= 60:
        return say("people.sign_in.wait_seconds", seconds=math.ceil(wait.seconds))
    return say("people.sign_in.wait_minutes", minutes=math.ceil(wait.seconds / 60))


def own_path(path: str) -> str:
    """The path where it is one of this console's; otherwise the start. Another site's address leads nobody away."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"


def _sign_in_page(request: Request, back: str, status: int = 200, error: str = "",
                  headers: dict[str, str] | None = None) -> Response:
    response = page(request, "people/sign_in.html", status, error=error, next=own_path(back),
                    provider=bool(settings(request).oidc_issuer))
    response.headers.update(headers or {})
    return response


@requires(Role.REVIEWER)
def sign_out(request: Request) -> Response:
    """End this session, or with `everywhere` all of the person's."""
    person = request.state.person
    with database(request).begin() as connection:
        if request.state.form.get("everywhere"):
            sessions.end_all(connection, person)
            audit.record(connection, person, "people.signed_out_everywhere", person.name)
        else:
            sessions.end(connection, request.state.session)
            audit.record(connection, person, "people.signed_out", person.name)
    response = RedirectResponse("/sign-in", 303)
    cookies.drop(request, response, cookies.SESSION)
    return response


@anybody
def join_page(request: Request) -> Response:
    """Choose a password: for whoever holds a one-time link that is still good."""
    return page(request, "people/join.html", holder=_holder(request), error="", least=passwords.MIN_CHARACTERS)


@anybody
def join(request: Request) -> Response:
    """The password is chosen, the link used up, and the person signed in."""
    holder, password = _holder(request), str(request.state.form.get("password", ""))
    if wrong := passwords.problem(password, (holder.name, holder.shown, holder.email.split("@")[0])):
        return page(request, "people/join.html", 422, holder=holder, error=say(wrong, least=passwords.MIN_CHARACTERS,
                                                                               most=passwords.MAX_CHARACTERS),
                    least=passwords.MIN_CHARACTERS)
    person = signing_in.choose(database(request), request.path_params["token"], password)
    if person is None:
        raise HTTPException(404, say("people.join.ended"))
    return let_in(request, person, RedirectResponse("/", 303))


def _holder(request: Request) -> Person:
    with database(request).connect() as connection:
        person = links.owner(connection, request.path_params["token"])
    if person is None:
        raise HTTPException(404, say("people.join.ended"))
    return person


routes = [
    Route("/sign-in", sign_in_page, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/join/{token}", join_page, methods=["GET"]),
    Route("/join/{token}", join, methods=["POST"]),
]
