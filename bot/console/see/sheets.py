"""Tables as they are shown and as they are exported: the same rows, in HTML and in CSV.

The CSV is UTF-8 with a byte order mark: Excel reads it as Windows-1252 without one, and every "¿" and "é" of a question
is broken; LibreOffice, Numbers, R and Python's `utf-8-sig` read past it. Every cell is quoted and lines end with CR LF.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, Union

from bot.console.see.figures import Share

BYTE_ORDER_MARK = "\ufeff"
# What makes a spreadsheet program take a cell for a formula, full-width forms included. Behind a semicolon or a line's
# end too: a program whose separator is the semicolon begins a cell there, quoted or not.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[^\S\t\r]*[=+\-@\t\r＝＋－＠])")


@dataclass(frozen=True)
class Name:
    """Something that has a name for the reader: `of` says what it is (channel, topic, …), `value` which one."""

    of: str
    value: str


@dataclass(frozen=True)
class Split:
    """How often each value of something with names came."""

    of: str
    counts: tuple[tuple[str, int], ...]


Cell = Union[str, int, float, Share, Name, Split, None]
Row = tuple[Cell, ...]
Namer = Callable[[Name], str]


@dataclass(frozen=True)
class Table:
    """`columns` are keys of what stands above them; a column named `…_ms` holds milliseconds."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]


def csv_lines(table: Table, title: Callable[[str], str], named: Namer) -> Iterator[str]:
    """The table as CSV, a line at a time. A share is a number from 0 to 1; what is not known is an empty cell."""
    yield BYTE_ORDER_MARK + _line([neutral(title(column)) for column in table.columns])
    for row in table.rows:
        yield _line([_plain(cell, named) for cell in row])


def neutral(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet program would begin to calculate."""
    return _FORMULA.sub(r"\1'", text)


def _plain(cell: Cell, named: Namer) -> str:
    if isinstance(cell, Share):
        cell = cell.value
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4g}"
    if isinstance(cell, int):
        return str(cell)
    return neutral(in_words(cell, named))


def in_words(cell: str | Name | Split, named: Namer) -> str:
    """A cell that is not a number, as it is read."""
    if isinstance(cell, Split):
        return ", ".join(f"{named(Name(cell.of, value))} {number}" for value, number in cell.counts)
    return named(cell) if isinstance(cell, Name) else cell


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(cells)
    return written.getvalue()
