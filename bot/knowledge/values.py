"""The values that a content folder is read into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import count, takewhile
from typing import Iterable, Mapping

from bot.knowledge.moves import Moves

AUDIENCES = ("parent", "provider")
LANGUAGES = ("en", "es")
FALLBACK_LANGUAGE = "en"

# What the contract allows to be taken away from a passage when it is quoted, and nothing else.
_EMPHASIS = re.compile(r"\*+")
_SUPERSCRIPT = re.compile(r"\^(\d+(?:,\d+)*)")
_CLOSING = re.compile(r"[;:]$")

Text = Mapping[str, str]
"""A text by language; `in_language` picks from it."""


def in_language(text: Text, language: str) -> str:
    """The text in `language`, else in English: an English answer is better than none."""
    return text.get(language) or text[FALLBACK_LANGUAGE]


@dataclass(frozen=True)
class Passage:
    """A sentence or list item of a brief; `printed` holds it as the publisher wrote it, marks included."""

    id: str
    brief: str
    printed: str

    @cached_property
    def quotation(self) -> str:
        """The passage as it is quoted: emphasis, superscripts and one closing `;` or `:` taken away."""
        plain = _SUPERSCRIPT.sub("", _EMPHASIS.sub("", self.printed))
        return _CLOSING.sub("", plain.strip())

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the references that the passage itself points to."""
        return tuple(int(number) for mark in _SUPERSCRIPT.findall(self.printed) for number in mark.split(","))


@dataclass(frozen=True)
class Reference:
    """A numbered source of a brief, in full and in short form (author and year)."""

    number: int
    passage: str
    short: str
    full: str


@dataclass(frozen=True)
class Brief:
    """One issues brief: the source of every answer that names it."""

    id: str
    number: int
    title: str
    publisher: str
    passages: Mapping[str, Passage]
    references: Mapping[int, Reference]


@dataclass(frozen=True)
class Wording:
    """What is said on a topic to one audience in one language: at most 60 words, and a shorter text for SMS."""

    plain: str
    sms: str


@dataclass(frozen=True)
class Topic:
    """A fundamental of a brief: what is said on it, which passages carry it, where it leads."""

    name: str
    brief: str
    title: Text
    passages: tuple[str, ...]
    cites: tuple[int, ...]
    related: tuple[str, ...]
    wordings: Mapping[tuple[str, str], Wording]
    why: str | None = None
    translation: Text | None = None

    @property
    def intent(self) -> str:
        return f"ask_{self.name}"

    def wording(self, language: str, audience: str) -> Wording:
        return self.wordings.get((language, audience)) or self.wordings[FALLBACK_LANGUAGE, audience]


@dataclass(frozen=True)
class Contact:
    """A number printed in the brief; `phone` as it is dialled (E.164), `display` as it is printed."""

    id: str
    name: str
    phone: str
    display: str
    passage: str
    email: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        return {"name": self.name, "phone": self.phone, "display": self.display, "email": self.email}


@dataclass(frozen=True)
class CrisisLine:
    """A number for somebody in danger.

    `sms` is the number to text and `tty` the one for text telephones, where there is one; `spanish` says how Spanish is
    reached, and is empty where we are not sure.
    """

    id: str
    name: Text
    phone: str
    display: str
    sms: str | None
    tty: str | None
    when: Text
    spanish: Text

    def to_dict(self, language: str) -> dict[str, str | None]:
        # How Spanish is reached is of use to whoever reads Spanish; to others it is one line more in a bad moment.
        spanish = self.spanish.get(language) if language == "es" else None
        tty = f"TTY {self.tty}." if self.tty else None
        return {"name": in_language(self.name, language), "phone": self.phone, "display": self.display,
                "sms": self.sms, "when": " ".join(filter(None, (in_language(self.when, language), spanish, tty)))}


@dataclass(frozen=True)
class CrisisPlan:
    """Which lines fit which kind of danger, best first, and the words around them."""

    lines: Mapping[str, CrisisLine]
    kinds: Mapping[str, tuple[str, ...]]
    provider_suspicion: tuple[str, ...]
    opening: Mapping[str, Text]
    not_watched: Text
    shortest: Mapping[str, tuple[str, ...]]
    shortest_sentence: Text
    sms: Mapping[str, Text]

    def lines_for(self, kinds: tuple[str, ...], *, audience: str) -> tuple[CrisisLine, ...]:
        """The lines that fit, best first, each once; all of them where the kind is not known."""
        wanted = [line for kind in kinds for line in self.kinds.get(kind, ())] or list(self.lines)
        if "abuse" in kinds and audience == "provider":
            wanted = [*self.provider_suspicion, *wanted]
        return tuple(self.lines[line] for line in dict.fromkeys(wanted))

    def reminder(self, kinds: tuple[str, ...], language: str) -> str:
        """The shortest line, which ends every reply until the person says that nobody is in danger."""
        # A kind that a conversation remembers from an older release may be gone.
        kind = next((kind for kind in kinds if kind in self.shortest), next(iter(self.shortest)))
        line = self.lines[self.shortest[kind][0]]
        return in_language(self.shortest_sentence, language).format(
            name=in_language(line.name, language), display=line.display)


@dataclass(frozen=True)
class Knowledge:
    """All that the bot can say."""

    briefs: Mapping[str, Brief]
    topics: Mapping[str, Topic]
    contacts: Mapping[str, Contact]
    default_contact: str
    crisis: CrisisPlan
    phrases: Mapping[str, Text]
    starters: tuple[str, ...]
    listens: str | None  # the crisis line for whoever says how hard it is and is in no danger
    moves: Moves

    @property
    def office(self) -> Contact:
        return self.contacts[self.default_contact]

    def phrase(self, key: str, language: str, **values: str) -> str:
        """A short text of the conversation; `{name}` in it is filled from `values`. KeyError where there is none."""
        return in_language(self.phrases[key], language).format(**values)

    def variants(self, key: str) -> tuple[str, ...]:
        """The keys of a phrase that is said in other words the next time: `thanks`, `thanks_2`, `thanks_3`."""
        others = takewhile(self.phrases.__contains__, (f"{key}_{number}" for number in count(2)))
        return (key, *others)

    def quotation(self, brief: str, passages: Iterable[str]) -> str:
        """A brief's own words, one passage a line."""
        return "\n".join(self.briefs[brief].passages[passage].quotation for passage in passages)
