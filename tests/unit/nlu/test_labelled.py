"""Lines that somebody has labelled: taken at their word, but no alarm is silenced by them."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.labelled import LabelledLines
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, message, ranking, training_data

CONFIG = LabelledLines.get_default_config()
MISREAD = ranking(ask_indicators=0.6, crisis=0.3, out_of_scope=0.1)


def examples() -> TrainingData:
    return training_data(message("I'm so tired!", intent="out_of_scope"), message("blue", intent="out_of_scope"),
                         message("¿Está él bien?", intent="ask_indicators"),
                         message("he went quiet in the bath", intent="crisis"),
                         message("not again", intent="deny"), message("Not again", intent="ask_indicators"),
                         message("😭", intent="ask_indicators"), message("", intent="greet"))


@pytest.fixture
def lines(storage: ModelStorage) -> LabelledLines:
    """A trained one, as a server would load it."""
    assert LabelledLines.create(CONFIG, storage, RESOURCE, CONTEXT).train(examples()) == RESOURCE
    return LabelledLines.load(CONFIG, storage, RESOURCE, CONTEXT)


def read(lines: LabelledLines, text: str, ranked: list | None = MISREAD) -> dict[str, float]:
    """The confidences after the reading, best first."""
    asked = message(text)
    asked.set("ranking", ranked)
    lines.process([asked])
    return {entry["name"]: entry["confidence"] for entry in asked.get("ranking") or []}


@pytest.mark.parametrize(("text", "intent"), [
    ("I'm so tired!", "out_of_scope"), ("i’m so TIRED", "out_of_scope"), ("blue.", "out_of_scope"),
    ("esta el bien", "ask_indicators"), ("He went quiet in the bath", "crisis")])
def test_what_was_labelled_is_what_it_is(lines: LabelledLines, text: str, intent: str) -> None:
    """However it is spelled; it leads, the others keep their proportions, and the sum stays 1."""
    after = read(lines, text)
    assert next(iter(after)) == intent and after[intent] == pytest.approx(0.99)
    assert sum(after.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["im very tired", "not again", "😭", "", "…", "blue blue"])
def test_other_words_and_those_of_two_intents_are_left_to_the_classifier(lines: LabelledLines, text: str) -> None:
    assert read(lines, text) == {entry["name"]: entry["confidence"] for entry in MISREAD}


def test_plain_danger_is_not_silenced_by_a_label(lines: LabelledLines) -> None:
    """Up to half it gives way, so far that nothing alarms; from there on it stays what it was."""
    assert read(lines, "blue", ranking(crisis=0.49, out_of_scope=0.41, greet=0.1))["crisis"] < 0.01
    assert read(lines, "blue", ranking(crisis=0.5, out_of_scope=0.5))["crisis"] == 0.5


def test_who_was_surer_stays_so(lines: LabelledLines) -> None:
    assert read(lines, "blue", ranking(out_of_scope=0.999, greet=0.001))["out_of_scope"] == 0.999


@pytest.mark.parametrize("ranked", [None, []], ids=["no ranking", "nothing ranked"])
def test_a_message_without_a_ranking_is_left_alone(lines: LabelledLines, ranked: list | None) -> None:
    """A button's payload, a row of dots."""
    assert read(lines, "blue", ranked) == {}


def test_no_word_is_kept(lines: LabelledLines, stored_bytes: Callable[[], bytes]) -> None:
    """A model goes to other machines; what people wrote stays where it was labelled."""
    assert b"out_of_scope" in stored_bytes() and b"tired" not in stored_bytes()


@pytest.fixture
def stored_bytes(storage: ModelStorage) -> Callable[[], bytes]:
    """Everything that the component has stored, decompressed (np.savez does not compress)."""
    def read_all() -> bytes:
        with storage.read_from(RESOURCE) as directory:
            return b"".join(path.read_bytes() for path in Path(directory).iterdir()).replace(b"\0", b"")
    return read_all
