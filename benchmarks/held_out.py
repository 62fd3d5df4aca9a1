"""Asks the held-out questions of the real dialogue engine and keeps what came back.

Every question goes through the same exchange as a person's, under a sender of its own; what counts is the reply, not
what some component thought. What a component thought is kept beside it, for calibration.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

import yaml
from rasa.core.agent import Agent

from bot.channels.exchange import Incoming, Message, exchange
from nlu.corpus import Utterance, utterances

HELD_OUT = Path(__file__).resolve().parent.parent / "tests" / "nlu" / "held_out"


@dataclass(frozen=True)
class Thought:
    """What the pipeline thought: the intent it decided for, with its confidence (0-1), and the best ones ranked."""

    intent: str
    confidence: float
    ranking: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """A question, what it was answered with, in what time, and what was thought of it."""

    question: Utterance
    kind: str
    topics: tuple[str, ...]
    offered: frozenset[str]
    thought: Thought
    took_ms: float

    @property
    def right(self) -> bool:
        """Whether the right topic was answered first, or the refusal or the crisis lines given where they are due."""
        if self.question.intent in {"crisis", "out_of_scope"}:
            return self.kind == self.question.intent
        return self.kind == "answer" and self.topics[0] == topic_of(self.question)

    @property
    def reachable(self) -> bool:
        """Whether the right topic was answered or among the choices."""
        return self.right or topic_of(self.question) in self.topics or topic_of(self.question) in self.offered


def questions() -> list[Utterance]:
    """All held-out utterances with one intent."""
    return utterances(HELD_OUT)


def double_questions() -> list[tuple[str, tuple[str, ...]]]:
    """Messages that ask two things, with their topics."""
    return [(entry["text"], tuple(entry["topics"])) for entry in _read("two_questions")]


def dialogues() -> list[Mapping[str, Any]]:
    """Dialogues whose last turn only those before explain: `kind`, `turns`, `expect`."""
    return _read("context")


def topic_of(question: Utterance) -> str:
    """The topic of a question's intent; what is no topic gives a name that none has."""
    return question.intent.removeprefix("ask_")


async def reply_to(agent: Agent, sender: str, text: str) -> list[Message]:
    """One turn through the exchange that every channel uses."""
    return await exchange(agent, Incoming(sender, text, channel="benchmark"))


def ask(agent: Agent, asked: Sequence[Utterance]) -> list[Outcome]:
    """What each question is answered with."""
    return asyncio.run(_ask_all(agent, asked))


def ask_doubles(agent: Agent, asked: Iterable[tuple[str, tuple[str, ...]]]) -> list[bool]:
    """For each double question, whether both topics were answered."""
    async def both() -> list[bool]:
        return [set(topics) <= {part["custom"]["topic"] for part in await reply_to(agent, f"double-{number}", text)}
                for number, (text, topics) in enumerate(asked)]

    return asyncio.run(both())


async def _ask_all(agent: Agent, asked: Sequence[Utterance]) -> list[Outcome]:
    outcomes = []
    for number, question in enumerate(asked):
        sender = f"held-out-{number}"
        start = time.perf_counter()
        reply = await reply_to(agent, sender, question.text)
        took_ms = (time.perf_counter() - start) * 1000
        outcomes.append(Outcome(
            question, reply[0]["custom"]["kind"],
            tuple(part["custom"]["topic"] for part in reply if part["custom"]["topic"]),
            frozenset(button["payload"].removeprefix("/ask_") for part in reply for button in part["buttons"]),
            await _thought(agent, sender), took_ms))
    return outcomes


async def _thought(agent: Agent, sender: str) -> Thought:
    tracker = await agent.tracker_store.retrieve(sender)
    parsed = tracker.latest_message.parse_data
    return Thought(str(parsed["intent"]["name"]), float(parsed["intent"]["confidence"]),
                   {entry["name"]: entry["confidence"] for entry in parsed.get("intent_ranking") or []})


def _read(name: str) -> Any:
    return yaml.safe_load((HELD_OUT / f"{name}.yml").read_text(encoding="utf-8"))[name]
