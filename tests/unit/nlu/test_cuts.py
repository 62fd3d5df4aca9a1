"""Where a message falls into two questions."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.components.cuts import Half, cuts, plainest
from nlu.components.ranking import Ranking

# Two encoders, two numbers each.
WIDTHS = (2, 2)
EAST, NORTH = np.array([1, 0, 1, 0], np.float32), np.array([0, 1, 0, 1], np.float32)


def test_every_cut_is_tried() -> None:
    """Three parts have two cuts; no words are lost and none change sides."""
    tried = cuts(["one", "two", "three"], [EAST, NORTH, NORTH], WIDTHS)
    assert [(before.text, behind.text) for before, behind in tried] == [("one", "two three"), ("one two", "three")]


def test_message_of_one_part_has_no_cut() -> None:
    """Nor has one of none."""
    assert cuts(["one"], [EAST], WIDTHS) == cuts([], [], WIDTHS) == []


def test_half_is_the_mean_of_its_parts_by_their_words() -> None:
    """A part of three words weighs three times a part of one; each encoder's share is of unit length again."""
    ((_, behind), _) = cuts(["x", "three words here", "one"], [EAST, EAST, NORTH], WIDTHS)
    assert behind.vector == pytest.approx(np.array([3, 1, 3, 1]) / np.sqrt(10), abs=1e-6)


def rank_by(table: dict[float, Ranking]):
    return lambda vector: table[float(vector[0])]


def ranking(**confidences: float) -> Ranking:
    return [{"name": name, "confidence": sure} for name, sure in sorted(confidences.items(), key=lambda item: -item[1])]


def half(number: float) -> Half:
    return Half(str(number), np.array([number], np.float32))


def test_plainest_cut_is_the_one_whose_less_certain_half_is_most_certain() -> None:
    """A cut in the middle of a question leaves one half that says little."""
    rank = rank_by({1: ranking(ask_contact=0.9), 2: ranking(ask_indicators=0.3), 3: ranking(ask_contact=0.7),
                    4: ranking(ask_indicators=0.8)})
    chosen, rankings = plainest([(half(1), half(2)), (half(3), half(4))], rank)
    assert [one.text for one in chosen] == ["3", "4"]
    assert [ranked[0]["name"] for ranked in rankings] == ["ask_contact", "ask_indicators"]


def test_halves_about_one_thing_are_no_cut() -> None:
    """However sure both are."""
    rank = rank_by({1: ranking(ask_contact=0.9), 2: ranking(ask_contact=0.8)})
    assert plainest([(half(1), half(2))], rank) is None


def test_danger_beside_a_topic_is_a_cut() -> None:
    """The question beside it is answered after the lines."""
    rank = rank_by({1: ranking(crisis=0.9, ask_contact=0.1), 2: ranking(ask_contact=0.8)})
    assert plainest([(half(1), half(2))], rank) is not None
