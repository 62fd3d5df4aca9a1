"""What the numbers of actions/context.py were chosen by: dialogues of two turns, and single questions after any answer.

The dialogues (context.yml beside this file) were written for it by somebody who had read no other set. The single
questions are those of voices that the encoder never read (the classifier did, which flatters their share, not its change);
each is asked after an answer on another topic, and should be understood as if nothing had been said.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Iterator, Mapping

import yaml

from bot.evaluation.asking import Asked, measure
from bot.evaluation.stats import Share
from nlu.corpus import utterances
from nlu.encoders.unseen import unseen_voices

DIALOGUES = Path(__file__).with_name("context.yml")
SINGLE = 300
_SORTS = {"same": "more about the same topic", "other": "on to another topic", "refuse": "on to what the brief does not cover",
          "talk": "thanks, goodbye, more, why, says who", "single": "a question of its own, after an answer on another topic"}

Dialogue = Mapping[str, Any]


def table(model: Path) -> Iterator[str]:
    """A row a sort of second turn, for a model and for the actions as they are."""
    written = yaml.safe_load(DIALOGUES.read_text(encoding="utf-8"))["context"]
    asked = [*written, *_singles([dialogue for dialogue in written if dialogue["sort"] == "same"])]
    right = measure(model, Asked((), (), asked)).dialogues
    yield "| second turn | as expected |"
    yield "|---|---|"
    for sort, words in _SORTS.items():
        yield f"| {words} | {Share.of(one for one, dialogue in zip(right, asked) if dialogue['sort'] == sort)} |"


def _singles(before: list[Dialogue]) -> Iterator[Dialogue]:
    chance = random.Random(1)
    lines = [line for line in utterances() if line.marks.get("voice") in unseen_voices() and line.intent == f"ask_{line.file}"]
    for line in chance.sample(lines, SINGLE):
        first = chance.choice([one for one in before if one["expect"]["topic"] != line.file])["turns"][0]
        yield {"sort": "single", "turns": [first, line.text], "expect": {"kind": "answer", "topic": line.file}}
