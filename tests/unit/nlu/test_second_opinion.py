"""A second encoder, asked where the first classifier is unsure or hears something of danger."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import Any, Callable

import pytest
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.cuts import Half
from nlu.components import second_opinion as component
from nlu.components.second_opinion import SecondOpinion
from nlu.encoders.cache import encode_cached
from tests.unit.nlu.conftest import (
    CONTEXT,
    DAMAGES,
    RESOURCE,
    UNUSABLE,
    LetterEncoder,
    around,
    damage_stored,
    message,
    ranking,
    training_data,
)

# What each intent sounds like to the second encoder; the first one's vectors all lie around one axis.
SOUNDS = {"ask_contact": "aaaa", "ask_indicators": "bbbb", "crisis": "cccc", "greet": "dddd"}
CONFIG = {**SecondOpinion.get_default_config(), "encoder": "letters", "unsure_below": 0.7,
          "crisis_between": [0.05, 0.97]}
SURE = ranking(greet=0.9, ask_contact=0.1)
UNSURE = ranking(greet=0.5, ask_contact=0.4, ask_indicators=0.1)
TOPIC = ranking(ask_contact=0.8, greet=0.2)
UNSURE_TOPIC = ranking(ask_contact=0.5, greet=0.4, ask_indicators=0.1)


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LetterEncoder:
    """The second encoder; what it encodes for training is kept in the test's folder."""
    encoder = LetterEncoder()
    monkeypatch.setattr(component, "load", {"letters": encoder}.__getitem__)
    monkeypatch.setattr(component, "encode_cached", partial(encode_cached, directory=tmp_path / "embeddings"))
    return encoder


def examples() -> TrainingData:
    """Lines that only the second encoder can tell apart, by three voices."""
    return training_data(*(message(f"{sound} {number}", intent=intent, vector=around(0, number), voice=f"v{number % 3}")
                           for intent, sound in SOUNDS.items() for number in range(9)))


def create(storage: ModelStorage) -> SecondOpinion:
    return SecondOpinion.create(CONFIG, storage, RESOURCE, CONTEXT)


def load(storage: ModelStorage) -> SecondOpinion:
    return SecondOpinion.load(CONFIG, storage, RESOURCE, CONTEXT)


@pytest.fixture
def opinion(letters: LetterEncoder, storage: ModelStorage) -> SecondOpinion:
    """Trained and loaded, as a server would have it; the encoder has been asked nothing since."""
    assert create(storage).train(examples()) == RESOURCE
    loaded = load(storage)
    letters.asked.clear()
    return loaded


def heard(text: str, ranked: list[dict[str, Any]], *halves: tuple[str, list[dict[str, Any]]]) -> Message:
    """A message as the first classifier leaves it; `halves` are its two sides, if any, each with its ranking."""
    made = message(text, vector=around(0, 1))
    made.set("intent", ranked[0], add_to_output=True)
    made.set("intent_ranking", ranked, add_to_output=True)
    made.set("ranking", ranked)
    made.set("halves", tuple(Half(side, around(0, number)) for number, (side, _) in enumerate(halves)))
    made.set("half_rankings", tuple(ranked for _, ranked in halves))
    return made


def output(asked: Message) -> dict[str, Any]:
    """What the actions see of a message."""
    return asked.as_dict(only_output_properties=True)


def untouched(opinion: SecondOpinion, asked: Message) -> bool:
    """Whether processing the message changes nothing on it."""
    before = copy.deepcopy((asked.data, output(asked)))
    (done,) = opinion.process([asked])
    return done is asked and (asked.data, output(asked)) == before


# --- When it is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ranked", "is_asked"), [
    pytest.param(ranking(greet=0.9, ask_contact=0.1), False, id="sure"),
    pytest.param(ranking(greet=0.7, ask_contact=0.3), False, id="as sure as it takes"),
    pytest.param(ranking(greet=0.69, ask_contact=0.31), True, id="not sure enough"),
    pytest.param(ranking(greet=0.3, ask_contact=0.3, thanks=0.3), True, id="unsure between three"),
    pytest.param(ranking(greet=0.94, crisis=0.05), False, id="sure, hardly any danger"),
    pytest.param(ranking(greet=0.93, crisis=0.06), True, id="sure, a little danger"),
    pytest.param(ranking(greet=0.75, crisis=0.25), True, id="sure, some danger"),
    pytest.param(ranking(crisis=0.96, greet=0.04), True, id="danger, not quite sure"),
    pytest.param(ranking(crisis=0.97, greet=0.03), False, id="danger for sure"),
    pytest.param(ranking(crisis=1.0), False, id="danger and nothing else"),
])
def test_it_is_asked_where_the_first_is_unsure_or_hears_danger_in_between(
        opinion: SecondOpinion, letters: LetterEncoder, ranked: list[dict[str, Any]], is_asked: bool) -> None:
    """An answer costs twice the time where it is asked; elsewhere the message is as it was, and does not say so."""
    asked = heard("bbbb", ranked)
    if is_asked:
        opinion.process([asked])
        assert output(asked)["second_opinion"] is True
    else:
        assert untouched(opinion, asked)
        assert "second_opinion" not in output(asked)
    assert letters.asked == (["bbbb"] if is_asked else [])


