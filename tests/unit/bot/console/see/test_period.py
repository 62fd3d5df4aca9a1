"""Which days are looked at."""

from __future__ import annotations

import datetime

import pytest

from bot.console.see.period import Period, PeriodError, read_period

TODAY = datetime.date(2026, 11, 28)


@pytest.mark.parametrize(("query", "first", "last"), [
    ({}, "2026-10-30", "2026-11-28"),
    ({"days": ""}, "2026-10-30", "2026-11-28"),
    ({"days": "7"}, "2026-11-22", "2026-11-28"),
    ({"days": "90"}, "2026-08-31", "2026-11-28"),
    ({"from": "2026-02-28", "to": "2026-03-01"}, "2026-02-28", "2026-03-01"),
    ({"from": "2026-11-28", "to": "2026-11-28", "days": "7"}, "2026-11-28", "2026-11-28"),
])
def test_a_period_is_a_length_or_two_dates(query: dict[str, str], first: str, last: str) -> None:
    """Both ends included; two dates outrank a length."""
    period = read_period(query, TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    days = list(period)
    assert (days[0], days[-1], len(days)) == (first, last, period.length)


def test_the_period_before_has_as_many_days_and_ends_the_day_before() -> None:
    """Whatever the months in between are like."""
    before = Period(datetime.date(2026, 3, 1), datetime.date(2026, 3, 31)).before
    assert (before.first, before.last, before.length) == (datetime.date(2026, 1, 29), datetime.date(2026, 2, 28), 31)


@pytest.mark.parametrize(("query", "key"), [
    ({"days": "8"}, "days"),
    ({"days": "7; DROP TABLE figures_days"}, "days"),
    ({"from": "2026-11-01"}, "date"),
    ({"to": "2026-11-01"}, "date"),
    ({"from": "2026-02-30", "to": "2026-03-01"}, "date"),
    ({"from": "0001-01-01", "to": "2026-03-01"}, "date"),
    ({"from": "٢٠٢٦-١١-٠١", "to": "2026-11-02"}, "date"),
    ({"from": "2026-11-01' OR '1'='1", "to": "2026-11-02"}, "date"),
    ({"from": "20261101", "to": "20261102"}, "date"),
    ({"from": "2026-11-02", "to": "2026-11-01"}, "backwards"),
    ({"from": "2026-11-02", "to": "2026-11-29"}, "future"),
    ({"from": "2010-01-01", "to": "2026-11-01"}, "long"),
])
def test_what_is_no_period_says_which_sentence_to_show(query: dict[str, str], key: str) -> None:
    with pytest.raises(PeriodError) as caught:
        read_period(query, TODAY)
    assert caught.value.key == key
