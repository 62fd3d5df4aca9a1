"""What got worse than is let pass, from one model's figures to the next one's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

import yaml

from bot.evaluation.stats import Share

BOUNDS = Path(__file__).with_name("bounds.yml")
FALSE_ALARMS = ("false alarms on look-alikes", "false alarms on content")
RIGHT_TOPIC = "right topic"


@dataclass(frozen=True)
class Bounds:
    """How much worse a new model may be; what each means stands in bounds.yml."""

    topic_items: int
    overall_points: float
    false_alarm_items: int


@dataclass(frozen=True)
class Loss:
    """One thing that got worse: `kind` is topic, overall, danger or false_alarms; `name` the topic or figure.

    For danger, `keys` are those of the lines newly missed.
    """

    kind: str
    name: str
    before: Share
    after: Share
    keys: tuple[str, ...] = ()


def load_bounds(path: Path = BOUNDS) -> Bounds:
    """The bounds in a file. TypeError where one is missing or unknown."""
    return Bounds(**yaml.safe_load(path.read_text(encoding="utf-8")))


def losses(before: Mapping[str, Any], after: Mapping[str, Any], bounds: Bounds) -> Iterator[Loss]:
    """Compare what `Quality.to_dict` gives for two models."""
    for name, counts in after["topics"].items():
        if name in before["topics"]:
            then, now = Share(*before["topics"][name]), Share(*counts)
            if now.hits < then.hits - bounds.topic_items:
                yield Loss("topic", name, then, now)
    then, now = _share(before, RIGHT_TOPIC), _share(after, RIGHT_TOPIC)
    if now.value < then.value - bounds.overall_points / 100:
        yield Loss("overall", RIGHT_TOPIC, then, now)
    if missed := set(after["missed_danger"]) - set(before["missed_danger"]):
        yield Loss("danger", "crisis recall", _share(before, "crisis recall"), _share(after, "crisis recall"),
                   tuple(sorted(missed)))
    for name in FALSE_ALARMS:
        then, now = _share(before, name), _share(after, name)
        if now.value > then.value + bounds.false_alarm_items / max(1, now.total):
            yield Loss("false_alarms", name, then, now)


def _share(result: Mapping[str, Any], name: str) -> Share:
    return Share(*result["shares"][name])
