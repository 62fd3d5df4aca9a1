"""A proposal of a topic as a second person reads it, and what they do with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.edit.live import told_where_broken
from bot.console.inbox import labelling
from bot.console.people.accounts import Role
from bot.console.teach import proposals, withdrawing
from bot.console.teach.making import make
from bot.console.teach.new_topic import wording_fields
from bot.console.teach.proposals import Proposal, Stale
from bot.console.web import database, page, redirect, requires, say, settings
from bot.knowledge import LANGUAGES, Knowledge, load_knowledge
from bot.overlay import live_project
from bot.store.tables import messages

_NO_VERSION = -1


@requires(Role.EDITOR)
@told_where_broken
def one(request: Request) -> Response:
    """What is proposed, by whom, and how it stands."""
    return _page(request, _asked_for(request))


@requires(Role.EDITOR)
@told_where_broken
def agree(request: Request) -> Response:
    """Make or withdraw the topic as it was seen, or say what speaks against it by now."""
    proposal, person = _seen(request), request.state.person
    if proposal.author.id == person.id:
        raise HTTPException(403, say("edit.refused.own"))
    agreed, knowledge = proposals.agreement(person, proposal), _knowledge(request)
    try:
        told = _done(request, proposal, knowledge, agreed)
    except Stale:
        return _page(request, _asked_for(request), 409, [say("teach.said.stale")])
    if told:
        return _page(request, proposal, 422, told)
    key = "teach.made" if proposal.deed == proposals.MAKE else f"teach.withdrawing.{proposal.form['fate']}"
    return redirect(request, "/teach", key, topic=proposal.name)


def _done(request: Request, proposal: Proposal, knowledge: Knowledge, agreed: proposals.Agreed) -> list[str]:
    """Why it cannot be done, in words; empty where it is done, under the name of whoever proposed it."""
    engine, ours, author = database(request), settings(request), proposal.author
    if proposal.deed == proposals.WITHDRAW:
        if proposal.name not in knowledge.topics:
            return [say("teach.withdrawing.gone")]
        return withdrawing.withdraw(engine, ours, author, proposal.name, proposal.form["fate"], knowledge, agreed=agreed)
    told = [one.words for one in make(engine, ours, author, proposal.topic, knowledge, agreed=agreed)]
    if not told:
        for number in proposal.topic.chosen:
            labelling.settle(engine, author, number)
    return told


@requires(Role.EDITOR)
@told_where_broken
def end(request: Request) -> Response:
    """Take it back."""
    proposal = _seen(request)
    if proposal.state == proposals.WAITING and not proposal.may_be_ended_by(request.state.person):
        raise HTTPException(403)
    try:
        proposals.end(database(request), request.state.person, proposal)
    except Stale:
        return _page(request, _asked_for(request), 409, [say("teach.said.stale")])
    return redirect(request, "/teach/topics", "teach.said.ended")


def _page(request: Request, proposal: Proposal, status: int = 200, told: Sequence[str] = ()) -> Response:
    person, knowledge = request.state.person, _knowledge(request)
    values: dict[str, Any] = {"topic": None, "asked": (), "passages": (), "related": (), "leaving": None}
    if proposal.deed == proposals.MAKE:
        topic = proposal.topic
        known = {f"{brief.id}/{name}": passage for brief in knowledge.briefs.values()
                 for name, passage in brief.passages.items()}
        values |= {"topic": topic, "asked": _messages(request, topic.chosen),
                   "passages": [known[name] for name in topic.passages if name in known],
                   "related": [knowledge.topics[name] for name in topic.related if name in knowledge.topics]}
    elif proposal.name in knowledge.topics:
        values["leaving"] = withdrawing.leaving(database(request), settings(request), proposal.name, knowledge)
    return page(request, "teach/proposal.html", status, proposal=proposal, told=told, make=proposals.MAKE,
                waits=proposal.state == proposals.WAITING, may_agree=proposal.may_be_agreed_by(person),
                may_end=proposal.may_be_ended_by(person), own=proposal.author.id == person.id, languages=LANGUAGES,
                fields=wording_fields(), **values)


def _messages(request: Request, chosen: Any) -> Sequence[Any]:
    with database(request).connect() as connection:
        return connection.execute(sa.select(messages.c.text, messages.c.language).where(
            messages.c.id.in_(list(chosen))).order_by(messages.c.at.desc())).all()


def _asked_for(request: Request) -> Proposal:
    found = proposals.find(database(request), request.path_params["number"])
    if found is None:
        raise HTTPException(404)
    return found


def _seen(request: Request) -> Proposal:
    """The proposal in the version that the person saw: to agree to another one is refused where it is noted."""
    found, version = _asked_for(request), str(request.state.form.get("version", ""))
    if not (version.isascii() and version.isdigit()):
        raise HTTPException(400)
    return replace(found, version=int(version) if len(version) <= 9 else _NO_VERSION)


def _knowledge(request: Request) -> Knowledge:
    return load_knowledge(live_project(settings(request)) / "bot" / "content")


routes = [
    Route("/teach/proposals/{number:int}", one, methods=["GET"]),
    Route("/teach/proposals/{number:int}/agree", agree, methods=["POST"]),
    Route("/teach/proposals/{number:int}/end", end, methods=["POST"]),
]
