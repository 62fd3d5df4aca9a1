"""Puts a sentence's vectors on the message, for the components after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.cuts import cuts
from nlu.components.ranking import ASKED, CUTS, SEGMENTS
from nlu.encoders import load
from nlu.encoders.cache import encode_cached
from nlu.encoders.text import has_words

ORIGIN = "SentenceEncoder"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Several sentence encoders side by side: one dense feature, float32 (1, sum of their widths)."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"encoders": ["e5"]}

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> SentenceEncoder:
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._encoders = [load(name) for name in config["encoders"]]
        self._widths = [encoder.width for encoder in self._encoders]
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="segments")

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        # Rasa sees only this class's source: without the weights' hash a new encoder would meet old embeddings.
        # A node that Rasa restores from its cache asks with the configuration of its stand-in, which has no such keys.
        names = {**cls.get_default_config(), **config}["encoders"]
        return "+".join(load(name).fingerprint for name in names)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        texts = [message.get(TEXT) for message in messages]
        vectors = np.hstack([encode_cached(encoder, texts) for encoder in self._encoders])
        for message, vector in zip(messages, vectors):
            _attach(message, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(ASKED) or message.get(TEXT) or ""
            if has_words(text) and not text.startswith(INTENT_MESSAGE_PREFIX):
                segments = message.get(SEGMENTS) or []
                # A third of messages have segments, which together cost about as much as the whole. On another core they
                # take 10.2 ms a message to 9.2 in the mean, and 21.6 to 16.6 in the 95th percentile.
                beside = self._beside.submit(self._encode, segments) if segments else None
                _attach(message, self._encode([text])[0])
                message.set(CUTS, cuts(segments, beside.result() if beside else [], self._widths))
        return messages

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.hstack([encoder.encode(texts) for encoder in self._encoders])


def embedding(message: Message) -> np.ndarray | None:
    """The message's vectors side by side, float32 (sum of widths,); None for a message without text."""
    for features in message.features:
        if features.origin == ORIGIN:
            return features.features[0]
    return None


def _attach(message: Message, vector: np.ndarray) -> None:
    message.add_features(Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))
