"""What pages share."""

from __future__ import annotations

from pathlib import Path

from bot.console.people.accounts import Role
from tests.support.console import console


def test_who_is_not_signed_in_is_led_to_sign_in(tmp_path: Path) -> None:
    """And from there back to the page that was asked for."""
    response = console(tmp_path, None).get("/account?a=b")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/account%3Fa%3Db")


def test_who_is_signed_in_sees_the_page(tmp_path: Path) -> None:
    """With their name on it."""
    client = console(tmp_path, Role.REVIEWER)
    response = client.get("/account")
    assert response.status_code == 200 and client.person.shown in response.text
    assert client.get("/nothing").status_code == 404
    assert client.get("/").headers["location"] == "/account"
