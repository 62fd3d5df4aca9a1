"""The lexicon's notation -> spaCy token patterns, and sets of them that are cheap to ask.

A line is words with single spaces: `word`, `this|that`, `<group>`, `<group>|word`; a `?` at the end makes a word
optional; `~3` lets up to three words pass that are not barriers; `^` and `$` are the sentence's beginning and end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Iterator, Mapping, Sequence

from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

BEGIN, END = "<s>", "</s>"
_ENDS = {"^": BEGIN, "$": END}
_GAP = re.compile(r"~([1-9]|1[0-5])")
_ITEM = re.compile(r"<(\w+)>|([a-z0-9]+|[\^$])")


Lines = Mapping[str, "tuple[Step, ...]"]


class NotationError(ValueError):
    """A line that cannot be read; the text says why and how to mend it."""


@dataclass(frozen=True)
class Step:
    """One place of a pattern: the words that fit (none: a gap of up to `gap` words), and whether it may be left out."""

    words: frozenset[str] = frozenset()
    optional: bool = False
    gap: int = 0


@dataclass(frozen=True)
class Hit:
    """A line of the lexicon that fits the words from `start` to before `end` of a sentence."""

    line: str
    start: int
    end: int


def parse(line: str, groups: Mapping[str, frozenset[str]]) -> tuple[Step, ...]:
    """The steps of a line; NotationError where it is not in the notation or names an unknown group."""
    steps = tuple(_step(part, line, groups) for part in line.split())
    if any(step.gap or step.optional for step in steps[:1] + steps[-1:]):
        raise NotationError(f"'{line}': the first and the last word must be there; take away the ~ or ? at that end")
    return steps


def _step(part: str, line: str, groups: Mapping[str, frozenset[str]]) -> Step:
    gap = _GAP.fullmatch(part)
    if gap:
        return Step(gap=int(gap.group(1)))
    optional = part.endswith("?")
    words: set[str] = set()
    for item in part.removesuffix("?").split("|"):
        match = _ITEM.fullmatch(item)
        if not match:
            raise NotationError(f"'{part}' in '{line}': use words in lower case without accents, <group>, ~1, ^ or $")
        group, word = match.groups()
        if group and group not in groups:
            raise NotationError(f"'<{group}>' in '{line}' is not among the groups; add it there or correct the name")
        words |= groups[group] if group else {_ENDS.get(word, word)}
    return Step(words=frozenset(words), optional=optional)


class Sentence:
    """The words of one sentence between its two ends, and the document that spaCy sees, made when first asked for."""

    def __init__(self, vocab: Vocab, words: Sequence[str]) -> None:
        self.words = (BEGIN, *words, END)
        self.present = frozenset(self.words)
        self._vocab = vocab

    @cached_property
    def doc(self) -> Doc:
        return Doc(self._vocab, words=list(self.words))


class _Pattern:
    """One line and a matcher of its own, so that only lines whose words are all present cost the matcher's time."""

    def __init__(self, vocab: Vocab, line: str, steps: tuple[Step, ...], barriers: frozenset[str]) -> None:
        self.line = line
        self.required = tuple(step.words for step in steps if step.words and not step.optional)
        self._steps = steps
        self._stops = barriers | {BEGIN, END}
        self._matcher = Matcher(vocab, validate=False)
        self._matcher.add(line, [[self._token(step) for step in steps]])

    def hits(self, sentence: Sentence) -> Iterator[Hit]:
        if any(words.isdisjoint(sentence.present) for words in self.required):
            return
        for _, start, end in self._matcher(sentence.doc):
            if self._within_gaps(sentence.words[start:end]):
                yield Hit(self.line, start, end)

    def _token(self, step: Step) -> dict:
        if step.gap:
            # Not `gap` optional tokens: the matcher would follow every choice of which of them were used.
            return {"ORTH": {"NOT_IN": sorted(self._stops)}, "OP": "*"}
        wanted = {"IN": sorted(step.words)} if len(step.words) > 1 else next(iter(step.words))
        return {"ORTH": wanted, "OP": "?"} if step.optional else {"ORTH": wanted}

    def _within_gaps(self, words: Sequence[str]) -> bool:
        """Whether the words fit with no gap wider than the line allows; to the matcher every gap is endless."""
        reached = {0}
        for step in self._steps:
            following: set[int] = set()
            for place in reached:
                if step.gap or step.optional:
                    following.add(place)
                if step.gap:
                    for width, word in enumerate(words[place : place + step.gap], 1):
                        if word in self._stops:
                            break
                        following.add(place + width)
                elif place < len(words) and words[place] in step.words:
                    following.add(place + 1)
            reached = following
        return len(words) in reached


class PatternSet:
    """Lines that are asked together; a line whose rarest words are not in the sentence costs nothing."""

    def __init__(self, vocab: Vocab, lines: Lines, *, barriers: frozenset[str], common: frozenset[str]) -> None:
        self._patterns = [_Pattern(vocab, line, steps, barriers) for line, steps in lines.items()]
        self._by_word: dict[str, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            for word in _rarest(pattern.required, common):
                self._by_word.setdefault(word, []).append(number)

    def find(self, sentence: Sentence) -> list[Hit]:
        """Every place where a line fits."""
        asked = {number for word in self._by_word.keys() & sentence.present for number in self._by_word[word]}
        return [hit for number in sorted(asked) for hit in self._patterns[number].hits(sentence)]


def _rarest(required: Sequence[frozenset[str]], common: frozenset[str]) -> frozenset[str]:
    """The step's words to look for first: without a common word, and as few as can be."""
    return min(required, key=lambda words: (bool(words & common), len(words)))
