"""The messages of a load."""

from __future__ import annotations

from itertools import islice

from benchmarks.load.texts import different_texts, single
from bot.evaluation.held_out import questions


def test_every_text_is_a_different_one_and_fits() -> None:
    """Also where questions are combined: a reply that is kept by its text could never be used."""
    texts = list(islice(different_texts(), 3 * single()))
    assert len(texts) == 3 * single() and len(set(texts)) > 0.999 * len(texts)
    assert max(map(len, texts)) <= 500


def test_nobody_asks_to_be_forgotten() -> None:
    """What was acknowledged could not be found in the history then."""
    asked = {question.text for question in questions() if question.intent == "erase_data"}
    assert asked.isdisjoint(islice(different_texts(), single()))


def test_the_order_is_the_same_every_time() -> None:
    """Runs that are compared send the same."""
    assert list(islice(different_texts(), 50)) == list(islice(different_texts(), 50))
