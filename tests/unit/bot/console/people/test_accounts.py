"""Accounts: invited, given roles, disabled; and that somebody can always administer."""

from __future__ import annotations

import html
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.people import accounts, links
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import links as links_table
from tests.support.console import browser
from tests.unit.bot.console.people.conftest import CHOSEN, PASSWORD, invite, join, link_in, sign_in, token_of

SCRIPT = "<script>alert(1)</script>"


def test_an_invited_person_chooses_a_password_and_is_in(app: Starlette, admin: TestClient) -> None:
    """With the role that the invitation gave; afterwards name and password open the console."""
    client, status = join(app, invite(admin))
    assert status == 303 and "Editor" in client.get("/account").text
    fresh = browser(app, None)
    fresh.get("/sign-in")
    assert sign_in(fresh, "rosa", CHOSEN).status_code == 303


def test_a_link_works_once(app: Starlette, admin: TestClient) -> None:
    """Whoever finds it later finds nothing, and changes nothing."""
    link = invite(admin)
    join(app, link)
    thief, status = join(app, link, "another good password")
    assert status == 404 and thief.get(link).status_code == 404
    assert thief.get("/account").status_code == 303


def test_a_link_works_once_even_twice_at_once(app: Starlette, admin: TestClient) -> None:
    """Two browsers that send it at the same moment: one is in."""
    link, start = invite(admin), threading.Barrier(2)
    clients = [browser(app, None) for _ in range(2)]
    for client in clients:
        client.get(link)

    def choose(client: TestClient) -> int:
        start.wait()
        return client.post(link, data={"csrf": token_of(client), "password": CHOSEN}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(choose, clients)) == [303, 404]


