"""The days that are looked at, as a person chose them, and the same number of days before."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Iterator, Mapping

LENGTHS = (7, 30, 90)
LONGEST_DAYS = 3660
_USUAL = 30
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class PeriodError(ValueError):
    """What was chosen is no period; `key` names the sentence that says so, `values` fill it in."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True)
class Period:
    """Whole days of the server's clock, both ends included."""

    first: datetime.date
    last: datetime.date

    @classmethod
    def ending(cls, last: datetime.date, days: int = _USUAL) -> Period:
        """The `days` days up to and with `last`."""
        return cls(last - datetime.timedelta(days - 1), last)

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """As many days, right before this period."""
        return Period.ending(self.first - datetime.timedelta(1), self.length)

    def __iter__(self) -> Iterator[str]:
        """Each day, as 2026-11-28."""
        return ((self.first + datetime.timedelta(number)).isoformat() for number in range(self.length))


def read_period(query: Mapping[str, str], today: datetime.date) -> Period:
    """The period that `days`, or `from` and `to`, ask for; 30 days up to today where nothing is asked for.

    Raises PeriodError where that is no period.
    """
    if query.get("from") or query.get("to"):
        first, last = (_day(query.get(name, "")) for name in ("from", "to"))
        if last < first:
            raise PeriodError("backwards")
        if last > today:
            raise PeriodError("future")
        if (last - first).days >= LONGEST_DAYS:
            raise PeriodError("long", days=LONGEST_DAYS)
        return Period(first, last)
    days = query.get("days") or str(_USUAL)
    if days not in {str(length) for length in LENGTHS}:
        raise PeriodError("days")
    return Period.ending(today, int(days))


def _day(text: str) -> datetime.date:
    # The form first: the standard library takes other ways to write a date in some versions and not in others.
    if _DAY.fullmatch(text):
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            raise PeriodError("date") from None
        # Far enough from the calendar's edges for a period before it.
        if day.year > 2000:
            return day
    raise PeriodError("date")
