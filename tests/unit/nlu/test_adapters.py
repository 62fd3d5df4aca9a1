"""What an encoder was tuned to is added to its weights, the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.encoders.adapters import adapted


def test_product_is_added() -> None:
    """Weight + up x down, in single precision; other weights stay as they are."""
    random = np.random.default_rng(1)
    weight, other = random.normal(size=(5, 7)).astype(np.float32), np.ones(3, np.float32)
    down, up = random.normal(size=(2, 7)).astype(np.float16), random.normal(size=(5, 2)).astype(np.float16)
    sums = adapted({"a.weight": weight, "b.bias": other}, {"a.weight.down": down, "a.weight.up": up})
    assert sums["a.weight"] == pytest.approx(weight + up.astype(float) @ down.astype(float), abs=1e-5)
    assert sums["a.weight"].dtype == np.float32
    assert sums["b.bias"] is other


@pytest.mark.parametrize("adapters", [
    pytest.param({"c.weight.down": np.ones((1, 2)), "c.weight.up": np.ones((2, 1))}, id="weight that is not there"),
    pytest.param({"a.weight.down": np.ones((1, 2))}, id="half of an adapter"),
])
def test_adapter_that_does_not_fit_raises(adapters: dict[str, np.ndarray]) -> None:
    """Nothing is passed over: an encoder that is only half tuned would be another one than was measured."""
    with pytest.raises(KeyError):
        adapted({"a.weight": np.ones((2, 2), np.float32)}, adapters)
