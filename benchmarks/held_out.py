"""Asks the held-out questions of the real dialogue engine and counts what came back.

Every question goes through the same exchange as a person's, under a sender of its own; what counts is the reply, not
what some component thought.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import yaml
from rasa.core.agent import Agent

from benchmarks.stats import Share
from bot.channels.exchange import Incoming, exchange
from nlu.corpus import Utterance, utterances

HELD_OUT = Path(__file__).resolve().parent.parent / "tests" / "nlu" / "held_out"
_SPECIAL = {"crisis", "lookalikes", "out_of_scope", "smalltalk", "two_questions"}


@dataclass(frozen=True)
class Outcome:
    """A question and what it was answered with."""

    question: Utterance
    kind: str
    topics: tuple[str, ...]
    offered: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether the right topic was answered first, or the refusal, the crisis lines given where they are due."""
        if self.question.intent == "crisis" or self.question.intent == "out_of_scope":
            return self.kind == self.question.intent
        return self.kind == "answer" and self.topics[0] == _topic(self.question)

    @property
    def reachable(self) -> bool:
        """Whether the right topic was answered or among the choices."""
        return self.right or _topic(self.question) in self.topics or _topic(self.question) in self.offered


def questions() -> list[Utterance]:
    """All held-out utterances with one intent."""
    return utterances(HELD_OUT)


def double_questions() -> list[tuple[str, tuple[str, ...]]]:
    """Messages that ask two things, with their topics."""
    data = yaml.safe_load((HELD_OUT / "two_questions.yml").read_text(encoding="utf-8"))
    return [(entry["text"], tuple(entry["topics"])) for entry in data["two_questions"]]


def ask(agent: Agent, asked: Sequence[Utterance]) -> list[Outcome]:
    """What each question is answered with."""
    replies = asyncio.run(_ask_all(agent, [question.text for question in asked]))
    return [Outcome(question, *reply) for question, reply in zip(asked, replies)]


def ask_doubles(agent: Agent, asked: Sequence[tuple[str, tuple[str, ...]]]) -> Share:
    """The share of double questions of which both were answered."""
    replies = asyncio.run(_ask_all(agent, [text for text, _ in asked]))
    return Share.of(set(topics) <= set(answered) for (_, topics), (_, answered, _) in zip(asked, replies))


async def _ask_all(agent: Agent, texts: Iterable[str]) -> list[tuple[str, tuple[str, ...], frozenset[str]]]:
    return [_read(await exchange(agent, Incoming(f"held-out-{number}", text, channel="benchmark")))
            for number, text in enumerate(texts)]


def _read(reply: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...], frozenset[str]]:
    topics = tuple(message["custom"]["topic"] for message in reply if message["custom"]["topic"])
    offered = frozenset(button["payload"][len("/ask_"):] for message in reply for button in message["buttons"])
    return reply[0]["custom"]["kind"], topics, offered


def _topic(question: Utterance) -> str:
    return question.intent[len("ask_"):]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """The figures that the project promises, by name."""
    content = [o for o in outcomes if o.question.file not in _SPECIAL]
    crisis = [o for o in outcomes if o.question.intent == "crisis"]
    alike = [o for o in outcomes if o.question.file == "lookalikes"]
    refused = [o for o in outcomes if o.question.file == "out_of_scope"]
    near = [o for o in refused if o.question.marks["distance"] == "near"]
    far = [o for o in refused if o.question.marks["distance"] == "far"]
    return {
        "right topic": Share.of(o.right for o in content),
        "right topic or among the choices": Share.of(o.reachable for o in content),
        "right topic, parents": Share.of(o.right for o in content if o.question.marks["asker"] == "parent"),
        "right topic, providers": Share.of(o.right for o in content if o.question.marks["asker"] == "provider"),
        "content refused": Share.of(o.kind == "out_of_scope" for o in content),
        "crisis recall": Share.of(o.right for o in crisis),
        "false alarms on look-alikes": Share.of(o.kind == "crisis" for o in alike),
        "false alarms on content": Share.of(o.kind == "crisis" for o in content),
        "out of scope recognised": Share.of(o.right for o in refused),
        "out of scope recognised, near": Share.of(o.right for o in near),
        "out of scope recognised, far": Share.of(o.right for o in far),
    }


def by_topic(outcomes: Sequence[Outcome]) -> dict[str, tuple[Share, Share]]:
    """For each topic, the share answered right, and answered or among the choices."""
    names = sorted({o.question.file for o in outcomes} - _SPECIAL)
    grouped = {name: [o for o in outcomes if o.question.file == name] for name in names}
    return {name: (Share.of(o.right for o in group), Share.of(o.reachable for o in group))
            for name, group in grouped.items()}


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """For each kind of danger, the share that was seen."""
    crisis = [o for o in outcomes if o.question.intent == "crisis"]
    kinds = sorted({o.question.marks["kind"] for o in crisis})
    return {kind: Share.of(o.right for o in crisis if o.question.marks["kind"] == kind) for kind in kinds}
