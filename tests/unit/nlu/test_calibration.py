"""Confidences that mean what they say, chosen on voices that were not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np
import pytest

from nlu.components.calibration import choose_temperature, softmax, voice_folds
from tests.unit.nlu.conftest import message

CLASSES = 4
PER_CLASS = 50


@dataclass
class ToyModel:
    """A classifier whose scores are its input, `sharpness` times as steep; it knows the labels it was fitted on."""

    labels: np.ndarray
    sharpness: float

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        assert len(vectors), "asked for the scores of nothing"
        columns = [int(label[1:]) for label in self.labels]
        return vectors[:, columns] * self.sharpness


def fit(sharpness: float):
    return lambda vectors, labels: ToyModel(np.unique(labels), sharpness)


def toy(right: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors that point to one class each, `right` (0-1) of them to the true one; labels; four folds."""
    truth = np.repeat(np.arange(CLASSES), PER_CLASS)
    pointed = truth.copy()
    wrong = np.arange(len(truth)) % PER_CLASS >= right * PER_CLASS
    pointed[wrong] = (pointed[wrong] + 1) % CLASSES
    return np.eye(CLASSES)[pointed], np.array([f"c{number}" for number in truth]), np.arange(len(truth)) % 4


@pytest.mark.parametrize(("sharpness", "right", "too"), [
    pytest.param(20.0, 0.7, "sure", id="overconfident"),
    pytest.param(0.5, 0.9, "shy", id="underconfident"),
])
def test_temperature_cools_what_is_too_sure_and_warms_what_is_too_shy(sharpness: float, right: float, too: str) -> None:
    """Above 1 where scores promise more than they hold, below 1 where they hold more than they promise."""
    vectors, labels, folds = toy(right)
    temperature = choose_temperature(vectors, labels, folds, fit=fit(sharpness))
    assert temperature > 1 if too == "sure" else temperature < 1


@pytest.mark.parametrize("right", [0.5, 0.7, 0.9])
def test_confidence_becomes_the_share_of_right_answers(right: float) -> None:
    """With the chosen temperature, answers given with 0.7 are right seven times in ten."""
    vectors, labels, folds = toy(right)
    temperature = choose_temperature(vectors, labels, folds, fit=fit(5.0))
    confidences = softmax(vectors * 5.0 / temperature).max(axis=1)
    assert confidences.mean() == pytest.approx(right, abs=0.01)


