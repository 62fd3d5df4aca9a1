"""Outcomes as JSON, under the keys of their lines: what a quality card keeps. The words stay in the project's files."""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping

from bot.evaluation.held_out import Outcome, Thought
from bot.evaluation.quality import Quality
from nlu.corpus import Utterance

# Of what a line is marked with, what figures are told apart by.
MARKS = ("asker", "distance", "kind", "language")


def to_items(quality: Quality, doubles: Iterable[str], dialogues: Iterable[str],
             staff: Collection[str]) -> dict[str, dict[str, Any]]:
    """`lines`, `doubles` and `dialogues` by the keys of what was asked; `also` by the keys that it came with."""
    return {
        "lines": {o.key: {**_item(o), "staff": o.key in staff} for o in quality.outcomes},
        "doubles": dict(zip(doubles, quality.doubles)),
        "dialogues": dict(zip(dialogues, quality.dialogues)),
        "also": {o.key: o.answered for o in quality.also},
    }


def from_items(items: Mapping[str, Mapping[str, Any]]) -> Quality:
    """The outcomes again, without the words."""
    return Quality([_outcome(key, item) for key, item in items["lines"].items()], list(items["doubles"].values()),
                   list(items["dialogues"].values()))


def _item(outcome: Outcome) -> dict[str, Any]:
    question = outcome.question
    return {"intent": question.intent, "file": question.file,
            "marks": {name: question.marks[name] for name in MARKS if name in question.marks},
            "kind": outcome.kind, "topics": list(outcome.topics), "offered": sorted(outcome.offered),
            "thought": outcome.thought.intent, "confidence": round(outcome.thought.confidence, 4),
            "took_ms": round(outcome.took_ms, 1)}


def _outcome(key: str, item: Mapping[str, Any]) -> Outcome:
    return Outcome(Utterance("", item["intent"], item["file"], {**item["marks"], "key": key}), item["kind"],
                   tuple(item["topics"]), frozenset(item["offered"]),
                   Thought(item["thought"], item["confidence"], {}), item["took_ms"])
