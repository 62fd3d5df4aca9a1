"""The fields of a form: what each stands for in the file, what it shows, and what a typed value is written as."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Union

from bot.console.edit.yaml_text import REMOVED, Path, tidied, value_at

Value = Union[str, tuple[str, ...]]
"""What a form field holds: a text, "" where nothing is given, or the picked names in order."""
LIST_SHAPES = {"picks", "ticks"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_JOINER = "\u200d"  # holds emoji together, and nothing else here: inside a number or a word it would only hide
_JOINED_WORDS = re.compile(rf"(?<=\w){_JOINER}|{_JOINER}(?=\w)")


class ForeignField(Exception):
    """A form sent a field that this form does not have, such as a passage's text."""


@dataclass(frozen=True)
class Field:
    """One value of a content file that staff may change.

    `label` is a key below `edit.label` in texts.yml; `shape` is line, text, day, pick, picks (in an order) or ticks.
    `empty` is what is written where nothing is given. Where all fields that name the same `whole` are empty, what is at
    that path is written as `whole_empty` instead of each of them.
    """

    path: Path
    label: str
    shape: str
    language: str = ""
    audience: str = ""
    of: str = ""
    needed: bool = False
    empty: Any = REMOVED
    whole: Path = ()
    whole_empty: Any = REMOVED
    options: tuple[tuple[str, str], ...] = ()
    at_most: int = 1

    @property
    def name(self) -> str:
        """Of the form's field: the keys that lead to the value, with dots."""
        return ".".join(self.path)

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    def shown(self, data: Any) -> Value:
        """What the field holds when the file holds `data`."""
        value = value_at(data, self.path)
        if self.shape in LIST_SHAPES:
            return tuple(value or ())
        return "" if value is None else str(value).strip()

    def typed(self, form: Any) -> Value:
        """What a sent form (a multi-dictionary) has in this field, tidied."""
        if self.shape == "picks":
            picked = [form.get(f"{self.name}.{place}", "") for place in range(1, self.at_most + 1)]
            return tuple(dict.fromkeys(value for value in picked if value))
        if self.shape == "ticks":
            ticked = set(form.getlist(self.name))
            return tuple(value for value, _ in self.options if value in ticked)
        text = tidied(form.get(self.name, ""))
        return text if self.shape == "text" else text.replace("\n", " ")

    def names(self) -> set[str]:
        """The names that the field's controls have in a form."""
        if self.shape == "picks":
            return {f"{self.name}.{place}" for place in range(1, self.at_most + 1)}
        return {self.name}


def typed(fields: Iterable[Field], form: Any, *, besides: Iterable[str] = ()) -> dict[str, Value]:
    """Every field's value in a sent form, by field name.

    Raises ForeignField where the form has a field of another name: what is not offered cannot be changed.
    """
    fields = list(fields)
    known = {name for field in fields for name in field.names()} | set(besides)
    if foreign := sorted(set(form) - known):
        raise ForeignField(", ".join(foreign))
    if any(not isinstance(value, str) for _, value in form.multi_items()):
        raise ForeignField("a file")
    return {field.name: field.typed(form) for field in fields}


def unreadable(value: Value) -> bool:
    """Whether characters are in it that nobody can see: they could turn a line around or end it, or part a number so
    that it is dialled otherwise than it is read."""
    return any(_CONTROL.search(text) or _JOINED_WORDS.search(text)
               or any(unicodedata.category(character) == "Cf" and character != _JOINER for character in text)
               for text in ([value] if isinstance(value, str) else value))


def written(fields: Iterable[Field], values: Mapping[str, Value], changes: Iterable[str]) -> dict[Path, Any]:
    """What to write into the file for the changed fields: path -> value, REMOVED where a key goes."""
    fields, changes = list(fields), set(changes)
    wholes: dict[Path, list[Field]] = {}
    for field in fields:
        if field.whole:
            wholes.setdefault(field.whole, []).append(field)
    gone = {whole for whole, members in wholes.items() if not any(values[member.name] for member in members)}
    result: dict[Path, Any] = {}
    for field in fields:
        if field.name not in changes:
            continue
        if field.whole in gone:
            result[field.whole] = field.whole_empty
        else:
            result[field.path] = as_data(field, values[field.name])
    return result


def as_data(field: Field, value: Value) -> Any:
    """A field's value as the file holds it."""
    if field.shape in LIST_SHAPES:
        return list(value)
    if not value and not field.needed:
        return field.empty
    if field.shape == "day" and (day := as_day(str(value))):
        return day
    return value


def as_day(value: str) -> datetime.date | None:
    """A date that is written as 2026-11-28, or None."""
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        return None
