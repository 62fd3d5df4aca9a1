"""The pseudonym of a number: the same each time, another with each key, and still the same after a change of key."""

from __future__ import annotations

import pytest

from bot.sms.pseudonyms import PREFIX, Pseudonyms

NUMBER, OURS, OTHER = "+15053317138", "+15055550100", "+15055550177"
FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32


def test_it_is_stable_and_says_nothing() -> None:
    """No digit of the number can be read in it."""
    found = Pseudonyms(FIRST).of(NUMBER, OURS)
    assert found == Pseudonyms(FIRST).of(NUMBER, OURS)
    assert found.startswith(PREFIX) and NUMBER[2:] not in found and len(found) == len(PREFIX) + 40


def test_numbers_gateways_and_keys_are_kept_apart() -> None:
    every = {Pseudonyms(key).of(number, ours) for key in (FIRST, SECOND) for number in (NUMBER, OTHER)
             for ours in (OURS, NUMBER)}
    assert len(every) == 8


def test_after_changes_of_key_a_number_is_found_where_its_rows_were_moved() -> None:
    """Twice; with the last key and what was sealed with it, and nothing else."""
    first = Pseudonyms(FIRST)
    row = first.of(NUMBER, OURS)
    second = first.next(SECOND)
    row = second.rekeyed(row)
    third = second.next(THIRD)
    row = third.rekeyed(row)
    reopened = Pseudonyms.unsealed(THIRD, third.sealed())
    assert reopened == third and reopened.of(NUMBER, OURS) == row
    assert FIRST not in third.sealed() and SECOND not in third.sealed()


def test_what_was_sealed_opens_with_its_key_alone() -> None:
    sealed = Pseudonyms(FIRST).next(SECOND).sealed()
    with pytest.raises(ValueError, match="another key"):
        Pseudonyms.unsealed(FIRST, sealed)


def test_the_key_id_tells_keys_apart_and_gives_none_away() -> None:
    assert Pseudonyms(FIRST).key_id != Pseudonyms(SECOND).key_id
    assert Pseudonyms(FIRST).key_id == Pseudonyms(FIRST, (SECOND,)).key_id
    assert FIRST not in repr(Pseudonyms(FIRST, (SECOND,))) and SECOND not in repr(Pseudonyms(FIRST, (SECOND,)))
