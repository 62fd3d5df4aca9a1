"""What may be kept of a message: the cases stand in masking_cases.yml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.privacy import Masker
from bot.safety import shared_screen

CASES = yaml.safe_load(Path(__file__).with_name("masking_cases.yml").read_text(encoding="utf-8"))
SAFETY_CASES = yaml.safe_load((Path(__file__).parents[1] / "safety_cases.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker.load()


@pytest.mark.parametrize(("typed", "kept"), CASES["masked"], ids=[typed for typed, _ in CASES["masked"]])
def test_what_tells_who_somebody_is_is_masked(masker: Masker, typed: str, kept: str) -> None:
    """And nothing else of the message; what was masked once is not masked again."""
    assert masker.mask(typed) == kept
    assert masker.mask(kept) == kept


@pytest.mark.parametrize("text", CASES["same"], ids=CASES["same"])
def test_other_words_stay(masker: Masker, text: str) -> None:
    """Ages, amounts, crisis numbers, roles, feelings."""
    assert masker.mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a " * 1000,
        "1 " * 1000,
        "my name is " * 180,
        "1-" * 1000,
        "@" * 2000,
        "a@" * 1000,
        "calle " * 330,
        "apt " * 500,
        "born " * 400,
        "12 a a a a " * 180,
        "a.a." * 490 + "@",
        "at " * 660,
        "(505) " * 330,
        "A" * 2000,
        "\U0001f476" * 2000,
        "de la " * 330,
        "0" * 2000,
        "",
        "\x00",
        "ß" * 2000,
        "İ" * 2000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_text_breaks_it(masker: Masker, text: str) -> None:
    """Of the longest that is taken; a pattern that runs away would hang here."""
    assert isinstance(masker.mask(text), str)


def test_words_of_danger_are_rarely_masked(masker: Masker) -> None:
    """Danger is heard before anything is masked; this is the second net, where the stored words are read again."""
    screen, lost = shared_screen(), []
    texts = [text for text in _texts(SAFETY_CASES) if screen.screen(text)]
    lost = [text for text in texts if not screen.screen(masker.mask(text))]
    assert len(texts) > 300 and len(lost) <= len(texts) // 200, lost


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [node] if isinstance(node, str) else []
