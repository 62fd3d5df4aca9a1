"""What a subject looks like to those who read it: on the web, and as a text message with what it costs."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Iterator

from bot.check import MAX_WORDS
from bot.console.edit.subjects import Subject
from bot.knowledge import AUDIENCES, LANGUAGES, Answer, Kind, Knowledge
from bot.knowledge.answers import Author
from bot.knowledge.values import in_language
from bot.reading import MAX_GRADE, MIN_EASE, ease, grade
from bot.render.plain import plain
from bot.render.sms import sms
from bot.sms.segments import MAX_SEGMENTS, Size, fold, size


@dataclass(frozen=True)
class Reading:
    """How easy a text is: `measure` is grade (at most `limit`) or ease (at least `limit`); held to it where `held`."""

    measure: str
    value: float
    limit: float
    held: bool

    @property
    def fits(self) -> bool:
        return not self.held or (self.value <= self.limit if self.measure == "grade" else self.value >= self.limit)


@dataclass(frozen=True)
class Shown:
    """One message to one reader: `web` as bot.render.plain renders it, `text` as a phone gets it.

    `words` counts the plain words that have a limit, None where there is none; `danger` is the kind where there is one.
    """

    audience: str
    language: str
    web: str
    text: str
    sent: Size
    words: int | None = None
    reading: Reading | None = None
    danger: str = ""
    max_words: int = MAX_WORDS
    max_segments: int = MAX_SEGMENTS

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.danger, self.audience, self.language)))


def shown(subject: Subject, knowledge: Knowledge) -> list[Shown]:
    """The messages in which the subject stands, for each reader."""
    makers = {"topic": _topic, "contact": _contact, "contacts": _contacts, "line": _line, "danger": _danger,
              "dangers": _dangers, "phrase": _phrase}
    return list(makers[subject.kind](subject.name, knowledge))


def _readers() -> Iterator[tuple[str, str]]:
    return ((audience, language) for audience in AUDIENCES for language in LANGUAGES)


def _message(answer: Answer, knowledge: Knowledge, *, danger: str = "", limited: bool = False) -> Shown:
    text = sms(answer, knowledge)
    return Shown(answer.audience, answer.language, plain(answer, knowledge), text, size(text), danger=danger,
                 words=len(answer.plain.split()) if limited else None,
                 reading=_reading(answer) if limited else None)


def _reading(answer: Answer) -> Reading:
    if answer.language == "es":
        return Reading("ease", ease(answer.plain), MIN_EASE, True)
    return Reading("grade", grade(answer.plain), MAX_GRADE, answer.audience == "parent")


def _topic(name: str, knowledge: Knowledge) -> Iterator[Shown]:
    for audience, language in _readers():
        # Where the Spanish is missing, English is what a Spanish reader gets.
        answer = Author(knowledge, language, audience).topic(name)
        yield _message(answer, knowledge, limited=(language, audience) in knowledge.topics[name].wordings)


def _contact(name: str, knowledge: Knowledge) -> Iterator[Shown]:
    passage = knowledge.contacts[name].passage
    topic = next((topic.name for topic in knowledge.topics.values() if passage in topic.passages),
                 next(iter(knowledge.topics)))
    for audience, language in _readers():
        yield _message(Author(knowledge, language, audience).topic(topic, people=True), knowledge)


def _contacts(_: str, knowledge: Knowledge) -> Iterator[Shown]:
    yield from _contact(knowledge.default_contact, knowledge)


def _line(name: str, knowledge: Knowledge) -> Iterator[Shown]:
    """Every danger for which it is shown."""
    for kind, lines in knowledge.crisis.kinds.items():
        if name in lines:
            yield from _danger(kind, knowledge)


def _danger(kind: str, knowledge: Knowledge) -> Iterator[Shown]:
    for audience, language in _readers():
        # A provider's suspicion of abuse is the one case in which the reader makes a difference.
        if audience == AUDIENCES[0] or kind == "abuse":
            yield _message(Author(knowledge, language, audience).crisis((kind,)), knowledge, danger=kind)


def _dangers(_: str, knowledge: Knowledge) -> Iterator[Shown]:
    for kind in knowledge.crisis.kinds:
        yield from _danger(kind, knowledge)


def _phrase(key: str, knowledge: Knowledge) -> Iterator[Shown]:
    """Filled with what the program may fill it with; the message around it where it is one by itself."""
    for language in LANGUAGES:
        text = in_language(knowledge.phrases[key], language)
        filled = text.format(**_samples(text, knowledge, language))
        if "." not in key and not key.startswith(("origin_", "in_its_words")):
            yield _message(Answer(Kind.SMALLTALK, AUDIENCES[0], language, plain=filled), knowledge)
        else:
            yield Shown(AUDIENCES[0], language, filled, fold(filled), size(fold(filled)))


def _samples(text: str, knowledge: Knowledge, language: str) -> dict[str, str]:
    """Something for each blank: of the first brief, the office, the first topic; else the blank's own name."""
    brief, office = next(iter(knowledge.briefs.values())), knowledge.office
    reference = next(iter(brief.references.values()), None)
    likely = {"title": brief.title, "publisher": brief.publisher, "number": str(brief.number), "office": office.name,
              "phone": office.display, "email": office.email or "", "reference": reference.full if reference else "",
              "topic": in_language(next(iter(knowledge.topics.values())).title, language)}
    return {name: likely.get(name, name) for _, name, _, _ in string.Formatter().parse(text) if name}
