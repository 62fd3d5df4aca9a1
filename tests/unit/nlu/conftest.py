"""What the tests of the components share: messages with vectors, a model storage, and an encoder of letters."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.encoder import ORIGIN

RESOURCE = Resource("component")
CONTEXT = ExecutionContext(GraphSchema({}))


class LetterEncoder:
    """An encoder by letters, deterministic and free of models; remembers what it was asked."""

    def __init__(self, name: str = "letters", *, width: int = 26, fingerprint: str = "letters-1") -> None:
        self.name = name
        self.width = width
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> np.ndarray:
        counts = np.zeros(self.width, np.float32)
        for character in text.lower():
            counts[ord(character) % self.width] += 1
        return counts / max(float(np.linalg.norm(counts)), 1e-9)


def message(text: str = "some words", *, intent: str | None = None, vector: np.ndarray | None = None,
            voice: str | None = None, origin: str = ORIGIN) -> Message:
    """A message as the components before would leave it."""
    data = {TEXT: text, **({INTENT: intent} if intent else {}),
            **({"metadata": {"intent": {"voice": voice}}} if voice else {})}
    made = Message(data=data)
    if vector is not None:
        made.add_features(Features(np.asarray(vector, np.float32)[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, origin))
    return made


def training_data(*messages: Message) -> TrainingData:
    return TrainingData(list(messages))


@pytest.fixture
def storage(tmp_path: Path) -> ModelStorage:
    """Rasa's own model storage in a folder of the test."""
    folder = tmp_path / "model"
    folder.mkdir()
    return LocalModelStorage.create(folder)
