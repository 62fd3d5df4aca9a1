"""Which intent a message has: logistic regression on sentence vectors, with confidences that mean what they say."""

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

from nlu.components.calibration import choose_temperature, softmax, voice_folds
from nlu.components.encoder import embedding
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
        return {"inverse_regularisation": 10.0, "max_iterations": 200, "calibration_folds": 4}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> TopicClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
             execution_context: ExecutionContext, **kwargs: Any) -> TopicClassifier:
        # No `except` here: a classifier that failed to load must not serve as one that knows nothing.
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory, np.load(directory / _FILE, allow_pickle=False) as stored:
            classifier._labels = stored["labels"].tolist()
            classifier._weights = stored["weights"]
            classifier._bias = stored["bias"]
            classifier._temperature = float(stored["temperature"])
        return classifier

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._labels: list[str] = []
        self._weights = np.empty((0, 0), np.float32)
        self._bias = np.empty(0, np.float32)
        self._temperature = 1.0

    def train(self, training_data: TrainingData) -> Resource:
        examples = [(message, vector) for message in training_data.intent_examples
                    if (vector := embedding(message)) is not None]
        vectors = np.stack([vector for _, vector in examples])
        labels = np.array([message.get(INTENT) for message, _ in examples])
        folds = voice_folds([message for message, _ in examples], count=self._config["calibration_folds"])
        self._temperature = choose_temperature(vectors, labels, folds, fit=self._fit)
        model = self._fit(vectors, labels)
        self._labels = model.classes_.tolist()
        self._weights, self._bias = _both_classes(model.coef_.astype(np.float32), model.intercept_.astype(np.float32))
        self._persist()
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
            segments = message.get(SEGMENT_VECTORS)
            message.set(SEGMENT_RANKINGS, [self.rank(segment) for segment in segments] if segments is not None else [])
        return messages

    def rank(self, vector: np.ndarray) -> Ranking:
        """Every intent, best first, with its confidence; they add up to 1."""
        confidences = softmax((self._weights @ vector + self._bias) / self._temperature)
        return [{"name": self._labels[i], "confidence": float(confidences[i])} for i in np.argsort(-confidences)]

    def _fit(self, vectors: np.ndarray, labels: np.ndarray) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=self._config["inverse_regularisation"],
                                  max_iter=self._config["max_iterations"]).fit(vectors, labels)

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as directory:
            # Plain arrays: nothing in a model file can run when it is loaded.
            np.savez(directory / _FILE, labels=np.array(self._labels), weights=self._weights, bias=self._bias,
                     temperature=self._temperature)


def _both_classes(weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row a class also where there are two classes, for which scikit-learn keeps a single row."""
    if len(weights) > 1:
        return weights, bias
    return np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
