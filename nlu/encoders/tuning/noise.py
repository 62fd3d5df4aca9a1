"""Utterances as thumbs type them: what an encoder is tuned on is disturbed anew each time."""

from __future__ import annotations

import random
import re
import unicodedata

_SHARE = 0.25


def disturbed(text: str, chance: random.Random = random) -> str:  # type: ignore[assignment]
    """The text, now and then without signs, apostrophes or accents, or with a slip of the thumb in one word."""
    if chance.random() < _SHARE:
        text = text.replace("'", "").replace("’", "")
    if chance.random() < _SHARE:
        text = re.sub(r"[.,;:?!¿¡]", "", text)
    if chance.random() < _SHARE:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    if chance.random() < _SHARE:
        text = _slip(text, chance)
    return text


def _slip(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 3]
    if not long:
        return text
    i = chance.choice(long)
    at = chance.randrange(1, len(words[i]) - 1)
    word = words[i]
    words[i] = chance.choice((word[:at] + word[at + 1:],                               # one left out
                              word[:at] + word[at] + word[at:],                        # one twice
                              word[:at - 1] + word[at] + word[at - 1] + word[at + 1:]))  # two in the wrong order
    return " ".join(words)
