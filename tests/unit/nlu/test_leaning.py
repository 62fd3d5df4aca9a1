"""Messages that only what came before explains, and what people say before the question itself."""

from __future__ import annotations

import pytest

from nlu.components.leaning import LeaningDetector
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, message


@pytest.fixture(scope="module")
def detector() -> LeaningDetector:
    return LeaningDetector.create({}, None, RESOURCE, CONTEXT)


@pytest.mark.parametrize("text", [
    "and if he was born early?", "what about foster babies", "y si nació prematuro", "¿Y con los abuelos?",
])
def test_goes_on(detector: LeaningDetector, text: str) -> None:
    """It begins where the message before ended, often with something else."""
    assert detector.leans(text) == "goes_on"


@pytest.mark.parametrize("text", [
    "Even when I'm tired?", "does that count for aunts too", "is it the same at two", "lo mismo para los papás",
    "and is that so at daycare too",
])
def test_stays(detector: LeaningDetector, text: str) -> None:
    """It points back at what was said and asks more about it."""
    assert detector.leans(text) == "stays"


@pytest.mark.parametrize("text", [
    "what exactly do they mean when they speak of infant mental health, please", "", "🍼",
    "and my husband left us in March and since then she will not let anybody else hold her at all",
    "orphaned babies need what, would you say, from the people around them",
])
def test_stands_alone(detector: LeaningDetector, text: str) -> None:
    """It says what it asks, or so much that it need not lean."""
    assert detector.leans(text) == "no"


@pytest.mark.parametrize("text", ["how often", "at what age", "orphaned babies?", "¿de noche?", "2"])
def test_may_lean(detector: LeaningDetector, text: str) -> None:
    """So short that what came before may be needed."""
    assert detector.leans(text) == "perhaps"


@pytest.mark.parametrize("text", ["with her dad and never once with me", "my baby boy was born seven weeks early"])
def test_hardly_leans(detector: LeaningDetector, text: str) -> None:
    """Brief enough to lean, and long enough to stand alone: it depends on whether it is understood so."""
    assert detector.leans(text) == "hardly"


@pytest.mark.parametrize(("text", "rest"), [
    ("no, I meant the money part", "the money part"),
    ("Actually, forget that. Who do I call?", "Who do I call?"),
    ("no wait, what about day care", "what about day care"),
    ("mejor dígame cómo los llamo", "cómo los llamo"),
    ("no, eso no, ¿y la guardería?", "¿y la guardería?"),
    ("actually", "actually"),
    ("wait what", "wait what"),
    ("actually he is fine", "he is fine"),
    ("is he actually fine", "is he actually fine"),
    ("waiting is hard for her", "waiting is hard for her"),
])
def test_lead_in_is_taken_away(detector: LeaningDetector, text: str, rest: str) -> None:
    """What is left is the question; nothing is taken where nothing would be left."""
    assert detector.without_lead_in(text) == rest


def test_both_are_set_on_the_message(detector: LeaningDetector) -> None:
    """`leans` is what the actions see; the text itself stays as it was typed."""
    spoken = message("no, i meant that part too")
    detector.process([spoken])
    assert spoken.as_dict(only_output_properties=True)["leans"] == "stays"
    assert (spoken.get("asked"), spoken.get("text")) == ("that part too", "no, i meant that part too")
