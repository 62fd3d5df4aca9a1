"""The page of a canary: what it does beside production, and what can be done about it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.canary import current_canary
from bot.console.people.accounts import Role
from bot.console.publish import canaries, serving
from bot.console.publish.comparing import FEWEST, compare
from bot.console.publish.pages import in_words, releases_page
from bot.console.publish.releasing import Refused
from bot.console.web import database, page, redirect, requires, settings


@requires(Role.EDITOR)
def canary(request: Request) -> Response:
    """How the version on trial does."""
    return _canary(request)


@requires(Role.EDITOR)
def begin(request: Request) -> Response:
    """Give a candidate, or the content alone, to a share of the senders."""
    candidate = _field(request, "candidate") or None
    try:
        begun = canaries.begin(database(request), settings(request), request.state.person, candidate, _percent(request),
                               _field(request, "reason"))
    except Refused as error:
        return releases_page(request, 409, refused=error, candidate=candidate, percent=_percent(request))
    return redirect(request, "/releases/canary", "publish.canary.begun", version=begun.bundle[:8],
                    percent=begun.share.percent)


@requires(Role.EDITOR)
def widen(request: Request) -> Response:
    """Give it to a larger share."""
    try:
        wider = canaries.widen(database(request), settings(request), request.state.person, _percent(request))
    except Refused as error:
        return _canary(request, 409, refused=error)
    return redirect(request, "/releases/canary", "publish.canary.widened", version=wider.bundle[:8],
                    percent=wider.share.percent)


@requires(Role.EDITOR)
def give_to_all(request: Request) -> Response:
    """Release to everybody what the share has."""
    try:
        done = canaries.give_to_all(database(request), settings(request), request.state.person)
    except Refused as error:
        return _canary(request, 409, refused=error)
    return redirect(request, "/releases", "publish.said.released", version=done.bundle[:8])


@requires(Role.EDITOR)
def take_back(request: Request) -> Response:
    """Answer everybody from production again."""
    try:
        ended = canaries.take_back(database(request), settings(request), request.state.person, _field(request, "reason"))
    except Refused as error:
        return _canary(request, 409, refused=error)
    return redirect(request, "/releases", "publish.canary.ended", version=ended.bundle[:8])


def _canary(request: Request, status: int = 200, *, refused: Refused | None = None) -> Response:
    going_on = current_canary(settings(request))
    compared = None
    if going_on:
        with database(request).connect() as connection:
            compared = compare(connection, going_on)
    workers = serving.at_hand(request)[1].alive(settings(request))
    return page(request, "publish/canary.html", status, canary=going_on, compared=compared, refused=refused, fewest=FEWEST,
                in_words=in_words(request), workers=workers,
                have_it=sum(worker.on_trial == going_on.bundle for worker in workers) if going_on else 0,
                wider=[(share, f"{share} %") for share in canaries.SHARES if going_on and share > going_on.share.percent])


def _percent(request: Request) -> int:
    given = _field(request, "percent")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= 3 else 0


def _field(request: Request, name: str) -> str:
    value = request.state.form.get(name, "")
    if not isinstance(value, str):
        raise HTTPException(400)
    return value


routes = [
    Route("/bundle/canary", serving.canary, methods=["GET"]),
    Route("/releases/canary", canary, methods=["GET"]),
    Route("/releases/canary", begin, methods=["POST"]),
    Route("/releases/canary/widen", widen, methods=["POST"]),
    Route("/releases/canary/all", give_to_all, methods=["POST"]),
    Route("/releases/canary/back", take_back, methods=["POST"]),
]
