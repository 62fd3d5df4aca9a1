"""The inbox's pages: what a reviewer reads."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.console.inbox import queue
from bot.console.inbox.catalogue import Catalogue, Place, catalogue
from bot.console.inbox.filters import ANY, Filters
from bot.console.inbox.reasons import DANGER, REASONS
from bot.console.inbox.states import OPEN, STATES
from bot.console.people.accounts import Role
from bot.console.texts import sentences
from bot.console.web import database, page, requires, say, settings
from bot.knowledge import AUDIENCES, LANGUAGES
from bot.store.tables import messages

CHANNELS = ("web", "sms")
# "More than so many" is all that one needs to know.
_COUNTED = 100
_LARGEST = 2 ** 31 - 1


@requires(Role.REVIEWER)
def groups(request: Request) -> Response:
    """Groups of open messages, worst first."""
    with database(request).connect() as connection:
        shown = queue.group_list(connection, request.query_params.get("after", ""))
        return _page(request, "inbox/groups.html", connection, shown=shown, tab="groups")


@requires(Role.REVIEWER)
def group(request: Request) -> Response:
    """The open messages of one group."""
    number = _number(request, "group")
    with database(request).connect() as connection:
        shown = queue.group_page(connection, number, request.query_params.get("after", ""))
        return _page(request, "inbox/group.html", connection, shown=shown, group=number, tab="groups")


@requires(Role.REVIEWER)
def search(request: Request) -> Response:
    """Messages by words and filters, newest first."""
    filters = Filters.of(request.query_params)
    with database(request).connect() as connection:
        shown = queue.search(connection, filters, request.query_params.get("after", ""))
        return _page(request, "inbox/search.html", connection, shown=shown, filters=filters, tab="search",
                     reasons=(*REASONS, DANGER), states=(*STATES, ANY), channels=CHANNELS, languages=LANGUAGES,
                     audiences=AUDIENCES)


@requires(Role.REVIEWER)
def danger(request: Request) -> Response:
    """Messages about danger: alarms that may be false, and what may have been missed."""
    alarms = request.query_params.get("side") != "misses"
    with database(request).connect() as connection:
        shown = queue.danger_page(connection, alarms=alarms, cursor=request.query_params.get("after", ""))
        return _page(request, "inbox/danger.html", connection, shown=shown, alarms=alarms, tab="danger")


@requires(Role.REVIEWER)
def message(request: Request) -> Response:
    """One message, the conversation around it, and every place where it may belong."""
    return message_page(request, _number(request, "message"))


def message_page(request: Request, number: int, **values: Any) -> Response:
    """The page of one message; `values` add what came of a form in it."""
    with database(request).connect() as connection:
        row = queue.message(connection, number)
        if row is None:
            raise HTTPException(404, say("inbox.gone"))
        return _page(request, "inbox/message.html", connection, row=row, said=queue.conversation(connection, row),
                     tab="", **{"warned": None, **values})


def row_values(request: Request) -> dict[str, Any]:
    """What a message is drawn with."""
    places = catalogue(settings(request))
    return {"places": places, "called": lambda intent: name_of(places, intent), "when": when,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else "")}


def name_of(places: Catalogue, intent: str | Place | None) -> str:
    """How a topic, danger, small talk … is called; what has no name is called as it is written."""
    intent = intent.intent if isinstance(intent, Place) else intent or ""
    key = f"inbox.place.{intent}"
    return places.title(intent) or (say(key) if key in sentences() else intent)


def when(at: float) -> str:
    """A moment by the server's clock."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _page(request: Request, name: str, connection: Connection, **values: Any) -> Response:
    done = _number_of(request.query_params.get("did", ""))
    values["did"] = queue.message(connection, done) if done is not None else None
    values["in_danger"] = _in_danger(connection)
    more = values["shown"].next if "shown" in values else None
    kept = {key: value for key, value in request.query_params.items() if key not in {"after", "did"}}
    values["more"] = f"{request.url.path}?{urlencode({**kept, 'after': more})}" if more else ""
    return page(request, name, **{**row_values(request), **values})


def _in_danger(connection: Connection) -> str:
    """How many messages are in the danger queue, counted no further than needed."""
    some = sa.select(messages.c.id).where(
        messages.c.state.in_(OPEN), messages.c.reason == DANGER).limit(_COUNTED).subquery()
    count = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar()
    return f"{_COUNTED - 1}+" if count == _COUNTED else str(count)


def _number(request: Request, name: str) -> int:
    number = request.path_params[name]
    if number > _LARGEST:
        raise HTTPException(404)
    return int(number)


def _number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
