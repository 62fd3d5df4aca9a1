"""Words that speak for one of two classes, kept as plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from nlu.components.word_regression import WordRegression
from tests.unit.nlu.conftest import DAMAGES, UNUSABLE

FOR = ["the red balloon flew off", "a red balloon", "her red balloon burst", "red balloon, please", "que globo rojó"]
AGAINST = ["the green door creaks", "a green door", "close the green door", "green door, please", "qué puerta verde"]


@pytest.fixture
def fitted() -> WordRegression:
    return WordRegression.fit(FOR + AGAINST, np.array([True] * len(FOR) + [False] * len(AGAINST)), strength=30.0)


def test_words_speak_for_their_class(fitted: WordRegression) -> None:
    """Above 0 for texts like those of the class, below for the others, near neither for words never read."""
    assert fitted.margin("my red balloon") > 0.5
    assert fitted.margin("that green door") < -0.5
    assert abs(fitted.margin("zzz")) < 0.5 and abs(fitted.margin("")) < 0.5


@pytest.mark.parametrize("text", [*FOR, *AGAINST, "a red red RED door, and a balloon", "nothing of it", ""])
def test_one_text_is_read_as_scikit_learn_reads_thousands(fitted: WordRegression, text: str) -> None:
    """The short way to the same number."""
    expected = fitted.bias + sum(float(reading.reader.transform([text]) @ reading.weights) for reading in fitted.readings)
    assert fitted.margin(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["MY RED BALLOON", "my réd balloon", "my\u00a0red balloon", "my red balloon\u2026"])
def test_capitals_accents_and_typography_change_nothing(fitted: WordRegression, text: str) -> None:
    """A thumb leaves them out or puts them in as it likes."""
    plain = "my red balloon..." if text.endswith("\u2026") else "my red balloon"
    assert fitted.margin(text) == pytest.approx(fitted.margin(plain))


def test_what_was_saved_says_the_same(fitted: WordRegression, tmp_path: Path) -> None:
    """To within half precision."""
    fitted.save(tmp_path / "words.npz")
    loaded = WordRegression.load(tmp_path / "words.npz")
    for text in [*FOR, *AGAINST, "a door and a balloon", ""]:
        assert loaded.margin(text) == pytest.approx(fitted.margin(text), abs=0.01)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_raises(fitted: WordRegression, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """It never serves as one that knows nothing."""
    fitted.save(tmp_path / "words.npz")
    damage(tmp_path / "words.npz")
    with pytest.raises(UNUSABLE):
        WordRegression.load(tmp_path / "words.npz")


def test_one_class_alone_raises() -> None:
    """There is nothing to tell apart."""
    with pytest.raises(ValueError):
        WordRegression.fit(FOR, np.array([True] * len(FOR)), strength=30.0)
