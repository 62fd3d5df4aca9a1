"""The tables of the figures page: which rows they have, and in what order. No words: names and keys of names only."""

from __future__ import annotations

from typing import Callable, Iterator, Mapping

from bot.console.see.figures import OUTCOMES, Figures, Share, Span, Stretch
from bot.console.see.sheets import Name, Row, Table

# A bar for each day can be told apart up to here; beyond, weeks, and beyond that months are drawn.
_MOST_DAYS, _MOST_WEEKS = 31, 30
DIMENSIONS = ("channel", "language", "audience")


def days(figures: Figures) -> Table:
    """Each day: messages, what became of them, how long replies took."""
    return Table("days", ("day", "messages", *OUTCOMES, "median_ms", "p95_ms"), tuple(
        (day.first, day.count(), *(day.count(outcome=outcome) for outcome in OUTCOMES), *day.speed()[1:])
        for day in figures.days))


def outcomes(figures: Figures) -> Table:
    """What became of the messages."""
    return _compared(figures, "outcomes", "outcome", OUTCOMES)


def by_dimension(dimension: str) -> Callable[[Figures], Table]:
    """Messages by channel, language or audience."""

    def table(figures: Figures) -> Table:
        seen = (*figures.now.by(dimension), *figures.before.by(dimension))
        return _compared(figures, f"{dimension}s", dimension, tuple(dict.fromkeys(seen)))

    return table


def _compared(figures: Figures, name: str, dimension: str, values: tuple[str, ...]) -> Table:
    """One row a value: messages and their share, now and before."""
    now, before = figures.now, figures.before
    numbers, numbers_before = now.by(dimension), before.by(dimension)
    return Table(name, (dimension, "messages", "share", "messages_before", "share_before"), tuple(
        (Name(dimension, value), numbers[value], Share(numbers[value], now.messages), numbers_before[value],
         Share(numbers_before[value], before.messages)) for value in values))


def topics(figures: Figures) -> Table:
    """Questions answered by topic, most first, and what people thought of the answers."""
    now, before = figures.now.by("topic"), figures.before.by("topic")
    thumbs, thumbs_before = figures.now.thumbs(), figures.before.thumbs()
    return Table(
        "topics", ("topic", "messages", "share", "messages_before", "up", "down", "helped", "helped_before"), tuple(
            (Name("topic", topic), now[topic], Share(now[topic], _of_topics(figures.now)), before[topic],
             *thumbs.get(topic, (0, 0)), _helped(thumbs, topic), _helped(thumbs_before, topic))
            for topic in dict.fromkeys((*now, *before)) if topic))


def _of_topics(span: Span) -> int:
    return sum(number for topic, number in span.by("topic").items() if topic)


def _helped(thumbs: Mapping[str, tuple[int, int]], topic: str) -> Share:
    up, down = thumbs.get(topic, (0, 0))
    return Share(up, up + down)


def thumbs(span: Span) -> Share:
    """Thumbs up, of all thumbs."""
    up, down = (sum(pair[place] for pair in span.thumbs().values()) for place in (0, 1))
    return Share(up, up + down)


def speeds(figures: Figures) -> Table:
    """How long replies took, by channel and on all together."""
    rows: list[Row] = [(Name("channel", channel or ""), *figures.now.speed(channel), *figures.before.speed(channel)[1:])
                       for channel in (*figures.channels, None)]
    return Table("speeds", ("channel", "timed", "median_ms", "p95_ms", "median_before_ms", "p95_before_ms"),
                 tuple(rows))


def speeds_by_day(figures: Figures) -> Table:
    """Messages, and how long replies took, by day and channel."""
    return Table("speeds-by-day", ("day", "channel", "messages", "timed", "median_ms", "p95_ms"),
                 tuple(_speeds_by_day(figures)))


def _speeds_by_day(figures: Figures) -> Iterator[Row]:
    for day in figures.days:
        for channel in figures.channels:
            yield (day.first, Name("channel", channel), day.count(channel=channel), *day.speed(channel))


TABLES: Mapping[str, Callable[[Figures], Table]] = {
    "days": days, "outcomes": outcomes, "topics": topics, "speeds": speeds, "speeds-by-day": speeds_by_day,
    **{f"{dimension}s": by_dimension(dimension) for dimension in DIMENSIONS},
}


def stretches(figures: Figures) -> list[Stretch]:
    """The days as they are drawn: single ones of a month, whole weeks of half a year, months of what is longer."""
    if len(figures.days) <= _MOST_DAYS:
        return list(figures.days)
    weeks = len(figures.days) <= _MOST_WEEKS * 7
    found: list[Stretch] = []
    for number, day in enumerate(figures.days):
        # Weeks are counted from the end: the last one is whole.
        begins = (len(figures.days) - number) % 7 == 0 if weeks else day.first.endswith("-01")
        if found and not begins:
            found[-1] += day
        else:
            found.append(day)
    return found
