"""Moves that are a whole message: what is one, what is not, and what is put on the message."""

from __future__ import annotations

import pytest
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.choices import ChoiceRecogniser, Move
from nlu.components.ranking import CRISIS_PROPERTY, RANKING


@pytest.fixture(scope="module")
def recogniser() -> ChoiceRecogniser:
    config = ChoiceRecogniser.get_default_config()
    return ChoiceRecogniser.create(config, model_storage=None, resource=Resource("choices"), execution_context=None)


@pytest.mark.parametrize(("text", "choice"), [
    ("1", 1), ("2 please", 2), ("two", 2), ("the second", 2), ("la segunda", 2), ("el 3", 3), ("option 2", 2),
    ("number three please", 3), ("#1", 1), ("last one", -1), ("the first one", 1), ("2️⃣", 2), ("(2)", 2), ("2.", 2),
    ("👉 2", 2), ("TWO!!", 2), ("Opción 3", 3), ("la número 2, por favor", 2), ("dos porfa", 2), ("el último", -1),
    ("2ª", 2), ("I’ll take the 2nd one", 2), ("quiero la 1", 1), ("number one", 1), ("ok 2 thanks", 2), ("\t3\n", 3),
    ("yes, 2", 2), ("7", 7), ("12", 12), ("0", 0),
])
def test_a_whole_message_that_counts_is_a_choice(recogniser: ChoiceRecogniser, text: str, choice: int) -> None:
    """Digits, words and places count in both languages, with politeness, signs and emoji around them."""
    assert recogniser.recognise(text) == Move("choose", choice)


@pytest.mark.parametrize("text", [
    "2 months old", "one more question", "i have two kids", "second baby", "a second", "one second", "me 2", "the one",
    "that one", "1 and 3", "1 or 2", "two two", "1.5", "1/2", "10:30", "$2", "50%", "/2", "no 2", "terrible twos",
    "why not", "first time mom", "911", "988", "2003", "505 331 7138", "twos",
])
def test_a_number_that_says_something_else_is_no_choice(recogniser: ChoiceRecogniser, text: str) -> None:
    """A price, an age, an emergency number or a figure of speech stays an ordinary message."""
    assert recogniser.recognise(text) is None


@pytest.mark.parametrize(("text", "intent"), [
    ("MORE", "tell_more"), ("more, please", "tell_more"), ("MAS", "tell_more"), ("MÁS", "tell_more"),
    ("más por favor", "tell_more"), ("SOURCE", "says_who"), ("Fuente?", "says_who"), ("WHY", "why"),
    ("¿Por qué?", "why"), ("POR QUE", "why"), ("but why?", "why"),
])
def test_a_keyword_alone_is_a_move(recogniser: ChoiceRecogniser, text: str, intent: str) -> None:
    """The keywords of the SMS channel mean the same on the web, in either language, with or without accents."""
    assert recogniser.recognise(text) == Move(intent)


@pytest.mark.parametrize("text", ["why does she cry", "more babies", "source of milk", "the reason why", "more info"])
def test_a_keyword_within_a_sentence_is_no_move(recogniser: ChoiceRecogniser, text: str) -> None:
    """Only the whole message is a keyword; a question that has one in it goes to the classifier."""
    assert recogniser.recognise(text) is None


@pytest.mark.parametrize("text", [None, "", "   ", "😭", "\x00\x01\x1b", "\ud800", "a" * 2000, "2 " * 1000, "9" * 2000],
                         ids=["none", "empty", "blank", "emoji", "control", "surrogate", "long", "choices", "digits"])
def test_odd_messages_are_left_alone(recogniser: ChoiceRecogniser, text: str | None) -> None:
    """Whatever arrives, nothing is raised and nothing is set."""
    message = recogniser.process([Message(data={TEXT: text})])[0]
    assert message.get(INTENT) is None and message.get(ENTITIES) is None


def test_a_choice_decides_the_intent_and_leads_the_ranking(recogniser: ChoiceRecogniser) -> None:
    """The classifier's opinion on "2" is overruled, for the decisions that follow it too."""
    guess = {"name": "goodbye", "confidence": 0.3}
    role = {"entity": "role", "value": "parent"}
    data = {TEXT: "2 please", INTENT: guess, INTENT_RANKING_KEY: [guess], RANKING: [guess], ENTITIES: [role]}
    message = recogniser.process([Message(data=data)])[0]
    decided = {"name": "choose", "confidence": 1.0}
    output = message.as_dict(only_output_properties=True)
    assert output[INTENT] == decided
    assert output[INTENT_RANKING_KEY] == [decided, guess]
    assert message.get(RANKING) == [decided]
    assert output[ENTITIES] == [
        role, {"entity": "choice", "start": 0, "end": 8, "value": 2, "extractor": "ChoiceRecogniser"}]


def test_a_keyword_brings_no_entity(recogniser: ChoiceRecogniser) -> None:
    """MORE is an intent and nothing else."""
    message = recogniser.process([Message(data={TEXT: "MORE"})])[0]
    assert message.get(INTENT)["name"] == "tell_more" and message.get(ENTITIES) is None


def test_a_crisis_that_was_found_stays(recogniser: ChoiceRecogniser) -> None:
    """Danger outranks a choice that is pending."""
    crisis = {"name": "crisis", "confidence": 1.0}
    data = {TEXT: "2", INTENT: crisis, CRISIS_PROPERTY: {"kinds": ["self_harm"]}}
    message = recogniser.process([Message(data=data)])[0]
    assert message.get(INTENT) == crisis
