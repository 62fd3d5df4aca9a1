"""The console for tests: on a SQLite database of its own, with somebody signed in."""

from __future__ import annotations

import dataclasses
import itertools
import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.app import create_app
from bot.console.people import accounts, sessions
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import people
from bot.settings import Settings

ADDRESS = "http://127.0.0.1:5006"
# So that an error page's cause is among what a failed test prints.
logging.getLogger("bot.console").setLevel(logging.DEBUG)
_numbers = itertools.count(1)


def console(tmp_path: Path, role: Role | None = Role.ADMINISTRATOR, **changes: Any) -> TestClient:
    """A browser in the console, signed in with this role (None: not signed in); `changes` are settings.

    `client.person` is who is signed in, `client.app.state.database` the database. Each request carries the form token;
    take `X-CSRF-Token` out of `client.headers` to send none. Redirects are not followed.
    """
    settings = dataclasses.replace(Settings(var_dir=tmp_path / "var", staff_dir=tmp_path / "staff"), **changes)
    return browser(create_app(settings), role)


def browser(app: Starlette, role: Role | None, person: Person | None = None) -> TestClient:
    """Another browser in the same console: of a new person of this role, of `person`, or of nobody."""
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False)
    client.person = person  # type: ignore[attr-defined]
    if role is not None:
        client.person = person = person or new_person(app, role)  # type: ignore[attr-defined]
        with app.state.database.begin() as connection:
            token = sessions.begin(connection, person)
        client.cookies.set("imh_session", token)
        client.headers["X-CSRF-Token"] = sessions.csrf_of(token)
    return client


def new_person(app: Starlette, role: Role, name: str = "") -> Person:
    """Somebody of this role, without a password."""
    name = name or f"{role.name.lower()}{next(_numbers)}"
    with app.state.database.begin() as connection:
        person = accounts.add(connection, None, name=name, shown=name.title(), email=f"{name}@example.org", role=role)
        connection.execute(sa.update(people).where(people.c.id == person.id).values(subject=name))
    return person
