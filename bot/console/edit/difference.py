"""What a change changes, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

# With the blanks behind it: by themselves they would be what most texts have in common.
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True)
class Run:
    """Words that stayed (same), went (out) or came (in)."""

    how: str
    text: str


def words(before: str, after: str) -> list[Run]:
    """The way from one text to the other, in order.

    The runs that are not `out` make the second text; those that are not `in` the first, but for kinds of blanks.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    bare = ([word.rstrip() for word in side] for side in (old, new))
    compared = difflib.SequenceMatcher(None, *bare, autojunk=False)
    runs: list[Run] = []
    for how, start, end, first, last in compared.get_opcodes():
        if how == "equal":
            runs.append(Run("same", "".join(new[first:last])))
            continue
        if start < end:
            runs.append(Run("out", "".join(old[start:end])))
        if first < last:
            runs.append(Run("in", "".join(new[first:last])))
    return runs
