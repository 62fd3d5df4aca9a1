"""The second reading of danger: what it moves in a ranking, and what it leaves alone."""

from __future__ import annotations

from typing import Callable
from pathlib import Path

import pytest
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import danger_words
from nlu.components.danger_words import DangerWords, moved
from tests.unit.nlu.conftest import CONTEXT, DAMAGES, RESOURCE, UNUSABLE, damage_stored, message, ranking, training_data

CONFIG = DangerWords.get_default_config()
DANGER = ["he will not breathe", "she will not breathe", "they will not breathe now", "will not breathe"]
HARMLESS = ["why does he cry", "why does she cry", "why do they cry now", "why cry"]
MIDDLE = ranking(ask_indicators=0.5, crisis=0.3, greet=0.2)


def examples() -> TrainingData:
    return training_data(*(message(text, intent="crisis") for text in DANGER),
                         *(message(text, intent="ask_indicators") for text in HARMLESS), message("", intent="greet"))


def load(storage: ModelStorage, **changes: float) -> DangerWords:
    return DangerWords.load({**CONFIG, **changes}, storage, RESOURCE, CONTEXT)


@pytest.fixture
def stored(storage: ModelStorage) -> ModelStorage:
    """Where a trained one lies, as a server would find it."""
    assert DangerWords.create(CONFIG, storage, RESOURCE, CONTEXT).train(examples()) == RESOURCE
    return storage


def read(words: DangerWords, text: str, ranked: list | None = MIDDLE) -> dict[str, float]:
    """The confidences after the reading."""
    asked = message(text)
    asked.set("ranking", ranked)
    words.process([asked])
    return {entry["name"]: entry["confidence"] for entry in asked.get("ranking") or []}


def test_words_of_danger_raise_the_alarm_and_others_lower_it(stored: ModelStorage) -> None:
    """Whatever the other intents are."""
    words = load(stored)
    assert read(words, "baby will not breathe")["crisis"] > 0.3 > read(words, "why does baby cry")["crisis"]


def test_its_weight_is_a_setting(stored: ModelStorage) -> None:
    """None: nothing moves."""
    assert read(load(stored, weight=0.0), DANGER[0])["crisis"] == pytest.approx(0.3)
    assert read(load(stored, weight=2.0), DANGER[0])["crisis"] > read(load(stored), DANGER[0])["crisis"]


@pytest.mark.parametrize("ranked", [None, []], ids=["no ranking", "nothing ranked"])
def test_a_message_without_a_ranking_is_left_alone(stored: ModelStorage, ranked: list | None) -> None:
    """A button's payload, a row of dots."""
    assert read(load(stored), DANGER[0], ranked) == {}


@pytest.mark.parametrize("by", [-50.0, -1.0, 0.0, 1.0, 50.0])
def test_the_others_keep_their_proportions(by: float) -> None:
    """The sum stays 1, the best stands first, and of the others one is to the next as it was."""
    after = moved(MIDDLE, by)
    confidences = {entry["name"]: entry["confidence"] for entry in after}
    assert sum(confidences.values()) == pytest.approx(1.0)
    assert [entry["confidence"] for entry in after] == sorted(confidences.values(), reverse=True)
    assert confidences["greet"] / confidences["ask_indicators"] == pytest.approx(0.4)


def test_log_odds_are_moved() -> None:
    """0.3 is 3 to 7; by log 7/3 it becomes even."""
    assert {e["name"]: e["confidence"] for e in moved(MIDDLE, 0.8472978603872037)}["crisis"] == pytest.approx(0.5)


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_certainty_can_be_moved_too(sure: float) -> None:
    """A confidence that rounding made 0 or 1 breaks nothing."""
    after = {entry["name"]: entry["confidence"] for entry in moved(ranking(crisis=sure, greet=1 - sure), 5.0)}
    assert 0.0 <= after["crisis"] <= 1.0 and 0.0 <= after["greet"] <= 1.0


@pytest.mark.parametrize("damage", DAMAGES)
def test_one_that_cannot_be_loaded_raises(stored: ModelStorage, damage: Callable[[Path], None]) -> None:
    """It never serves as one that knows nothing."""
    damage_stored(stored, damage)
    with pytest.raises(UNUSABLE):
        load(stored)


def test_an_untrained_one_raises(storage: ModelStorage) -> None:
    """It never guesses."""
    with pytest.raises(RuntimeError, match="neither trained nor loaded"):
        read(DangerWords.create(CONFIG, storage, RESOURCE, CONTEXT), DANGER[0])


def test_a_changed_fitting_is_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa sees only a component's own source and would reuse a stale model."""
    before = DangerWords.fingerprint_addon(CONFIG)
    (tmp_path / "fitting.py").write_text("another")
    monkeypatch.setattr(danger_words, "_FITTING", tmp_path / "fitting.py")
    assert DangerWords.fingerprint_addon(CONFIG) != before
