"""Logistic regression on toy vectors: fitted, kept as plain arrays, asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from nlu.components.linear import LinearModel
from tests.unit.nlu.conftest import DAMAGES, UNUSABLE, WIDTH, around, examples, message

STRENGTH = 10.0
LABELS = {"two labels": ["ask_contact", "greet"], "three labels": ["ask_contact", "crisis", "greet"],
          "six labels": ["ask_contact", "ask_indicators", "crisis", "greet", "out_of_scope", "thanks"]}


def fitted(labels: list[str]) -> LinearModel:
    """A model that knows each label by an axis of its own."""
    lines = examples(labels).training_examples
    return LinearModel.fitted(np.stack([line.features[0].features[0] for line in lines]),
                              [line.get("intent") for line in lines], lines,
                              strength=STRENGTH, max_iterations=80, folds=3, staff_weight=5, few=0, raised=0)


def saved(folder: Path) -> Path:
    fitted(LABELS["three labels"]).save(folder / "model.npz")
    return folder / "model.npz"


# --- Asked ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_new_vectors_are_ranked(labels: list[str]) -> None:
    """Every label is ranked, best first; confidences add up to 1; a vector near a label's axis gets that label."""
    model = fitted(labels)
    for axis, label in enumerate(labels):
        ranking = model.rank(around(axis, 99))
        confidences = [entry["confidence"] for entry in ranking]
        assert ranking[0]["name"] == label
        assert sorted(entry["name"] for entry in ranking) == sorted(labels)
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) == pytest.approx(1.0)


def test_an_intent_with_few_examples_is_made_likelier() -> None:
    """Of 12, 12 and 3 examples by (12 / 3) ** 0.75 = 2.828 beside what it would be; the others stay what they are."""
    lines = [*examples(["ask_contact", "greet"]).training_examples,
             *(message(voice="ana", intent="thanks", vector=around(2, number)) for number in range(3))]
    vectors, labels = np.stack([line.features[0].features[0] for line in lines]), [line.get("intent") for line in lines]
    assert Counter(labels) == {"ask_contact": 12, "greet": 12, "thanks": 3}
    plain, fair = ({entry["name"]: entry["confidence"] for entry in LinearModel.fitted(
        vectors, labels, lines, strength=STRENGTH, max_iterations=80, folds=3, staff_weight=5, few=12,
        raised=raised).rank(around(0, 1) + around(2, 2))} for raised in (0.0, 0.75))
    assert fair["thanks"] / fair["greet"] == pytest.approx(2.828 * plain["thanks"] / plain["greet"], rel=1e-3)
    assert fair["ask_contact"] / fair["greet"] == pytest.approx(plain["ask_contact"] / plain["greet"], rel=1e-3)


def test_sorts_of_danger_are_learnt_apart_and_count_as_one() -> None:
    """Danger on either side of harmless lines is told from them, which one flat border cannot do."""
    sides = (around(0, 99), -around(0, 99), 0.1 * around(1, 99))

    def told(*kinds: str) -> list[str]:
        lines = [(message(voice=f"v{number % 3}", intent=intent, kind=kind), vector) for number in range(18)
                 for intent, kind, vector in (("crisis", kinds[0], around(0, number)), ("crisis", kinds[1], -around(0, number)),
                                              ("greet", None, 0.1 * around(1, number)))]
        model = LinearModel.fitted(np.stack([vector for _, vector in lines]), [line.get("intent") for line, _ in lines],
                                   [line for line, _ in lines], strength=STRENGTH, max_iterations=80, folds=3,
                                   staff_weight=5, few=0, raised=0)
        rankings = [model.rank(vector) for vector in sides]
        assert all(sorted(entry["name"] for entry in ranking) == ["crisis", "greet"] for ranking in rankings)
        return [ranking[0]["name"] for ranking in rankings]

    assert told("poison", "abuse") == ["crisis", "crisis", "greet"]
    assert told("poison", "poison") == ["crisis", "crisis", "crisis"]


def test_ranking_is_of_plain_values() -> None:
    """Rasa writes it as JSON, which knows no numbers and texts of numpy."""
    entry = fitted(LABELS["three labels"]).rank(around(0, 1))[0]
    assert (type(entry["name"]), type(entry["confidence"])) == (str, float)


