"""Administrators: how the first one comes, and that there is always one left."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.app import create_app
from bot.console.people import accounts, links
from bot.console.people.accounts import LastAdministratorError, Person, Role
from bot.console.people.first import first_administrator, reset_administrator
from bot.console.people.tables import audit, people
from bot.errors import SettingsError
from bot.settings import Settings
from tests.support.console import browser, new_person
from tests.support.postgres import Postgres
from tests.unit.bot.console.people.conftest import CHOSEN, PASSWORD, invite, join, keep_password, sign_in


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


def test_nor_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """Where two transactions do not see what the other has not finished."""
    app = create_app(Settings(var_dir=tmp_path, db_url=postgres.database()))
    for _ in range(10):
        one, two = new_person(app, Role.ADMINISTRATOR), new_person(app, Role.ADMINISTRATOR)
        assert sorted(both_at_once(app.state.database, one, two)) == [False, True]
        with app.state.database.begin() as connection:
            connection.execute(people.update().values(role=int(Role.REVIEWER)))
    app.state.database.dispose()


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
        tokens = [first_administrator(app.state.database, name, "maria@example.org")
                  for name in ("mara", "maria", "maria")]
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


class TestReset:
    """The command for an administrator who is alone and forgot the password."""

    @pytest.fixture
    def lone(self, app: Starlette) -> Person:
        """The only administrator, with a password that is known no more."""
        person = new_person(app, Role.ADMINISTRATOR, "maria")
        keep_password(app, person, PASSWORD)
        return person

    def test_its_link_lets_in_again(self, app: Starlette, lone: Person) -> None:
        """Once: with another password, as the same administrator; the password before is worth nothing then."""
        link = "/join/" + reset_administrator(app.state.database, " Maria ")
        client, status = join(app, link)
        assert status == 303 and client.get("/accounts").status_code == 200
        assert join(app, link, "eleven pears in a hat")[1] == 404
        for password, answer in ((PASSWORD, 401), (CHOSEN, 303)):
            visitor = browser(app, None)
            visitor.get("/sign-in")
            assert sign_in(visitor, "maria", password).status_code == answer

    def test_all_sessions_end_at_once(self, app: Starlette, lone: Person) -> None:
        """Whoever sits at one of them is out; other people's go on."""
        own, other = browser(app, Role.ADMINISTRATOR, lone), browser(app, Role.EDITOR)
        assert own.get("/accounts").status_code == 200
        reset_administrator(app.state.database, "maria")
        assert own.get("/accounts").status_code == 303 and other.get("/account").status_code == 200

    def test_a_command_by_mistake_locks_nobody_out(self, app: Starlette, lone: Person) -> None:
        """Until the link was used the password goes on."""
        reset_administrator(app.state.database, "maria")
        visitor = browser(app, None)
        visitor.get("/sign-in")
        assert sign_in(visitor).status_code == 303

    def test_it_is_in_the_log(self, app: Starlette, lone: Person) -> None:
        """By nobody's name, as it was a command; with how many sessions it ended, and never the link."""
        browser(app, Role.ADMINISTRATOR, lone)
        token = reset_administrator(app.state.database, "maria")
        with app.state.database.connect() as connection:
            row = connection.execute(sa.select(audit).order_by(audit.c.id.desc())).first()
        assert (row.action, row.subject, row.person) == ("people.reset", "maria", None)
        assert json.loads(row.after) == {"sessions_ended": 1} and token not in str(row)
        client, _ = join(app, f"/join/{token}")
        assert "by a command on the server" in client.get("/audit").text

    def test_only_the_latest_link_lasts_and_for_an_hour(self, app: Starlette, lone: Person,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
        """As the first administrator's."""
        first, second = (reset_administrator(app.state.database, "maria") for _ in range(2))
        assert [browser(app, None).get(f"/join/{token}").status_code for token in (first, second)] == [404, 200]
        later = time.time() + 60 * 60 + 1
        monkeypatch.setattr(links.time, "time", lambda: later)
        assert browser(app, None).get(f"/join/{second}").status_code == 404

    @pytest.mark.parametrize("who", ["eve", "rosa", "gone", "", "maria'; --"])
    def test_nobody_else_comes_in_by_it(self, app: Starlette, lone: Person, who: str) -> None:
        """Neither an unknown name, an editor nor a disabled administrator; told is who could."""
        new_person(app, Role.EDITOR, "rosa")
        gone = new_person(app, Role.ADMINISTRATOR, "gone")
        with app.state.database.begin() as connection:
            connection.execute(people.update().where(people.c.id == gone.id).values(enabled=False))
        with pytest.raises(SettingsError, match="who can sign in: maria"):
            reset_administrator(app.state.database, who)
        with app.state.database.connect() as connection:
            assert connection.execute(sa.select(audit).where(audit.c.action == "people.reset")).first() is None
