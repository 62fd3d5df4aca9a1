"""`make quality`: how well the bot understands, on questions that were never trained on; printed, drawn, kept, compared."""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping, Sequence

from benchmarks import plots
from bot.evaluation import figures
from bot.evaluation.compare import Loss, load_bounds, losses
from bot.evaluation.held_out import Outcome
from bot.evaluation.quality import Quality
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


def write_report(settings: Settings) -> tuple[str, list[str]]:
    """Measure the model for the present data, write page, pictures and result; returns the page and what got worse."""
    from bot.evaluation.asking import measure
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
    """What got worse than is let pass, a sentence each."""
    return [_sentence(loss) for loss in losses(before, after, load_bounds())]


def _sentence(loss: Loss) -> str:
    if loss.kind == "topic":
        return f"{loss.name}: {loss.after.hits} of {loss.after.total} right, {loss.before.hits} before."
    if loss.kind == "danger":
        return f"Danger newly missed: {len(loss.keys)} (keys {', '.join(loss.keys)})."
    name = "Right topic" if loss.kind == "overall" else f"More {loss.name}"
    return f"{name}: {loss.after.value:.1%}, {loss.before.value:.1%} before."


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
