"""Counts the outcomes: the figures that the project promises, by topic, by kind of danger, by confidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Callable, Iterable, Sequence

import numpy as np

from bot.evaluation.held_out import Outcome, topic_of
from bot.evaluation.stats import Share, percentile

_SPECIAL = {"crisis", "lookalikes", "out_of_scope", "smalltalk"}
_BINS = 10


@dataclass(frozen=True)
class TopicFigures:
    """Precision, recall and F1 (0-1) of a topic over all questions; and the share with it answered or on offer."""

    precision: Share
    recall: Share
    reachable: Share

    @property
    def f1(self) -> float:
        total = self.precision.value + self.recall.value
        return 2 * self.precision.value * self.recall.value / total if total else 0.0


def content(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The questions on a topic that sound like nothing else."""
    return [o for o in outcomes if o.question.file not in _SPECIAL]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """The figures by name, in the order of the page."""
    asked = content(outcomes)
    crisis = [o for o in outcomes if o.question.intent == "crisis"]
    alike = [o for o in outcomes if o.question.file == "lookalikes"]
    beyond = [o for o in outcomes if o.question.file == "out_of_scope"]
    kept = Share.of
    return {
        "right topic": kept(o.right for o in asked),
        "right topic or among the choices": kept(o.reachable for o in asked),
        "right topic, English": kept(o.right for o in asked if _marked("language", "en")(o)),
        "right topic, Spanish": kept(o.right for o in asked if _marked("language", "es")(o)),
        "right topic, parents": kept(o.right for o in asked if _marked("asker", "parent")(o)),
        "right topic, providers": kept(o.right for o in asked if _marked("asker", "provider")(o)),
        "content refused": kept(o.kind == "out_of_scope" for o in asked),
        "content asked back": kept(o.kind == "clarify" for o in asked),
        "crisis recall": kept(o.right for o in crisis),
        "crisis recall, English": kept(o.right for o in crisis if _marked("language", "en")(o)),
        "crisis recall, Spanish": kept(o.right for o in crisis if _marked("language", "es")(o)),
        "false alarms on look-alikes": kept(o.kind == "crisis" for o in alike),
        "false alarms on look-alikes, Spanish": kept(o.kind == "crisis" for o in alike if _marked("language", "es")(o)),
        "false alarms on content": kept(o.kind == "crisis" for o in asked),
        "false alarms on content, Spanish": kept(o.kind == "crisis" for o in asked if _marked("language", "es")(o)),
        "out of scope recognised": kept(o.right for o in beyond),
        "out of scope recognised, near": kept(o.right for o in beyond if _marked("distance", "near")(o)),
        "out of scope recognised, far": kept(o.right for o in beyond if _marked("distance", "far")(o)),
    }


def by_topic(outcomes: Sequence[Outcome]) -> dict[str, TopicFigures]:
    """Each topic's figures. Precision counts every question that was answered with the topic first."""
    asked = content(outcomes)
    figures = {}
    for name in sorted({topic_of(o.question) for o in asked}):
        mine = [o for o in asked if topic_of(o.question) == name]
        given = [o for o in outcomes if o.kind == "answer" and o.topics[0] == name]
        figures[name] = TopicFigures(
            Share.of(topic_of(o.question) == name for o in given), Share.of(o.right for o in mine),
            Share.of(o.reachable for o in mine))
    return figures


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, tuple[Share, Share]]:
    """For each kind of danger, the share that was seen in English and in Spanish. What staff added may name no kind."""
    crisis = [o for o in outcomes if o.question.intent == "crisis"]
    return {kind: tuple(Share.of(o.right for o in crisis if _marked("kind", kind)(o) and _marked("language", code)(o))
                        for code in ("en", "es"))
            for kind in sorted({o.question.marks["kind"] for o in crisis if "kind" in o.question.marks})}


def calibration(outcomes: Sequence[Outcome]) -> tuple[float, list[tuple[float, float, int]]]:
    """Expected calibration error (Guo et al. 2017) and, for each filled bin, mean confidence, share right and count.

    Over the topics and refusals that were decided: of those decided with 0.8, four in five should be right. A question
    asked back claims nothing; danger is decided by its own threshold.
    """
    decided = [(o.thought.confidence, o.thought.intent == o.question.intent) for o in outcomes
               if o.thought.intent == "out_of_scope" or o.thought.intent.startswith("ask_")]
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for confidence, right in decided:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, right))
    rows = [(float(np.mean([c for c, _ in one])), float(np.mean([r for _, r in one])), len(one)) for one in bins if one]
    return sum(abs(sure - right) * count for sure, right, count in rows) / max(1, len(decided)), rows


def risk_coverage(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """(share of content accepted, share of out of scope accepted) as the bar for a refusal goes from 0 to 1."""
    def refusal(outcome: Outcome) -> float:
        return outcome.thought.ranking.get("out_of_scope", 0.0)

    inside = np.sort([refusal(o) for o in content(outcomes)])
    beyond = np.sort([refusal(o) for o in outcomes if o.question.file == "out_of_scope"])
    return [(float(np.searchsorted(inside, bar, "right") / len(inside)),
             float(np.searchsorted(beyond, bar, "right") / len(beyond))) for bar in np.linspace(0, 1, 101)]


def confusion(outcomes: Sequence[Outcome]) -> tuple[list[str], np.ndarray]:
    """Topics and what else a question may be answered with; counts (asked, answered)."""
    asked = content(outcomes)
    names = sorted({topic_of(o.question) for o in asked})
    columns = [*names, "clarify", "out_of_scope", "crisis", "smalltalk"]
    counts = Counter((topic_of(o.question), o.answered) for o in asked)
    return columns, np.array([[counts[row, column] for column in columns] for row in names])


def latency(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Milliseconds a message inside the process: median, 95th percentile, mean."""
    times = [o.took_ms for o in outcomes]
    return {"p50_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95), "mean_ms": sum(times) / len(times)}


def _marked(key: str, value: str) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.question.marks.get(key) == value
