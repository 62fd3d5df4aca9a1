"""Response times in few numbers: a histogram whose buckets grow by 5 %, so that every percentile is 2.5 % off at most.

Bucket b holds times from 1.05^b ms up to 1.05^(b+1) ms and is read as the geometric middle of the two. Ten minutes are
bucket 272; what takes less than 1 ms or more than ten minutes is counted at the edge.
"""

from __future__ import annotations

import math
from typing import Mapping

GROWTH = 1.05
LONGEST_MS = 600_000.0
# How far a percentile may be from the true one, as a share of it, between 1 ms and LONGEST_MS.
ERROR = math.sqrt(GROWTH) - 1


def bucket(took_ms: float) -> int:
    """The bucket of a response time in milliseconds."""
    return math.floor(math.log(min(max(took_ms, 1.0), LONGEST_MS), GROWTH) + 1e-9)


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """Milliseconds below which `share` (0-1) of the times lie, by the nearest rank; None of an empty histogram."""
    total = sum(histogram.values())
    rank, seen = max(1, math.ceil(share * total)), 0
    for number in sorted(histogram):
        seen += histogram[number]
        if seen >= rank:
            return GROWTH ** (number + 0.5)
    return None
