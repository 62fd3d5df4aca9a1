"""The regression itself: scikit-learn's model, fitted in single precision."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nlu.components.calibration import softmax
from nlu.components.softmax_regression import SoftmaxRegression


@pytest.fixture(scope="module")
def clouds() -> tuple[np.ndarray, np.ndarray]:
    """Vectors float32 (300, 6) in four clouds that touch, and their labels."""
    random = np.random.default_rng(1)
    labels = np.repeat(np.arange(4), 75)
    return (random.normal(size=(300, 6)) + 1.5 * np.eye(6)[labels]).astype(np.float32), labels.astype(str)


def test_gives_the_probabilities_of_scikit_learn(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    """To a hundredth, for every line and label."""
    vectors, labels = clouds
    theirs = LogisticRegression(C=3.0, max_iter=500).fit(vectors.astype(np.float64), labels)
    ours = SoftmaxRegression.fit(vectors, labels, strength=3.0, max_iterations=500)
    assert ours.labels == tuple(theirs.classes_)
    assert softmax(ours.scores(vectors)) == pytest.approx(theirs.predict_proba(vectors), abs=0.01)


def test_weaker_penalty_fits_closer(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    """The strength is the inverse of the penalty, as in scikit-learn."""
    vectors, labels = clouds
    norms = [np.linalg.norm(SoftmaxRegression.fit(vectors, labels, strength=c, max_iterations=200).weights)
             for c in (0.01, 1.0, 100.0)]
    assert norms == sorted(norms)


def test_one_vector_has_one_row_of_scores(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    """The same as in a table of one."""
    vectors, labels = clouds
    model = SoftmaxRegression.fit(vectors, labels, strength=1.0, max_iterations=50)
    assert model.scores(vectors[0]) == pytest.approx(model.scores(vectors[:1])[0], abs=1e-5)
    assert model.weights.dtype == model.bias.dtype == np.float32
