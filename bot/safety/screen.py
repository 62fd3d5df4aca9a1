"""CrisisScreen: the rules of the lexicon on one message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import spacy

from bot.safety.lexicon import DEFAULT, KINDS, Lexicon, Rule, load_lexicon
from bot.safety.notation import Hit, Lines, PatternSet, Sentence
from bot.safety.words import Speller

_WINDOW = 48  # words
_NEGATION_REACH = 4  # words; "never had any thoughts of", and not much more


@dataclass(frozen=True)
class Finding:
    """What was heard: kinds of danger, the most urgent first, and the lines of the lexicon that heard it.

    True where there is any. Holds nothing that the person wrote, so it may be counted and logged.
    """

    kinds: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kinds)


class CrisisScreen:
    """Hears danger in a message, in English, in Spanish and in both at once."""

    def __init__(self, lexicon: Lexicon) -> None:
        # The multi-language vocabulary: words are compared as they are spelled, and people mix their languages.
        self._vocab = spacy.blank("xx").vocab
        self._lexicon = lexicon
        self._speller = Speller(
            known=lexicon.known, respell=lexicon.respell, disguised=lexicon.disguised, sturdy=lexicon.sturdy
        )
        self._idioms = self._patterns(lexicon.idioms)
        self._contexts = {name: self._patterns(lines) for name, lines in lexicon.contexts.items()}
        self._rules = [(rule, self._patterns(rule.unless)) for rule in lexicon.rules]
        # What all rules say is asked at once: most sentences hold none of it, and asking rule by rule took twice the time.
        self._says = self._patterns({line: steps for rule in lexicon.rules for line, steps in rule.says.items()})

    @classmethod
    def load(cls, path: Path = DEFAULT) -> CrisisScreen:
        """The screen of the lexicon at `path`; ContentError names every problem of the file."""
        return cls(load_lexicon(path))

    def screen(self, text: str) -> Finding:
        """What is heard in `text` of any length and any characters; never raises, never waits, keeps nothing."""
        heard: dict[str, str] = {}
        for words in self._speller.sentences(text):
            for window in _windows(words):
                heard.update(self._heard(Sentence(self._vocab, window)))
        kinds = set(heard.values())
        return Finding(kinds=tuple(kind for kind in KINDS if kind in kinds), matches=tuple(heard))

    def idiomatic(self, text: str) -> bool:
        """Whether `text` holds an idiom that speaks of dying, killing or hurting and means none of it."""
        return any(self._idioms.find(Sentence(self._vocab, window))
                   for words in self._speller.sentences(text) for window in _windows(words))

    def _heard(self, sentence: Sentence) -> dict[str, str]:
        """Lines that count in this sentence -> kind."""
        said = self._says.find(sentence)
        if not said:
            return {}
        found = [(rule, unless, hits) for rule, unless in self._rules
                 if (hits := [hit for hit in said if hit.line in rule.says])]
        contexts = {name for name, lines in self._contexts.items() if lines.find(sentence)}
        idioms = self._idioms.find(sentence)
        return {
            hit.line: rule.kind
            for rule, unless, hits in found
            if contexts.isdisjoint(rule.yields_to) and not unless.find(sentence)
            for hit in hits
            if not _overlaps(hit, idioms) and not self._negated(sentence.words, hit)
        }

    def _negated(self, words: tuple[str, ...], hit: Hit) -> bool:
        """Whether a "not" stands before the hit with nothing but small words between."""
        for word in reversed(words[max(0, hit.start - _NEGATION_REACH) : hit.start]):
            if word in self._lexicon.negators:
                return True
            if word not in self._lexicon.through:
                return False
        return False

    def _patterns(self, lines: Lines) -> PatternSet:
        return PatternSet(self._vocab, lines, barriers=self._lexicon.barriers, common=self._lexicon.common)


def _windows(words: list[str]) -> Iterator[list[str]]:
    """A sentence as it is, or in overlapping pieces where it has no end: matching time grows with the length's cube."""
    yield words[:_WINDOW]
    for start in range(_WINDOW // 2, len(words) - _WINDOW // 2, _WINDOW // 2):
        yield words[start : start + _WINDOW]


_live: CrisisScreen | None = None


def use_screen(screen: CrisisScreen) -> None:
    """Hear danger by this screen from the next message on."""
    global _live
    _live = screen


def shared_screen() -> CrisisScreen:
    """The live screen, one for the whole process: the channels and the pipeline use the same 20 MB.

    That of the program's own lexicon until a release brought another. Ask for it anew with every message.
    """
    if _live is None:
        use_screen(CrisisScreen.load())
    assert _live is not None
    return _live


def _overlaps(hit: Hit, others: list[Hit]) -> bool:
    return any(hit.start < other.end and other.start < hit.end for other in others)
