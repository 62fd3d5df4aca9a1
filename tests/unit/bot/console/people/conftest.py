"""A console with somebody who has a password."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.app import create_app
from bot.console.people import passwords
from bot.console.people.accounts import Person, Role
from bot.console.people.sessions import csrf_of
from bot.console.people.tables import people
from bot.settings import Settings
from tests.support.console import ADDRESS, browser, new_person

PASSWORD = "otters sleep in kelp"
CHOSEN = "seven lemons in a boat"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs next to nothing; what it costs otherwise has a test of its own."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    return create_app(Settings(var_dir=tmp_path / "var"))


@pytest.fixture
def maria(app: Starlette) -> Person:
    """A reviewer with a password."""
    person = new_person(app, Role.REVIEWER, "maria")
    keep_password(app, person, PASSWORD)
    return person


@pytest.fixture
def visitor(app: Starlette) -> TestClient:
    """A browser in which nobody has signed in, on the page with the form."""
    client = browser(app, None)
    client.get("/sign-in")
    return client


@pytest.fixture
def admin(app: Starlette) -> TestClient:
    """A browser in which an administrator has signed in."""
    return browser(app, Role.ADMINISTRATOR)


def keep_password(app: Starlette, person: Person, password: str) -> None:
    kept = passwords.hashed(password)
    with app.state.database.begin() as connection:
        connection.execute(sa.update(people).where(people.c.id == person.id).values(password=kept))


def token_of(client: TestClient) -> str:
    """The form token that goes with the cookies of this browser."""
    return csrf_of(client.cookies.get("imh_session") or client.cookies["imh_visit"])


def sign_in(client: TestClient, name: str = "maria", password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Send the form of the page."""
    return client.post("/sign-in", data={"csrf": token_of(client), "name": name, "password": password, **fields})


def from_address(app: Starlette, address: str) -> TestClient:
    """A browser elsewhere, on the page with the form."""
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, client=(address, 50000))
    client.get("/sign-in")
    return client


def invite(admin: TestClient, name: str = "rosa", **fields: str) -> str:
    """Invite somebody; the path of the link that the page shows."""
    response = admin.post("/accounts", data={"name": name, "shown": "Rosa Díaz", "email": f"{name}@example.org",
                                             "role": "editor", **fields})
    assert response.status_code == 200, response.text
    return link_in(response.text)


def link_in(page: str) -> str:
    return re.search(rf'<code id="link">{ADDRESS}(/join/[\w-]+)</code>', page).group(1)


def join(app: Starlette, link: str, password: str = CHOSEN) -> tuple[TestClient, int]:
    """Open the link elsewhere and choose a password."""
    client = browser(app, None)
    if client.get(link).status_code != 200:
        client.get("/sign-in")
    return client, client.post(link, data={"csrf": token_of(client), "password": password}).status_code
