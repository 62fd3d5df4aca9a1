"""What a whole message says of the conversation itself, or of how somebody feels, by the lines of bot/content/moves.yml."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from bot.phrases import Line, Lines, Phrases, group_names, words_of

MOVES = ("again", "simpler", "number", "feeling", "missed", "noted", "abilities")
"""Every move that an action knows, the first that fits is taken."""

# Nobody says any of it in more; what is longer need not be looked at.
_LONGEST_CHARACTERS = 120


class Moves:
    """Reads the move out of a message; the words stand in the lexicon."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        """KeyError where a line names a group that there is not; `strangers` tells it beforehand."""
        groups = lexicon["groups"]
        self._respelt: Mapping[str, str] = lexicon["respell"]
        self._respell = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._respelt))})\b")
        self._before, self._after = Phrases(lexicon["before"]), Phrases(lexicon["after"])
        self._moves = tuple((move, Lines(Line(line, groups) for lines in lexicon["moves"][move].values() for line in lines))
                            for move in MOVES)

    def read(self, text: str) -> str | None:
        """One of MOVES where the whole text says it, else None."""
        if len(text) > _LONGEST_CHARACTERS:
            return None
        words = self._words(text)
        starts = self._before.repeated(words, {0})
        for move, lines in self._moves:
            if len(words) in self._after.repeated(words, lines.ends(words, starts)):
                return move
        return None

    def _words(self, text: str) -> list[str]:
        """The words in the lexicon's spelling."""
        return self._respell.sub(lambda said: self._respelt[said[0]], " ".join(words_of(text))).split()


def strangers(lexicon: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Move, line and name wherever a line names a group that the lexicon does not have."""
    for move, languages in lexicon["moves"].items():
        for lines in languages.values():
            for line in lines:
                for name in sorted(group_names(line) - set(lexicon["groups"])):
                    yield move, line, name
