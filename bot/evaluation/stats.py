"""Shares with their uncertainty, and percentiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

_Z = 1.959964  # 95 %


@dataclass(frozen=True)
class Share:
    """`hits` of `total`."""

    hits: int
    total: int

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> Share:
        counted = list(outcomes)
        return cls(sum(counted), len(counted))

    @property
    def value(self) -> float:
        """0-1; 0 where nothing was counted."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval (Wilson 1927), 0-1."""
        if not self.total:
            return 0.0, 1.0
        centre = self.value + _Z ** 2 / (2 * self.total)
        spread = _Z * math.sqrt(self.value * (1 - self.value) / self.total + _Z ** 2 / (4 * self.total ** 2))
        scale = 1 + _Z ** 2 / self.total
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({low:.0%}–{high:.0%}, {self.hits}/{self.total})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0-1) of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]
