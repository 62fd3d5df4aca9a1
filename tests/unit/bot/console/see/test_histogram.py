"""Percentiles out of a histogram."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bot.evaluation.stats import percentile as exact
from bot.console.see.histogram import ERROR, GROWTH, LONGEST_MS, bucket, percentile


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("spread", [0.1, 0.7, 2.0])
def test_a_percentile_is_at_most_the_promised_error_off(share: float, spread: float) -> None:
    """Against the nearest rank of the times themselves, from milliseconds to minutes."""
    chance = random.Random(3)
    times = [min(max(1.0, chance.lognormvariate(4, spread)), LONGEST_MS) for _ in range(2_001)]
    found = percentile(Counter(map(bucket, times)), share)
    assert found is not None and abs(found / exact(times, share) - 1) <= ERROR + 1e-9
    assert ERROR < 0.025


@pytest.mark.parametrize("number", [0, 1, 14, 100, 272])
def test_the_edge_of_a_bucket_belongs_to_it(number: int) -> None:
    """Floating point does not push 1.05^n into bucket n-1."""
    assert bucket(GROWTH ** number) == number


@pytest.mark.parametrize(("took_ms", "number"), [(0.0, 0), (-5.0, 0), (0.3, 0), (LONGEST_MS, 272), (1e12, 272)])
def test_times_beyond_the_ends_are_counted_at_the_edge(took_ms: float, number: int) -> None:
    """A clock that went back, a reply that took a night."""
    assert bucket(took_ms) == number


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
