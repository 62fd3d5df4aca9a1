"""The charts of the figures page: which figures are drawn, how, and the sentence that says what a chart shows."""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from markupsafe import Markup

from bot.console.see import board, charts
from bot.console.see.charts import Series, Words
from bot.console.see.figures import OUTCOMES, Figures, Stretch
from bot.console.see.names import milliseconds, named, thousands
from bot.console.see.sheets import Name
from bot.console.texts import say


def days(figures: Figures) -> Markup:
    """Messages, and what became of them, in columns."""
    drawn = board.stretches(figures)
    seen = [outcome for outcome in OUTCOMES if figures.now.by("outcome")[outcome]]
    most = max(drawn, key=Stretch.count)
    return charts.columns(
        _words("days", figures, messages=thousands(figures.now.messages), most=thousands(most.count()), at=most.first),
        [stretch.first for stretch in drawn],
        [Series(named(Name("outcome", outcome)), [stretch.count(outcome=outcome) for stretch in drawn])
         for outcome in seen], show=thousands)


def outcomes(figures: Figures) -> Markup:
    """What became of the messages, now and before."""
    return _compared(figures, "outcomes", "outcome", [one for one in OUTCOMES if _ever(figures, "outcome", one)])


def by_dimension(dimension: str) -> Callable[[Figures], Markup]:
    """Messages by channel, language or audience, now and before."""

    def picture(figures: Figures) -> Markup:
        seen = dict.fromkeys((*figures.now.by(dimension), *figures.before.by(dimension)))
        return _compared(figures, f"{dimension}s", dimension, list(seen))

    return picture


def topics(figures: Figures) -> Markup:
    """Questions answered by topic, now and before."""
    seen = dict.fromkeys((*figures.now.by("topic"), *figures.before.by("topic")))
    return _compared(figures, "topics", "topic", [topic for topic in seen if topic])


def thumbs(figures: Figures) -> Markup:
    """Thumbs up and down by topic, most thumbs first."""
    found = {topic: pair for topic, pair in figures.now.thumbs().items() if topic and any(pair)}
    ordered = sorted(found, key=lambda topic: (-sum(found[topic]), topic))
    return charts.bars(_words("thumbs", figures), [named(Name("topic", topic)) for topic in ordered],
                       [Series(say(f"see.columns.{name}"), [found[topic][place] for topic in ordered])
                        for place, name in enumerate(("up", "down"))], stacked=True)


def speeds(figures: Figures) -> Markup:
    """Median and 95th percentile of response times."""
    drawn = board.stretches(figures)
    found = [stretch.speed() for stretch in drawn]
    return charts.lines(
        _words("speeds", figures), [stretch.first for stretch in drawn],
        [Series(say("see.columns.median_ms"), [speed.median_ms for speed in found]),
         Series(say("see.columns.p95_ms"), [speed.p95_ms for speed in found])], show=milliseconds)


PICTURES: Mapping[str, Callable[[Figures], Markup]] = {
    "days": days, "outcomes": outcomes, "topics": topics, "thumbs": thumbs, "speeds": speeds,
    **{f"{dimension}s": by_dimension(dimension) for dimension in board.DIMENSIONS},
}


def _compared(figures: Figures, name: str, dimension: str, values: Sequence[str]) -> Markup:
    now, before = figures.now.by(dimension), figures.before.by(dimension)
    first = max(values, key=lambda value: now[value], default="")
    return charts.bars(
        _words(name, figures, most=named(Name(dimension, first)) if first else say("see.unknown"),
               messages=thousands(now[first])),
        [named(Name(dimension, value)) for value in values],
        [Series(say("see.now"), [now[value] for value in values]),
         Series(say("see.before"), [before[value] for value in values])], show=thousands)


def _ever(figures: Figures, dimension: str, value: str) -> bool:
    return bool(figures.now.by(dimension)[value] or figures.before.by(dimension)[value])


def _words(name: str, figures: Figures, **values: str) -> Words:
    period = {"first": figures.period.first.isoformat(), "last": figures.period.last.isoformat()}
    return Words(f"chart-{name}", say(f"see.charts.{name}.title"),
                 say(f"see.charts.{name}.description", **period, **values))
