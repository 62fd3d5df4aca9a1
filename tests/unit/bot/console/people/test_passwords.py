"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from bot.console.people import passwords


@pytest.mark.parametrize("password", ["otters sleep in kelp", "alllowercaseletters", "тюлени спят на льду",
                                      "a b c d e f g", "maria likes seven lemons"])
def test_length_is_what_counts(password: str) -> None:
    """No rule asks for a digit, a capital or a sign; any language will do."""
    assert passwords.problem(password, ("maria", "Maria Lopez")) is None


@pytest.mark.parametrize(("password", "key"), [
    ("", "short"), ("elevenchars", "short"), ("x" * 257, "long"), ("aaaaaaaaaaaaaa", "common"),
    ("121212121212", "common"), ("Password1234", "common"), ("CorrectHorseBatteryStaple", "common"),
    ("infantmentalhealth", "common"), ("marialopez12", "own_name"), ("MariaLopezMariaLopez", "own_name"),
])
def test_what_is_guessed_first_is_refused(password: str, key: str) -> None:
    """Too short, too long, on everybody's list, or one's own name."""
    assert passwords.problem(password, ("marialopez", "Maria Lopez", "maria.lopez")) == f"people.password.{key}"


def test_a_password_is_kept_as_argon2id(monkeypatch: pytest.MonkeyPatch) -> None:
    """With RFC 9106's parameters for machines with little memory, and a salt of its own each time."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher())
    one, two = passwords.hashed("otters sleep in kelp"), passwords.hashed("otters sleep in kelp")
    parameters = extract_parameters(one)
    assert (parameters.type, parameters.memory_cost, parameters.time_cost) == (Type.ID, 65536, 3)
    assert one != two and passwords.matches("otters sleep in kelp", one)
    assert not passwords.matches("otters sleep in kelq", one)


def test_a_letter_is_the_same_from_every_keyboard() -> None:
    """é as one character, or as e and an accent."""
    assert passwords.matches("cafe\u0301 con leche", passwords.hashed("caf\u00e9 con leche"))


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$broken"])
def test_nothing_matches_where_no_password_is_kept(kept: str | None) -> None:
    """Not even what the stand-in was made of."""
    assert not passwords.matches("nobody\x00", kept)
