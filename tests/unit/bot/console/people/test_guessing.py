"""Guessing passwords: slow for a name, slow from an address, and never a word on who has an account."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.people import attempts, passwords
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import audit
from tests.support.console import browser
from tests.unit.bot.console.people.conftest import PASSWORD, from_address, sign_in


def test_five_wrong_passwords_lock_the_name(maria: Person, visitor: TestClient,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Brute force: from then on the right one is refused too, for a quarter of an hour; waiting ends it."""
    for _ in range(attempts.LOCKED_AFTER):
        assert sign_in(visitor, password="wrong wrong wrong").status_code == 401
    response = sign_in(visitor)
    assert response.status_code == 429 and "Try again in 15 minutes" in response.text
    assert 0 < int(response.headers["retry-after"]) <= attempts.LOCKED_S
    later = time.time() + attempts.LOCKED_S + 1
    monkeypatch.setattr(attempts.time, "time", lambda: later)
    assert sign_in(visitor).status_code == 303


def test_being_refused_does_not_make_it_longer(app: Starlette, maria: Person, visitor: TestClient,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise anybody could keep somebody out for good by knocking once in a while."""
    for _ in range(attempts.LOCKED_AFTER + 3):
        sign_in(visitor, password="wrong wrong wrong")
    first = int(sign_in(visitor).headers["retry-after"])
    soon = time.time() + 600
    monkeypatch.setattr(attempts.time, "time", lambda: soon)
    assert int(sign_in(visitor).headers["retry-after"]) <= first - 599


def test_a_lock_tells_nobody_whether_there_is_such_an_account(maria: Person, visitor: TestClient) -> None:
    """A name that is not there is locked after as many attempts, in the same words."""
    told = [[(response.status_code, response.text) for response in
             [sign_in(visitor, name, "wrong wrong wrong") for _ in range(attempts.LOCKED_AFTER + 1)]]
            for name in ("maria", "nobody.here")]
    assert told[0] == told[1] and told[0][-1][0] == 429


def test_an_unknown_name_takes_as_long(app: Starlette, maria: Person, visitor: TestClient,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is hashed for it as well, with the same parameters: time tells nobody who has an account."""
    looked_at: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, kept: str | bytes, password: str | bytes) -> bool:
            looked_at.append(str(kept).rsplit("$", 2)[0])
            return super().verify(kept, password)

    monkeypatch.setattr(passwords, "hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    browser(app, Role.REVIEWER)  # somebody without a password
    for name in ("maria", "nobody.here"):
        sign_in(visitor, name, "wrong wrong wrong")
    assert len(looked_at) == 2 and len(set(looked_at)) == 1


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(app: Starlette, maria: Person,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted before the password is looked at: sent together, no more of them get through than one after another."""
    looked_at, lock = [], threading.Lock()

    def slow(password: str, kept: str | None) -> bool:
        with lock:
            looked_at.append(password)
        time.sleep(0.05)
        return False

    monkeypatch.setattr(passwords, "matches", slow)
    clients = [from_address(app, f"10.0.1.{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda client: sign_in(client, password="guess"), clients))
    assert len(looked_at) == attempts.LOCKED_AFTER


def test_an_address_that_guesses_is_slowed_down(app: Starlette, maria: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """One password for many names: from the tenth on each waits twice as long as the last. Others do not wait."""
    now = time.time()
    monkeypatch.setattr(attempts.time, "time", lambda: now)
    client = from_address(app, "10.0.0.1")
    for number in range(attempts.SLOWED_AFTER):
        assert sign_in(client, f"name{number}").status_code == 401
    waits = []
    for number in range(8):
        response = sign_in(client, f"other{number}")
        assert response.status_code == 429
        waits.append(int(response.headers["retry-after"]))
        now += waits[-1]
        assert sign_in(client, f"other{number}").status_code == 401
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert sign_in(from_address(app, "10.0.0.2")).status_code == 303


def test_an_own_account_does_not_buy_new_guesses(app: Starlette, maria: Person) -> None:
    """Signing in rightly in between forgives the name, not what the address tried with other names."""
    client = from_address(app, "10.0.0.1")
    for number in range(attempts.SLOWED_AFTER - 1):
        sign_in(client, f"name{number}")
    assert sign_in(client).status_code == 303
    fresh = from_address(app, "10.0.0.1")
    assert sign_in(fresh, "name.a").status_code == 401
    assert sign_in(fresh, "name.b").status_code == 429


def test_a_lock_is_written_down_without_what_was_typed(app: Starlette, maria: Person, visitor: TestClient) -> None:
    """A password is sometimes typed where the name belongs, and the log is for ever."""
    for name in ("maria", PASSWORD):
        for _ in range(attempts.LOCKED_AFTER):
            sign_in(visitor, name, "wrong wrong wrong")
    with app.state.database.connect() as connection:
        locked = connection.execute(sa.select(audit.c.subject).where(audit.c.action == "people.locked")).scalars().all()
        kept = connection.exec_driver_sql("SELECT key FROM console_attempts").scalars().all()
    assert locked == ["maria", "?"]
    assert PASSWORD not in kept and "maria" not in kept