def test_when_to_ask_is_a_setting(letters: LetterEncoder, storage: ModelStorage) -> None:
    """The thresholds are those of config.yml."""
    create(storage).train(examples())
    settings = {**CONFIG, "unsure_below": 0.4, "crisis_between": [0.5, 0.6]}
    opinion = SecondOpinion.load(settings, storage, RESOURCE, CONTEXT)
    assert not opinion.is_unsure(ranking(greet=0.4, crisis=0.3))
    assert opinion.is_unsure(ranking(greet=0.39, crisis=0.3))
    assert opinion.is_unsure(ranking(crisis=0.55, greet=0.45))


# --- What it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("intent", "sound"), SOUNDS.items(), ids=SOUNDS)
def test_its_ranking_replaces_the_first_one(opinion: SecondOpinion, intent: str, sound: str) -> None:
    """Intent, ranking for the components and ranking in the output are its own; it ranks every intent it knows."""
    asked = heard(sound, UNSURE)
    opinion.process([asked])
    ranked = asked.get("ranking")
    assert ranked[0]["name"] == intent
    assert {entry["name"] for entry in ranked} == set(SOUNDS)
    assert sum(entry["confidence"] for entry in ranked) == pytest.approx(1.0)
    assert output(asked)["intent"] == output(asked)["intent_ranking"][0] == ranked[0]
    assert output(asked)["intent_ranking"] == ranked


def test_both_encoders_have_a_say(letters: LetterEncoder, storage: ModelStorage) -> None:
    """Lines that sound the same to the second encoder are told apart by the first one's vector."""
    create(storage).train(training_data(*(
        message("aaaa", intent=intent, vector=around(axis, number), voice=f"v{number % 3}")
        for axis, intent in enumerate(SOUNDS) for number in range(9))))
    for axis, intent in enumerate(SOUNDS):
        asked = heard("aaaa", UNSURE)
        asked.features.clear()
        asked.add_features(message(vector=around(axis, 50)).features[0])
        load(storage).process([asked])
        assert asked.get("intent")["name"] == intent


def test_messages_are_looked_at_one_by_one(opinion: SecondOpinion, letters: LetterEncoder) -> None:
    """A sure message beside an unsure one is left alone."""
    sure, unsure = heard("aaaa", SURE), heard("bbbb", UNSURE)
    assert opinion.process([sure, unsure]) == [sure, unsure]
    assert letters.asked == ["bbbb"]
    assert (sure.get("intent")["name"], unsure.get("intent")["name"]) == ("greet", "ask_indicators")


# --- Halves of a message -----------------------------------------------------------------------------------------------


def test_unsure_halves_get_its_ranking(opinion: SecondOpinion, letters: LetterEncoder) -> None:
    """Each half is judged by its own ranking; the sure message stays as it was."""
    asked = heard("whole", SURE, ("bbbb", UNSURE), ("cccc", ranking(greet=0.8, crisis=0.2)))
    opinion.process([asked])
    assert letters.asked == ["bbbb", "cccc"]
    assert [ranked[0]["name"] for ranked in asked.get("half_rankings")] == ["ask_indicators", "crisis"]
    assert (asked.get("ranking"), asked.get("intent")) == (SURE, SURE[0])


def test_halves_of_which_one_says_nothing_are_not_asked_about(opinion: SecondOpinion, letters: LetterEncoder) -> None:
    """There is one question then, and asking costs more than all the rest."""
    vague = ranking(greet=0.3, ask_contact=0.25, ask_indicators=0.2)
    asked = heard("whole", SURE, ("bbbb", UNSURE), ("cccc", vague))
    opinion.process([asked])
    assert letters.asked == []
    assert asked.get("half_rankings") == (UNSURE, vague)


def test_sure_halves_of_an_unsure_message_stay(opinion: SecondOpinion, letters: LetterEncoder) -> None:
    """Two plain questions may make one unclear message."""
    asked = heard("bbbb", UNSURE, ("aaaa", TOPIC), ("bbbb", SURE))
    opinion.process([asked])
    assert letters.asked == ["bbbb"]
    assert asked.get("half_rankings") == (TOPIC, SURE)


def test_message_of_one_piece_has_no_halves(opinion: SecondOpinion) -> None:
    """Empty, so that no component after it mistakes an earlier message's halves for this one's."""
    asked = heard("aaaa", SURE)
    opinion.process([asked])
    assert asked.get("half_rankings") == ()


def test_halves_are_told_by_their_own_vectors(letters: LetterEncoder, storage: ModelStorage) -> None:
    """Not by the whole message's: two halves that sound the same get the intent that each one's vector says."""
    create(storage).train(training_data(*(
        message("aaaa", intent=intent, vector=around(axis, number), voice=f"v{number % 3}")
        for axis, intent in enumerate(SOUNDS) for number in range(9))))
    asked = heard("whole", SURE, ("aaaa", UNSURE), ("aaaa", UNSURE_TOPIC))
    asked.set("halves", (Half("aaaa", around(2, 50)), Half("aaaa", around(1, 50))))
    load(storage).process([asked])
    assert [ranked[0]["name"] for ranked in asked.get("half_rankings")] == ["crisis", "ask_indicators"]


