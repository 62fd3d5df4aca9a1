"""Logistic regression on sentence vectors whose confidences mean what they say; kept as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np
from rasa.shared.nlu.training_data.message import Message

from nlu.components.calibration import choose_temperature, softmax, voice_folds
from nlu.components.ranking import Ranking


@dataclass(frozen=True)
class LinearModel:
    """`weights` float32 (n_labels, width), `bias` float32 (n_labels,), `temperature` above 0."""

    labels: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray
    temperature: float

    @classmethod
    def fitted(cls, vectors: np.ndarray, labels: Sequence[str], messages: Sequence[Message], *, strength: float,
               max_iterations: int, folds: int) -> LinearModel:
        """Fitted on all vectors (n_messages, width); the temperature is chosen on voices that were held out."""
        def fit(x: np.ndarray, y: np.ndarray) -> Any:
            from sklearn.linear_model import LogisticRegression

            return LogisticRegression(C=strength, max_iter=max_iterations).fit(x, y)

        named = np.array(labels)
        temperature = choose_temperature(vectors, named, voice_folds(messages, count=folds), fit=fit)
        model = fit(vectors, named)
        weights, bias = _a_row_a_label(model.coef_.astype(np.float32), model.intercept_.astype(np.float32))
        return cls(tuple(model.classes_.tolist()), weights, bias, temperature)

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """What `save` wrote. Raises where the file is missing or damaged: a model that failed to load knows nothing."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(tuple(stored["labels"].tolist()), stored["weights"], stored["bias"], float(stored["temperature"]))

    def save(self, path: Path) -> None:
        # Plain arrays: nothing in a model file can run when it is loaded.
        np.savez(path, labels=np.array(self.labels), weights=self.weights, bias=self.bias, temperature=self.temperature)

    def rank(self, vector: np.ndarray) -> Ranking:
        """Every label, best first, with its confidence; they add up to 1."""
        confidences = softmax((self.weights @ vector + self.bias) / self.temperature)
        return [{"name": self.labels[i], "confidence": float(confidences[i])} for i in np.argsort(-confidences)]


def _a_row_a_label(weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row a label also where there are two, for which scikit-learn keeps a single row."""
    if len(weights) > 1:
        return weights, bias
    return np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
