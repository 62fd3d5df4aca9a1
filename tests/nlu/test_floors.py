"""What the trained model reaches on the held-out set is at least what the project promises (benchmarks/quality.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import CEILINGS, FLOORS, measure
from benchmarks.stats import Share
from bot.release import model_path
from bot.settings import Settings


@pytest.fixture(scope="module")
def figures(trained: Path) -> dict[str, Share]:
    """The figures of the model for the present data."""
    return measure(model_path(Settings(var_dir=trained)))[0]


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
