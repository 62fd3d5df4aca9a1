"""The figures of a period, out of the daily counts: no query reads a message."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Mapping, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.see.histogram import percentile
from bot.console.see.period import Period
from bot.console.see.tables import days, times

# A share or a percentile of fewer messages says more about chance, and about single people, than about the bot.
FEWEST = 5
OUTCOMES = ("understood", "small_talk", "clarified", "refused", "crisis", "other")
_OUTCOME_OF = {"answer": "understood", "smalltalk": "small_talk", "clarify": "clarified", "out_of_scope": "refused",
               "crisis": "crisis"}


@dataclass(frozen=True)
class Share:
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """0-1; None where the whole is too small for a share to mean anything."""
        return self.part / self.whole if self.whole >= FEWEST else None


class Speed(NamedTuple):
    """How long replies took, in milliseconds; None where too few are known."""

    messages: int
    median_ms: float | None
    p95_ms: float | None

    @classmethod
    def of(cls, histogram: Mapping[int, int]) -> Speed:
        known = sum(histogram.values())
        if known < FEWEST:
            return cls(known, None, None)
        return cls(known, percentile(histogram, 0.5), percentile(histogram, 0.95))


class Cell(NamedTuple):
    """Messages of a period that are alike in all of this, and the thumbs they got."""

    channel: str
    language: str
    audience: str
    outcome: str
    topic: str  # empty where none was answered
    messages: int
    up: int
    down: int


@dataclass(frozen=True)
class Span:
    """What was counted in some days, whatever the day."""

    cells: tuple[Cell, ...]
    times: Mapping[str, Counter[int]]  # by channel

    @property
    def messages(self) -> int:
        """All messages."""
        return sum(cell.messages for cell in self.cells)

    def by(self, dimension: str) -> Counter[str]:
        """Messages by channel, language, audience, outcome or topic, most first."""
        found: Counter[str] = Counter()
        for cell in self.cells:
            found[getattr(cell, dimension)] += cell.messages
        return Counter(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))

    def thumbs(self) -> dict[str, tuple[int, int]]:
        """By topic: thumbs up, thumbs down."""
        found: dict[str, tuple[int, int]] = {}
        for cell in self.cells:
            up, down = found.get(cell.topic, (0, 0))
            found[cell.topic] = up + cell.up, down + cell.down
        return found

    def speed(self, channel: str | None = None) -> Speed:
        """How long replies took, on one channel or on all."""
        return _speed(self.times, channel)


@dataclass(frozen=True)
class Stretch:
    """What happened from one day to another, both included."""

    first: str
    last: str
    messages: Counter[tuple[str, str]]  # by channel and outcome
    times: Mapping[str, Counter[int]]  # by channel

    def count(self, *, channel: str | None = None, outcome: str | None = None) -> int:
        """Messages, of one channel or outcome where that is given."""
        return sum(number for (on, was), number in self.messages.items()
                   if channel in (None, on) and outcome in (None, was))

    def speed(self, channel: str | None = None) -> Speed:
        """How long replies took, on one channel or on all."""
        return _speed(self.times, channel)

    def __add__(self, later: Stretch) -> Stretch:
        """This and the stretch that follows, as one."""
        times = {channel: self.times.get(channel, Counter()) + later.times.get(channel, Counter())
                 for channel in {*self.times, *later.times}}
        return Stretch(self.first, later.last, self.messages + later.messages, times)


@dataclass(frozen=True)
class Figures:
    """A period, day by day and as a whole, and the period before it."""

    period: Period
    now: Span
    before: Span
    days: tuple[Stretch, ...]

    @property
    def channels(self) -> list[str]:
        """Those that anything came on in either period, in a steady order."""
        return sorted({cell.channel for span in (self.now, self.before) for cell in span.cells})


def read_figures(connection: Connection, period: Period) -> Figures:
    """The figures of a period: six queries, each on counts."""
    messages: dict[str, Counter[tuple[str, str]]] = {day: Counter() for day in period}
    for row in connection.execute(
            sa.select(days.c.day, days.c.channel, days.c.kind, sa.func.sum(days.c.messages).label("messages"))
            .where(_within(days, period)).group_by(days.c.day, days.c.channel, days.c.kind)):
        messages[row.day][(row.channel, _outcome(row.kind))] += int(row.messages)
    took: dict[str, dict[str, Counter[int]]] = {day: {} for day in period}
    for row in connection.execute(
            sa.select(times.c.day, times.c.channel, times.c.bucket, sa.func.sum(times.c.messages).label("messages"))
            .where(_within(times, period)).group_by(times.c.day, times.c.channel, times.c.bucket)):
        took[row.day].setdefault(row.channel, Counter())[row.bucket] = int(row.messages)
    return Figures(period, _span(connection, period), _span(connection, period.before),
                   tuple(Stretch(day, day, messages[day], took[day]) for day in period))


def _speed(histograms: Mapping[str, Counter[int]], channel: str | None) -> Speed:
    if channel is not None:
        return Speed.of(histograms.get(channel, {}))
    together: Counter[int] = Counter()
    for histogram in histograms.values():
        together.update(histogram)
    return Speed.of(together)


def _span(connection: Connection, period: Period) -> Span:
    alike = (days.c.channel, days.c.language, days.c.audience, days.c.kind, days.c.topic)
    cells = [Cell(row.channel, row.language, row.audience, _outcome(row.kind), row.topic, *map(int, row[-3:]))
             for row in connection.execute(
                 sa.select(*alike, *(sa.func.sum(days.c[name]) for name in ("messages", "up", "down")))
                 .where(_within(days, period)).group_by(*alike))]
    histograms: dict[str, Counter[int]] = {}
    for row in connection.execute(
            sa.select(times.c.channel, times.c.bucket, sa.func.sum(times.c.messages).label("messages"))
            .where(_within(times, period)).group_by(times.c.channel, times.c.bucket)):
        histograms.setdefault(row.channel, Counter())[row.bucket] = int(row.messages)
    return Span(tuple(cells), histograms)


def _within(table: sa.Table, period: Period) -> sa.sql.ColumnElement[bool]:
    return table.c.day.between(period.first.isoformat(), period.last.isoformat())


def _outcome(kind: str) -> str:
    return _OUTCOME_OF.get(kind, "other")
