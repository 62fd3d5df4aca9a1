"""Alphabets, septets and segments; the vectors stand in segment_vectors.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import pytest
import yaml

from bot.sms.segments import MAX_SEGMENTS, Size, fold, size, split

VECTORS = yaml.safe_load(Path(__file__).with_name("segment_vectors.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS])
def test_a_text_is_counted_as_it_is_sent(vector: Mapping[str, Any]) -> None:
    """Alphabet, units and segments of the vector."""
    text = vector["text"] * vector.get("repeat", 1) + vector.get("then", "")
    assert size(text) == Size(vector["alphabet"], vector["units"], vector["segments"])


@pytest.mark.parametrize(("text", "folded"), [
    pytest.param("“It’s” ‘so’", "\"It's\" 'so'", id="quotation marks"),
    pytest.param("0–3 — later…", "0-3 - later...", id="dashes and dots"),
    pytest.param("331\u00a07138 • x", "331 7138 - x", id="no-break space and bullet"),
    pytest.param("«so» ‹it› „is‟ ‚now‛", "\"so\" 'it' \"is\" 'now'", id="quotation marks of others"),
    pytest.param("5′ 6″ it`s itʼs it´s", "5' 6\" it's it's it's", id="primes and accents for apostrophes"),
    pytest.param("a‐b 505‑331 0‒3 ― −2 · x", "a-b 505-331 0-3 - -2 - x", id="more dashes and dots"),
    pytest.param("5\u2009kg 331\u202f7138 a\u2003b", "5 kg 331 7138 a b", id="blanks of other widths"),
    pytest.param("in\u00adfant men\u200btal\u2060 \ufeffhealth", "infant mental health", id="what nobody sees"),
    pytest.param("mamá, aquí, ÓPTIMO, tú", "mama, aqui, OPTIMO, tu", id="accents outside the alphabet"),
    pytest.param("¿Qué? ¡Niño, pingüino!", "¿Qué? ¡Niño, pingüino!", id="Spanish inside the alphabet stays"),
    pytest.param("mama\u0301 n\u0303", "mama ñ", id="accents written as marks of their own"),
    pytest.param("👶 ok", "👶 ok", id="what has no plain form stays"),
])
def test_folding(text: str, folded: str) -> None:
    """Typographic marks and costly accents become plain; folding twice changes nothing more."""
    assert fold(text) == folded
    assert fold(folded) == folded


SENTENCES = "A baby cries. Somebody comes! Does it help? It does. "


@pytest.mark.parametrize("text", [
    pytest.param(SENTENCES * 40, id="sentences"),
    pytest.param("word " * 400, id="a sentence without an end"),
    pytest.param("x" * 2000, id="a word without an end"),
    pytest.param("👶" * 400, id="surrogate pairs"),
    pytest.param("€{}" * 300, id="extension pairs"),
    pytest.param(("Mamá llora. " * 30 + "\n") * 3, id="lines in UCS-2"),
])
def test_a_long_text_is_split_into_messages_that_fit(text: str) -> None:
    """In order, nothing lost but blanks, three segments each, and no more of them than needed."""
    pages = split(text)
    assert all(1 <= size(page).segments <= MAX_SEGMENTS for page in pages)
    assert "".join("".join(pages).split()) == "".join(text.split())
    assert all(size(f"{one} {other}").segments > MAX_SEGMENTS for one, other in zip(pages, pages[1:])
               if not (one.endswith((".", "!", "?")) or other[0] in "AS"))


def test_sentences_stay_whole() -> None:
    """Every message begins and ends with one."""
    for page in split(SENTENCES * 40):
        assert page[0].isupper() and page[-1] in ".!?"


@pytest.mark.parametrize("piece", [
    "(505) 331-7138", "1-855-662-7474", "+1 505 331 7138", "https://nmaimh.org/a/very/long/path?with=a&query=b",
    "info@nmaimh.org", "+1 (505) 331-7138", "1 (505) 331-7138", "505.331.7138", "(505) 331.7138", "505/331-7138",
    "1-800-799-SAFE", "988lifeline.org/chat", "3-year-old", "24/7", "(505) 331-7138.", "505-331-7138;",
])
@pytest.mark.parametrize("before", range(400, 460, 2))
def test_a_number_or_a_link_stays_whole(piece: str, before: int) -> None:
    """Wherever the cut falls."""
    assert sum(piece in page for page in split(f"{'y ' * (before // 2)}{piece} {'z ' * 40}")) == 1


def test_a_row_of_numbers_is_cut_between_them() -> None:
    """It is no number to call."""
    numbers = [str(number) for number in range(1000, 1300)]
    assert " ".join(split(" ".join(numbers))).split() == numbers


def test_room_is_left() -> None:
    """For what is written behind each message."""
    room = " MORE...\nHelp now: 988"
    pages = split(SENTENCES * 40, room=room)
    assert all(size(page + room).segments <= MAX_SEGMENTS for page in pages)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_one_empty_message(text: str) -> None:
    assert split(text) == [""]
