"""The log of what was done, for administrators: filtered, newest first, page by page."""

from __future__ import annotations

import datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people.accounts import Role
from bot.console.people.tables import audit
from bot.console.texts import sentences
from bot.console.web import database, page, requires

PAGE_ROWS = 50
_FILTERS = ("person", "action", "subject", "since", "until")


@requires(Role.ADMINISTRATOR)
def log_page(request: Request) -> Response:
    """`person` and `action` exactly, `subject` anywhere in it, days `since` and `until`; rows older than `before`."""
    given = {name: request.query_params.get(name, "").strip() for name in _FILTERS}
    wanted = sa.select(audit).order_by(audit.c.id.desc()).limit(PAGE_ROWS + 1)
    for condition in _conditions(given):
        wanted = wanted.where(condition)
    if before := request.query_params.get("before", ""):
        wanted = wanted.where(audit.c.id < _number(before))
    with database(request).connect() as connection:
        rows = connection.execute(wanted).all()
        people = connection.execute(sa.select(audit.c.person).distinct().where(audit.c.person.isnot(None))
                                    .order_by(audit.c.person)).scalars().all()
        actions = connection.execute(sa.select(audit.c.action).distinct().order_by(audit.c.action)).scalars().all()
    older = ""
    if len(rows) > PAGE_ROWS:
        older = "/audit?" + urlencode({**{name: value for name, value in given.items() if value},
                                       "before": rows[PAGE_ROWS - 1].id})
    return page(request, "people/audit.html", rows=rows[:PAGE_ROWS], people=people, given=given, older=older,
                newest=not before, actions=[(action, words(action)) for action in actions], words=words)


def words(action: str) -> str:
    """An action in words, from `actions` in texts.yml; the key itself where nobody wrote any."""
    return sentences().get(f"actions.{action}", action)


def _conditions(given: dict[str, str]) -> list[sa.sql.ColumnElement]:
    conditions = []
    if given["person"]:
        conditions.append(audit.c.person == given["person"])
    if given["action"]:
        conditions.append(audit.c.action == given["action"])
    if given["subject"]:
        conditions.append(audit.c.subject.ilike(f"%{_escaped(given['subject'])}%", escape="\\"))
    if given["since"]:
        conditions.append(audit.c.at >= _day(given["since"]).timestamp())
    if given["until"]:
        conditions.append(audit.c.at < (_day(given["until"]) + datetime.timedelta(days=1)).timestamp())
    return conditions


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _day(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise HTTPException(400) from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise HTTPException(400)
    return int(text)


routes = [Route("/audit", log_page, methods=["GET"])]
