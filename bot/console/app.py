"""The console as an application: every room's pages behind one door."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.console.background import lifespan
from bot.console.guards import Guards, on_http_error
from bot.console.people.accounts import Role
from bot.console.texts import FOLDER
from bot.console.web import requires
from bot.settings import Settings
from bot.store.database import open_database

# In the order of the navigation. A room that is not there yet is passed over.
_ROOMS = ("inbox", "teach", "edit", "train", "publish", "see", "record", "people.room")


def rooms() -> list[ModuleType]:
    """The rooms that there are. Each has `routes`, and may have `nav` (one item or a tuple) and `background`."""
    names = [f"bot.console.{name}" for name in _ROOMS]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]


def pages() -> list[BaseRoute]:
    """Every room's routes."""
    return [Route("/", home), *(route for room in rooms() for route in getattr(room, "routes", ()))]


def create_app(settings: Settings) -> Starlette:
    """The application, on its database. Raises what SQLAlchemy raises where that is away."""
    found = rooms()
    works = [room.background for room in found if hasattr(room, "background")]
    app = Starlette(
        routes=[Mount("/static", StaticFiles(directory=FOLDER / "static")), *pages()],
        middleware=[Middleware(Guards)],
        exception_handlers={HTTPException: on_http_error},
        lifespan=lifespan(works),
    )
    app.state.settings = settings
    app.state.database = open_database(settings.database_url)
    navs = [getattr(room, "nav", ()) for room in found]
    app.state.nav = [item for nav in navs for item in (nav if isinstance(nav, tuple) else (nav,))]
    return app


@requires(Role.REVIEWER)
def home(request: Request) -> Response:
    """The first page that the person may see."""
    return RedirectResponse(next(item.path for item in request.app.state.nav
                                 if request.state.person.role >= item.role), 303)
