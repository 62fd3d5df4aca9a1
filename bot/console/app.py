"""The console as an application: every room's pages behind one door."""

from __future__ import annotations

from types import ModuleType

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.console import edit, health, inbox, publish, record, see, teach, train
from bot.console.background import lifespan
from bot.console.guards import Guards, on_http_error
from bot.console.people import room as people
from bot.console.people.accounts import Role
from bot.console.texts import FOLDER
from bot.console.web import requires
from bot.settings import Settings
from bot.store.database import open_database

# In the order of the navigation. Each has `routes`, and may have `nav` (one item or a tuple) and `background`.
ROOMS: tuple[ModuleType, ...] = (inbox, teach, edit, train, publish, see, record, people)


def pages() -> list[BaseRoute]:
    """Every room's routes, and those for whoever watches the console."""
    return [Route("/", home), *health.routes, *(route for room in ROOMS for route in room.routes)]


def create_app(settings: Settings) -> Starlette:
    """The application, on its database. Raises what SQLAlchemy raises where that is away."""
    works = [room.background for room in ROOMS if hasattr(room, "background")]
    app = Starlette(
        routes=[Mount("/static", StaticFiles(directory=FOLDER / "static")), *pages()],
        middleware=[Middleware(Guards)],
        exception_handlers={HTTPException: on_http_error},
        lifespan=lifespan(works),
    )
    app.state.settings = settings
    app.state.database = open_database(settings.database_url)
    navs = [getattr(room, "nav", ()) for room in ROOMS]
    app.state.nav = [item for nav in navs for item in (nav if isinstance(nav, tuple) else (nav,))]
    return app


@requires(Role.REVIEWER)
def home(request: Request) -> Response:
    """The first page that the person may see."""
    return RedirectResponse(next(item.path for item in request.app.state.nav
                                 if request.state.person.role >= item.role), 303)
