"""What can be told of a form by itself: what is missing, numbers that cannot be dialled, days that are none.

Known before any content is read, so that nothing half written is ever rendered.
"""

from __future__ import annotations

import datetime
import re
import string
from typing import Iterator, Mapping, Sequence

import phonenumbers

from bot.console.edit.fields import Field, Value, as_day, unreadable
from bot.console.edit.findings import Finding, found
from bot.console.edit.subjects import Subject

# Dialled as they are; everything else is a number with its country.
SHORT_NUMBERS = ("911", "988")
FRESH_DAYS = 31
_NUMBERS = ("phone", "display", "text_number", "tty")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_SOURCE = re.compile(r"https?://[\w.-]+\.\w+(/\S*)?")


def form_findings(subject: Subject, fields: Sequence[Field], values: Mapping[str, Value], before: Mapping[str, Value],
                  today: datetime.date) -> Iterator[Finding]:
    """What is wrong with the values; `before` are those of the file."""
    for field in fields:
        value = values[field.name]
        if unreadable(value):
            yield found(field.name, "unreadable")
        elif field.needed and not value:
            yield found(field.name, "missing")
        elif value and isinstance(value, str):
            yield from _shaped(field, value, changed=value != before[field.name], today=today)
    yield from _translations(fields, values)
    if subject.kind == "line":
        yield from _line(subject.name, fields, values, before, today)


def _any_of(whole: tuple[str, ...], fields: Sequence[Field], values: Mapping[str, Value]) -> bool:
    return any(values[field.name] for field in fields if field.whole == whole)


def _shaped(field: Field, value: str, *, changed: bool, today: datetime.date) -> Iterator[Finding]:
    if field.label in ("phone", "text_number") and not _is_number(value):
        yield found(field.name, "not_a_number", short=" and ".join(SHORT_NUMBERS))
    elif field.label == "email" and not _ADDRESS.fullmatch(value):
        yield found(field.name, "not_an_address")
    elif field.label == "source" and not _SOURCE.fullmatch(value):
        yield found(field.name, "not_a_source")
    elif field.label == "extension" and not value.isdecimal():
        yield found(field.name, "not_digits")
    elif field.shape == "day" and changed:
        day = as_day(value)
        if day is None:
            yield found(field.name, "not_a_day", today=today)
        elif day > today:
            yield found(field.name, "day_to_come", today=today)
    elif field.path[0] != "answer" and not _blanks_are_plain(value):
        yield found(field.name, "blank_with_format")


def _is_number(value: str) -> bool:
    """+1 and ten digits of a number that exists, or one of the short numbers."""
    if value in SHORT_NUMBERS:
        return True
    if not re.fullmatch(r"\+\d{8,15}", value):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False


def _blanks_are_plain(value: str) -> bool:
    """`{name}` and nothing more: `{name:>999999999}` would fill the memory of whoever renders it."""
    try:
        return not any(layout or conversion for _, _, layout, conversion in string.Formatter().parse(value))
    except ValueError:
        return True  # told by the check, with the reason


def _translations(fields: Sequence[Field], values: Mapping[str, Value]) -> Iterator[Finding]:
    """Where a mapping may be left out, it is there as a whole or not at all."""
    for field in fields:
        if field.whole and not field.needed and not values[field.name] and _any_of(field.whole, fields, values):
            # An answer needs all its wordings; how Spanish is reached needs the English text, which everybody has.
            if field.path[0] == "answer" or field.language == "en":
                yield found(field.name, "rest_missing")


def _line(name: str, fields: Sequence[Field], values: Mapping[str, Value], before: Mapping[str, Value],
          today: datetime.date) -> Iterator[Finding]:
    """A number that changed was checked: where, and on which day not long ago."""
    own = {field.label: field.name for field in fields if field.path[:2] == ("lines", name)}
    checked = str(values[own["checked"]])
    day = as_day(checked)
    if any(values[own[label]] != before[own[label]] for label in _NUMBERS):
        retyped = checked != before[own["checked"]] or day == today
        if not (retyped and day and today - datetime.timedelta(FRESH_DAYS) <= day <= today):
            yield found(own["checked"], "check_anew", today=today, days=FRESH_DAYS)
    elif checked and day is None and not _MONTH.fullmatch(checked):
        yield found(own["checked"], "not_a_day", today=today)
    phone, display = (re.sub(r"\D", "", str(values[own[label]])).removeprefix("1") for label in ("phone", "display"))
    if phone != display:
        yield found(own["display"], "shown_otherwise", phone=values[own["phone"]])
