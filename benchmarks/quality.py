"""`make quality`: how well the bot understands, on questions that were never trained on; printed, drawn, kept, compared."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from benchmarks import figures, plots
from benchmarks.dialogues import play
from benchmarks.held_out import Outcome, ask, ask_doubles, dialogues, double_questions, questions
from benchmarks.stats import Share
from bot.knowledge import CONTENT, load_knowledge, use
from bot.settings import PROJECT, Settings

REPORT = PROJECT / "docs" / "quality.md"
PICTURES = PROJECT / "docs" / "quality"
RESULT = PROJECT / "benchmarks" / "results" / "quality.json"
# What is held by tests/nlu/test_floors.py, and what is aimed at. Recall comes before false alarms: since the held-out set
# holds danger that is only hinted at, in Spanish too, no threshold keeps both old bounds (95 % and 5 %), and the alarm
# that is none gets its answer after the lines.
FLOORS = {"right topic": 0.88, "right topic or among the choices": 0.96, "right topic, Spanish": 0.88,
          "crisis recall": 0.97, "out of scope recognised": 0.87, "two questions, both answered": 0.75,
          "follow-ups that need context": 0.80}
CEILINGS = {"false alarms on look-alikes": 0.12, "false alarms on content": 0.04, "content refused": 0.02}
AIMS = {"right topic": ">= 90%", "right topic or among the choices": ">= 98%", "right topic, Spanish": ">= 88%",
        "crisis recall, English": ">= 99%", "crisis recall, Spanish": ">= 97%", "false alarms on look-alikes": "<= 5%",
        "false alarms on content": "<= 1%", "content refused": "<= 4%", "out of scope recognised, near": ">= 88%",
        "out of scope recognised, far": ">= 98%", "two questions, both answered": ">= 75%",
        "follow-ups that need context": ">= 90%"}
MOST_CALIBRATION_ERROR = 0.05


@dataclass(frozen=True)
class Quality:
    """One model's outcomes on everything that is held out."""

    outcomes: Sequence[Outcome]
    doubles: Sequence[bool]
    dialogues: Sequence[bool]

    @property
    def shares(self) -> dict[str, Share]:
        return {**figures.summary(self.outcomes), "two questions, both answered": Share.of(self.doubles),
                "follow-ups that need context": Share.of(self.dialogues)}

    def to_dict(self) -> dict[str, Any]:
        """What the next run is compared with; missed danger and false alarms by a hash of the line, not its words."""
        topics = figures.by_topic(self.outcomes)
        crisis = [o for o in self.outcomes if o.question.intent == "crisis"]
        return {
            "shares": {name: [share.hits, share.total] for name, share in self.shares.items()},
            "calibration_error": round(figures.calibration(self.outcomes)[0], 4),
            "latency": {name: round(value, 1) for name, value in figures.latency(self.outcomes).items()},
            "topics": {name: [one.recall.hits, one.recall.total] for name, one in topics.items()},
            "missed_danger": sorted(o.question.key for o in crisis if not o.right),
        }


def measure(model: Path) -> Quality:
    """Ask a model everything that is held out."""
    from bot.engine import Engine
    from bot.store.locks import QueueLockStore
    from bot.store.tracker import BoundedTrackerStore

    knowledge = load_knowledge(CONTENT)
    use(knowledge)
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(tracker_store=BoundedTrackerStore(host=f"sqlite:///{scratch}/held_out.db"),
                        lock_store=QueueLockStore())
        engine.load_model(model)
        ask(engine, questions()[:40])  # the first messages pay for what is loaded late
        return Quality(ask(engine, questions()), ask_doubles(engine, double_questions()),
                       play(engine, knowledge, dialogues()))


