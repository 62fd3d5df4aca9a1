"""What a text message asks of the programme itself: "STOP." is a request to stop, "how do I stop tantrums" is not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import yaml

LEXICON = Path(__file__).resolve().parent.parent / "content" / "sms_keywords.yml"
# Nobody asks for the end of messages in more words, and a longer text need not be looked through.
_LONGEST_CHARACTERS = 480
_APOSTROPHES = re.compile("['’‘`´ʼ＇′]")
_SIGNS = re.compile(r"[^a-z0-9]+")
# Laughed or shouted, a word stays the word.
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SENTENCES = re.compile(r"[.!?;,\n…—–]+")


class Wish(Enum):
    """What is asked."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class Keyword:
    """The wish, the language it was said in, and whether the provider may have answered it by itself."""

    wish: Wish
    language: str
    known_to_provider: bool = False


class Keywords:
    """Reads the wish out of a message; the words stand in the lexicon."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        polite = _repeated(lexicon["polite"])
        self._words = tuple(
            (Wish(wish), language, re.compile(rf" {polite}(?:(?:{_any_of(words)}) {polite})+"))
            for wish, languages in lexicon["words"].items() for language, words in languages.items())
        before, after = _repeated([*lexicon["before"], *lexicon["polite"]]), _repeated([*lexicon["after"],
                                                                                        *lexicon["polite"]])
        groups = {name: _any_of(phrases) for name, phrases in lexicon["groups"].items()}
        self._requests = tuple(
            (language, re.compile(rf" {before}(?:{'|'.join(_line(line, groups) for line in lines)}){after}"))
            for language, lines in lexicon["requests"].items())
        self._provider = frozenset(lexicon["provider"])
        self._languages = {"es": frozenset(lexicon["spanish"]), "en": frozenset(lexicon["english"])}

    @classmethod
    def load(cls, path: Path = LEXICON) -> Keywords:
        """The keywords of a lexicon file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def read(self, text: str) -> Keyword | None:
        """What the message asks of the programme, or None where it asks something else."""
        if len(text) > _LONGEST_CHARACTERS:
            return None
        whole = _words(text)
        for wish, language, pattern in self._words:
            if pattern.fullmatch(whole):
                return Keyword(wish, language, known_to_provider=whole.strip() in self._provider)
        for sentence in map(_words, _SENTENCES.split(text)):
            for language, pattern in self._requests:
                if pattern.fullmatch(sentence):
                    return Keyword(Wish.STOP, language)
        return None

    def language(self, text: str) -> str | None:
        """`en` or `es` where the small words tell, else None."""
        words = _words(text[:_LONGEST_CHARACTERS]).split()
        found = {language: sum(word in known for word in words) for language, known in self._languages.items()}
        if found["es"] == found["en"]:
            return None
        return "es" if found["es"] > found["en"] else "en"


_live: Keywords | None = None


def use_keywords(keywords: Keywords) -> None:
    """Obey these from the next text message on."""
    global _live
    _live = keywords


def shared_keywords() -> Keywords:
    """The live keywords; those of the program's own lexicon until a release brought others."""
    if _live is None:
        use_keywords(Keywords.load())
    assert _live is not None
    return _live


def _words(text: str) -> str:
    """The words in the lexicon's spelling, each with a blank behind it and one before the first."""
    plain = "".join(character for character in unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
                    if not unicodedata.combining(character)).casefold()
    words = _STRETCHED.sub(r"\1", _SIGNS.sub(" ", plain)).split()
    return f" {' '.join(words)} "


def _line(line: str, groups: Mapping[str, str]) -> str:
    return "".join(_steps(line, groups))


def _steps(line: str, groups: Mapping[str, str]) -> Iterator[str]:
    for step in line.split():
        words = "|".join(groups[word[1:-1]] if word.startswith("<") else re.escape(word)
                         for word in step.rstrip("?").split("|"))
        yield rf"(?:(?:{words}) )" + ("?" if step.endswith("?") else "")


def _any_of(phrases: Iterable[str]) -> str:
    # The longest first: an alternation takes the first that fits.
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _repeated(phrases: Iterable[str]) -> str:
    return rf"(?:(?:{_any_of(phrases)}) )*"
