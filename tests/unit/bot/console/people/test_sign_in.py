"""Signing in: sessions, and who gets none."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.people import passwords, sessions
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import audit, people
from bot.console.people.tables import sessions as sessions_table
from tests.support.console import browser, console
from tests.unit.bot.console.people.conftest import PASSWORD, keep_password, sign_in, token_of


def signed_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


def session_cookie(response: Any) -> str:
    return next(line for line in response.headers.get_list("set-cookie") if "imh_session=" in line)


def test_name_and_password_open_the_console(maria: Person, visitor: TestClient) -> None:
    """In whatever case the name is typed; and the browser goes on to the page that was asked for."""
    response = sign_in(visitor, " Maria ", next="/account?x=1")
    assert (response.status_code, response.headers["location"]) == (303, "/account?x=1")
    assert signed_in(visitor)


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
                                  "/\nLocation: https://evil.example", ""])
def test_nobody_is_led_to_another_site(maria: Person, visitor: TestClient, path: str) -> None:
    """An address of another site in the link to the form leads to the start instead."""
    assert sign_in(visitor, next=path).headers["location"] == "/"


@pytest.mark.parametrize(("name", "password"), [
    ("maria", "otters sleep in kelp "), ("maria", ""), ("nobody", PASSWORD), ("", ""), ("ghost", "x" * 5000),
    ("maria' OR '1'='1", PASSWORD), ("maria'--", PASSWORD), ("%", PASSWORD), ("m_ria", PASSWORD),
    ("maria", "' OR 1=1 --"), ("x'; DROP TABLE console_people; --", PASSWORD),
])
def test_what_does_not_go_together_opens_nothing(maria: Person, visitor: TestClient, name: str, password: str) -> None:
    """With one sentence for all, SQL in either field included; afterwards the right one still does."""
    response = sign_in(visitor, name, password)
    assert response.status_code == 401 and "do not go together" in response.text
    assert not signed_in(visitor)
    assert sign_in(visitor).status_code == 303


def test_the_cookie_is_for_this_site_alone(maria: Person, visitor: TestClient) -> None:
    """No script reads it, no other site's request carries it, and it is gone with the browser."""
    cookie = session_cookie(sign_in(visitor))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie and "Max-Age" not in cookie and "Domain" not in cookie


@pytest.mark.parametrize("changes", [{}, {"console_url": "https://console.example.org"}], ids=["called so", "set so"])
def test_over_tls_the_cookie_stays_there(tmp_path: Path, changes: dict[str, str]) -> None:
    """And carries the prefix with which no neighbouring host can set it."""
    client = console(tmp_path, None, **changes)
    keep_password(client.app, browser(client.app, Role.EDITOR).person, PASSWORD)
    name = client.app.state.database.execute(sa.select(people.c.name)).scalar()
    client.base_url = "https://console.example.org"
    client.get("/sign-in")
    response = client.post("/sign-in", data={"name": name, "password": PASSWORD,
                                             "csrf": sessions.csrf_of(client.cookies["__Host-imh_visit"])})
    cookie = session_cookie(response)
    assert cookie.startswith("__Host-imh_session=") and "Secure" in cookie and "Path=/" in cookie


def test_a_planted_session_is_not_the_one_that_signs_in(app: Starlette, maria: Person) -> None:
    """Session fixation: whoever knew the browser's cookies before does not know the session after."""
    client = browser(app, None)
    planted = sessions.new_token()
    client.cookies.set("imh_session", planted)
    client.get("/sign-in")
    client.post("/sign-in", data={"csrf": sessions.csrf_of(client.cookies["imh_visit"]), "name": "maria",
                                  "password": PASSWORD})
    thief = browser(app, None)
    thief.cookies.set("imh_session", planted)
    assert not signed_in(thief)


def test_signing_in_again_ends_the_session_before(app: Starlette, maria: Person) -> None:
    """Also where the browser was signed in as somebody else: their token is worth nothing from then on."""
    client = browser(app, Role.EDITOR)
    before = client.cookies["imh_session"]
    client.cookies.delete("imh_session")
    client.headers["Cookie"] = f"imh_session={before}"
    response = client.post("/sign-in", data={"name": "maria", "password": PASSWORD})
    assert response.status_code == 303 and before not in session_cookie(response)
    assert not signed_in(client)


