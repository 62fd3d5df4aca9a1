"""Logistic regression on sentence vectors whose confidences mean what they say; kept as plain arrays."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.calibration import choose_temperature, marks, softmax, voice, voice_folds
from nlu.components.encoder import SentenceEncoder, embedding
from nlu.components.ranking import Ranking
from nlu.components.softmax_regression import SoftmaxRegression
from nlu.components.sorts import intent_of, ranked, sort_of
from nlu.encoders.unseen import VOICES, unseen_voices

_FILE = "model.npz"
# The voice under which the console writes what staff taught it (nlu/data/staff).
STAFF = "staff"
# What the fitting itself is made of. Rasa sees only a component's own source and would reuse a stale model.
_SOURCES = (*(Path(__file__).with_name(name) for name in ("linear.py", "calibration.py", "softmax_regression.py", "sorts.py")),
            VOICES)


@dataclass(frozen=True)
class LinearModel:
    """`weights` float32 (n_sorts, width), `bias` float32 (n_sorts,), `temperature` above 0; `labels` has the intent of each
    sort."""

    labels: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray
    temperature: float

    @classmethod
    def fitted(cls, vectors: np.ndarray, labels: Sequence[str], messages: Sequence[Message], *, strength: float,
               max_iterations: int, folds: int, staff_weight: int, few: int, raised: float) -> LinearModel:
        """Fitted on all vectors (n_messages, width); the temperature is chosen on voices that were held out.

        What staff taught counts `staff_weight` times. An intent with n examples, fewer than `few`, is made likelier by
        (few / n) to the power of `raised`: a classifier takes what it rarely read for what is rarely said (logit
        adjustment, Menon et al. 2021, https://arxiv.org/abs/2007.07314); a new topic is asked as often as an old one.
        """
        fit = partial(SoftmaxRegression.fit, strength=strength, max_iterations=max_iterations)
        counted = np.repeat(np.arange(len(messages)), [staff_weight if voice(m) == STAFF else 1 for m in messages])
        named = np.array([sort_of(label, marks(message)) for label, message in zip(labels, messages)])[counted]
        held_out = voice_folds(messages, count=folds, unseen=unseen_voices())[counted]
        temperature = choose_temperature(vectors[counted], named, held_out, fit=fit)
        model = fit(vectors[counted], named)
        intents = tuple(map(intent_of, model.labels))
        counts = Counter(map(intent_of, named.tolist()))
        likelier = [raised * math.log(max(1.0, few / counts[intent])) for intent in intents]
        bias = model.bias + temperature * np.array(likelier, np.float32)
        return cls(intents, model.weights, bias.astype(np.float32), temperature)

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """What `save` wrote. Raises where the file is missing or damaged: a model that failed to load knows nothing."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(tuple(stored["labels"].tolist()), stored["weights"], stored["bias"], float(stored["temperature"]))

    def save(self, path: Path) -> None:
        # Plain arrays: nothing in a model file can run when it is loaded.
        np.savez(path, labels=np.array(self.labels), weights=self.weights, bias=self.bias, temperature=self.temperature)

    def rank(self, vector: np.ndarray) -> Ranking:
        """Every intent, best first, with its confidence; they add up to 1."""
        return ranked(self.labels, softmax((self.weights @ vector + self.bias) / self.temperature))


class LinearComponent(GraphComponent, ABC):
    """A component that is one `LinearModel`; a subclass says on which vectors, and what it does with the ranking."""

    @classmethod
    def required_components(cls) -> List[type]:
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        # 80 iterations rank every training line as 200 do, in less than half the time. Each fold is another fit, and any two
        # folds ask for the same temperature (1.09 to 1.12).
        return {"inverse_regularisation": 10.0, "max_iterations": 80, "calibration_folds": 2, "staff_weight": 5,
                "few": 100, "raised": 0.75}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> LinearComponent:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> LinearComponent:
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, LinearModel.load(directory / _FILE))

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
                 model: LinearModel | None = None) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        messages = [message for message in training_data.intent_examples if embedding(message) is not None]
        self._model = LinearModel.fitted(
            self.vectors(messages), [message.get(INTENT) for message in messages], messages,
            strength=self._config["inverse_regularisation"], max_iterations=self._config["max_iterations"],
            folds=self._config["calibration_folds"], staff_weight=self._config["staff_weight"],
            few=self._config["few"], raised=self._config["raised"])
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory / _FILE)
        return self._resource

    @abstractmethod
    def vectors(self, messages: Sequence[Message]) -> np.ndarray:
        """What the model reads of each message, float32 (n_messages, width)."""

    def rank(self, vector: np.ndarray) -> Ranking:
        """Every intent, best first, with its confidence; they add up to 1."""
        if self._model is None:
            raise RuntimeError("The classifier was neither trained nor loaded.")
        return self._model.rank(vector)
