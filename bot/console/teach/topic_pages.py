"""The wizard: a group of messages becomes a topic."""

from __future__ import annotations

from typing import Any, Sequence

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.check import MAX_WORDS
from bot.console.edit.live import told_where_broken
from bot.console.inbox import labelling
from bot.console.inbox.danger import CRISIS
from bot.console.inbox.reasons import DANGER
from bot.console.inbox.states import OPEN, Seen
from bot.console.people.accounts import Role
from bot.console.teach import proposals
from bot.console.teach.making import make
from bot.console.teach.new_topic import MAX_RELATED, MAX_TITLE_CHARACTERS, MIN_EXAMPLES, NewTopic, Told, wording_fields
from bot.console.teach.proposals import Proposal
from bot.console.teach.words import one_line
from bot.console.web import FormNotTaken, database, page, redirect, requires, say, settings
from bot.errors import ContentError
from bot.knowledge import LANGUAGES, Knowledge, load_knowledge
from bot.overlay import live_project
from bot.store.tables import messages

# What one person may decide on alone.
_FREE = sa.and_(messages.c.state.in_(OPEN), messages.c.kind != CRISIS, messages.c.reason != DANGER)
_MOST_MESSAGES = 300
_MOST_GROUPS = 50


@requires(Role.EDITOR)
@told_where_broken
def form(request: Request) -> Response:
    """The empty form beside the messages of one or several `group`; without one, the groups that there are."""
    if mine := _own(request, request.query_params.get("proposal", "")):
        return _form(request, mine.topic, _asked(request, messages.c.id.in_(mine.topic.chosen)), instead=mine)
    groups = [int(group) for group in request.query_params.getlist("group") if group.isdecimal() and len(group) < 10]
    if not groups:
        return page(request, "teach/groups.html", groups=_groups(request), least=MIN_EXAMPLES,
                    two=proposals.needed(settings(request)))
    asked = _asked(request, messages.c.group_id.in_(groups))
    return _form(request, NewTopic(chosen={row.id: row.version for row in asked}), asked)


@requires(Role.EDITOR)
def send(request: Request) -> Response:
    """Make the topic, or, where two have to agree, propose it; or show the form again as it was sent, with what is wrong at
    each field."""
    topic, offered = _read(request), _numbers(request, "offered")
    try:
        knowledge = _knowledge(request)
    except ContentError as error:
        # What was typed goes on another page, to be sent again once the files are mended.
        raise FormNotTaken(503, say("teach.broken", problems="; ".join(map(str, error.problems)))) from error
    engine, person, two = database(request), request.state.person, proposals.needed(settings(request))
    instead = _own(request, str(request.state.form.get("proposal", "")))
    told = make(engine, settings(request), person, topic, knowledge, only_try=two)
    if told:
        return _form(request, topic, _asked(request, messages.c.id.in_(offered)), told, 422, instead=instead)
    if two:
        try:
            number = proposals.propose_topic(engine, person, topic, instead)
        except proposals.Stale:  # agreed on or taken back in this very moment
            return _form(request, topic, _asked(request, messages.c.id.in_(offered)), [Told("", say("teach.said.stale"))], 409)
        return redirect(request, f"/teach/proposals/{number}", "teach.said.proposed")
    for number in topic.chosen:
        labelling.settle(engine, person, number)
    return redirect(request, "/teach", "teach.made", topic=topic.name)


def _read(request: Request) -> NewTopic:
    given = request.state.form
    text = {key: one_line(value) for key, value in given.items() if isinstance(value, str)}
    return NewTopic(
        name=text.get("name", ""),
        titles={language: title for language in LANGUAGES if (title := text.get(f"title.{language}", ""))},
        wordings={key: text.get(f"answer.{key}", "") for key in wording_fields()},
        passages=tuple(map(str, given.getlist("passages"))), related=tuple(map(str, given.getlist("related"))),
        chosen=_numbers(request, "examples"))


def _own(request: Request, number: str) -> Proposal | None:
    """One's own proposal of a topic, which waits and is to be changed; None where there is none of this number."""
    found = proposals.find(database(request), int(number)) if number.isdecimal() and len(number) < 10 else None
    return found if found and found.deed == proposals.MAKE and found.state == proposals.WAITING and \
        found.author.id == request.state.person.id else None


def _numbers(request: Request, name: str) -> dict[int, int]:
    """Messages by number, with the version that was seen; anything else in the field is passed over."""
    return {seen.id: seen.version for value in request.state.form.getlist(name) if (seen := Seen.read(str(value)))}


def _form(request: Request, topic: NewTopic, asked: Sequence[Any], told: Sequence[Told] = (),
          status: int = 200, instead: Proposal | None = None) -> Response:
    knowledge = _knowledge(request)
    wrong: dict[str, list[str]] = {}
    for one in told:
        wrong.setdefault(one.field, []).append(one.words)
    return page(request, "teach/topic.html", status, topic=topic, asked=asked, told=told, wrong=wrong,
                briefs=knowledge.briefs.values(), topics=knowledge.topics.values(), languages=LANGUAGES,
                most_words=MAX_WORDS, most_related=MAX_RELATED, most_title=MAX_TITLE_CHARACTERS, least=MIN_EXAMPLES,
                one_in=settings(request).evaluation_one_in, two=proposals.needed(settings(request)), instead=instead)


def _asked(request: Request, which: Any) -> Sequence[Any]:
    with database(request).connect() as connection:
        return connection.execute(sa.select(messages.c.id, messages.c.text, messages.c.version, messages.c.language).where(
            which, _FREE).order_by(messages.c.at.desc()).limit(_MOST_MESSAGES)).all()


def _groups(request: Request) -> Sequence[Any]:
    count = sa.func.count().label("size")
    with database(request).connect() as connection:
        return connection.execute(sa.select(messages.c.group_id, count, sa.func.min(messages.c.text).label("text")).where(
            _FREE, messages.c.group_id.isnot(None)).group_by(messages.c.group_id).order_by(
            count.desc(), messages.c.group_id).limit(_MOST_GROUPS)).all()


def _knowledge(request: Request) -> Knowledge:
    return load_knowledge(live_project(settings(request)) / "bot" / "content")


routes = [
    Route("/teach/topics/new", form, methods=["GET"]),
    Route("/teach/topics/new", send, methods=["POST"]),
]
