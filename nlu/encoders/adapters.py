"""Adds what an encoder was tuned to (tuning/) to the weights that its package carries."""

from __future__ import annotations

from typing import Mapping

import numpy as np


def adapted(weights: Mapping[str, np.ndarray], adapters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights with each adapter's product `up` (n_out, rank) x `down` (rank, n_in) added, float32.

    Raises KeyError where an adapter belongs to a weight that is not there, or lacks its other half.
    """
    sums = dict(weights)
    for name in sorted(name.removesuffix(".down") for name in adapters if name.endswith(".down")):
        down, up = adapters[f"{name}.down"].astype(np.float64), adapters[f"{name}.up"].astype(np.float64)
        total = weights[name].astype(np.float64)
        # One rank after the other: a matrix product adds in an order that depends on the machine, and the last bit of
        # a weight can decide how it is rounded to int8. The graph has to be the same, to the byte, everywhere.
        for rank in range(len(down)):
            total += np.multiply.outer(up[:, rank], down[rank])
        sums[name] = total.astype(np.float32)
    return sums
