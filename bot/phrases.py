"""Finds phrases of a lexicon in the words of a text, in a time that grows with the text and not with the ways to read it.

A regular expression tries every way to read "stop now stop now …" where "stop now" is a phrase and "now" is one too:
twice as many with every two words. Here the places that are reached are kept as a set, whichever way led there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Iterable, Mapping, Sequence

_APOSTROPHES = re.compile("['’‘`´ʼ＇′]")
_SIGNS = re.compile(r"[^a-z0-9]+")
# Laughed or shouted, a word stays the word.
_STRETCHED = re.compile(r"([a-z])\1{2,}")
# Stands in the tree behind the last word of a phrase; no word is empty.
_END = ""


def words_of(text: str) -> list[str]:
    """The words as lexicons spell them: small, without accents, signs and what nobody sees."""
    plain = "".join(character for character in unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
                    if not unicodedata.combining(character) and unicodedata.category(character) != "Cf").casefold()
    words = _STRETCHED.sub(r"\1", _SIGNS.sub(" ", plain)).split()
    # "S.T.O.P.": a word that is spelled.
    return ["".join(words)] if len(words) > 2 and all(len(word) == 1 for word in words) else words


class Phrases:
    """Any one of several phrases, as a tree of words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for phrase in phrases:
            branch = self._tree
            for word in phrase.split():
                branch = branch.setdefault(word, {})
            branch[_END] = {}

    def ends(self, words: Sequence[str], starts: Iterable[int]) -> set[int]:
        """Where a phrase ends that begins at one of the places `starts`: the places behind its last word."""
        found = set()
        for place in starts:
            branch = self._tree
            while place < len(words) and (following := branch.get(words[place])) is not None:
                branch, place = following, place + 1
                if _END in branch:
                    found.add(place)
        return found

    @property
    def first_words(self) -> set[str]:
        """The words that one of them begins with."""
        return set(self._tree)

    def repeated(self, words: Sequence[str], starts: Iterable[int]) -> set[int]:
        """Where one ends of any number of phrases, each behind the other; none at all is a number, too."""
        new = set(starts)
        found = set(new)
        while new := self.ends(words, new) - found:
            found |= new
        return found


class Line:
    """Phrases one behind the other, as the lexicon writes them: `this|that`, <group>, `?` behind what may miss."""

    def __init__(self, line: str, groups: Mapping[str, Iterable[str]]) -> None:
        self._steps = tuple((Phrases(_of_step(step.rstrip("?"), groups)), step.endswith("?")) for step in line.split())

    def ends(self, words: Sequence[str], starts: Iterable[int]) -> set[int]:
        """Where the line ends that begins at one of the places `starts`."""
        reached = set(starts)
        for phrases, may_be_left_out in self._steps:
            behind = phrases.ends(words, reached)
            reached = reached | behind if may_be_left_out else behind
            if not reached:
                break
        return reached

    @property
    def first_words(self) -> set[str]:
        """The words that it may begin with."""
        found: set[str] = set()
        for phrases, may_be_left_out in self._steps:
            found |= phrases.first_words
            if not may_be_left_out:
                break
        return found


class Lines:
    """Any one of several lines; only those are tried that may begin with a word that is there."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._by_first: dict[str, list[Line]] = {}
        for line in lines:
            for word in line.first_words:
                self._by_first.setdefault(word, []).append(line)

    def ends(self, words: Sequence[str], starts: Iterable[int]) -> set[int]:
        """Where a line ends that begins at one of the places `starts`."""
        tried: dict[Line, set[int]] = {}  # from all its places at once: what lies behind them is read once
        for start in starts:
            for line in self._by_first.get(words[start], ()) if start < len(words) else ():
                tried.setdefault(line, set()).add(start)
        return set().union(*(line.ends(words, places) for line, places in tried.items()))


def group_names(line: str) -> set[str]:
    """The groups that a line names."""
    return {word[1:-1] for step in line.split() for word in step.rstrip("?").split("|") if word.startswith("<")}


def _of_step(step: str, groups: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for word in step.split("|"):
        yield from groups[word[1:-1]] if word.startswith("<") else (word,)
