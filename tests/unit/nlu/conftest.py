"""What the tests of the components share: messages with vectors, a model storage, and an encoder of letters."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Callable, Sequence

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
WIDTH = 8


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
            voice: str | None = None, kind: str | None = None, origin: str = ORIGIN) -> Message:
    """A message as the components before would leave it."""
    marks = {name: mark for name, mark in (("voice", voice), ("kind", kind)) if mark}
    data = {TEXT: text, **({INTENT: intent} if intent else {}), **({"metadata": {"intent": marks}} if marks else {})}
    made = Message(data=data)
    if vector is not None:
        made.add_features(Features(np.asarray(vector, np.float32)[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, origin))
    return made


def training_data(*messages: Message) -> TrainingData:
    return TrainingData(list(messages))


def around(axis: int, number: int) -> np.ndarray:
    """A unit vector of `WIDTH` near one axis; another one for each number."""
    vector = np.eye(WIDTH)[axis] + np.random.default_rng(100 * axis + number).normal(0, 0.15, WIDTH)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def examples(labels: Sequence[str], per_label: int = 12) -> TrainingData:
    """Examples of each label around an axis of its own, by three voices."""
    return training_data(*(message(intent=label, vector=around(axis, number), voice=f"v{number % 3}")
                           for axis, label in enumerate(labels) for number in range(per_label)))


def ranking(**confidences: float) -> list[dict[str, Any]]:
    """Intents with these confidences, best first."""
    ordered = sorted(confidences.items(), key=lambda entry: -entry[1])
    return [{"name": name, "confidence": confidence} for name, confidence in ordered]


# --- Models that cannot be loaded -------------------------------------------------------------------------------------


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


DAMAGES = [pytest.param(cut_short, id="file cut short"), pytest.param(Path.unlink, id="file missing")]
UNUSABLE = (ValueError, KeyError, OSError, zipfile.BadZipFile)
"""What numpy and the components raise where a file is not what was stored; never nothing."""


def damage_stored(storage: ModelStorage, damage: Callable[[Path], None]) -> None:
    """Break the one file that a component stored."""
    with storage.write_to(RESOURCE) as directory:
        (file,) = directory.iterdir()
        damage(file)


@pytest.fixture
def storage(tmp_path: Path) -> ModelStorage:
    """Rasa's own model storage in a folder of the test."""
    folder = tmp_path / "model"
    folder.mkdir()
    return LocalModelStorage.create(folder)