def test_confidences_are_the_softmax_of_the_scores() -> None:
    """Scores 2, 1 and 0 at temperature 1, by hand: e^2, e and 1 over their sum 11.107."""
    model = LinearModel(("a", "b", "c"), np.array([[0.0], [1.0], [2.0]]), np.zeros(3), 1.0)
    ranking = model.rank(np.ones(1))
    assert [entry["name"] for entry in ranking] == ["c", "b", "a"]
    assert [entry["confidence"] for entry in ranking] == pytest.approx([0.6652, 0.2447, 0.0900], abs=1e-4)


def test_temperature_changes_confidences_and_not_their_order() -> None:
    """At twice the temperature the odds of the best over the next are the root of what they were."""
    cool = LinearModel(("a", "b"), np.array([[0.0], [2.0]]), np.array([0.0, 0.0]), 1.0)
    warm = LinearModel(cool.labels, cool.weights, cool.bias, 2.0)
    best, other = ([entry["confidence"] for entry in model.rank(np.ones(1))] for model in (cool, warm))
    assert best[0] / best[1] == pytest.approx(np.e ** 2)
    assert other[0] / other[1] == pytest.approx(np.e)


# --- Fitted -----------------------------------------------------------------------------------------------------------


def test_temperature_is_that_of_strangers() -> None:
    """A voice that is like no other makes the model less sure than the lines it was fitted on would."""
    labels = LABELS["three labels"]
    # Each voice says its labels around other axes: who writes tells everything, and helps with nobody else.
    lines = [(message(voice=f"v{voice}"), label, around((axis + voice) % 3, 10 * voice + number))
             for voice in range(3) for axis, label in enumerate(labels) for number in range(8)]
    strange = LinearModel.fitted(np.stack([vector for _, _, vector in lines]), [label for _, label, _ in lines],
                                 [line for line, _, _ in lines], strength=STRENGTH, max_iterations=80, folds=3,
                                 staff_weight=5, few=0, raised=0)
    assert strange.temperature > 5 > 1 > fitted(labels).temperature


def test_what_staff_taught_counts_as_often_as_is_said() -> None:
    """One example of the staff with weight 3 is one that three people gave; other voices count once."""
    def taught(times: int, weight: int) -> LinearModel:
        lines = [*examples(LABELS["three labels"]).training_examples,
                 *(message(voice="staff", intent="greet", vector=around(0, 50)) for _ in range(times))]
        return LinearModel.fitted(np.stack([line.features[0].features[0] for line in lines]),
                                  [line.get("intent") for line in lines], lines, strength=STRENGTH, max_iterations=80,
                                  folds=3, staff_weight=weight, few=0, raised=0)

    np.testing.assert_allclose(taught(1, 3).weights, taught(3, 1).weights, atol=1e-4)
    assert not np.allclose(taught(1, 3).weights, taught(1, 1).weights, atol=1e-3)


def test_fitting_twice_gives_the_same_model() -> None:
    """The same data, the same answers."""
    one, other = fitted(LABELS["six labels"]), fitted(LABELS["six labels"])
    assert one.temperature == other.temperature
    assert one.rank(around(2, 7)) == other.rank(around(2, 7))


# --- Kept -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_loaded_model_says_what_the_fitted_one_says(labels: list[str], tmp_path: Path) -> None:
    """Storing and loading changes no confidence."""
    model = fitted(labels)
    model.save(tmp_path / "model.npz")
    loaded = LinearModel.load(tmp_path / "model.npz")
    for axis in range(WIDTH):
        assert loaded.rank(around(axis, 7)) == model.rank(around(axis, 7))


def _overwrite(file: Path) -> None:
    file.write_bytes(b"not a model")


def _drop_arrays(file: Path) -> None:
    with np.load(file) as stored:
        first = stored.files[0]
        kept = {first: stored[first]}
    np.savez(file, **kept)


def _pickle_arrays(file: Path) -> None:
    with np.load(file) as stored:
        pickled = {name: stored[name].astype(object) for name in stored.files}
    np.savez(file, **pickled)


@pytest.mark.parametrize("damage", [*DAMAGES, pytest.param(_overwrite, id="other bytes"),
                                    pytest.param(_drop_arrays, id="array missing"),
                                    pytest.param(_pickle_arrays, id="pickled arrays")])
def test_file_that_cannot_be_loaded_raises(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """It never becomes a model that knows nothing, and nothing in the file is run."""
    path = saved(tmp_path)
    damage(path)
    with pytest.raises(UNUSABLE):
        LinearModel.load(path)


def test_stored_file_cannot_run_code(tmp_path: Path) -> None:
    """Nothing in it is pickled."""
    with np.load(saved(tmp_path), allow_pickle=False) as stored:
        assert {stored[name].dtype.kind for name in stored.files} == {"U", "f"}
