"""Finds phrases in the words of a text, in a time that grows with the text and not with the ways to read it.

A regular expression tries every way to read "stop now stop now …" where "stop now" is a phrase and "now" is one too:
twice as many with every two words. Here the places that are reached are kept as a set, whichever way led there.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

# Stands in the tree behind the last word of a phrase; no word is empty.
_END = ""


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


def _of_step(step: str, groups: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for word in step.split("|"):
        yield from groups[word[1:-1]] if word.startswith("<") else (word,)
