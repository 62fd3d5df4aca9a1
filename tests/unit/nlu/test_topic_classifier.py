"""Trained, stored, loaded, asked: the classifier on toy vectors through Rasa's own model storage."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import linear
from nlu.components.cuts import Half
from nlu.components.topic_classifier import TopicClassifier
from tests.unit.nlu.conftest import (
    CONTEXT,
    DAMAGES,
    RESOURCE,
    UNUSABLE,
    WIDTH,
    around,
    damage_stored,
    examples,
    message,
    training_data,
)

CONFIG = TopicClassifier.get_default_config()
TWO = ["ask_contact", "greet"]
THREE = ["ask_contact", "crisis", "greet"]
SIX = ["ask_contact", "ask_indicators", "crisis", "greet", "out_of_scope", "thanks"]


def load(storage: ModelStorage) -> TopicClassifier:
    return TopicClassifier.load(CONFIG, storage, RESOURCE, CONTEXT)


def train(storage: ModelStorage, data: TrainingData) -> TopicClassifier:
    """The classifier as a server would load it."""
    assert TopicClassifier.create(CONFIG, storage, RESOURCE, CONTEXT).train(data) == RESOURCE
    return load(storage)


def test_loaded_classifier_says_what_the_trained_one_says(storage: ModelStorage) -> None:
    """Storing and loading changes no confidence."""
    trained = TopicClassifier.create(CONFIG, storage, RESOURCE, CONTEXT)
    trained.train(examples(THREE))
    for axis in range(4):
        assert load(storage).rank(around(axis, 7)) == trained.rank(around(axis, 7))


def test_examples_without_a_vector_or_an_intent_are_passed_over(storage: ModelStorage) -> None:
    """Lookup tables, responses and empty lines teach nothing."""
    data = examples(THREE)
    data.training_examples.extend([message("no vector", intent="nowhere"), message("no intent", vector=around(5, 1))])
    assert len(train(storage, data).rank(around(0, 3))) == 3


@pytest.mark.parametrize("damage", DAMAGES)
def test_classifier_that_cannot_be_loaded_raises(storage: ModelStorage, damage: Callable[[Path], None]) -> None:
    """It never serves as one that knows nothing."""
    train(storage, examples(TWO))
    damage_stored(storage, damage)
    with pytest.raises(UNUSABLE):
        load(storage)


def test_unknown_resource_raises(storage: ModelStorage) -> None:
    """A model without this component's part is no model."""
    with pytest.raises(ValueError):
        TopicClassifier.load(CONFIG, storage, Resource("another"), CONTEXT)


def test_untrained_classifier_raises(storage: ModelStorage) -> None:
    """It never guesses."""
    with pytest.raises(RuntimeError, match="neither trained nor loaded"):
        TopicClassifier.create(CONFIG, storage, RESOURCE, CONTEXT).process([message(vector=around(0, 1))])


def test_message_gets_intent_and_rankings(storage: ModelStorage) -> None:
    """Its own ranking, and one for each half at the plainest cut."""
    classifier = train(storage, examples(SIX))
    asked = message(vector=around(1, 33))
    cut = Half("phone?", around(0, 33)), Half("she bites", around(1, 34))
    asked.set("cuts", [cut])
    classifier.process([asked])
    assert asked.get("intent")["name"] == asked.get("ranking")[0]["name"] == "ask_indicators"
    assert asked.get("halves") == cut
    assert [ranking[0]["name"] for ranking in asked.get("half_rankings")] == ["ask_contact", "ask_indicators"]
    assert asked.as_dict(only_output_properties=True)["intent_ranking"][0] == asked.get("intent")


def test_message_of_one_piece_has_no_halves(storage: ModelStorage) -> None:
    """Empty, so that no component after it mistakes an earlier message's halves for this one's."""
    classifier = train(storage, examples(TWO))
    for cuts in ([], None):
        asked = message(vector=around(0, 33))
        asked.set("cuts", cuts)
        classifier.process([asked])
        assert asked.get("halves") == asked.get("half_rankings") == ()


def test_message_without_a_vector_is_asked_back(storage: ModelStorage) -> None:
    """An emoji has no words to rank: no topic is guessed, and there is no ranking for the decisions to come."""
    asked = message("🍼")
    train(storage, examples(TWO)).process([asked])
    assert asked.get("intent") == {"name": "nlu_fallback", "confidence": 0.0}
    assert asked.get("ranking") is None


def test_ranking_in_the_history_is_short(storage: ModelStorage) -> None:
    """Every turn writes it into the database: ten intents are enough there, while the components see all."""
    labels = [f"ask_{letter}" for letter in "abcdefghijklmn"]
    data = training_data(*(message(label, intent=label, vector=np.random.default_rng(number).normal(size=WIDTH))
                           for label in labels for number in range(5)))
    asked = message(vector=around(0, 1))
    train(storage, data).process([asked])
    assert len(asked.get("intent_ranking")) == 10
    assert len(asked.get("ranking")) == len(labels)


@pytest.mark.parametrize("name", ["linear.py", "calibration.py"])
def test_fingerprint_follows_how_models_are_fitted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa sees only the component's own class; another way to fit or to calibrate makes it train again."""
    before = TopicClassifier.fingerprint_addon(CONFIG)
    changed = []
    for source in linear._SOURCES:
        copy = tmp_path / source.name
        copy.write_bytes(source.read_bytes() + (b"# changed" if source.name == name else b""))
        changed.append(copy)
    monkeypatch.setattr(linear, "_SOURCES", tuple(changed))
    assert TopicClassifier.fingerprint_addon(CONFIG) != before