def test_a_link_ends(app: Starlette, admin: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three days, as the page says; a new one ends the one before."""
    old = invite(admin)
    new = link_in(admin.post("/accounts/2/link").text)
    assert browser(app, None).get(old).status_code == 404 and browser(app, None).get(new).status_code == 200
    later = time.time() + links.INVITED_S + 1
    monkeypatch.setattr(links.time, "time", lambda: later)
    assert browser(app, None).get(new).status_code == 404


def test_only_a_hash_of_a_link_is_kept(app: Starlette, admin: TestClient) -> None:
    """Who reads the database cannot use it."""
    token = invite(admin).removeprefix("/join/")
    with app.state.database.connect() as connection:
        assert token not in map(str, connection.execute(sa.select(links_table)).one())


@pytest.mark.parametrize(("fields", "word"), [
    ({"name": "a b"}, "small letters"), ({"name": "x"}, "small letters"), ({"name": "../x"}, "small letters"),
    ({"name": "rosa\u202e"}, "small letters"), ({"shown": " "}, "1 to 100"), ({"shown": "x" * 101}, "1 to 100"),
    ({"shown": "Rosa\nAuthor: Eve"}, "1 to 100"), ({"email": "rosa"}, "e-mail"), ({"email": "a@b.c, d@e.fg"}, "e-mail"),
    ({"name": "maria"}, "already"), ({"email": "MARIA@example.org"}, "already"),
])
def test_what_cannot_be_taken_is_told(maria: Person, admin: TestClient, fields: dict[str, str], word: str) -> None:
    """In words beside the field, with what was typed still there; nobody is added."""
    given = {"name": "rosa", "shown": "Rosa", "email": "rosa@example.org", "role": "editor", **fields}
    response = admin.post("/accounts", data=given)
    assert response.status_code == 422 and word in html.unescape(response.text)
    assert 'aria-invalid="true"' in response.text
    assert 'value="rosa@example.org"' in response.text or "email" in fields
    with admin.app.state.database.connect() as connection:
        assert len(accounts.every(connection)) == 2


@pytest.mark.parametrize("role", ["", "owner", "4", "__class__"])
def test_there_are_three_roles(maria: Person, admin: TestClient, role: str) -> None:
    """Any other is refused, at inviting and later."""
    assert admin.post("/accounts", data={"name": "rosa", "shown": "Rosa", "email": "r@example.org",
                                         "role": role}).status_code == 400
    assert admin.post(f"/accounts/{maria.id}/role", data={"role": role}).status_code == 400


def test_a_name_is_text_wherever_it_is_shown(app: Starlette, admin: TestClient) -> None:
    """XSS: a name with markup in it is read, not run, by colleagues, in the log, and by its owner."""
    link = invite(admin, shown=SCRIPT + '"onmouseover="x')
    rosa, _ = join(app, link)
    admin.post("/accounts/2/role", data={"role": "reviewer"})
    pages = [admin.get(path).text for path in ("/accounts", "/accounts/2", "/audit", "/audit?subject=" + SCRIPT)]
    for text in [*pages, rosa.get("/account").text, browser(app, None).get("/sign-in?next=/" + SCRIPT).text]:
        assert "<script>alert" not in text and '"onmouseover="' not in text
    assert html.escape(SCRIPT) in pages[0] and "&lt;script&gt;" in pages[2]


def test_another_role_holds_from_the_next_click(app: Starlette, admin: TestClient) -> None:
    """Up and down, without signing in again."""
    client = browser(app, Role.REVIEWER)
    assert client.get("/accounts").status_code == 403
    admin.post(f"/accounts/{client.person.id}/role", data={"role": "administrator"})
    assert client.get("/accounts").status_code == 200
    admin.post(f"/accounts/{client.person.id}/role", data={"role": "editor"})
    assert client.get("/accounts").status_code == 403


def test_a_disabled_person_is_out_at_once(app: Starlette, maria: Person, admin: TestClient) -> None:
    """Their sessions and links end; enabling brings back neither."""
    client = browser(app, None, maria)
    client.get("/sign-in")
    sign_in(client)
    link = link_in(admin.post(f"/accounts/{maria.id}/link").text)
    for enabled, sentence in (("no", "can no longer sign in"), ("yes", "can sign in again")):
        assert admin.post(f"/accounts/{maria.id}/enabled", data={"enabled": enabled}).status_code == 303
        assert sentence in admin.get("/accounts").text
        assert client.get("/account").status_code == 303
        assert browser(app, None).get(link).status_code == 404
    fresh = browser(app, None)
    fresh.get("/sign-in")
    assert sign_in(fresh).status_code == 303


def test_a_disabled_person_gets_no_link(app: Starlette, maria: Person, admin: TestClient) -> None:
    """It would let them in again by the back door."""
    admin.post(f"/accounts/{maria.id}/enabled", data={"enabled": "no"})
    assert admin.post(f"/accounts/{maria.id}/link").status_code == 409


def test_another_password_for_who_knows_the_present_one(app: Starlette, maria: Person) -> None:
    """The person stays signed in here and is signed out everywhere else."""
    here, there = browser(app, Role.REVIEWER, maria), browser(app, Role.REVIEWER, maria)
    response = here.post("/account/password", data={"present": PASSWORD, "password": CHOSEN})
    assert response.status_code == 303
    assert "password is changed" in here.get("/account").text
    assert "password is changed" not in here.get("/account").text  # said once
    assert there.get("/account").status_code == 303
    fresh = browser(app, None)
    fresh.get("/sign-in")
    assert sign_in(fresh).status_code == 401 and sign_in(fresh, password=CHOSEN).status_code == 303


def test_a_borrowed_session_does_not_buy_guesses_at_the_password(app: Starlette, maria: Person) -> None:
    """Whoever sits at somebody's open console needs the password to change it, and is locked out like anybody."""
    client = browser(app, Role.REVIEWER, maria)
    told = [client.post("/account/password", data={"present": f"wrong {number}", "password": CHOSEN}).status_code
            for number in range(6)]
    assert told == [422] * 5 + [429]
    assert client.post("/account/password", data={"present": PASSWORD, "password": "short"}).status_code == 422


def test_a_forgotten_password_is_chosen_again_with_a_link(app: Starlette, maria: Person, admin: TestClient) -> None:
    """Until then the present one goes on; then every session of before ends."""
    client = browser(app, Role.REVIEWER, maria)
    link = link_in(admin.post(f"/accounts/{maria.id}/link").text)
    assert client.get("/account").status_code == 200
    assert join(app, link)[1] == 303
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("what", ["role", "enabled", "link"])
@pytest.mark.parametrize("number", ["999", "99999999999999999999999"])
def test_nobody_is_no_account(admin: TestClient, what: str, number: str) -> None:
    """A number that belongs to nobody, or that no database could hold: 404, not an error."""
    response = admin.post(f"/accounts/{number}/{what}", data={"role": "editor", "enabled": "no"})
    assert response.status_code == 404
