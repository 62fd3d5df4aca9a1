"""The pages of the training room: start, watch and cancel a training; the cards of what came of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any, AsyncIterator, Mapping

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.console.people.accounts import Role
from bot.console.train import candidates, jobs, view
from bot.console.train.card import QualityCard, read_card
from bot.console.train.progress import STEPS
from bot.console.train.view import readable_project
from bot.console.web import NavItem, database, page, redirect, requires, settings
from bot.errors import ContentError
from bot.inputs import CONTENT
from bot.knowledge import load_knowledge
from bot.store.tables import messages

_SHOWN_JOBS = 10
_EVENT_EVERY_S = 1.0
# A stream ends after so long and the browser opens it again, which asks anew whether the person may see it.
_STREAM_S = 60


@requires(Role.REVIEWER)
def overview(request: Request) -> Response:
    """What runs, what came of the last trainings, and the button for the next one."""
    engine, ours = database(request), settings(request)
    with engine.connect() as connection:
        found = candidates.candidates(connection, ours)
    return page(request, "train/overview.html", running=jobs.running(engine), jobs=jobs.latest(engine, ours, _SHOWN_JOBS),
                candidates=found, live=candidates.production(ours), may_train=request.state.person.role >= Role.EDITOR)


@requires(Role.EDITOR)
def start(request: Request) -> Response:
    """Begin a training and show it; where one is running, show that."""
    try:
        job = jobs.start(database(request), settings(request), request.state.person)
    except jobs.AlreadyRunning as error:
        return redirect(request, f"/training/jobs/{error.job}", "train.already_running")
    return redirect(request, f"/training/jobs/{job}")


@requires(Role.REVIEWER)
def job(request: Request) -> Response:
    """How far a training is."""
    return page(request, "train/job.html", job=_job(request), steps=STEPS,
                may_cancel=request.state.person.role >= Role.EDITOR)


@requires(Role.EDITOR)
def cancel(request: Request) -> Response:
    """End a training."""
    number = _job(request).id
    ended = jobs.cancel(database(request), settings(request), request.state.person, number)
    return redirect(request, f"/training/jobs/{number}", "train.cancelled" if ended else "train.ended_before")


@requires(Role.REVIEWER)
async def events(request: Request) -> Response:
    """The same as server-sent events: one a second, until the training ends."""
    number = (await run_in_threadpool(_job, request)).id
    return StreamingResponse(_events(request, number), media_type="text/event-stream")


async def _events(request: Request, number: int) -> AsyncIterator[str]:
    for _ in range(int(_STREAM_S / _EVENT_EVERY_S)):
        state = await run_in_threadpool(jobs.state, database(request), settings(request), number)
        if state is None or await request.is_disconnected():
            return
        told = {"step": state.step, "share": round(state.share, 3), "elapsed_s": int(state.elapsed_s),
                "log": list(state.log_tail)}
        yield f"event: {'progress' if state.running else 'ended'}\ndata: {json.dumps(told)}\n\n"
        if not state.running:
            return
        await asyncio.sleep(_EVENT_EVERY_S)


@requires(Role.REVIEWER)
def card(request: Request) -> Response:
    """A candidate's quality card beside that of the model in production."""
    after = _card(request)
    before = _before(request, after)
    ours = settings(request)
    moved = view.changed_messages(before, after)
    with database(request).connect() as connection:
        words = dict(connection.execute(sa.select(messages.c.id, messages.c.text).where(
            messages.c.id.in_([number for number, _, _ in moved]))).all())
        found = candidates.find(connection, ours, after.name)
    return page(request, "train/card.html", card=after, before=before, live=candidates.production(ours),
                candidate=found, verdicts=candidates.verdicts(ours, after.name), titles=_titles(request),
                texts=view.texts(readable_project(settings(request))), shares=view.shares(before, after), topics=view.topics(before, after),
                dangers=view.dangers(after), missed=view.missed(after), matrix=view.matrix(after),
                changed=view.changed(before, after), staff=view.staff_lines(before, after),
                moved=[(number, words.get(number), then, now) for number, then, now in moved],
                quality=after.quality.to_dict(), may_overrule=request.state.person.role >= Role.ADMINISTRATOR,
                may_release=request.state.person.role >= Role.EDITOR)


@requires(Role.REVIEWER)
def cell(request: Request) -> Response:
    """The lines behind one cell of the confusion matrix."""
    after = _card(request)
    row, column = request.query_params.get("asked", ""), request.query_params.get("answered", "")
    found = view.cell(after, row, column)
    if not found:
        raise HTTPException(404)
    return page(request, "train/cell.html", card=after, row=row, column=column, found=found, titles=_titles(request),
                texts=view.texts(readable_project(settings(request))))


def _job(request: Request) -> jobs.JobState:
    found = jobs.state(database(request), settings(request), request.path_params["job"])
    if found is None:
        raise HTTPException(404)
    return found


def _card(request: Request) -> QualityCard:
    found = read_card(settings(request), request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return found


def _before(request: Request, after: QualityCard) -> QualityCard | None:
    live = candidates.production(settings(request))
    found = read_card(settings(request), live) if live and live != after.name else None
    return found if found and found.only(after).items["lines"] else None


def _titles(request: Request) -> Mapping[str, str]:
    """What topics are called; what is no topic is called in texts.yml."""
    try:
        knowledge = load_knowledge(readable_project(settings(request)) / CONTENT)
    except ContentError:  # the page of edits tells what is wrong; topics are called by their keys meanwhile
        return {}
    return {name: str(topic.title["en"]) for name, topic in knowledge.topics.items()}


routes: list[Any] = [
    Route("/training", overview, methods=["GET"]),
    Route("/training", start, methods=["POST"]),
    Route("/training/jobs/{job:int}", job, methods=["GET"]),
    Route("/training/jobs/{job:int}/events", events, methods=["GET"]),
    Route("/training/jobs/{job:int}/cancel", cancel, methods=["POST"]),
    Route("/training/models/{name}", card, methods=["GET"]),
    Route("/training/models/{name}/cell", cell, methods=["GET"]),
]
nav = NavItem("train.nav", "/training", Role.REVIEWER)
