"""What can be edited, and by which fields: a topic, a contact, a crisis line, a danger, a phrase.

A subject is what one form holds. The fields are made from what the knowledge and its schema know (languages, audiences,
kinds of danger); a brief's words are among none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from bot.console.edit.fields import Field
from bot.console.edit.yaml_text import Path, value_at
from bot.knowledge import AUDIENCES, LANGUAGES, Knowledge
from bot.knowledge.values import FALLBACK_LANGUAGE
from bot.reading import PHONE

TRANSLATED = tuple(language for language in LANGUAGES if language != FALLBACK_LANGUAGE)
NUMBER = re.compile(r"\d[\d-]+\d")
"""A number to call as it stands in a text."""
SHARED = "shared"
KINDS = ("topic", "contact", "contacts", "line", "danger", "dangers", "phrase")
ENTRIES = {"line": "lines", "contact": "contacts"}
"""Kinds that can be added and taken away -> the key below which they stand in their file."""
_LINE_LANGUAGES = ("en", "es", "interpreters")
_FILES = {"contact": "contacts", "contacts": "contacts", "line": "crisis", "danger": "crisis", "dangers": "crisis",
          "phrase": "phrases"}


@dataclass(frozen=True)
class Subject:
    """What one form edits. `kind` is one of KINDS; `name` a topic, contact, line, danger, or a phrase's dotted key."""

    kind: str
    name: str

    @property
    def file(self) -> str:
        """The content file, by its path in the project."""
        return f"bot/content/topics/{self.name}.yml" if self.kind == "topic" else f"bot/content/{_FILES[self.kind]}.yml"

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def place(self) -> Path:
        """Where in its file the whole entry stands, of those kinds that come and go. KeyError for the others."""
        return ENTRIES[self.kind], self.name


def subjects(knowledge: Knowledge) -> Iterator[Subject]:
    """All that there is to edit, kind by kind."""
    yield from (Subject("topic", name) for name in knowledge.topics)
    yield from (Subject("contact", name) for name in knowledge.contacts)
    yield Subject("contacts", SHARED)
    yield from (Subject("line", name) for name in knowledge.crisis.lines)
    yield from (Subject("danger", kind) for kind in knowledge.crisis.kinds)
    yield Subject("dangers", SHARED)
    yield from (Subject("phrase", key) for key in knowledge.phrases)


def title(subject: Subject, knowledge: Knowledge) -> str:
    """How the subject is called for people; its name where the knowledge has no better."""
    if subject.kind == "topic" and subject.name in knowledge.topics:
        return knowledge.topics[subject.name].title[FALLBACK_LANGUAGE]
    if subject.kind == "contact" and subject.name in knowledge.contacts:
        return knowledge.contacts[subject.name].name
    if subject.kind == "line" and subject.name in knowledge.crisis.lines:
        return knowledge.crisis.lines[subject.name].name[FALLBACK_LANGUAGE]
    return subject.name


def fields(subject: Subject, data: Any, knowledge: Knowledge) -> list[Field]:
    """The form of a subject; `data` is what its file holds."""
    makers = {"topic": _topic, "contact": _contact, "contacts": _contacts, "line": _line, "danger": _danger,
              "dangers": _dangers, "phrase": _phrase}
    return list(makers[subject.kind](subject.name, data, knowledge))


def _topic(name: str, _: Any, knowledge: Knowledge) -> Iterator[Field]:
    yield from _by_language(("title",), "title", "line")
    for language in LANGUAGES:
        optional = {} if language == FALLBACK_LANGUAGE else {"whole": ("answer", language)}
        for audience in AUDIENCES:
            for part in ("plain", "sms"):
                yield Field(("answer", language, audience, part), part, "text", language, audience,
                            needed=language == FALLBACK_LANGUAGE, **optional)
    others = tuple((other, topic.title[FALLBACK_LANGUAGE]) for other, topic in knowledge.topics.items()
                   if other != name)
    yield Field(("related",), "related", "picks", options=others, at_most=3)
    yield Field(("why",), "why", "pick", options=others)
    for language in TRANSLATED:
        yield Field(("translation", language), "translation", "text", language, whole=("translation",))
        yield Field(("reviewed", language, "by"), "reviewed_by", "line", of=language, empty=None)
        yield Field(("reviewed", language, "on"), "reviewed_on", "day", of=language, empty=None)


