"""What the trained model reaches on the held-out set is at least what the project promises (benchmarks/quality.py)."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.quality import CEILINGS, FLOORS, MOST_CALIBRATION_ERROR
from bot.evaluation.figures import calibration
from bot.evaluation.items import from_items
from bot.evaluation.quality import Quality
from bot.evaluation.stats import Share


@pytest.fixture(scope="module")
def quality(answers: dict[str, Any]) -> Quality:
    """What the model for the present data does with everything that is held out."""
    return from_items(answers)


@pytest.fixture(scope="module")
def figures(quality: Quality) -> dict[str, Share]:
    return quality.shares


@pytest.mark.nlu
@pytest.mark.parametrize(("name", "floor"), FLOORS.items(), ids=FLOORS)
def test_reaches_at_least(figures: dict[str, Share], name: str, floor: float) -> None:
    """Shares that must not fall."""
    assert figures[name].value >= floor, f"{name}: {figures[name]}"


@pytest.mark.nlu
@pytest.mark.parametrize(("name", "ceiling"), CEILINGS.items(), ids=CEILINGS)
def test_stays_at_most(figures: dict[str, Share], name: str, ceiling: float) -> None:
    """Shares that must not rise."""
    assert figures[name].value <= ceiling, f"{name}: {figures[name]}"


@pytest.mark.nlu
def test_confidence_means_what_it_says(quality: Quality) -> None:
    """Of the answers given with 0.8, about four in five are right."""
    assert calibration(quality.outcomes)[0] <= MOST_CALIBRATION_ERROR
