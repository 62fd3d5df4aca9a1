"""What a whole message says of the conversation itself, or of how somebody feels, by the lines of bot/content/moves.yml."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Iterable, Mapping

MOVES = ("again", "simpler", "number", "feeling", "missed", "noted", "abilities")
"""Every move that an action knows, the first that fits is taken."""

# Nobody says any of it in more; what is longer need not be looked at.
_LONGEST_CHARACTERS = 120
_GROUP = re.compile(r"<([^>]*)>")
_APOSTROPHES = re.compile("['’‘`´ʼ＇′]")
_SIGNS = re.compile(r"[^a-z0-9]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


class Moves:
    """Reads the move out of a message; the words stand in the lexicon."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        """KeyError where a line names a group that there is not; `strangers` tells it beforehand."""
        groups = lexicon["groups"]
        self._respelt: Mapping[str, str] = lexicon["respell"]
        self._respell = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._respelt))})\b")
        before, after = _repeated(lexicon["before"]), _repeated(lexicon["after"])
        self._moves = tuple(
            (move, re.compile(before + _any_of(_line(line, groups) for lines in lexicon["moves"][move].values()
                                               for line in lines) + after))
            for move in MOVES)

    def read(self, text: str) -> str | None:
        """One of MOVES where the whole text says it, else None."""
        if len(text) > _LONGEST_CHARACTERS:
            return None
        words = self._respell.sub(lambda said: self._respelt[said[0]], "".join(f"{word} " for word in _words(text)))
        return next((move for move, said in self._moves if said.fullmatch(words)), None)


def strangers(lexicon: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Move, line and name wherever a line names a group that the lexicon does not have."""
    for move, languages in lexicon["moves"].items():
        for lines in languages.values():
            for line in lines:
                for name in sorted(set(_GROUP.findall(line)) - set(lexicon["groups"])):
                    yield move, line, name


def _words(text: str) -> list[str]:
    """The words in the lexicon's spelling."""
    plain = "".join(character for character in unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
                    if not unicodedata.combining(character)).casefold()
    return _STRETCHED.sub(r"\1", _SIGNS.sub(" ", plain)).split()


def _line(line: str, groups: Mapping[str, Iterable[str]]) -> str:
    """A line as a regular expression over words that each end in a space."""
    return "".join(_phrases(_alternatives(step.rstrip("?"), groups)) + ("?" if step.endswith("?") else "")
                   for step in line.split())


def _alternatives(step: str, groups: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for word in step.split("|"):
        yield from groups[word[1:-1]] if word.startswith("<") else (word.rstrip("?"),)


def _phrases(phrases: Iterable[str]) -> str:
    return _any_of(f"{re.escape(phrase)} " for phrase in phrases)


def _repeated(phrases: Iterable[str]) -> str:
    return f"{_phrases(phrases)}*"


def _any_of(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
