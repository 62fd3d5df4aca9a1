"""How fields and subjects are called on a page."""

from __future__ import annotations

from typing import Sequence

from bot.console.edit.fields import Field, Value
from bot.console.edit.places import Place
from bot.console.edit.subjects import SHARED, Subject, title
from bot.console.texts import say, sentences
from bot.knowledge import Knowledge
from bot.knowledge.values import LANGUAGES


def label(field: Field, place: int = 1) -> str:
    """The label of a field; of several picks in an order, that of the one at `place`."""
    return say(f"edit.label.{field.label}", place=place, of=_named(field.of),
               language=say(f"edit.language.{field.language}") if field.language else "",
               audience=say(f"edit.audience.{field.audience}") if field.audience else "")


def hint(field: Field, **values: object) -> str:
    """A word of help on a field; "" where none is needed."""
    for key in (field.label, field.shape):
        if f"edit.hint.{key}" in sentences():
            return say(f"edit.hint.{key}", **values)
    return ""


def _named(of: str) -> str:
    """A language in words; a danger or a line by its id with blanks."""
    return say(f"edit.language.{of}") if of in LANGUAGES else of.replace("_", " ")


def words_of(field: Field, value: Value) -> str:
    """A value in words: what was picked by its name."""
    named = {name: _option(field, shown) for name, shown in field.options}
    if isinstance(value, tuple):
        return "; ".join(named.get(name, name) for name in value)
    return named.get(value, value) if field.shape == "pick" else value


def options(field: Field) -> list[tuple[str, str]]:
    """What can be picked: value and words."""
    return [(value, _option(field, shown)) for value, shown in field.options]


def _option(field: Field, shown: str) -> str:
    return say(f"edit.language.{shown}") if field.label == "languages" else shown


def called(subject: Subject, knowledge: Knowledge) -> str:
    """A subject's name for people."""
    if subject.name == SHARED:
        return say(f"edit.shared.{subject.kind}")
    return title(subject, knowledge).replace("_", " ") if subject.kind == "danger" else title(subject, knowledge)


def place_words(place: Place, knowledge: Knowledge) -> str:
    """Where a line is, in words."""
    return say(f"edit.place.{place.how}", name=called(place.subject, knowledge), position=place.position,
               language=say(f"edit.language.{place.language}") if place.language else "")


def groups(subject: Subject, fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    """The fields in the boxes of a form: the key of each box's legend below `edit.group`, and what is in it."""
    boxes: dict[str, list[Field]] = {}
    for field in fields:
        boxes.setdefault(_box(subject, field), []).append(field)
    return list(boxes.items())


def _box(subject: Subject, field: Field) -> str:
    if subject.kind == "topic":
        if field.path[0] == "answer":
            return f"{field.audience}_{field.language}"
        return {"title": "titles", "related": "leads", "why": "leads"}.get(field.path[0], "translation")
    if subject.kind == "line":
        return "line" if field.path[:2] == ("lines", subject.name) else "texts"
    return subject.kind
