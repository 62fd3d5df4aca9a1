"""Tables as CSV that a spreadsheet program may open."""

from __future__ import annotations

import csv
import io

import pytest

from bot.console.see.figures import Share
from bot.console.see.sheets import BYTE_ORDER_MARK, Name, Split, Table, csv_lines, neutral


def read(table: Table) -> list[list[str]]:
    """The cells, as a program reads them."""
    text = "".join(csv_lines(table, str.upper, lambda name: f"{name.of}:{name.value}"))
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_a_table_is_written_with_its_titles_and_read_back() -> None:
    """Quotes, commas, line breaks and Spanish signs included; lines end with CR LF."""
    hostile = 'she said "¿qué?", then\nleft'
    table = Table("t", ("word", "number"), ((hostile, 3), ("", -4)))
    assert read(table) == [["WORD", "NUMBER"], [hostile, "3"], ["", "-4"]]
    assert "".join(csv_lines(table, str, str)).count("\r\n") == 3  # type: ignore[arg-type]


def test_it_begins_with_a_byte_order_mark() -> None:
    """Or Excel breaks every sign that is not English; in the first line only."""
    lines = list(csv_lines(Table("t", ("a",), (("b",), ("c",))), str, str))  # type: ignore[arg-type]
    assert [line.startswith("\ufeff") for line in lines] == [True, False, False]
    assert "".join(lines).encode("utf-8").startswith(b"\xef\xbb\xbf")


def test_cells_that_are_not_text_have_one_form() -> None:
    """Shares from 0 to 1, nothing where nothing is known, names as the caller calls them."""
    split = Split("language", (("en", 2), ("es", 1)))
    row = (Share(1, 8), Share(1, 4), None, 35.1234, 0, Name("channel", "web"), split)
    assert read(Table("t", tuple("abcdefg"), (row,)))[1] == [
        "0.125", "", "", "35.12", "0", "channel:web", "language:en 2, language:es 1"]


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    '=cmd|" /C calc"!A0', "=HYPERLINK(\"http://x\")"])
def test_no_cell_of_words_begins_a_formula(text: str) -> None:
    """In a cell, in a title, in a name; an apostrophe stands before it."""
    assert neutral(text).startswith("'") and neutral(text)[1:].replace("'", "") == text
    table = Table("t", (text,), ((text,), (Name("topic", text),)))
    written = "".join(csv_lines(table, str, lambda name: name.value)).removeprefix(BYTE_ORDER_MARK)
    assert all(row[0].startswith("'") for row in csv.reader(io.StringIO(written, newline="")))


def test_no_formula_begins_behind_a_semicolon_either() -> None:
    """A program set to a Spanish number format splits there."""
    assert neutral("hola;=1+1; @x\n-2") == "hola;'=1+1;' @x\n'-2"


@pytest.mark.parametrize("text", ["a - b", "what is 1+1=2", "me@example.org", "¿es normal?", "'quoted", "a; b"])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text
