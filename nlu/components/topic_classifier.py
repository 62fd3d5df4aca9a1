"""Which intent a message has, by logistic regression on its sentence vectors."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.encoder import embedding
from nlu.components.linear import LinearModel
from nlu.components.ranking import FALLBACK, RANKING, SEGMENT_RANKINGS, SEGMENT_VECTORS, Ranking, set_intent

_FILE = "classifier.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Sets the intent and the full ranking, and the rankings of the message's segments where it has any."""

    @classmethod
    def required_components(cls) -> List[type]:
        from nlu.components.encoder import SentenceEncoder

        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"inverse_regularisation": 10.0, "max_iterations": 80, "calibration_folds": 4}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> TopicClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> TopicClassifier:
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, LinearModel.load(directory / _FILE))

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
                 model: LinearModel | None = None) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        examples = [(message, vector) for message in training_data.intent_examples
                    if (vector := embedding(message)) is not None]
        messages = [message for message, _ in examples]
        self._model = LinearModel.fitted(
            np.stack([vector for _, vector in examples]), [message.get(INTENT) for message in messages], messages,
            strength=self._config["inverse_regularisation"], max_iterations=self._config["max_iterations"],
            folds=self._config["calibration_folds"])
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory / _FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            vector = embedding(message)
            if vector is None:
                # No words to read. A button's payload has its intent set by Rasa after the last component.
                set_intent(message, FALLBACK, 0.0)
                continue
            ranking = self.rank(vector)
            set_intent(message, ranking[0]["name"], ranking[0]["confidence"], ranking)
            message.set(RANKING, ranking)
            message.set(SEGMENT_RANKINGS, [self.rank(segment) for segment in message.get(SEGMENT_VECTORS) or []])
        return messages

    def rank(self, vector: np.ndarray) -> Ranking:
        """Every intent, best first, with its confidence; they add up to 1."""
        if self._model is None:
            raise RuntimeError("The classifier was neither trained nor loaded.")
        return self._model.rank(vector)