def _contact(name: str, data: Any, knowledge: Knowledge) -> Iterator[Field]:
    entry = ("contacts", name)
    if value_at(data, entry) is None:  # where a new one is printed; of those that are there nobody changes it
        yield Field((*entry, "brief"), "brief", "pick", needed=True,
                    options=tuple((brief.id, brief.title) for brief in knowledge.briefs.values()))
        yield Field((*entry, "passage"), "passage", "pick", needed=True, options=tuple(free_passages(knowledge)))
    yield Field((*entry, "name"), "name", "line", needed=True)
    yield Field((*entry, "credentials"), "credentials", "line")
    yield Field((*entry, "phone"), "phone", "line", needed=True)
    yield Field((*entry, "extension"), "extension", "line")
    yield Field((*entry, "display"), "display", "line", needed=True)
    yield Field((*entry, "email"), "email", "line")


def free_passages(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """The passages that print a telephone number and are no contact's yet: id and words."""
    taken = {contact.passage for contact in knowledge.contacts.values()}
    yield from ((passage.id, passage.printed) for brief in knowledge.briefs.values()
                for passage in brief.passages.values() if PHONE.search(passage.printed) and passage.id not in taken)


def _contacts(_: str, __: Any, knowledge: Knowledge) -> Iterator[Field]:
    known = tuple((contact.id, contact.name) for contact in knowledge.contacts.values())
    yield Field(("default",), "default", "pick", options=known, needed=True)
    yield Field(("checked",), "checked", "day", needed=True)
    yield Field(("note",), "note", "line")


def _line(name: str, data: Any, _: Knowledge) -> Iterator[Field]:
    line = ("lines", name)
    yield from _by_language((*line, "name"), "line_name", "line")
    yield Field((*line, "phone"), "phone", "line", needed=True)
    yield Field((*line, "display"), "display", "line", needed=True)
    yield Field((*line, "sms"), "text_number", "line", empty=None)
    yield Field((*line, "tty"), "tty", "line")
    yield from _by_language((*line, "when"), "when", "text")
    yield Field((*line, "languages"), "languages", "ticks", needed=True,
                options=tuple((value, value) for value in _LINE_LANGUAGES))
    yield Field((*line, "hours"), "hours", "line", needed=True)
    for language in LANGUAGES:
        yield Field((*line, "spanish", language), "spanish", "text", language,
                    whole=(*line, "spanish"), whole_empty=None)
    yield Field((*line, "source"), "source", "line", needed=True)
    yield Field((*line, "checked"), "checked", "day", needed=True)
    numbers = set(NUMBER.findall(str(value_at(data, (*line, "display")) or "")))
    yield from (field for field in _texts(data) if field.path[:2] != line
                and numbers & set(NUMBER.findall(str(field.shown(data)))))


def _texts(data: Any) -> Iterator[Field]:
    """Every text of crisis.yml that may name a number."""
    for other in value_at(data, ("lines",)) or {}:
        yield from _by_language(("lines", other, "when"), "when_of", "text", of=other)
    for kind in value_at(data, ("kinds",)) or {}:
        yield from _texts_of(kind)


def _texts_of(kind: str) -> Iterator[Field]:
    yield from _by_language(("texts", "opening", kind), "opening", "text", of=kind)
    yield from _by_language(("texts", "sms", kind), "crisis_sms", "text", of=kind)


def _danger(kind: str, _: Any, knowledge: Knowledge) -> Iterator[Field]:
    lines = _lines(knowledge)
    yield Field(("kinds", kind), "lines", "picks", options=lines, at_most=len(lines), needed=True)
    yield Field(("shortest", kind), "shortest_lines", "picks", options=lines, at_most=len(lines), needed=True)
    yield from _texts_of(kind)


def _dangers(_: str, data: Any, knowledge: Knowledge) -> Iterator[Field]:
    lines = _lines(knowledge)
    yield Field(("provider_suspicion",), "provider_suspicion", "picks", options=lines, at_most=len(lines), needed=True)
    yield from _by_language(("texts", "not_watched"), "not_watched", "text")
    yield from _by_language(("texts", "shortest"), "shortest", "text")
    if value_at(data, ("texts", "shortest_sms")):
        yield from _by_language(("texts", "shortest_sms"), "shortest_sms", "text")


def _lines(knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    return tuple((name, line.name[FALLBACK_LANGUAGE]) for name, line in knowledge.crisis.lines.items())


def _phrase(key: str, data: Any, _: Knowledge) -> Iterator[Field]:
    path = tuple(key.split("."))
    if isinstance(value_at(data, path), Mapping):
        yield from _by_language(path, "phrase", "text")
    else:  # a text that is the same in every language
        yield Field(path, "phrase", "text", FALLBACK_LANGUAGE, needed=True)


def _by_language(path: tuple[str, ...], label: str, shape: str, *, of: str = "") -> Iterator[Field]:
    for language in LANGUAGES:
        yield Field((*path, language), label, shape, language, of=of, needed=language == FALLBACK_LANGUAGE)
