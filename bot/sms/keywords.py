"""What a text message asks of the programme itself: "STOP." is a request to stop, "how do I stop tantrums" is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import yaml

from bot.phrases import Line, Lines, Phrases, words_of

LEXICON = Path(__file__).resolve().parent.parent / "content" / "sms_keywords.yml"
# Nobody asks for the end of messages in more words. Of a longer text the first sentence and the last one are looked at.
_LONGEST_CHARACTERS = 480
# Three dots are a pause, one is an end.
_SENTENCES = re.compile(r"[!?\n]+|(?<!\.)\.(?!\.)")
_PARTS = re.compile(r"[,;¿¡…—–]+|\.\.+")
# "-Maria", "- Maria B." on a line of its own at the end.
_SIGNATURE = re.compile(r"\n\s*[-–—~]+\s*\w+(?: \w+)?\W*$")


class Wish(Enum):
    """What is asked."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class Keyword:
    """The wish, the language it was said in, and whether the provider may have answered it by itself.

    `besides` is what else the message says, in which there may be danger to be heard; nothing where it says no more.
    """

    wish: Wish
    language: str
    known_to_provider: bool = False
    besides: str = ""


class Keywords:
    """Reads the wish out of a message; the words stand in the lexicon."""

    def __init__(self, lexicon: Mapping[str, Any]) -> None:
        polite, groups = lexicon["polite"], lexicon["groups"]
        self._polite = Phrases(polite)
        self._words = tuple((Wish(wish), language, Phrases(words), Phrases([*words, *polite]))
                            for wish, languages in lexicon["words"].items() for language, words in languages.items())
        self._before, self._after = Phrases([*lexicon["before"], *polite]), Phrases([*lexicon["after"], *polite])
        self._around = Phrases([*lexicon["before"], *lexicon["after"], *polite])
        self._requests = tuple((language, Lines(Line(line, groups) for line in lines))
                               for language, lines in lexicon["requests"].items())
        # A lexicon of staff may be older than these two.
        self._reported, self._own = Phrases(groups.get("reported", ())), Phrases(groups.get("own", ()))
        self._provider = frozenset(lexicon["provider"])
        self._languages = {"es": frozenset(lexicon["spanish"]), "en": frozenset(lexicon["english"])}

    @classmethod
    def load(cls, path: Path = LEXICON) -> Keywords:
        """The keywords of a lexicon file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def read(self, text: str) -> Keyword | None:
        """What the message asks of the programme, or None where it asks something else."""
        if len(text) > _LONGEST_CHARACTERS:
            language = next(filter(None, map(self._asked_in, _ends(text))), None)
            return Keyword(Wish.STOP, language, besides=text) if language else None
        text = _SIGNATURE.sub("", text)
        words = words_of(text)
        if keyword := self._word(words):
            return keyword
        if language := self._request(words):
            return Keyword(Wish.STOP, language)
        sentences = _SENTENCES.split(text)
        if language := next(filter(None, map(self._asked_in, sentences)), None):
            parts = [part.strip() for sentence in sentences for part in _PARTS.split(sentence)]
            return Keyword(Wish.STOP, language, besides=". ".join(part for part in parts if self._says_more(part)))
        return None

    def is_provider_start(self, text: str) -> bool:
        """Whether it is a word of the provider's that is none of ours: by it, somebody who was out is taken back."""
        words = words_of(text)
        return " ".join(words) in self._provider and self._word(words) is None

    def language(self, text: str) -> str | None:
        """`en` or `es` where the small words tell, else None."""
        words = words_of(text[:_LONGEST_CHARACTERS])
        found = {language: sum(word in known for word in words) for language, known in self._languages.items()}
        if found["es"] == found["en"]:
            return None
        return "es" if found["es"] > found["en"] else "en"

    def _word(self, words: Sequence[str]) -> Keyword | None:
        """The wish of a message that is nothing but words for it."""
        starts = self._polite.repeated(words, {0})
        for wish, language, first, others in self._words:
            if len(words) in others.repeated(words, first.ends(words, starts)):
                return Keyword(wish, language, known_to_provider=" ".join(words) in self._provider)
        return None

    def _request(self, words: Sequence[str]) -> str | None:
        """The language in which words that are nothing else ask for no more messages."""
        starts = self._before.repeated(words, {0})
        for language, lines in self._requests:
            if len(words) in self._after.repeated(words, lines.ends(words, starts)):
                return language
        return None

    def _asked_in(self, sentence: str) -> str | None:
        """The language in which a part of the sentence asks for no more messages, unless somebody else is quoted."""
        parts = [words_of(part) for part in _PARTS.split(sentence)]
        for place, part in enumerate(parts):
            language = self._request(part)
            if language and not any(map(self._reports, parts[:place + 2])):
                return language
        return None

    def _reports(self, words: Sequence[str]) -> bool:
        """Whether it ends in words like "he told me", behind or before which somebody else is quoted."""
        everywhere = range(len(words))
        return (len(words) in self._reported.ends(words, everywhere)
                and len(words) not in self._own.ends(words, everywhere))

    def _says_more(self, part: str) -> bool:
        """Whether a part is neither a wish itself nor what may stand around one."""
        words = words_of(part)
        return not (len(words) in self._around.repeated(words, {0}) or self._word(words) or self._request(words))


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


def _ends(text: str) -> Iterator[str]:
    """The first sentence of a long text and its last one, where they are not too long themselves."""
    first, *others = _SENTENCES.split(text[:_LONGEST_CHARACTERS].lstrip(), maxsplit=1)
    if others:
        yield first
    *others, last = _SENTENCES.split(text.rstrip(" .!?\n")[-_LONGEST_CHARACTERS:])
    if others:
        yield last
