"""Where a message is cut into parts that may ask different things."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.segments import Segmenter
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, message


def segmenter(**config: int) -> Segmenter:
    return Segmenter.create({**Segmenter.get_default_config(), **config}, None, RESOURCE, CONTEXT)


@pytest.fixture(scope="module")
def split():
    return segmenter().split


@pytest.mark.parametrize(("text", "parts"), [
    pytest.param("Why does she cry so much? Who are you people?",
                 ["Why does she cry so much?", "Who are you people?"], id="two sentences"),
    pytest.param("why does she cry and also who are you people",
                 ["why does she cry", "who are you people"], id="and also"),
    pytest.param("why does she cry, also who are you people",
                 ["why does she cry", "who are you people"], id="comma and also"),
    pytest.param("WHY DOES SHE CRY AND ALSO WHO ARE YOU PEOPLE",
                 ["WHY DOES SHE CRY", "WHO ARE YOU PEOPLE"], id="capitals"),
    pytest.param("por qué llora tanto y también quiénes son ustedes",
                 ["por qué llora tanto", "quiénes son ustedes"], id="Spanish"),
    pytest.param("por que llora tanto, otra pregunta: quienes son ustedes",
                 ["por que llora tanto", "quienes son ustedes"], id="Spanish without accents"),
    pytest.param("¿Por qué llora tanto? ¿Quiénes son ustedes?",
                 ["¿Por qué llora tanto?", "¿Quiénes son ustedes?"], id="Spanish marks"),
    pytest.param("why does she cry\nwho are you people",
                 ["why does she cry", "who are you people"], id="two lines"),
    pytest.param("why does she cry\r\n\r\nwho are you people",
                 ["why does she cry", "who are you people"], id="two lines of Windows"),
    pytest.param("She won’t sleep at all… Who are “you” people?",
                 ["She won't sleep at all...", 'Who are "you" people?'], id="typographic marks"),
])
def test_message_is_cut_where_a_new_question_begins(split, text: str, parts: list[str]) -> None:
    """At sentence ends, line ends and joining words; in order."""
    assert split(text) == parts


@pytest.mark.parametrize("text", [
    pytest.param("why does she cry so much in the evening", id="one question"),
    pytest.param("my baby and my husband and I live with my mom", id="and alone"),
    pytest.param("why does she also cry", id="also inside a short question"),
    pytest.param("Hi! Why does she cry so much?", id="short greeting in front"),
    pytest.param("Why does she cry so much? Thanks!", id="short thanks behind"),
    pytest.param("she is 2.5 months old today", id="decimal"),
    pytest.param("what is nmaimh.org about then", id="address"),
    pytest.param("surplus milk besides thatched houses", id="joining word inside words"),
    pytest.param("", id="nothing"),
    pytest.param("?!", id="signs"),
    pytest.param("also", id="joining word alone"),
    pytest.param(" \n\n ", id="blanks"),
])
def test_message_of_one_piece_has_no_parts(split, text: str) -> None:
    """What asks one thing is not cut."""
    assert split(text) == []


def test_short_part_stays_with_its_neighbour(split) -> None:
    """No part has fewer than three words, and no word of two long sentences is lost."""
    parts = split("Hi there! Why does she cry so much? Please. Who are you people? Thanks!")
    assert all(len(part.split()) >= 3 for part in parts)
    assert " ".join(parts) == "Hi there! Why does she cry so much? Please. Who are you people? Thanks!"


def test_long_message_has_at_most_four_parts(split) -> None:
    """Each part costs an encoding: the first four are looked at."""
    parts = split(" ".join(f"This is sentence number {number}." for number in range(50)))
    assert parts == [f"This is sentence number {number}." for number in range(4)]


def test_limits_are_settings() -> None:
    """How long and how many parts are is the configuration's matter."""
    assert segmenter(min_words=1, max_segments=2).split("Why? Who? What?") == ["Why?", "Who?"]


def test_parts_are_set_on_the_message() -> None:
    """Later components find them; a message without text has none."""
    messages = [message("Why does she cry so much? Who are you people?"), message("hello"), Message(data={})]
    done = segmenter().process(messages)
    assert [each.get("segments") for each in done] == [
        ["Why does she cry so much?", "Who are you people?"], [], []]


def test_training_examples_stay_whole() -> None:
    """An example is one utterance with one label."""
    data = TrainingData([message("Why does she cry so much? Who are you people?", intent="ask_indicators")])
    assert segmenter().process_training_data(data) is data
    assert data.training_examples[0].get("segments") is None


def test_list_of_joining_words_is_part_of_the_model() -> None:
    """A change of the list makes Rasa train again."""
    assert "otra pregunta" in Segmenter.fingerprint_addon({})


def test_very_long_message_is_cut_in_a_moment(split) -> None:
    """2000 characters of near-matches do not hold up a worker."""
    assert split("and " * 500) == []
    assert split(", " * 1000) == []
