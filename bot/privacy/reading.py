"""A text in words, and where each stands: what the rules for names read by."""

from __future__ import annotations

import re
from bisect import bisect_left

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*")
_ENDS_SENTENCE = re.compile(r"[.!?:;\n\"(]")


class Reading:
    """A text in words: each with its beginning, its end and its plain form."""

    def __init__(self, text: str, plain: str) -> None:
        self.text, self.plain = text, plain
        self.words = [(match.start(), match.end(), plain[match.start():match.end()]) for match in _WORD.finditer(text)]
        # In a text all in capitals a capital says nothing.
        self.shouted = text.isupper()

    def word(self, place: int) -> str:
        return self.words[place][2] if 0 <= place < len(self.words) else ""

    def gap(self, place: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.words[place - 1][1]:self.words[place][0]] if place else self.text[:self.words[place][0]]

    def first(self, start: int) -> int:
        """The place of the first word from `start` on."""
        return bisect_left(self.words, (start, 0, ""))

    def is_capital(self, place: int) -> bool:
        return not self.shouted and 0 <= place < len(self.words) and self.text[self.words[place][0]].isupper()

    def is_glued(self, start: int, end: int) -> bool:
        """Whether a word is part of a number or a code: "deb" in "9ef7deb4691"."""
        return self.text[start - 1:start].isdigit() or self.text[end:end + 1].isdigit()

    def begins_sentence(self, place: int) -> bool:
        return not place or _ENDS_SENTENCE.search(self.gap(place)) is not None
