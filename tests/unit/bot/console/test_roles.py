"""Who may do what: every route of every room, tried by those who may not. A room that lands later is tried as well."""

from __future__ import annotations

import re
from typing import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from bot.console.app import create_app, pages
from bot.console.people.accounts import Role
from bot.settings import Settings
from tests.support.console import browser

SAFE = {"GET", "HEAD"}
# What anybody may open: signing in, health, and what the bots fetch with a token of their own. Nothing is added here lightly.
OPEN = {"/sign-in", "/join/{token}", "/sign-in/provider", "/sign-in/provider/back", "/bundle",
        "/bundle/canary", "/health/live", "/health/ready"}
VALUES = {"int": "999999", "str": "x", "path": "x", "float": "1.5", "uuid": "00000000-0000-0000-0000-000000000000"}


def flat(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Route]]:
    """Every route with its whole path; files that anybody may fetch are left out."""
    for route in routes:
        if isinstance(route, Mount):
            if not isinstance(route.app, StaticFiles):
                yield from flat(list(route.routes), prefix + route.path)
        else:
            assert isinstance(route, Route), f"{route} is neither a route nor a mount of routes"
            yield prefix + route.path, route


ROUTES = [(path, route) for path, route in flat(pages())]
GUARDED = [(method, path, route.endpoint.required_role) for path, route in ROUTES
           for method in sorted(set(route.methods or ()) - {"HEAD"})
           if getattr(route.endpoint, "required_role", None) is not None]
IDS = [f"{method} {path}" for method, path, _ in GUARDED]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    return create_app(Settings(var_dir=tmp_path_factory.mktemp("var")))


@pytest.fixture(scope="module")
def browsers(app: Starlette) -> dict[Role | None, TestClient]:
    """One browser of each role, and one of nobody."""
    return {role: browser(app, role) for role in (None, *Role)}


def filled(path: str) -> str:
    """The path with something in place of each parameter."""
    return re.sub(r"\{\w+(?::(\w+))?\}", lambda match: VALUES[match.group(1) or "str"], path)


def test_every_route_says_who_may_use_it() -> None:
    """An endpoint without `requires` or `anybody` would be open to all, and unprotected."""
    assert [path for path, route in ROUTES if not hasattr(route.endpoint, "required_role")] == []
    assert {path for path, route in ROUTES if route.endpoint.required_role is None} <= OPEN


@pytest.mark.parametrize(("method", "path", "role"), GUARDED, ids=IDS)
def test_a_role_below_is_refused(browsers: dict[Role | None, TestClient], method: str, path: str, role: Role) -> None:
    """Everybody whose role is too low gets 403, whatever they guess of the address."""
    for lower in [lower for lower in Role if lower < role]:
        assert browsers[lower].request(method, filled(path)).status_code == 403


@pytest.mark.parametrize(("method", "path", "role"), GUARDED, ids=IDS)
def test_nobody_is_refused(browsers: dict[Role | None, TestClient], method: str, path: str, role: Role) -> None:
    """Who has not signed in sees nothing: they are led to sign in, or told to."""
    response = browsers[None].request(method, filled(path))
    assert response.status_code == (303 if method == "GET" else 401)
    if method == "GET":
        assert response.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(("method", "path", "role"), [case for case in GUARDED if case[0] not in SAFE],
                         ids=[name for name, case in zip(IDS, GUARDED) if case[0] not in SAFE])
def test_without_the_form_token_nothing_is_done(app: Starlette, method: str, path: str, role: Role) -> None:
    """CSRF: a form of another site carries the session's cookie at most, never the token."""
    client = browser(app, Role.ADMINISTRATOR)
    for token in (None, "", "0" * 64, "ключ"):
        headers = {} if token is None else {"X-CSRF-Token": token.encode()}
        del client.headers["X-CSRF-Token"]
        response = client.request(method, filled(path), headers=headers, data={"csrf": "0" * 64})
        assert response.status_code == 403
        client.headers["X-CSRF-Token"] = "unused"


@pytest.mark.parametrize("role", list(Role), ids=[role.name.lower() for role in Role])
def test_the_navigation_leads_nobody_to_a_refusal(browsers: dict[Role | None, TestClient], role: Role) -> None:
    """It shows what the person may open, and all of that opens."""
    client = browsers[role]
    for item in client.app.state.nav:
        shown = f'href="{item.path}"' in client.get("/account").text
        assert shown == (role >= item.role)
        if shown:
            assert client.get(item.path).status_code == 200
