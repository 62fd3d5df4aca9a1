"""A second reading of danger, by the words: what it says moves the classifier's confidence in `crisis`, and nothing else."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.ranking import CRISIS, RANKING, Ranking, confidence_of
from nlu.components.word_regression import WordRegression

_FILE = "words.npz"
_FITTING = Path(__file__).with_name("word_regression.py")
# A confidence of 0 or 1 has no log odds.
_LEAST = 1e-9


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DangerWords(GraphComponent):
    """Changes the ranking: `crisis` becomes likelier or less likely, the other intents keep their proportions.

    Sentence vectors put a short everyday remark ("why do babies cry") near short hints of danger; words and turns of
    phrase tell most of them apart. What either alone is worth stands in config.yml.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"inverse_regularisation": 30.0, "weight": 0.7}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> DangerWords:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> DangerWords:
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, WordRegression.load(directory / _FILE))

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return hashlib.sha256(_FITTING.read_bytes()).hexdigest()

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
                 words: WordRegression | None = None) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._words = words

    def train(self, training_data: TrainingData) -> Resource:
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        self._words = WordRegression.fit(
            [message.get(TEXT) for message in examples],
            np.array([message.get(INTENT) == CRISIS for message in examples]),
            strength=self._config["inverse_regularisation"])
        with self._model_storage.write_to(self._resource) as directory:
            self._words.save(directory / _FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        if self._words is None:
            raise RuntimeError("The reader of words was neither trained nor loaded.")
        for message in messages:
            ranking = message.get(RANKING)
            if ranking:
                message.set(RANKING, moved(ranking, self._config["weight"] * self._words.margin(message.get(TEXT))))
        return messages


def moved(ranking: Ranking, by: float) -> Ranking:
    """A ranking whose log odds of `crisis` are `by` higher; it adds up to what it did, best first."""
    before = _inside(confidence_of(ranking, CRISIS))
    after = _inside(1 / (1 + math.exp(-(math.log(before / (1 - before)) + by))))
    others = (1 - after) / (1 - before)
    return sorted(({**entry, "confidence": after if entry["name"] == CRISIS else entry["confidence"] * others}
                   for entry in ranking), key=lambda entry: -entry["confidence"])


def _inside(confidence: float) -> float:
    return min(max(confidence, _LEAST), 1 - _LEAST)
