"""Reads a brief as its publisher wrote it: Markdown with each passage's id in brackets before it."""

from __future__ import annotations

import re

_PASSAGE = re.compile(r"^\[([a-z0-9_]+)\] (.+)$")
_NUMBER = re.compile(r"^\^\d+(,\d+)* ")


def read_passages(markdown: str) -> tuple[dict[str, str], list[str]]:
    """Passage id -> text as printed, in the brief's order, and the ids that occur twice."""
    passages: dict[str, str] = {}
    repeated: list[str] = []
    for line in markdown.splitlines():
        found = _PASSAGE.match(line.strip())
        if not found:
            continue
        name, text = found.groups()
        if name in passages:
            repeated.append(name)
        passages[name] = text
    return passages, repeated


def full_reference(printed: str) -> str:
    """A reference without the numbers that the brief prints before it and without its emphasis."""
    return _NUMBER.sub("", printed).replace("*", "")
