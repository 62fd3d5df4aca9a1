"""Where a page ended, as it stands in an address: the values of the index, joined by `_`."""

from __future__ import annotations

from typing import Callable

_SEPARATOR = "_"


class Cursor:
    """`str()` of it goes into an address."""

    def __init__(self, *values: float | int) -> None:
        self._values = values

    def __str__(self) -> str:
        return _SEPARATOR.join(repr(value) for value in self._values)


def read_cursor(text: str, *types: Callable[[str], float | int]) -> tuple[float | int, ...] | None:
    """The values of a cursor; None, the first page, for what is none."""
    parts = text.split(_SEPARATOR)
    if len(parts) != len(types):
        return None
    try:
        values = tuple(kind(part) for kind, part in zip(types, parts))
    except ValueError:
        return None
    # What no column can hold is no place in a list (2^53: what a float still counts).
    return values if all(abs(value) < 2 ** 53 for value in values) else None
