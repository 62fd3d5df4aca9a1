"""Danger before opt-out before keyword before question: the labelled messages stand in keyword_cases.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import yaml

from bot.safety import CrisisScreen, shared_screen
from bot.sms.keywords import Keywords, Wish

CASES = yaml.safe_load(Path(__file__).with_name("keyword_cases.yml").read_text(encoding="utf-8"))
AT_LEAST = 120


def cases() -> Iterator[pytest.param]:
    for label, languages in CASES.items():
        for language, messages in languages.items():
            for message in messages:
                yield pytest.param(message, label, language, id=f"{label}: {message}")


@pytest.fixture(scope="module")
def keywords() -> Keywords:
    return Keywords.load()


@pytest.fixture(scope="module")
def screen() -> CrisisScreen:
    return shared_screen()


@pytest.mark.parametrize(("message", "label", "language"), cases())
def test_a_message_asks_what_it_says(keywords: Keywords, screen: CrisisScreen, message: str, label: str,
                                     language: str) -> None:
    """The rules of danger are asked first, then the keywords."""
    heard = "crisis" if screen.screen(message) else None
    keyword = keywords.read(message)
    assert (heard or (keyword.wish.value if keyword else "none")) == label
    if label not in {"none", "crisis"} and keyword:
        assert keyword.language == language


def test_there_are_enough_cases_and_none_twice() -> None:
    """In both languages."""
    every = [message for languages in CASES.values() for messages in languages.values() for message in messages]
    assert len(every) >= AT_LEAST and len(set(every)) == len(every)
    assert all({"en", "es"} <= set(languages) for languages in CASES.values())


@pytest.mark.parametrize(
    "word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ALTO", "PARE"]
)
def test_every_word_of_the_contract_stops(keywords: Keywords, word: str) -> None:
    """In any case, with a sign behind it."""
    assert all(keywords.read(text).wish is Wish.STOP for text in (word, word.lower(), f"{word.title()}."))


@pytest.mark.parametrize(("text", "known"), [("STOP", True), ("stop please", False), ("ALTO", False), ("Help", True),
                                             ("please stop texting me", False), ("unstop", True)])
def test_what_the_provider_answers_by_itself(keywords: Keywords, text: str, known: bool) -> None:
    """Its own words when they are alone; nothing else."""
    assert keywords.read(text).known_to_provider is known


@pytest.mark.parametrize(("text", "language"), [
    ("my baby cries all day", "en"), ("mi bebé llora todo el día", "es"), ("ok", None), ("", None),
    ("¿por qué llora?", "es"), ("MORE", None), ("ya no quiero vivir", "es"), ("i want to die", "en"),
])
def test_the_small_words_tell_the_language(keywords: Keywords, text: str, language: str | None) -> None:
    assert keywords.language(text) == language


def test_a_long_message_is_no_keyword(keywords: Keywords) -> None:
    """And costs nothing."""
    assert keywords.read("stop " * 400) is None