def test_temperature_is_chosen_on_what_was_held_out() -> None:
    """A model that knows its own lines by heart is measured on the lines it did not see."""
    vectors, labels, folds = toy(1.0)
    seen: list[int] = []

    def by_heart(inside: np.ndarray, inside_labels: np.ndarray) -> ToyModel:
        seen.append(len(inside))
        return ToyModel(np.unique(inside_labels), 20.0)

    choose_temperature(vectors, labels, folds, fit=by_heart)
    assert seen == [len(vectors) * 3 // 4] * 4


def test_sorts_of_an_intent_are_judged_together() -> None:
    """Whoever takes one kind of danger for another is not wrong about danger."""
    vectors, labels, folds = toy(0.7)
    apart = np.array([f"c{i // 2}|{i % 2}" for i in map(int, (label[1:] for label in labels))])

    @dataclass
    class Sorted(ToyModel):
        def scores(self, vectors: np.ndarray) -> np.ndarray:
            return vectors * self.sharpness

    def sure(_: np.ndarray, inside: np.ndarray) -> Sorted:
        return Sorted(np.unique(inside), 5.0)

    # One in three errors is now of the same intent: what was too sure is less so.
    assert choose_temperature(vectors, apart, folds, fit=sure) < choose_temperature(vectors, labels, folds, fit=fit(5.0))


def test_label_that_a_fold_never_saw_is_passed_over() -> None:
    """A label with one voice is unknown while that voice is held out; the others still count."""
    vectors, labels, folds = toy(0.7)
    folds = np.where(labels == "c3", 3, folds)
    assert choose_temperature(vectors, labels, folds, fit=fit(20.0)) > 1


def test_fold_with_nothing_but_unknown_labels_is_passed_over() -> None:
    """A voice that alone speaks of its topics tells nothing, and is no error."""
    vectors, labels, folds = toy(0.7)
    folds = np.where(labels == "c3", 3, np.arange(len(labels)) % 3)
    assert choose_temperature(vectors, labels, folds, fit=fit(20.0)) > 1


@pytest.mark.parametrize(("labels", "folds"), [
    pytest.param(["a", "b"] * 8, [0, 1] * 8, id="two labels"),
    pytest.param(["a", "b", "c", "d"], [0, 0, 0, 0], id="one fold"),
])
def test_too_little_to_tell_leaves_scores_as_they_are(labels: Sequence[str], folds: Sequence[int]) -> None:
    """A temperature of 1 changes nothing."""
    def never(*_: np.ndarray) -> None:
        pytest.fail("fitted on too little")

    assert choose_temperature(np.eye(len(labels)), np.array(labels), np.array(folds), fit=never) == 1.0


def test_lines_of_a_voice_stay_together() -> None:
    """No voice is in two folds; every fold gets some."""
    voices = [f"voice {number % 11}" for number in range(110)]
    folds = voice_folds([message(voice=voice) for voice in voices], count=4)
    assert set(folds.tolist()) == {0, 1, 2, 3}
    assert all(len({fold for fold, other in zip(folds, voices) if other == voice}) == 1 for voice in voices)


def test_lines_without_a_voice_are_dealt_out() -> None:
    """They fill the folds evenly, voices beside them or not."""
    folds = voice_folds([message() for _ in range(40)], count=4)
    assert np.bincount(folds).tolist() == [10, 10, 10, 10]
    mixed = voice_folds([message(voice="ana" if number < 20 else None) for number in range(40)], count=4)
    assert len(set(mixed[:20].tolist())) == 1
    assert set(mixed[20:].tolist()) == {0, 1, 2, 3}


def test_only_voices_that_the_encoder_never_saw_are_held_out() -> None:
    """Where there are such; on a foreign set, which has none, all are."""
    messages = [message(voice=voice) for voice in ("ana", "bea", "cruz", None, "dora")]
    assert voice_folds(messages, count=2, unseen={"bea", "dora"}).tolist() == [-1, 0, -1, -1, 1]
    assert -1 not in voice_folds(messages, count=2, unseen={"nobody"})


def test_what_is_never_held_out_is_always_fitted_on() -> None:
    """And never judged."""
    vectors, labels, folds = toy(0.7)
    known = np.arange(len(labels)) % 5 == 0
    fitted = []

    def remembered(inside: np.ndarray, truth: np.ndarray) -> ToyModel:
        fitted.append(len(inside))
        return ToyModel(np.unique(truth), 20.0)

    choose_temperature(vectors, labels, np.where(known, -1, folds), fit=remembered)
    assert len(fitted) == 4 and min(fitted) > known.sum()
    assert sum(len(labels) - count for count in fitted) == (~known).sum()


@pytest.mark.parametrize("scores", [[0.0, 0.0], [1000.0, 999.0], [-1e9, 0.0], [3.0]], ids=str)
def test_softmax_adds_up_to_one(scores: list[float]) -> None:
    """Also where the scores are huge; the order of the scores stays."""
    confidences = softmax(np.array(scores))
    assert confidences.sum() == pytest.approx(1.0)
    assert np.argsort(confidences).tolist() == np.argsort(scores).tolist()


def test_softmax_works_along_the_last_axis() -> None:
    """Each row of a table adds up to one."""
    assert softmax(np.arange(12.0).reshape(3, 4)).sum(axis=-1).tolist() == pytest.approx([1.0, 1.0, 1.0])
