"""Single values of a content file are changed and every other line stays, byte for byte."""

from __future__ import annotations

import datetime
import difflib
from typing import Any

import pytest
import yaml

from bot.console.edit.yaml_text import REMOVED, changed, read, tidied, value_at
from bot.errors import ImhError
from bot.knowledge import CONTENT

EDITED = [*sorted((CONTENT / "topics").glob("*.yml")),
          *(CONTENT / f"{name}.yml" for name in ("contacts", "crisis", "phrases"))]


def content(name: str) -> str:
    """A content file's text."""
    return (CONTENT / name).read_text(encoding="utf-8")


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


@pytest.mark.parametrize("path", EDITED, ids=lambda path: path.stem)
def test_nothing_changes_where_nothing_is_changed(path: Any) -> None:
    """Comments, order, quotes, folding, `null`: the file as it was."""
    text = path.read_text(encoding="utf-8")
    assert changed(text, {}) == text


def test_only_the_edited_lines_change() -> None:
    """A folded text of a topic: its own lines and no other."""
    before = content("topics/indicators.yml")
    after = changed(before, {("answer", "en", "parent", "plain"): "One. " * 40 + "End."})
    gone, came = difference(before, after)
    own = value_at(read(before), ("answer", "en", "parent", "plain"))
    assert " ".join(line.strip() for line in gone) == own
    assert " ".join(line.strip() for line in came) == "One. " * 40 + "End."
    assert max(map(len, came)) <= 120


@pytest.mark.parametrize(("path", "value", "line"), [
    (("lines", "emergency", "phone"), "988", '    phone: "988"'),
    (("lines", "emergency", "sms"), "911", '    sms: "911" # texts to 911 are not taken in every county'),
    (("lines", "cyfd", "checked"), datetime.date(2026, 11, 28), "    checked: 2026-11-28"),
    (("lines", "lifeline_988", "sms"), None, "    sms: null"),
    (("kinds", "abuse"), ["emergency", "cyfd"], "  abuse: [emergency, cyfd]"),
    (("lines", "cyfd", "name", "en"), "CYFD, intake: day",
     '    name: {en: "CYFD, intake: day", es: "CYFD, línea estatal para reportar abuso"}'),
])
def test_a_value_keeps_its_dress(path: tuple[str, ...], value: Any, line: str) -> None:
    """Quoted stays quoted, a list stays on its line, a comment behind it stays there."""
    before = content("crisis.yml")
    gone, came = difference(before, changed(before, {path: value}))
    assert came == [line] and len(gone) == 1


@pytest.mark.parametrize("text", ["no", "On", "~", "null", "1:30", "911", "2026-11-28", "a: b", "# x", "- x",
                                  "{a}", "[a]", "“x” #y", "*x", "&x", "!x", "%x", "@x", "`x`", "'", '"', "\\", "x:",
                                  "?", "=", "<<", "é"])
def test_any_text_is_read_back_as_that_text(text: str) -> None:
    """By the bot, whose YAML takes `no` for a truth and `1:30` for ninety."""
    for name, path in (("phrases.yml", ("goodbye", "en")), ("crisis.yml", ("lines", "cyfd", "name", "en")),
                       ("topics/indicators.yml", ("answer", "en", "parent", "sms"))):
        assert value_at(yaml.safe_load(changed(content(name), {path: text})), path) == text


def test_paragraphs_stay_paragraphs() -> None:
    """A translation has one for each passage."""
    path = ("translation", "es")
    text = "\n".join(["uno dos " * 30 + "fin.", "Tres.", "cuatro " * 30 + "fin."])
    assert value_at(yaml.safe_load(changed(content("topics/contact.yml"), {path: text})), path) == text


def test_an_entry_of_a_list_is_found_by_its_id() -> None:
    """And gets a key that it did not have."""
    before = content("contacts.yml")
    path = ("contacts", "contact_clarke", "email")
    gone, came = difference(before, changed(before, {path: "jane@example.org"}))
    assert (gone, came) == ([], ["    email: jane@example.org"])
    assert difference(before, changed(changed(before, {path: "jane@example.org"}), {path: REMOVED})) == ([], [])


def test_a_new_line_is_only_added() -> None:
    """No other line moves; what is not known is said to be null."""
    before = content("crisis.yml")
    line = {"name": {"en": "A", "es": "B"}, "phone": "+15055550123", "sms": None, "languages": ["en", "es"]}
    gone, came = difference(before, changed(before, {("lines", "county"): line}))
    assert gone == [] and "  county:" in came and "    sms: null" in came and "    languages: [en, es]" in came


def test_a_language_that_was_missing_is_added() -> None:
    """With the mappings that lead to it."""
    before = content("topics/indicators.yml")
    without = changed(before, {("answer", "es"): REMOVED, ("translation",): REMOVED})
    path = ("answer", "es", "parent", "plain")
    again = changed(without, {path: "Hola.", ("translation", "es"): "Adiós."})
    assert value_at(read(again), path) == "Hola." and difference(without, again)[0] == []


def test_a_date_is_read_as_its_text() -> None:
    """However it is written in the file."""
    assert value_at(read("a: 2026-11-28\n"), ("a",)) == "2026-11-28" and value_at(read("a: b"), ("a", "b")) is None


def test_texts_are_tidied() -> None:
    """One blank between words, no blank lines, accents as one character."""
    assert tidied("  a \t b\r\n\r\n\r\nmama\u0301  ") == "a b\nmamá"


LOPEZ = {"id": "contact_lopez", "name": "Ana López", "phone": "+15055550142", "display": "(505) 555-0142"}


def test_an_entry_of_a_list_comes_behind_the_others() -> None:
    """With its own lines and no other; what would be read as a number stands in quotes."""
    before = content("contacts.yml")
    gone, came = difference(before, changed(before, {("contacts", "contact_lopez"): LOPEZ}))
    assert gone == [] and came == ["  - id: contact_lopez", "    name: Ana López", '    phone: "+15055550142"',
                                   "    display: (505) 555-0142"]


@pytest.mark.parametrize("name", ["contact_clarke", "contact_harris", "contact_moriarta"])
def test_an_entry_of_a_list_goes_with_its_lines(name: str) -> None:
    """The first, one in the middle and the last alike; and comes back to the same."""
    before = content("contacts.yml")
    after = changed(before, {("contacts", name): REMOVED})
    gone, came = difference(before, after)
    assert came == [] and gone[0] == f"  - id: {name}" and len(gone) in (7, 8)
    assert value_at(read(after), ("contacts", name)) is None and len(read(after)["contacts"]) == 3


def test_a_value_of_an_entry_that_is_gone_is_refused() -> None:
    """Nothing half comes back of it."""
    with pytest.raises(ImhError, match="contacts.contact_lopez is not there"):
        changed(content("contacts.yml"), {("contacts", "contact_lopez", "phone"): "+15055550142"})