def test_only_a_hash_of_the_token_is_kept(app: Starlette, maria: Person, visitor: TestClient) -> None:
    """Who reads the database, or a copy of it, cannot sign in with it."""
    sign_in(visitor)
    token = visitor.cookies["imh_session"]
    assert len(token) >= 43  # 256 bits
    with app.state.database.connect() as connection:
        kept = connection.execute(sa.select(sessions_table)).one()
    assert token not in map(str, kept) and kept.token_hash == sessions.hashed(token)
    thief = browser(app, None)
    thief.cookies.set("imh_session", kept.token_hash)
    assert not signed_in(thief)


@pytest.mark.parametrize(("column", "age_s", "lives"), [
    ("used_at", sessions.IDLE_S - 60, True), ("used_at", sessions.IDLE_S + 1, False),
    ("made_at", sessions.ABSOLUTE_S - 60, True), ("made_at", sessions.ABSOLUTE_S + 1, False),
])
def test_a_session_ends(app: Starlette, column: str, age_s: float, lives: bool) -> None:
    """An hour after it was used last, and twelve hours after it began."""
    client = browser(app, Role.REVIEWER)
    with app.state.database.begin() as connection:
        connection.execute(sa.update(sessions_table).values({column: time.time() - age_s}))
    assert signed_in(client) == lives
    assert signed_in(client) == lives  # looking does not bring it back


def test_signing_out_ends_the_session_here(app: Starlette) -> None:
    """Not only the browser's cookie: the token opens nothing any more. Other browsers stay signed in."""
    client = browser(app, Role.REVIEWER)
    other = browser(app, Role.REVIEWER, client.person)
    token = client.cookies["imh_session"]
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    client.cookies.set("imh_session", token)
    assert not signed_in(client) and signed_in(other)


def test_signing_out_everywhere_ends_all_of_ones_own(app: Starlette) -> None:
    """And nobody else's."""
    client, stranger = browser(app, Role.REVIEWER), browser(app, Role.REVIEWER)
    other = browser(app, Role.REVIEWER, client.person)
    client.post("/sign-out", data={"everywhere": "yes"})
    assert not signed_in(client) and not signed_in(other) and signed_in(stranger)


def test_a_disabled_account_opens_nothing(app: Starlette, maria: Person, visitor: TestClient) -> None:
    """Neither with its password nor with a session that it had."""
    client = browser(app, None, maria)
    sign_in(visitor)
    with app.state.database.begin() as connection:
        connection.execute(sa.update(people).values(enabled=False))
    assert not signed_in(visitor)
    client.get("/sign-in")
    assert sign_in(client).status_code == 401


def test_a_password_moves_to_new_parameters(app: Starlette, maria: Person, visitor: TestClient,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next sign-in, when it is at hand; it stays the same password."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    for _ in range(2):
        assert sign_in(visitor).status_code == 303
        visitor.post("/sign-out", headers={"X-CSRF-Token": token_of(visitor)})
        visitor.get("/sign-in")
    with app.state.database.connect() as connection:
        assert "m=16,t=2" in connection.execute(sa.select(people.c.password)).scalar()


def test_the_form_of_another_site_signs_nobody_in(maria: Person, visitor: TestClient) -> None:
    """Login CSRF: the browser would work under an account of the attacker's."""
    for csrf in ("", "0" * 64):
        assert visitor.post("/sign-in", data={"csrf": csrf, "name": "maria", "password": PASSWORD}).status_code == 403
    assert not signed_in(visitor)


def test_signing_out_is_logged(tmp_path: Path) -> None:
    """Of one session, as of all."""
    client = console(tmp_path)
    client.post("/sign-out")
    with client.app.state.database.connect() as connection:
        last = connection.execute(sa.select(audit.c.person, audit.c.action).order_by(audit.c.id.desc())).first()
    assert last == (client.person.name, "people.signed_out")