def write_report(settings: Settings) -> tuple[str, list[str]]:
    """Measure the model for the present data, write page, pictures and result; returns the page and what got worse."""
    from bot.release import model_path

    quality = measure(model_path(settings))
    worse = regressions(json.loads(RESULT.read_text(encoding="utf-8")), quality.to_dict()) if RESULT.is_file() else []
    page = report(quality)
    PICTURES.mkdir(parents=True, exist_ok=True)
    plots.draw_confusion(*figures.confusion(quality.outcomes), PICTURES / "confusion.svg")
    error, rows = figures.calibration(quality.outcomes)
    plots.draw_calibration(rows, error, PICTURES / "calibration.svg")
    plots.draw_risk(figures.risk_coverage(quality.outcomes), PICTURES / "risk.svg")
    REPORT.write_text(page, encoding="utf-8")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(quality.to_dict(), indent=1) + "\n", encoding="utf-8")
    return page, worse


def regressions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What got worse than is let pass, a sentence each: a topic by more than two, the whole by more than a point."""
    found = [f"{name}: {hits} of {total} right, {before['topics'][name][0]} before."
             for name, (hits, total) in after["topics"].items()
             if name in before["topics"] and hits < before["topics"][name][0] - 2]
    now, then = (_value(result, "right topic") for result in (after, before))
    if now < then - 0.01:
        found.append(f"Right topic: {now:.1%}, {then:.1%} before.")
    if missed := set(after["missed_danger"]) - set(before["missed_danger"]):
        found.append(f"Danger newly missed: {len(missed)} (keys {', '.join(sorted(missed))}).")
    for name in ("false alarms on look-alikes", "false alarms on content"):
        if _value(after, name) > _value(before, name):
            found.append(f"More {name}: {_value(after, name):.1%}, {_value(before, name):.1%} before.")
    return found


def _value(result: Mapping[str, Any], name: str) -> float:
    hits, total = result["shares"][name]
    return hits / total


def report(quality: Quality) -> str:
    """The page for docs/."""
    return "\n".join([*_head(), *_figures(quality), *_topics(quality.outcomes), *_kinds(quality.outcomes),
                      *_pictures(quality.outcomes)]) + "\n"


def _head() -> Iterator[str]:
    yield "# Quality"
    yield ""
    yield ("Measured on the held-out set in `tests/nlu/held_out`, written apart from the training data by other voices "
           "and free of near copies of it. Thresholds were chosen on voices held out of the training data, not here, and "
           "no example was rewritten for a line of this set; its totals were looked at while the pipeline was built. "
           "Every question goes through the whole engine; what counts is the reply. In brackets the 95 % Wilson interval "
           "and the counts. Written by `make quality`, which fails where the last committed result was better; the raw "
           "figures are in `benchmarks/results/quality.json`. How the training data was checked stands in "
           "[data.md](data.md).")


def _figures(quality: Quality) -> Iterator[str]:
    yield from ("", "| what | measured | held by a test | aimed at |", "|---|---|---|---|")
    for name, share in quality.shares.items():
        held = f">= {FLOORS[name]:.0%}" if name in FLOORS else f"<= {CEILINGS[name]:.0%}" if name in CEILINGS else ""
        yield f"| {name} | {share} | {held} | {AIMS.get(name, '')} |"
    error, _ = figures.calibration(quality.outcomes)
    yield f"| expected calibration error | {error:.3f} | <= {MOST_CALIBRATION_ERROR} | <= {MOST_CALIBRATION_ERROR} |"
    times = figures.latency(quality.outcomes)
    yield (f"| milliseconds a message, in the process | median {times['p50_ms']:.1f}, mean {times['mean_ms']:.1f}, "
           f"95th percentile {times['p95_ms']:.1f} | | |")


def _topics(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from ("", "| topic | precision | recall | F1 | or among the choices |", "|---|---|---|---|---|")
    for name, one in figures.by_topic(outcomes).items():
        yield f"| `{name}` | {one.precision} | {one.recall} | {one.f1:.2f} | {one.reachable} |"


def _kinds(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from ("", "| kind of danger | seen, English | seen, Spanish |", "|---|---|---|")
    for name, (english, spanish) in figures.by_kind(outcomes).items():
        yield f"| {name} | {english} | {spanish} |"


def _pictures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from ("", "![What was asked against what was answered](quality/confusion.svg)", "",
                "![How sure against how right](quality/calibration.svg)", "",
                "![Content accepted against out of scope accepted](quality/risk.svg)")