# --- What it leaves alone ---------------------------------------------------------------------------------------------


def _wordless() -> Message:
    """As the first classifier leaves an emoji."""
    made = message("🍼")
    made.set("intent", {"name": "nlu_fallback", "confidence": 0.0}, add_to_output=True)
    return made


@pytest.mark.parametrize("asked", [
    pytest.param(_wordless(), id="no words"),
    pytest.param(message("/ask_contact"), id="payload of a button"),
    pytest.param(Message(data={}), id="no text"),
    pytest.param(Message(data={"text": "bbbb", "ranking": []}), id="empty ranking"),
])
def test_message_without_a_ranking_is_left_alone(opinion: SecondOpinion, letters: LetterEncoder,
                                                 asked: Message) -> None:
    """There was no first opinion: nothing is read, nothing is set."""
    assert untouched(opinion, asked)
    assert letters.asked == []


# --- Trained and kept -------------------------------------------------------------------------------------------------


def test_loaded_one_says_what_the_trained_one_says(letters: LetterEncoder, storage: ModelStorage) -> None:
    """Storing and loading changes no confidence."""
    trained = create(storage)
    trained.train(examples())
    one, other = heard("bcbc", UNSURE), heard("bcbc", UNSURE)
    trained.process([one])
    load(storage).process([other])
    assert one.get("ranking") == other.get("ranking")


def test_training_again_encodes_only_what_is_new(letters: LetterEncoder, storage: ModelStorage) -> None:
    """The dearer encoder reads a line once in its life."""
    create(storage).train(examples())
    letters.asked.clear()
    data = examples()
    data.training_examples.append(message("a new one", intent="greet", vector=around(0, 3)))
    create(storage).train(data)
    assert letters.asked == ["a new one"]


def test_conversations_are_not_kept(opinion: SecondOpinion, tmp_path: Path) -> None:
    """What people write to the bot is not added to the embeddings on disk."""
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "embeddings").iterdir()}
    opinion.process([heard("something private", UNSURE)])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "embeddings").iterdir()} == before


def test_examples_without_a_vector_or_an_intent_are_passed_over(letters: LetterEncoder, storage: ModelStorage) -> None:
    """They teach nothing and are no error."""
    data = examples()
    data.training_examples.extend([message("no vector", intent="nowhere"), message("no intent", vector=around(5, 1))])
    create(storage).train(data)
    asked = heard("aaaa", UNSURE)
    load(storage).process([asked])
    assert {entry["name"] for entry in asked.get("ranking")} == set(SOUNDS)


@pytest.mark.parametrize("damage", DAMAGES)
def test_model_that_cannot_be_loaded_raises(letters: LetterEncoder, storage: ModelStorage,
                                            damage: Callable[[Path], None]) -> None:
    """It never serves as one that leaves the first opinion standing."""
    create(storage).train(examples())
    damage_stored(storage, damage)
    with pytest.raises(UNUSABLE):
        load(storage)


def test_unknown_resource_raises(letters: LetterEncoder, storage: ModelStorage) -> None:
    """A model without this component's part is no model."""
    with pytest.raises(ValueError):
        SecondOpinion.load(CONFIG, storage, Resource("another"), CONTEXT)


def test_untrained_one_raises(letters: LetterEncoder, storage: ModelStorage) -> None:
    """Asked before it was trained, it does not guess."""
    with pytest.raises(RuntimeError, match="neither trained nor loaded"):
        create(storage).process([heard("aaaa", UNSURE)])


@pytest.mark.parametrize("ask", [lambda config: SecondOpinion.create(config, None, RESOURCE, CONTEXT),
                                 SecondOpinion.fingerprint_addon], ids=["create", "fingerprint"])
def test_unknown_encoder_is_an_error(letters: LetterEncoder, ask: Callable[[dict[str, Any]], object]) -> None:
    """A misspelt name in config.yml stops the training, not the answers."""
    with pytest.raises(KeyError):
        ask({**CONFIG, "encoder": "lettres"})


def test_fingerprint_follows_the_encoder(letters: LetterEncoder) -> None:
    """New weights make Rasa train again."""
    before = SecondOpinion.fingerprint_addon(CONFIG)
    letters.fingerprint = "letters-2"
    assert SecondOpinion.fingerprint_addon(CONFIG) != before


def test_fingerprint_is_given_without_a_configuration(letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that Rasa restores from its cache asks with none of our keys: the defaults count, nothing is raised."""
    default = SecondOpinion.get_default_config()["encoder"]
    monkeypatch.setattr(component, "load", {default: letters}.__getitem__)
    assert letters.fingerprint in SecondOpinion.fingerprint_addon({})
