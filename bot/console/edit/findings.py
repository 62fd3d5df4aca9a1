"""What is wrong with a change, at the field where it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Sequence

from bot.console.edit.fields import Field
from bot.console.texts import say
from bot.errors import Problem


@dataclass(frozen=True)
class Finding:
    """A sentence, and the name of the field that it is about; "" where it is about none of the form."""

    field: str
    sentence: str


def found(field: str, key: str, **values: object) -> Finding:
    """The finding whose sentence stands under `edit.problem.<key>`."""
    return Finding(field, say(f"edit.problem.{key}", **values))


def placed(problems: Iterable[Problem], file: str, fields: Sequence[Field],
           entries: Sequence[str]) -> Iterator[Finding]:
    """The problems of a check, each at its field; `entries` are the ids of a list of contacts, in its order.

    A problem that belongs to no field names its file and key in words.
    """
    for problem in problems:
        name = next(iter(_fields_at(_by_id(problem.key, entries), fields)), "") if problem.file == file else ""
        yield Finding(name, problem.mend if name else str(problem))


def _fields_at(key: str, fields: Sequence[Field]) -> Iterator[str]:
    """The field of the key, those below it, and the one above it, in this order."""
    for fits in (lambda name: name == key, lambda name: name.startswith(f"{key}."),
                 lambda name: key.startswith(f"{name}.")):
        yield from (field.name for field in fields if key and fits(field.name))


def _by_id(key: str, entries: Sequence[str]) -> str:
    """`contacts.1.phone` and `contact_clarke` as the form names them: `contacts.contact_clarke.phone`."""
    first, _, rest = key.partition(".")
    if first in entries:
        # About the number as it is printed: the check of a contact knows no other.
        return f"contacts.{first}.display"
    place, _, last = rest.partition(".")
    if first == "contacts" and place.isdecimal() and int(place) < len(entries):
        return ".".join(filter(None, ("contacts", entries[int(place)], last)))
    return key
