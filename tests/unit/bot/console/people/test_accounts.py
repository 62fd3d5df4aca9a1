"""Accounts: invited, given roles, disabled; and that somebody can always administer."""

from __future__ import annotations

import html
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.app import create_app
from bot.console.people import accounts, links
from bot.console.people.accounts import LastAdministratorError, Person, Role
from bot.console.people.first import first_administrator
from bot.console.people.tables import people
from bot.console.people.tables import links as links_table
from bot.errors import SettingsError
from bot.settings import Settings
from tests.support.console import ADDRESS, browser, new_person
from tests.support.postgres import Postgres
from tests.unit.bot.console.people.conftest import PASSWORD, sign_in, token_of

CHOSEN = "seven lemons in a boat"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def admin(app: Starlette) -> TestClient:
    return browser(app, Role.ADMINISTRATOR)


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
    assert response.status_code == 422 and word in html.unescape(response.text) and 'aria-invalid="true"' in response.text
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


@pytest.mark.parametrize(("path", "field"), [("role", {"role": "editor"}), ("enabled", {"enabled": "no"})])
def test_the_last_administrator_stays(app: Starlette, admin: TestClient, path: str, field: dict[str, str]) -> None:
    """Neither by themselves nor with others about who are disabled or have never come; with a second one it goes."""
    invite(admin, "ana", role="administrator")
    gone = new_person(app, Role.ADMINISTRATOR)
    assert admin.post(f"/accounts/{gone.id}/enabled", data={"enabled": "no"}).status_code == 303
    own = f"/accounts/{admin.person.id}/{path}"
    response = admin.post(own, data=field)
    assert response.status_code == 409 and "last administrator" in response.text
    assert admin.get("/accounts").status_code == 200
    new_person(app, Role.ADMINISTRATOR)
    assert admin.post(own, data=field).status_code == 303


def both_at_once(engine: Engine, one: Person, two: Person) -> list[bool]:
    """Each takes the other's role away at the same moment; who was refused."""
    start = threading.Barrier(2)

    def demote(by: Person, other: Person) -> bool:
        with engine.connect() as connection:
            account = accounts.find(connection, other.id)
        start.wait()
        try:
            with engine.begin() as connection:
                accounts.change_role(connection, by, account, Role.EDITOR)
        except LastAdministratorError:
            return True
        return False

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(demote, (one, two), (two, one)))


def test_two_administrators_cannot_put_each_other_out(app: Starlette) -> None:
    """The second waits for the first, and finds that it would be the last."""
    for _ in range(10):
        one, two = new_person(app, Role.ADMINISTRATOR), new_person(app, Role.ADMINISTRATOR)
        assert sorted(both_at_once(app.state.database, one, two)) == [False, True]
        with app.state.database.begin() as connection:
            connection.execute(people.update().values(role=int(Role.REVIEWER)))


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


def test_nor_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """Where two transactions do not see what the other has not finished."""
    app = create_app(Settings(var_dir=tmp_path, db_url=postgres.database()))
    for _ in range(10):
        one, two = new_person(app, Role.ADMINISTRATOR), new_person(app, Role.ADMINISTRATOR)
        assert sorted(both_at_once(app.state.database, one, two)) == [False, True]
        with app.state.database.begin() as connection:
            connection.execute(people.update().values(role=int(Role.REVIEWER)))
    app.state.database.dispose()


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


class TestFirstAdministrator:
    """The command that makes the first one."""

    def test_its_link_makes_an_administrator(self, app: Starlette) -> None:
        """Who then invites the others."""
        client, status = join(app, "/join/" + first_administrator(app.state.database, "maria", "maria@example.org"))
        assert status == 303 and client.get("/accounts").status_code == 200

    def test_it_is_refused_once_there_is_one(self, app: Starlette) -> None:
        """Whoever can run commands later gains nothing in the console by it."""
        join(app, "/join/" + first_administrator(app.state.database, "maria", "maria@example.org"))
        with pytest.raises(SettingsError, match="maria"):
            first_administrator(app.state.database, "eve", "eve@example.org")
        with app.state.database.connect() as connection:
            assert [account.person.name for account in accounts.every(connection)] == ["maria"]

    def test_it_can_be_given_again_until_then(self, app: Starlette) -> None:
        """With another name or the same; the link before it ends."""
        tokens = [first_administrator(app.state.database, name, "maria@example.org") for name in ("mara", "maria", "maria")]
        assert [browser(app, None).get(f"/join/{token}").status_code for token in tokens] == [404, 404, 200]
        with app.state.database.connect() as connection:
            assert [account.person.name for account in accounts.every(connection)] == ["maria"]

    def test_its_link_ends_after_an_hour(self, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line in a terminal's history is then worth nothing."""
        token = first_administrator(app.state.database, "maria", "maria@example.org")
        later = time.time() + 60 * 60 + 1
        monkeypatch.setattr(links.time, "time", lambda: later)
        assert browser(app, None).get(f"/join/{token}").status_code == 404

    def test_a_name_that_cannot_be_taken_is_told(self, app: Starlette) -> None:
        """In one message for all that is wrong."""
        with pytest.raises(SettingsError, match="(?s)small letters.*e-mail"):
            first_administrator(app.state.database, "Maria Lopez", "maria")
        new_person(app, Role.REVIEWER, "maria")
        with pytest.raises(SettingsError, match="already"):
            first_administrator(app.state.database, "maria", "other@example.org")
