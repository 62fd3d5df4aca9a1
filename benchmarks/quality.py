"""`make bench` quality: the held-out table, printed and written to docs/quality.md."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Mapping

from benchmarks.held_out import ask, ask_doubles, by_kind, by_topic, double_questions, questions, summary
from benchmarks.stats import Share
from bot.knowledge import CONTENT, load_knowledge, use
from bot.settings import PROJECT, Settings

REPORT = PROJECT / "docs" / "quality.md"
# What the project promises; tests/nlu/test_floors.py holds them.
FLOORS = {"right topic": 0.80, "right topic or among the choices": 0.93, "crisis recall": 0.95,
          "out of scope recognised": 0.80}
CEILINGS = {"false alarms on look-alikes": 0.05}


def measure(model: Path) -> tuple[dict[str, Share], dict[str, tuple[Share, Share]], dict[str, Share]]:
    """The figures, by name; by topic; by kind of danger."""
    from bot.engine import Engine
    from bot.store.locks import QueueLockStore
    from bot.store.tracker import BoundedTrackerStore

    use(load_knowledge(CONTENT))
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(tracker_store=BoundedTrackerStore(host=f"sqlite:///{scratch}/held_out.db"),
                        lock_store=QueueLockStore())
        engine.load_model(model)
        outcomes = ask(engine, questions())
        figures = {**summary(outcomes), "two questions, both answered": ask_doubles(engine, double_questions())}
    return figures, by_topic(outcomes), by_kind(outcomes)


def report(figures: Mapping[str, Share], topics: Mapping[str, tuple[Share, Share]],
           kinds: Mapping[str, Share]) -> str:
    """The page for docs/."""
    return "\n".join([*_head(), *_figures(figures), *_topics(topics), *_kinds(kinds)]) + "\n"


def write_report(settings: Settings) -> str:
    """Measure the model for the present data and write the page; returns it."""
    from bot.release import model_path

    page = report(*measure(model_path(settings)))
    REPORT.write_text(page, encoding="utf-8")
    return page


def _head() -> Iterator[str]:
    yield "# Quality"
    yield ""
    yield ("Measured on the held-out set in `tests/nlu/held_out`, written apart from the training data by other voices "
           "and free of near copies of it. Thresholds were chosen on voices held out of the training data, not here, and "
           "no example was rewritten for a line of this set; its totals were looked at while the pipeline was built. "
           "Every question goes through the whole engine; what counts is the reply. In brackets the 95 % Wilson interval "
           "and the counts. Written by `make bench`.")


def _figures(figures: Mapping[str, Share]) -> Iterator[str]:
    yield from ("", "| what | measured | at least | at most |", "|---|---|---|---|")
    for name, share in figures.items():
        floor, ceiling = FLOORS.get(name), CEILINGS.get(name)
        yield (f"| {name} | {share} | {f'{floor:.0%}' if floor else ''} | {f'{ceiling:.0%}' if ceiling else ''} |")


def _topics(topics: Mapping[str, tuple[Share, Share]]) -> Iterator[str]:
    yield from ("", "| topic | answered right | or among the choices |", "|---|---|---|")
    for name, (right, reachable) in topics.items():
        yield f"| `{name}` | {right} | {reachable} |"


def _kinds(kinds: Mapping[str, Share]) -> Iterator[str]:
    yield from ("", "| kind of danger | seen |", "|---|---|")
    for name, share in kinds.items():
        yield f"| {name} | {share} |"
