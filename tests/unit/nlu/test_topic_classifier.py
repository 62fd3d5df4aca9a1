"""Trained, stored, loaded, asked: the classifier on toy vectors through Rasa's own model storage."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Callable, Sequence

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.topic_classifier import TopicClassifier
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, message, training_data

WIDTH = 8
CONFIG = TopicClassifier.get_default_config()


def around(axis: int, number: int) -> np.ndarray:
    """A unit vector near one axis; another one for each number."""
    vector = np.eye(WIDTH)[axis] + np.random.default_rng(100 * axis + number).normal(0, 0.15, WIDTH)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def examples(labels: Sequence[str], per_label: int = 12) -> TrainingData:
    """Examples of each label around an axis of its own, by three voices."""
    return training_data(*(message(intent=label, vector=around(axis, number), voice=f"v{number % 3}")
                           for axis, label in enumerate(labels) for number in range(per_label)))


def load(storage: ModelStorage) -> TopicClassifier:
    return TopicClassifier.load(CONFIG, storage, RESOURCE, CONTEXT)


def train(storage: ModelStorage, data: TrainingData) -> TopicClassifier:
    """The classifier as a server would load it."""
    assert TopicClassifier.create(CONFIG, storage, RESOURCE, CONTEXT).train(data) == RESOURCE
    return load(storage)


LABELS = {"two classes": ["ask_contact", "greet"], "three classes": ["ask_contact", "crisis", "greet"],
          "six classes": ["ask_contact", "ask_indicators", "crisis", "greet", "out_of_scope", "thanks"]}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_new_vectors_are_ranked(storage: ModelStorage, labels: list[str]) -> None:
    """Every label is ranked, best first; confidences add up to 1; a vector near a label's axis gets that label."""
    classifier = train(storage, examples(labels))
    for axis, label in enumerate(labels):
        ranking = classifier.rank(around(axis, 99))
        confidences = [entry["confidence"] for entry in ranking]
        assert ranking[0]["name"] == label
        assert sorted(entry["name"] for entry in ranking) == sorted(labels)
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) == pytest.approx(1.0)
        assert all(isinstance(confidence, float) for confidence in confidences)


def test_two_classes_get_the_confidences_of_the_regression(storage: ModelStorage) -> None:
    """The single row that scikit-learn keeps for two classes becomes two without a change of meaning."""
    from sklearn.linear_model import LogisticRegression

    data = examples(LABELS["two classes"])
    classifier = train(storage, data)
    vectors = np.stack([example.features[0].features[0] for example in data.training_examples])
    labels = [example.get("intent") for example in data.training_examples]
    regression = LogisticRegression(C=CONFIG["inverse_regularisation"]).fit(vectors, labels)
    for vector in (around(0, 50), around(1, 50), around(2, 50)):
        ours = {entry["name"]: entry["confidence"] for entry in classifier.rank(vector)}
        theirs = dict(zip(regression.classes_, regression.predict_proba([vector])[0]))
        assert ours == pytest.approx(theirs, abs=1e-3)


def test_loaded_classifier_says_what_the_trained_one_says(storage: ModelStorage) -> None:
    """Storing and loading changes no confidence."""
    trained = TopicClassifier.create(CONFIG, storage, RESOURCE, CONTEXT)
    trained.train(examples(LABELS["three classes"]))
    for axis in range(4):
        assert load(storage).rank(around(axis, 7)) == trained.rank(around(axis, 7))


def test_training_twice_gives_the_same_classifier(storage: ModelStorage) -> None:
    """The same data, the same answers."""
    first = train(storage, examples(LABELS["six classes"])).rank(around(2, 7))
    assert train(storage, examples(LABELS["six classes"])).rank(around(2, 7)) == first


def test_examples_without_a_vector_or_an_intent_are_passed_over(storage: ModelStorage) -> None:
    """Lookup tables, responses and empty lines teach nothing."""
    data = examples(LABELS["three classes"])
    data.training_examples.extend([message("no vector", intent="nowhere"), message("no intent", vector=around(5, 1))])
    assert len(train(storage, data).rank(around(0, 3))) == 3


def _overwrite(file: Path) -> None:
    file.write_bytes(b"not a model")


def _cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def _drop_arrays(file: Path) -> None:
    with np.load(file) as stored:
        first = stored.files[0]
        kept = {first: stored[first]}
    np.savez(file, **kept)


def _pickle_arrays(file: Path) -> None:
    with np.load(file) as stored:
        pickled = {name: stored[name].astype(object) for name in stored.files}
    np.savez(file, **pickled)


@pytest.mark.parametrize("damage", [_overwrite, _cut_short, _drop_arrays, _pickle_arrays, Path.unlink],
                         ids=["other bytes", "cut short", "array missing", "pickled arrays", "file missing"])
def test_classifier_that_cannot_be_loaded_raises(storage: ModelStorage, damage: Callable[[Path], None]) -> None:
    """It never serves as one that knows nothing, and nothing in its file is run."""
    train(storage, examples(LABELS["two classes"]))
    with storage.write_to(RESOURCE) as directory:
        (file,) = directory.iterdir()
        damage(file)
    with pytest.raises((ValueError, KeyError, OSError, zipfile.BadZipFile)):
        load(storage)


def test_unknown_resource_raises(storage: ModelStorage) -> None:
    """A model without this component's part is no model."""
    with pytest.raises(ValueError):
        TopicClassifier.load(CONFIG, storage, Resource("another"), CONTEXT)


def test_stored_file_cannot_run_code(storage: ModelStorage) -> None:
    """Nothing in it is pickled."""
    train(storage, examples(LABELS["three classes"]))
    with storage.read_from(RESOURCE) as directory:
        for file in directory.iterdir():
            with np.load(file, allow_pickle=False) as stored:
                assert {stored[name].dtype.kind for name in stored.files} <= {"U", "f"}


def test_message_gets_intent_and_rankings(storage: ModelStorage) -> None:
    """Its own ranking, and one for each of its parts."""
    classifier = train(storage, examples(LABELS["six classes"]))
    asked = message(vector=around(1, 33))
    asked.set("segment_vectors", [around(0, 33), around(5, 33)])
    classifier.process([asked])
    assert asked.get("intent")["name"] == asked.get("ranking")[0]["name"] == "ask_indicators"
    assert [ranking[0]["name"] for ranking in asked.get("segment_rankings")] == ["ask_contact", "thanks"]
    assert asked.as_dict(only_output_properties=True)["intent_ranking"][0] == asked.get("intent")


def test_message_of_one_piece_has_no_rankings_of_parts(storage: ModelStorage) -> None:
    """Empty, so that no component after it mistakes an earlier message's parts for this one's."""
    classifier = train(storage, examples(LABELS["two classes"]))
    for vectors in ([], None):
        asked = message(vector=around(0, 33))
        asked.set("segment_vectors", vectors)
        classifier.process([asked])
        assert asked.get("segment_rankings") == []


def test_message_without_a_vector_is_asked_back(storage: ModelStorage) -> None:
    """An emoji has no words to rank: no topic is guessed, and there is no ranking for the decisions to come."""
    asked = message("🍼")
    train(storage, examples(LABELS["two classes"])).process([asked])
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
