"""Messages that mean the same, found among vectors; numbers only, no database.

A cluster is a message with all that lie within a cosine of it (Butina 1999, "Unsupervised data base clustering"): the
one with most neighbours first, then the next among those that are left. Every member is thus near the one message that
gives the cluster its name; chains of small steps, which end far from where they began, cannot form.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

# So many rows of the table of cosines at once: 5,000 messages would otherwise take 100 MB.
_BLOCK = 512
_NOBODY = -1


def copies(texts: Sequence[str], vectors: np.ndarray, near_from: float) -> np.ndarray:
    """For each message the index of the first that it is a copy of, itself where it is none, int (n,).

    Copies are texts that are equal, and vectors (n, width) whose cosine is at least `near_from`.
    """
    first: dict[str, int] = {}
    same = np.array([first.setdefault(text, index) for index, text in enumerate(texts)], int)
    kept = np.flatnonzero(same == np.arange(len(texts)))
    of = same.copy()
    for start in range(0, len(kept), _BLOCK):
        block = kept[start:start + _BLOCK]
        near = vectors[block] @ vectors[kept[:start + len(block)]].T >= near_from
        for row, index in zip(near, block):
            earlier = kept[:start + _BLOCK][np.flatnonzero(row)]
            earlier = earlier[(earlier < index) & (of[earlier] == earlier)]
            if len(earlier):
                of[index] = earlier[0]
    return of[of]


def clusters(vectors: np.ndarray, near_from: float, weights: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The cluster of each message, int (n,), and the index of each cluster's central message.

    `weights` (n,) says how many messages each stands for: the central one is that with most around it.
    """
    neighbours = _neighbours(vectors, near_from)
    left = np.ones(len(vectors), bool)
    counts = np.array([weights[near].sum() for near in neighbours])
    cluster, centres = np.full(len(vectors), _NOBODY), []
    while left.any():
        centre = int(np.argmax(np.where(left, counts, -1.0)))
        members = neighbours[centre][left[neighbours[centre]]]
        cluster[members] = len(centres)
        centres.append(centre)
        left[members] = False
        for member in members:  # their neighbours have one less to gather
            counts[neighbours[member]] -= weights[member]
    return cluster, centres


def nearest(vectors: np.ndarray, centres: np.ndarray, near_from: float) -> np.ndarray:
    """For each vector the index of the nearest centre, -1 where none is within the cosine, int (n,)."""
    if not len(centres) or not len(vectors):
        return np.full(len(vectors), _NOBODY)
    found = np.empty(len(vectors), int)
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start:start + _BLOCK] @ centres.T
        best = cosines.argmax(axis=1)
        within = cosines[np.arange(len(best)), best] >= near_from
        found[start:start + _BLOCK] = np.where(within, best, _NOBODY)
    return found


def central(vectors: np.ndarray) -> int:
    """The index of the vector that lies nearest to all."""
    return int(np.argmax(vectors @ vectors.sum(axis=0)))


def _neighbours(vectors: np.ndarray, near_from: float) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for start in range(0, len(vectors), _BLOCK):
        near = vectors[start:start + _BLOCK] @ vectors.T >= near_from
        rows = np.arange(len(near))
        near[rows, start + rows] = True  # rounding may put a vector below 1 from itself
        found.extend(np.flatnonzero(row) for row in near)
    return found
