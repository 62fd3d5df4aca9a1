"""One number however it is written; and what is no telephone."""

from __future__ import annotations

import pytest

from bot.sms.numbers import Kind, Number, displayed, read_number


@pytest.mark.parametrize("written", [
    "+15053317138", "15053317138", "5053317138", "(505) 331-7138", "505.331.7138", " +1 505-331-7138 ", "0015053317138",
    "01115053317138",
])
def test_every_way_of_writing_is_the_same_number(written: str) -> None:
    assert read_number(written) == Number(Kind.PHONE, "+15053317138")


@pytest.mark.parametrize(("written", "number"), [
    ("+34600111222", "+34600111222"), ("34600111222", "+34600111222"), ("0034600111222", "+34600111222"),
    ("528112345678", "+528112345678"), ("+528112345678", "+528112345678"), ("447700900123", "+447700900123"),
])
def test_numbers_of_other_countries(written: str, number: str) -> None:
    """With the plus left out, as many gateways do."""
    assert read_number(written) == Number(Kind.PHONE, number)


@pytest.mark.parametrize("written", ["72975", "911", "123456", "988"])
def test_short_codes(written: str) -> None:
    assert read_number(written).kind is Kind.SHORT_CODE


@pytest.mark.parametrize("written", ["AMAZON", "Kita Bot", "", "+", "123abc", "<script>", "٠١٢٣٤٥٦٧٨٩", "+1505٣٣١٧١٣٨"])
def test_letters_and_what_is_no_number(written: str) -> None:
    """Digits of other scripts are none that a gateway dials."""
    assert read_number(written).kind is Kind.LETTERS


@pytest.mark.parametrize("written", ["1234567", "99999999999999999999", "+0", "+9999999", "00", "0000000000"])
def test_an_impossible_number_is_still_somebody(written: str) -> None:
    """It is kept apart from others and breaks nothing."""
    found = read_number(written)
    assert found.text and found == read_number(written)


@pytest.mark.parametrize(("written", "shown"), [
    ("+15055550123", "(505) 555-0123"), ("505 555 0123", "(505) 555-0123"), ("+34600111222", "+34 600 11 12 22"),
    ("72975", "72975"), ("+999", "+999"),
])
def test_a_number_is_shown_as_people_write_it(written: str, shown: str) -> None:
    assert displayed(written) == shown
