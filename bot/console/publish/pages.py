"""The pages of this room: what is in production, what could be, and what was."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterable, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.canary import current_canary
from bot.console.people.accounts import Role
from bot.console.publish import hearing, releasing, serving, versions
from bot.console.publish.canaries import SHARES
from bot.console.publish.differences import differences
from bot.console.publish.releasing import Refused
from bot.console.train import candidates as gate
from bot.console.train.view import readable_project
from bot.console.web import database, page, redirect, requires, settings
from bot.errors import ContentError
from bot.inputs import CONTENT
from bot.overlay import live_project
from bot.release import current_bundle


@requires(Role.EDITOR)
def releases(request: Request) -> Response:
    """Production, its servers, candidates, the content that waits, and the history."""
    return releases_page(request)


@requires(Role.EDITOR)
def servers(request: Request) -> Response:
    """Which servers answer from what, for the part of the page that looks again by itself."""
    return page(request, "publish/servers.html", **_servers(request))


@requires(Role.EDITOR)
def release(request: Request) -> Response:
    """Let a candidate, or the content alone, go live."""
    candidate = _field(request, "candidate") or None
    try:
        done = releasing.release(database(request), settings(request), request.state.person, candidate,
                                 _field(request, "reason"))
    except Refused as error:
        return releases_page(request, 409, refused=error, candidate=candidate)
    return redirect(request, "/releases", "publish.said.released", version=done.bundle[:8])


@requires(Role.EDITOR)
def take_back(request: Request) -> Response:
    """Go back to the version before, or to another one that is kept."""
    try:
        done = releasing.take_back(database(request), settings(request), request.state.person,
                                   _field(request, "to") or None, _field(request, "reason"))
    except Refused as error:
        return releases_page(request, 409, refused=error, to=_field(request, "to"))
    return redirect(request, "/releases", "publish.said.taken_back", version=done.bundle[:8])


def _field(request: Request, name: str) -> str:
    value = request.state.form.get(name, "")
    if not isinstance(value, str):
        raise HTTPException(400)
    return value


def releases_page(request: Request, status: int = 200, *, refused: Refused | None = None,
                  candidate: str | None = None, percent: int = 0, to: str = "") -> Response:
    """The page, with why something was not released where it was refused: to all, to `percent` of a hundred, or again
    (`to` is the version that was to be gone back to)."""
    with database(request).connect() as connection:
        history = versions.history(connection)
        found = gate.candidates(connection, settings(request))
        kept = set(versions.kept(connection))
    live = current_bundle(settings(request))
    with database(request).connect() as connection:
        back = versions.before(connection, live.name) if live else None
    return page(request, "publish/releases.html", status, live=live, history=history, candidates=found, kept=kept,
                back=back, refused=refused, chosen=candidate, may_override=request.state.person.role >= Role.ADMINISTRATOR,
                canary=current_canary(settings(request)), shares=SHARES, percent=percent, to=to,
                in_words=in_words(request),
                trouble=getattr(request.app.state, "record_trouble", ""), **_waiting(request, live), **_servers(request))


def in_words(request: Request) -> Callable[[Iterable[str]], Sequence[str]]:
    """What the gate said, for a page: with the words of the lines that it names."""
    return lambda sentences: hearing.with_words(readable_project(settings(request)), sentences)


def _waiting(request: Request, live: Any) -> dict[str, Any]:
    """How the content as it is now differs from the one in production, or what is wrong with it."""
    try:
        project = live_project(settings(request))
    except ContentError as error:
        return {"changes": [], "broken": [str(problem) for problem in error.problems]}
    return {"changes": differences(live.content, project / CONTENT) if live else [], "broken": []}


def _servers(request: Request) -> dict[str, Any]:
    with database(request).connect() as connection:
        latest = next(iter(versions.history(connection, 1)), None)
    live = releasing.current_name(settings(request))
    workers = serving.at_hand(request)[1].alive(settings(request))
    return {
        "live_name": live, "workers": workers, "up_to_date": sum(worker.bundle == live for worker in workers),
        "since_s": int(time.time() - latest.at) if latest and latest.bundle == live else None}


routes = [
    Route("/bundle", serving.bundle, methods=["GET"]),
    Route("/releases", releases, methods=["GET"]),
    Route("/releases", release, methods=["POST"]),
    Route("/releases/back", take_back, methods=["POST"]),
    Route("/releases/servers", servers, methods=["GET"]),
]
