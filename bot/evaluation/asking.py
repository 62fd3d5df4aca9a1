"""Asks the real dialogue engine what is held out and keeps what comes back. The only module of the package with Rasa.

Every question goes through the same exchange as a person's, under a sender of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

from rasa.core.agent import Agent

from bot.channels.exchange import Incoming, Message, exchange
from bot.engine import Engine
from bot.evaluation.dialogues import fits
from bot.evaluation.held_out import Outcome, Thought, dialogues, double_questions, questions
from bot.evaluation.quality import Quality
from bot.knowledge import CONTENT, Knowledge, load_knowledge, use
from bot.settings import PROJECT
from bot.store.locks import QueueLockStore
from bot.store.tracker import BoundedTrackerStore
from nlu.corpus import Utterance

# The first messages pay for what is loaded late.
_WARMING = 40
# What was answered is handed on after so many, so that whoever keeps it loses no more when the process ends.
_PORTION = 250

Told = Callable[[float], None]
"""Is told the share (0-1) of the questions that are asked, about once a hundredth."""


@dataclass(frozen=True)
class Asked:
    """What a model is asked: questions with one intent, double ones, dialogues, and what has no right answer."""

    questions: Sequence[Utterance]
    doubles: Sequence[tuple[str, tuple[str, ...]]]
    dialogues: Sequence[Mapping[str, Any]]
    also: Sequence[Utterance] = ()

    @classmethod
    def of(cls, project: Path = PROJECT) -> Asked:
        """Everything that a project holds out."""
        return cls(questions(project), double_questions(project), dialogues(project))

    @property
    def total(self) -> int:
        return sum(map(len, (self.questions, self.doubles, self.dialogues, self.also)))

    def portions(self) -> Iterator[Asked]:
        """The same, some at a time and in order."""
        for part in ("questions", "doubles", "dialogues", "also"):
            whole = getattr(self, part)
            for start in range(0, len(whole), _PORTION):
                yield Asked(**{"questions": (), "doubles": (), "dialogues": (), part: whole[start:start + _PORTION]})


Kept = Callable[[Asked, Quality], None]
"""Is given each portion that was asked, and what came of it."""


def measure(model: Path, asked: Asked | None = None, *, content: Path = CONTENT,
            told: Told = lambda share: None, kept: Kept = lambda asked, quality: None) -> Quality:
    """Ask a model everything that the project holds out, or what is `asked`; answers come out of `content`."""
    knowledge = load_knowledge(content)
    use(knowledge)
    asked = asked or Asked.of()
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(tracker_store=BoundedTrackerStore(host=f"sqlite:///{scratch}/held_out.db"),
                        lock_store=QueueLockStore())
        engine.load_model(model)
        return asyncio.run(_measure(engine, knowledge, asked, _Counter(asked.total, told), kept))


async def _measure(engine: Engine, knowledge: Knowledge, asked: Asked, tell: _Counter, kept: Kept) -> Quality:
    for number, question in enumerate(asked.questions[:_WARMING]):
        await _reply_to(engine, f"warming-{number}", question.text)
    senders, parts = map("held-out-{}".format, itertools.count()), []
    for portion in asked.portions():
        part = Quality(
            [tell(await _ask(engine, next(senders), one)) for one in portion.questions],
            [tell(await _both(engine, next(senders), *one)) for one in portion.doubles],
            [tell(await _fits(engine, knowledge, next(senders), one)) for one in portion.dialogues],
            [tell(await _ask(engine, next(senders), one)) for one in portion.also])
        kept(portion, part)
        parts.append(part)
    return Quality(*([one for part in parts for one in getattr(part, name)]
                     for name in ("outcomes", "doubles", "dialogues", "also")))


class _Counter:
    """Hands on what it is given and tells how much of it there was."""

    def __init__(self, total: int, told: Told) -> None:
        self._total = total
        self._told = told
        self._done = 0

    def __call__(self, outcome: Any) -> Any:
        self._done += 1
        if self._done == self._total or self._done % max(1, self._total // 100) == 0:
            self._told(self._done / self._total)
        return outcome


async def _reply_to(agent: Agent, sender: str, text: str) -> list[Message]:
    """One turn through the exchange that every channel uses."""
    return await exchange(agent, Incoming(sender, text, channel="benchmark"))


async def _ask(agent: Agent, sender: str, question: Utterance) -> Outcome:
    start = time.perf_counter()
    reply = await _reply_to(agent, sender, question.text)
    took_ms = (time.perf_counter() - start) * 1000
    return Outcome(
        question, reply[0]["custom"]["kind"],
        tuple(part["custom"]["topic"] for part in reply if part["custom"]["topic"]),
        frozenset(button["payload"].removeprefix("/ask_") for part in reply for button in part["buttons"]),
        await _thought(agent, sender), took_ms)


async def _both(agent: Agent, sender: str, text: str, topics: tuple[str, ...]) -> bool:
    """Whether both topics of a double question were answered."""
    return set(topics) <= {part["custom"]["topic"] for part in await _reply_to(agent, sender, text)}


async def _fits(agent: Agent, knowledge: Knowledge, sender: str, dialogue: Mapping[str, Any]) -> bool:
    replies = [await _reply_to(agent, sender, turn) for turn in dialogue["turns"]]
    return fits(dialogue["expect"], replies[-1], replies[-2], knowledge)


async def _thought(agent: Agent, sender: str) -> Thought:
    tracker = await agent.tracker_store.retrieve(sender)
    parsed = tracker.latest_message.parse_data
    return Thought(str(parsed["intent"]["name"]), float(parsed["intent"]["confidence"]),
                   {entry["name"]: entry["confidence"] for entry in parsed.get("intent_ranking") or []})
