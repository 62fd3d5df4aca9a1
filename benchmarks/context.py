"""What the numbers of actions/context.py were chosen by: dialogues of two turns, and single questions after any answer.

The dialogues (context.yml beside this file) were written for it by somebody who had read no other set. The single
questions are those of voices that the encoder never read (the classifier did, which flatters their share, not its change);
each is asked after an answer on another topic, and should be understood as if nothing had been said.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import yaml

from bot.channels.exchange import Incoming, exchange
from bot.engine import Engine
from bot.evaluation.stats import Share
from bot.knowledge import load_knowledge, use
from bot.store.locks import QueueLockStore
from bot.store.tracker import BoundedTrackerStore
from nlu.corpus import utterances
from nlu.encoders.unseen import unseen_voices

DIALOGUES = Path(__file__).with_name("context.yml")
SINGLE = 300
_SORTS = {"same": "more about the same topic", "other": "on to another topic", "refuse": "on to what the brief does not cover",
          "talk": "thanks, goodbye, more, why, says who", "single": "a question of its own, after an answer on another topic"}

Dialogue = Mapping[str, Any]
Reply = Sequence[Mapping[str, Any]]


def dialogues() -> list[Dialogue]:
    """Each with `sort`, `first`, `second` and what the second turn `expect`s: a topic, out_of_scope, or a move."""
    return yaml.safe_load(DIALOGUES.read_text(encoding="utf-8"))


def table(model: Path) -> Iterator[str]:
    """A row a sort of second turn, for a model and for the actions as they are."""
    asked = [*dialogues(), *_singles()]
    right = asyncio.run(_right(model, asked))
    yield "| second turn | as expected |"
    yield "|---|---|"
    for sort, words in _SORTS.items():
        yield f"| {words} | {Share.of(one for one, dialogue in zip(right, asked) if dialogue['sort'] == sort)} |"


def _singles() -> list[Dialogue]:
    chance = random.Random(1)
    firsts = [dialogue for dialogue in dialogues() if dialogue["sort"] == "same"]
    lines = [line for line in utterances() if line.marks.get("voice") in unseen_voices() and line.intent == f"ask_{line.file}"]
    return [{"sort": "single", "first": chance.choice([f for f in firsts if f["topic"] != line.file])["first"],
             "second": line.text, "expect": line.file} for line in chance.sample(lines, SINGLE)]


async def _right(model: Path, asked: Sequence[Dialogue]) -> list[bool]:
    use(load_knowledge())
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(tracker_store=BoundedTrackerStore(host=f"sqlite:///{scratch}/context.db"), lock_store=QueueLockStore())
        engine.load_model(model)
        found = []
        for number, dialogue in enumerate(asked):
            for turn in ("first", "second"):
                reply = await exchange(engine, Incoming(f"context-{number}", dialogue[turn], channel="benchmark"))
            found.append(fits(dialogue["expect"], reply))
        return found


def fits(expected: str, reply: Reply) -> bool:
    """Whether a reply is what was expected. After "more" and "why" something has to be told or offered."""
    first = reply[0]["custom"]
    topics = {part["custom"]["topic"] for part in reply} - {None}
    if expected == "out_of_scope":
        return bool(first["kind"] == "out_of_scope")
    if expected in {"thanks", "goodbye"}:
        return bool(first["kind"] == "smalltalk")
    if expected == "says_who":
        return bool(first["topic"] == "references")
    if expected in {"tell_more", "why"}:
        return bool(topics) or any(part["buttons"] for part in reply)
    return bool(first["kind"] == "answer" and expected in topics)
