"""Whether the console can be used, and why not, as fixed codes: nothing of hosts, paths or what an error said.

| code | means | still ready |
|---|---|---|
| `database_away` | the database does not answer | no |
| `var_unwritable` | nothing can be written into the var folder: no training, no release | no |
| `disk_low` | the var folder's disk is almost full | yes |
| `release_damaged` | the version in production is damaged on this disk; servers go on with their own copy | yes |
| `record_refused` | git does not take what staff changed; it waits | yes |
"""

from __future__ import annotations

import os
from typing import Any, Callable

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.console.people.tables import people
from bot.insight.health import Health, disk_low, failing
from bot.release import current_bundle, current_name


def look(state: State) -> Health:
    """The state of a console, by its application's `settings`, `database` and what its record room found."""
    settings = state.settings
    down = []
    if any(failing(lambda: _ask(state.database))):
        down.append("database_away")
    # A folder that is not there yet is made by whoever writes into it first.
    if settings.var_dir.exists() and not os.access(settings.var_dir, os.W_OK):
        down.append("var_unwritable")
    degraded = []
    if disk_low(settings.var_dir):
        degraded.append("disk_low")
    if current_name(settings) and current_bundle(settings) is None:
        degraded.append("release_damaged")
    if getattr(state, "record_trouble", ""):
        degraded.append("record_refused")
    return Health(tuple(down), tuple(degraded))


def _ask(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.select(people.c.id).limit(1))


def _unguarded(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Open to anybody, and without a look at who asks: that would need the database that may be away."""
    endpoint.required_role = None  # type: ignore[attr-defined]  # read by the test that tries each route
    return endpoint


@_unguarded
async def live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


@_unguarded
def ready(request: Request) -> Response:
    """Staff can use it; 503 says why not."""
    health = look(request.app.state)
    status = "unavailable" if health.down else "degraded" if health.degraded else "ready"
    return JSONResponse({"status": status, "reasons": health.reasons}, 503 if health.down else 200)


routes = [Route("/health/live", live, methods=["GET"]), Route("/health/ready", ready, methods=["GET"])]
