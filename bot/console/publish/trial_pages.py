"""The page on which a version is tried before it is released."""

from __future__ import annotations

import asyncio

import httpx
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people import audit
from bot.console.people.accounts import Role
from bot.console.publish import releasing
from bot.console.publish.pages import releases_page
from bot.console.publish.releasing import Refused
from bot.console.publish.trials import READY, Trials, clear_up
from bot.console.web import database, page, redirect, requires, say, settings
from bot.inputs import CONTENT
from bot.knowledge import AUDIENCES, LANGUAGES

MAX_MESSAGE_CHARACTERS = 2000


@requires(Role.EDITOR)
def trial(request: Request) -> Response:
    """The conversation so far, and a form for the next message."""
    return _trial(request)


@requires(Role.EDITOR)
def begin(request: Request) -> Response:
    """Start a server for a candidate with the content as it is now, or for the content alone."""
    candidate = str(request.state.form.get("candidate", "")) or None
    try:
        project, model, training = releasing.parts(database(request), settings(request), candidate)
    except Refused as error:
        return releases_page(request, 409, refused=error)
    _trials(request).begin(settings(request), candidate, model=model, training=training, content=project / CONTENT)
    _log(request, "publish.trial", candidate or "")
    return redirect(request, "/releases/try")


@requires(Role.EDITOR)
def ask(request: Request) -> Response:
    """Say something to the version that is tried."""
    going, form = _trials(request).current(), request.state.form
    message = str(form.get("message", "")).strip()[:MAX_MESSAGE_CHARACTERS]
    chosen = {"language": str(form.get("language", "en")), "audience": str(form.get("audience", "parent"))}
    if chosen["language"] not in LANGUAGES or chosen["audience"] not in AUDIENCES:
        raise HTTPException(400)
    if going is None or going.state() != READY:
        return redirect(request, "/releases/try", "publish.trial.not_ready")
    if message:
        try:
            going.say(request.state.person.id, message, **chosen)
        except httpx.HTTPError:
            return _trial(request, 502, problem=say("publish.trial.no_answer"), **chosen)
    return _trial(request, **chosen) if request.headers.get("hx-request") else redirect(request, "/releases/try")


@requires(Role.EDITOR)
def end(request: Request) -> Response:
    """End the trial; what was said is gone."""
    _trials(request).end()
    _log(request, "publish.trial_ended", "")
    return redirect(request, "/releases", "publish.trial.ended")


def _log(request: Request, action: str, subject: str) -> None:
    with database(request).begin() as connection:
        audit.record(connection, request.state.person, action, subject)


def _trial(request: Request, status: int = 200, *, problem: str = "", language: str = "en",
           audience: str = "parent") -> Response:
    going = _trials(request).current()
    name = "publish/conversation.html" if request.headers.get("hx-request") else "publish/try.html"
    return page(request, name, status, trial=going, state=going.state() if going else "", problem=problem,
                said=list(going.said.get(request.state.person.id, ())) if going else [], language=language,
                audience=audience)


def _trials(request: Request) -> Trials:
    return trials_of(request.app.state)


def trials_of(state: State) -> Trials:
    """The trials of this console process."""
    if not hasattr(state, "trials"):
        state.trials = Trials()
    return state.trials


async def background(state: State) -> None:
    """Make the history agree with what is live; at the end, end the trial that is going on."""
    await asyncio.to_thread(clear_up, state.settings)
    await asyncio.to_thread(releasing.repair, state.database, state.settings)
    try:
        await asyncio.Event().wait()
    finally:
        trials_of(state).end()


routes = [
    Route("/releases/try", trial, methods=["GET"]),
    Route("/releases/try", begin, methods=["POST"]),
    Route("/releases/try/ask", ask, methods=["POST"]),
    Route("/releases/try/end", end, methods=["POST"]),
]
