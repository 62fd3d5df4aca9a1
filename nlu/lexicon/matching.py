"""Patterns of words, written as short lines in YAML and matched by spaCy.

A pattern is a line of items between spaces:

    word      that word                        <family>   any word of that family
    _         a word of no list                {phrase}   any of the phrases of that name, patterns themselves
    ~         any word                         a|b        either of them
    .         a sign, or an end of the message a?         perhaps
    ^  $      start and end of the message     a*3        none to three of them
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from rasa.shared.exceptions import InvalidConfigException
from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlu.lexicon import fold

NUMBER = "number"
STOP = "stop"

_UNLISTED, _ANY, _SIGN, _DIGITS, _START, _END = "_", "~", ".", "#", "^", "$"
# A word that patterns name and no family holds: `_` must not swallow it.
_NAMED = "named"
_TOKEN = re.compile(
    r"(?P<half>1/2(?!\d)|½)|(?P<number>\d+(?:[.,]\d+)?)|(?P<word>y/o\b|y\.o\b\.?|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<to>(?<=\d)-(?=\d))|(?P<sign>[.,;:!?\n()])")
# Beyond it no number is an age, and a float of a thousand digits is infinite.
_LARGEST_NUMBER = 1e6
_QUOTED = re.compile(r'"[^"]*"')
_MARKS = str.maketrans("", "", "'./")
_ITEM = re.compile(r"(?P<parts>[^?*]+)(?:(?P<perhaps>\?)|\*(?P<most>\d))?")

Tokens = Sequence[Mapping[str, Any]]
"""A pattern as spaCy takes it."""


class Token(NamedTuple):
    """A word of a message: as the lists write it, its family, its number where it is one, and its characters."""

    word: str
    family: str
    number: float | None
    start: int
    end: int


@dataclass(frozen=True)
class Span:
    """A match: the name of its list, its tokens, and the places of the first and the last of them in the message."""

    name: str
    tokens: Sequence[Token]
    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, eq=False)
class _Line:
    """One line of a list; it can only match where each set of `needs` has a word or a `<family>` in the message."""

    name: str
    needs: Sequence[frozenset[str]]
    matcher: Matcher


class WordPatterns:
    """Finds the patterns of a word list in messages."""

    def __init__(self, *, file: str, families: Mapping[str, Iterable[str]], numbers: Mapping[str, float],
                 phrases: Mapping[str, Sequence[str]], patterns: Mapping[str, Sequence[str]]) -> None:
        """`file` is what the InvalidConfigException names that a wrong pattern, or a word in two families, raises."""
        self._numbers = numbers
        self._families = {word: NUMBER for word in numbers}
        for family, words in families.items():
            for word in words:
                if self._families.setdefault(word, family) != family:
                    raise InvalidConfigException(f"{file}: families.{family}: '{word}' is in {self._families[word]} "
                                                 f"too; take it out of one of them.")
        self._vocab = Vocab()
        notation = _Notation(known={*families, NUMBER}, phrases=phrases)
        # Most lines cannot match most messages: looking them up by a word that they need is 20 times as fast as trying.
        self._lines: dict[str | None, list[_Line]] = defaultdict(list)
        for name, lines in patterns.items():
            for line in (self._line(file, name, text, notation) for text in lines):
                for word in min(line.needs, key=len, default=(None,)):
                    self._lines[word].append(line)
        for word in notation.words:
            self._families.setdefault(word, _NAMED)
        signs = {sign: STOP for sign in (_SIGN, ",", _START, _END)}
        for word, family in {**self._families, **signs, _DIGITS: NUMBER, _UNLISTED: _UNLISTED}.items():
            self._vocab[word].norm_ = family

    def find(self, text: str) -> list[Span]:
        """The matches in a text, first ones first, of each list the longest. What it quotes ("...") is not searched."""
        tokens = self._tokens(text)
        present = {token.word for token in tokens}.union(f"<{token.family}>" for token in tokens)
        candidates = dict.fromkeys(line for word in (None, *present) for line in self._lines.get(word, ()))
        lines = [line for line in candidates if not any(need.isdisjoint(present) for need in line.needs)]
        if not lines:
            return []
        # Only listed words reach spaCy: its vocabulary keeps every word that it ever saw.
        doc = Doc(self._vocab, words=[token.word for token in tokens])
        found = [Span(line.name, tokens[start:end], start, end - 1)
                 for line in lines for _, start, end in line.matcher(doc)]
        longest: list[Span] = []
        for span in sorted(found, key=lambda span: (span.first - span.last, span.first)):
            if not any(span.name == other.name and span.overlaps(other) for other in longest):
                longest.append(span)
        return sorted(longest, key=lambda span: (span.first, span.name))

    def _line(self, file: str, name: str, line: str, notation: _Notation) -> _Line:
        try:
            patterns = notation.patterns(line)
        except ValueError as error:
            raise InvalidConfigException(f"{file}: patterns.{name}: '{line}': {error}.") from error
        matcher = Matcher(self._vocab)
        matcher.add(name, patterns, greedy="LONGEST")
        return _Line(name, notation.needs(line), matcher)

    def _tokens(self, text: str) -> list[Token]:
        folded = fold(text)
        unquoted = _QUOTED.sub(lambda quotation: " " * len(quotation[0]), folded)
        # A message that is a quotation from end to end is the writer's own.
        words = map(self._token, _TOKEN.finditer(unquoted if unquoted.strip() else folded))
        return [Token(_START, STOP, None, 0, 0), *words, Token(_END, STOP, None, len(text), len(text))]

    def _token(self, match: re.Match[str]) -> Token:
        kind, written = match.lastgroup, match[0]
        if kind == "sign":
            return Token("," if written == "," else _SIGN, STOP, None, *match.span())
        if kind in ("number", "half"):
            number = 0.5 if kind == "half" else min(float(written.replace(",", ".")), _LARGEST_NUMBER)
            return Token(_DIGITS, NUMBER, number, *match.span())
        word = self._listed("to" if kind == "to" else written)
        return Token(word, self._families.get(word, _UNLISTED), self._numbers.get(word), *match.span())

    def _listed(self, written: str) -> str:
        """How the lists write a word ("baby's" and "babys" as "baby" where they have no more), or `_`."""
        if written in self._families:
            return written
        bare, owner = written.translate(_MARKS), written.removesuffix("'s")
        # "toddler's" is a toddler, even where a pattern names toddlers; but "she's" is "shes" and no "she".
        if self._families.get(bare, _NAMED) == _NAMED and owner in self._families:
            return owner
        return bare if bare in self._families else _UNLISTED


class _Notation:
    """Reads pattern lines; `words` collects every word that they name."""

    def __init__(self, *, known: set[str], phrases: Mapping[str, Sequence[str]]) -> None:
        self.words: set[str] = set()
        self._known = known
        self._phrases = phrases

    def patterns(self, line: str) -> list[Tokens]:
        """A line as spaCy patterns, one for each way through its alternatives. Raises ValueError on a wrong item."""
        items = [self._item(item) for item in line.split()]
        return [list(itertools.chain.from_iterable(way)) for way in itertools.product(*items)]

    def needs(self, line: str) -> list[frozenset[str]]:
        """For each item that has to be there and is no wildcard: the words and `<families>` of which one must occur."""
        needs = []
        for item in line.split():
            parsed = _ITEM.fullmatch(item)
            parts = parsed["parts"].split("|")
            if parsed["perhaps"] or parsed["most"] or {_UNLISTED, _ANY, _SIGN, _START, _END}.intersection(parts):
                continue
            words = [self._first_needs(part) for part in parts]
            if all(words):
                needs.append(frozenset().union(*words))
        return needs

    def _first_needs(self, part: str) -> frozenset[str]:
        if not part.startswith("{"):
            return frozenset({part})
        firsts = [needs[0] if (needs := self.needs(line)) else frozenset() for line in self._phrases[part[1:-1]]]
        return frozenset().union(*firsts) if all(firsts) else frozenset()

    def _item(self, item: str) -> list[Tokens]:
        """The alternatives of one item."""
        parsed = _ITEM.fullmatch(item)
        if not parsed:
            raise ValueError(f"'{item}' is no item; an item ends in ? or in * and a digit, if in anything")
        parts = parsed["parts"].split("|")
        if parsed["most"]:
            return [[{"NORM": self._norm(parts), "OP": f"{{0,{parsed['most']}}}"}]]
        alternatives = list(itertools.chain.from_iterable(map(self._part, parts)))
        if not parsed["perhaps"]:
            return alternatives
        if len(alternatives) == len(alternatives[0]) == 1:
            return [[{**alternatives[0][0], "OP": "?"}]]
        return [[], *alternatives]

    def _part(self, part: str) -> list[Tokens]:
        if part.startswith("{"):
            if part[1:-1] not in self._phrases:
                raise ValueError(f"{part} is not among the phrases; add it there or correct the name")
            return list(itertools.chain.from_iterable(map(self.patterns, self._phrases[part[1:-1]])))
        if part.startswith("<") or part in (_SIGN, _UNLISTED, _ANY):
            return [[{"NORM": self._norm([part])}]]
        self.words.add(part)
        return [[{"ORTH": part}]]

    def _norm(self, parts: Sequence[str]) -> str | dict[str, list[str]]:
        """What spaCy compares with a word's family."""
        if parts == [_ANY]:
            return {"NOT_IN": [STOP]}
        families = [{_SIGN: STOP, _UNLISTED: _UNLISTED}.get(part) or self._family(part) for part in parts]
        return families[0] if len(families) == 1 else {"IN": families}

    def _family(self, part: str) -> str:
        if part[1:-1] not in self._known or not part.startswith("<"):
            raise ValueError(f"{part} is not among the families; add it there or correct the name")
        return part[1:-1]
