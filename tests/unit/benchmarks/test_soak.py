"""How much the memory grew is told from the samples after the warm-up, whatever a start or a single peak looks like."""

from __future__ import annotations

import pytest

from benchmarks.load.soak import Sample, growth


def test_the_start_is_not_growth() -> None:
    """Memory that fills in the first tenth and then stays."""
    samples = [Sample(at, 500 + min(at, 100) * 4) for at in range(0, 1001, 10)]
    assert growth(samples) == pytest.approx(0.0)


def test_a_leak_is_growth() -> None:
    """A fifth more from the first tenth to the end."""
    samples = [Sample(at, 1000 + max(0, at - 150) * 200 / 800) for at in range(0, 1001, 10)]
    assert growth(samples) == pytest.approx(0.2, abs=0.005)


def test_one_peak_in_the_end_is_none() -> None:
    """The median of the last tenth is taken."""
    samples = [Sample(at, 900.0 if at == 990 else 600.0) for at in range(0, 1001, 10)]
    assert growth(samples) == pytest.approx(0.0)


def test_memory_that_is_given_back_is_growth_below_nothing() -> None:
    """No absolute value hides it."""
    samples = [Sample(at, 800 - at / 10) for at in range(0, 1001, 10)]
    assert growth(samples) < 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_samples_are_enough(count: int) -> None:
    """A run that was ended after some seconds still has its result."""
    assert growth([Sample(5.0 * number, 700.0) for number in range(count)]) == 0.0
