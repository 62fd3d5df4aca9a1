"""Messages for a load: each a different text that nobody trained on."""

from __future__ import annotations

import random
from functools import cache
from typing import Iterator

from bot.evaluation.held_out import questions

# Whoever asks for it is forgotten, and what was acknowledged could not be held against the history any more.
_LEFT_OUT = {"erase_data"}
_SEED = 7
_MOST_CHARACTERS = 500


@cache
def _base() -> tuple[str, ...]:
    """The held-out questions, each once, in an order that mixes topics and is always the same."""
    texts = list(dict.fromkeys(question.text for question in questions() if question.intent not in _LEFT_OUT))
    random.Random(_SEED).shuffle(texts)
    return tuple(texts)


def single() -> int:
    """How many of the different texts are held-out questions as they were written; two in one follow."""
    return len(_base())


def different_texts() -> Iterator[str]:
    """The held-out questions, then each with another one behind it: millions."""
    base = _base()
    yield from base
    for step in range(1, len(base)):
        yield from (f"{first} {base[(i + step) % len(base)]}"[:_MOST_CHARACTERS] for i, first in enumerate(base))
