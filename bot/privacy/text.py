"""What the recognisers share: words compared without case and accents, alternations, and what is found."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Iterable, NamedTuple

# What people put between the digits of a number: a class of one character.
SIGNS = "[ ./*_·•~|\u2010-\u2015\u2212-]"


class Found(NamedTuple):
    """What is to be masked: its place in the text (characters, the end excluded) and its kind."""

    start: int
    end: int
    kind: str


def plain(text: str) -> str:
    """Lower case without accents, character for character, so that places in both texts are the same."""
    return text.lower() if text.isascii() else "".join(map(_plain_character, text))


@functools.lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character)[0].lower()
    return folded if len(folded) == 1 else character


def any_of(phrases: Iterable[str]) -> str:
    """A pattern for one of the phrases. The longest first: an alternation takes the first that fits."""
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
