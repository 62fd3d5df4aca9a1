"""Where a message falls into two questions: every cut between its parts is tried, the plainest wins.

A question is often told in several parts ("my husband deployed. I worry what it does to her. also she bites"), so parts
are not understood one by one: at each cut everything before it is one half and everything behind it the other. A half's
vector is the mean of its parts' vectors, weighted by their words, which is as good as encoding it anew and costs nothing
(`python -m benchmarks thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np

from nlu.components.ranking import CRISIS, TOPIC_PREFIX, Ranking


@dataclass(frozen=True)
class Half:
    """One side of a cut; `vector` is float32 (sum of the encoders' widths,), of unit length in each encoder's part."""

    text: str
    vector: np.ndarray


def cuts(segments: Sequence[str], vectors: Sequence[np.ndarray], widths: Sequence[int]) -> list[tuple[Half, Half]]:
    """The halves at each cut, in order; empty for a message of one part. `widths` are those of the encoders."""
    return [(_half(segments[:at], vectors[:at], widths), _half(segments[at:], vectors[at:], widths))
            for at in range(1, len(segments))]


def plainest(tried: Sequence[tuple[Half, Half]],
             rank: Callable[[np.ndarray], Ranking]) -> tuple[tuple[Half, Half], tuple[Ranking, Ranking]] | None:
    """The cut whose less certain half is most certain, with both rankings; None where both halves are always one thing."""
    best: tuple[float, tuple[Half, Half], tuple[Ranking, Ranking]] | None = None
    for halves in tried:
        rankings = rank(halves[0].vector), rank(halves[1].vector)
        first, second = (_thing(ranking) for ranking in rankings)
        if first[0] != second[0] and (best is None or min(first[1], second[1]) > best[0]):
            best = min(first[1], second[1]), halves, rankings
    return (best[1], best[2]) if best else None


def _half(texts: Sequence[str], vectors: Sequence[np.ndarray], widths: Sequence[int]) -> Half:
    mean = np.average(vectors, axis=0, weights=[len(text.split()) for text in texts]).astype(np.float32)
    parts = np.split(mean, np.cumsum(widths)[:-1])
    return Half(" ".join(texts), np.concatenate([part / max(float(np.linalg.norm(part)), 1e-9) for part in parts]))


def _thing(ranking: Ranking) -> tuple[str, float]:
    """What a half is most likely about, a topic or danger, and how surely (0-1)."""
    return next(((entry["name"], entry["confidence"]) for entry in ranking
                 if entry["name"].startswith(TOPIC_PREFIX) or entry["name"] == CRISIS), ("", 0.0))
