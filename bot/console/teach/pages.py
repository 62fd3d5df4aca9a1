"""What was taught lately, and the way back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console import record
from bot.console.inbox import labelling
from bot.console.people import audit
from bot.console.people.accounts import Role
from bot.console.people.tables import people
from bot.console.record.tables import unrecorded
from bot.console.teach.tables import labels
from bot.console.web import database, page, redirect, requires, say, settings

PAGE_SIZE = 50


@requires(Role.REVIEWER)
def lately(request: Request) -> Response:
    """The labels, newest first, those that were taken back among them; `before` a number for older ones."""
    # That room reads what is taught here, and is not there yet while this one is loaded.
    from bot.console.inbox.pages import row_values

    before = request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise HTTPException(400)
    chosen = sa.select(labels, people.c.shown).select_from(labels.outerjoin(people, people.c.name == labels.c.by))
    if before:
        chosen = chosen.where(labels.c.id < int(before))
    with database(request).connect() as connection:
        rows: list[Any] = connection.execute(chosen.order_by(labels.c.id.desc()).limit(PAGE_SIZE + 1)).all()
        waiting = connection.execute(sa.select(sa.func.count()).select_from(unrecorded)).scalar()
    return page(request, "teach/lately.html", rows=rows[:PAGE_SIZE], before=before, waiting=waiting,
                older=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
                trouble=getattr(request.app.state, "record_trouble", ""), called=row_values(request)["called"],
                editor=request.state.person.role >= Role.EDITOR)


@requires(Role.REVIEWER)
def take_back(request: Request) -> Response:
    """Undo a label; nothing where somebody has done so already."""
    labelling.take_back(database(request), settings(request), request.state.person, request.path_params["message"])
    return redirect(request, "/teach", "teach.undone")


@requires(Role.EDITOR)
def record_now(request: Request) -> Response:
    """Commit what waits, whoever did it."""
    with database(request).begin() as connection:
        audit.record(connection, request.state.person, "record.flushed", "")
    try:
        made = record.flush(database(request), settings(request))
    except record.RecordError as error:
        request.app.state.record_trouble = say(error.key, detail=error.detail)
        return redirect(request, "/teach")
    request.app.state.record_trouble = ""
    return redirect(request, "/teach", "teach.recorded", count=len(made))


routes = [
    Route("/teach", lately, methods=["GET"]),
    Route("/teach/labels/{message:int}/undo", take_back, methods=["POST"]),
    Route("/teach/record", record_now, methods=["POST"]),
]
