"""The record as a file, for whoever reviews it elsewhere."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people import audit
from bot.console.people.accounts import Role
from bot.console.record.git import RecordError
from bot.console.record.keeping import flush, patch
from bot.console.web import database, requires, say, settings


@requires(Role.EDITOR)
def changes(request: Request) -> Response:
    """Everything that staff changed, what waits included, as mails that `git am` takes; `since` a commit or a number."""
    try:
        flush(database(request), settings(request))
        mails = patch(settings(request), request.query_params.get("since", ""))
    except RecordError as error:
        status = 404 if error.key == "record.no_such_commit" else 503
        raise HTTPException(status, say(error.key, detail=error.detail)) from error
    with database(request).begin() as connection:
        audit.record(connection, request.state.person, "record.downloaded", "changes.patch",
                     after={"since": request.query_params.get("since", "")[:64]})
    return Response(mails, media_type="text/x-patch; charset=utf-8", headers={
        "Content-Disposition": 'attachment; filename="changes.patch"', "Cache-Control": "no-store"})


routes = [Route("/record/changes.patch", changes, methods=["GET"])]
