"""What a change changes, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_PIECE = re.compile(r"\S+|\s+")


@dataclass(frozen=True)
class Run:
    """Words that stayed (same), went (out) or came (in)."""

    how: str
    text: str


def words(before: str, after: str) -> list[Run]:
    """The way from one text to the other; the runs that are not `in` are the first text, those that are not `out` the second."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    runs: list[Run] = []
    for how, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            runs.append(Run("same", "".join(old[start:end])))
            continue
        if start < end:
            runs.append(Run("out", "".join(old[start:end])))
        if first < last:
            runs.append(Run("in", "".join(new[first:last])))
    return runs
