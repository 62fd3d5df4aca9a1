"""Sorts of an intent: named by what a line is marked with, added up where an intent is asked for."""

from __future__ import annotations

import pytest

from nlu.components.sorts import intent_of, ranked, sort_of


@pytest.mark.parametrize(("intent", "marks", "sort"), [
    ("crisis", {"kind": "poison", "voice": "ana"}, "crisis|poison"),
    ("out_of_scope", {"distance": "near", "language": "es"}, "out_of_scope|near"),
    ("out_of_scope", {"voice": "ana"}, "out_of_scope"),
    ("ask_contact", {}, "ask_contact"),
])
def test_a_sort_says_its_intent(intent: str, marks: dict[str, str], sort: str) -> None:
    """Marks that name no sort are passed over."""
    assert sort_of(intent, marks) == sort
    assert intent_of(sort) == intent


def test_the_sorts_of_an_intent_add_up() -> None:
    """Two sorts of which neither leads may lead together; every intent stands once."""
    ranking = ranked(["crisis", "crisis", "greet", "ask_contact"], [0.25, 0.3, 0.4, 0.05])
    assert [entry["name"] for entry in ranking] == ["crisis", "greet", "ask_contact"]
    assert [entry["confidence"] for entry in ranking] == pytest.approx([0.55, 0.4, 0.05])
