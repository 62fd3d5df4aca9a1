"""Danger by rules or by classifier, with the last word over every other decision."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.safety import DEFAULT, KINDS, UNCLEAR
from nlu.components import crisis_screen
from nlu.components.choices import ChoiceRecogniser
from nlu.components.crisis_screen import CrisisScreen
from nlu.components.scope import ScopeDecision
from tests.unit.nlu.conftest import (
    CONTEXT,
    DAMAGES,
    RESOURCE,
    UNUSABLE,
    around,
    damage_stored,
    message,
    ranking,
    training_data,
)

CONFIG = {"crisis_at": 0.35, "question_at": 0.6, "answered_below": 0.75, "topic_at": 0.15, "idiom_at": 0.6, "kind_at": 0.35,
          "hint_at": 0.1, "safe_at": 0.5}
DANGER = "i want to die"  # which the rules hear
HARMLESS = "some words"
SURE = ranking(greet=0.9, crisis=0.02)


def danger(kind: str, vector: np.ndarray) -> Message:
    """A training example that is marked with its kind."""
    made = message(intent="crisis", vector=vector)
    made.set("metadata", {"intent": {"kind": kind, "voice": "ana"}})
    return made


def examples() -> TrainingData:
    """Each kind of danger around an axis of its own."""
    return training_data(*(danger(kind, around(axis, number)) for axis, kind in enumerate(KINDS)
                           for number in range(6)))


def create(storage: ModelStorage) -> CrisisScreen:
    return CrisisScreen.create(CONFIG, storage, RESOURCE, CONTEXT)


def load(storage: ModelStorage, **changes: float) -> CrisisScreen:
    return CrisisScreen.load({**CONFIG, **changes}, storage, RESOURCE, CONTEXT)


@pytest.fixture
def screen(storage: ModelStorage) -> CrisisScreen:
    """Trained and loaded, as a server would have it."""
    assert create(storage).train(examples()) == RESOURCE
    return load(storage)


def heard(text: str, ranked: list[dict[str, Any]] | None, *halves: list[dict[str, Any]],
          kind: str = KINDS[0]) -> Message:
    """A message as the components before leave it; its vector is near that of `kind`."""
    made = message(text, vector=around(KINDS.index(kind), 77))
    made.set("ranking", ranked)
    made.set("half_rankings", halves)
    return made


def output(screen: CrisisScreen, asked: Message) -> dict[str, Any]:
    """What the actions see of the message after the screen."""
    (done,) = screen.process([asked])
    assert done is asked
    return asked.as_dict(only_output_properties=True)


# --- Rules and classifier ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "crisis", "confidence", "by"), [
    pytest.param(DANGER, 0.0, 1.0, ["rules"], id="rules alone"),
    pytest.param(DANGER, 0.34, 1.0, ["rules"], id="rules, and a classifier that is not sure enough"),
    pytest.param(HARMLESS, 0.35, 0.35, ["classifier"], id="classifier alone, just sure enough"),
    pytest.param(HARMLESS, 0.99, 0.99, ["classifier"], id="classifier alone, sure"),
    pytest.param(DANGER, 0.6, 1.0, ["rules", "classifier"], id="both"),
])
def test_either_suffices(screen: CrisisScreen, text: str, crisis: float, confidence: float, by: list[str]) -> None:
    """The intent is crisis, as sure as who heard it, and leads the ranking; who heard it is told."""
    seen = output(screen, heard(text, ranking(greet=1 - crisis, crisis=crisis)))
    assert seen["intent"] == {"name": "crisis", "confidence": confidence}
    assert seen["intent_ranking"] == [seen["intent"], {"name": "greet", "confidence": 1 - crisis}]
    assert seen["crisis"]["by"] == by


@pytest.mark.parametrize("ranked", [SURE, ranking(greet=0.66, crisis=0.34), ranking(greet=1.0)],
                         ids=["hardly any", "just below", "not ranked"])
def test_neither_leaves_the_message_alone(screen: CrisisScreen, ranked: list[dict[str, Any]]) -> None:
    """Nothing is set, not even an empty danger."""
    asked = heard(HARMLESS, ranked)
    before = copy.deepcopy(asked.data)
    seen = output(screen, asked)
    assert asked.data == before
    assert "crisis" not in seen


@pytest.mark.parametrize(("at", "is_danger"), [(0.2, True), (0.21, False)])
def test_how_sure_the_classifier_has_to_be_is_a_setting(screen: CrisisScreen, storage: ModelStorage, at: float,
                                                        is_danger: bool) -> None:
    """The threshold is that of config.yml; the rules have none."""
    changed = load(storage, crisis_at=at)
    assert ("crisis" in output(changed, heard(HARMLESS, ranking(greet=0.8, crisis=0.2)))) is is_danger
    assert output(load(storage, crisis_at=1.1), heard(DANGER, SURE))["crisis"]["by"] == ["rules"]


def test_messages_are_looked_at_one_by_one(screen: CrisisScreen) -> None:
    """What one person says is no danger in another's message."""
    first, second, third = heard(HARMLESS, SURE), heard(DANGER, SURE), heard(HARMLESS, SURE)
    screen.process([first, second, third])
    assert [bool(asked.get("crisis")) for asked in (first, second, third)] == [False, True, False]


# --- Kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kinds"), [
    pytest.param("i want to die", ["self_harm"], id="one"),
    pytest.param("My husband hits me. I want to die. The baby isn't breathing.",
                 ["emergency", "self_harm", "violence"], id="three, the most urgent first"),
])
@pytest.mark.parametrize("crisis", [0.0, 0.9], ids=["classifier silent", "classifier sure"])
def test_kinds_are_those_that_the_rules_heard(screen: CrisisScreen, text: str, kinds: list[str], crisis: float) -> None:
    """All of them; what the message's vector is near to does not matter then."""
    asked = heard(text, ranking(greet=1 - crisis, crisis=crisis), kind="poison")
    assert output(screen, asked)["crisis"]["kinds"] == kinds


@pytest.mark.parametrize("kind", KINDS)
def test_kind_is_the_likeliest_where_only_the_classifier_heard(screen: CrisisScreen, kind: str) -> None:
    """One, by the message's vector."""
    assert output(screen, heard(HARMLESS, ranking(crisis=0.9), kind=kind))["crisis"]["kinds"] == [kind]


@pytest.mark.parametrize(("danger", "kinds"), [(0.36, [UNCLEAR, "poison"]), (0.7, ["poison"])])
def test_a_kind_that_is_not_likely_comes_after_the_unclear(screen: CrisisScreen, danger: float, kinds: list[str]) -> None:
    """The classifier's guess of the kind counts for as much as its guess that there is danger at all."""
    assert output(screen, heard(HARMLESS, ranking(crisis=danger), kind="poison"))["crisis"]["kinds"] == kinds


def test_a_kind_that_is_hardly_likely_is_not_told(storage: ModelStorage) -> None:
    """Whoever is not in danger at all need not read of poison."""
    create(storage).train(examples())
    asked = heard(HARMLESS, ranking(crisis=0.36), kind="poison")
    assert output(load(storage, hint_at=0.4), asked)["crisis"]["kinds"] == [UNCLEAR]


@pytest.mark.parametrize(("text", "all_safe", "believed"), [
    (HARMLESS, 0.5, True), (HARMLESS, 0.45, False), (DANGER, 0.5, False)],
    ids=["plainly safe", "not plain enough", "the rules hear danger"])
def test_whoever_says_that_all_are_safe_is_believed(screen: CrisisScreen, text: str, all_safe: float,
                                                    believed: bool) -> None:
    """The bot asks for these words; they speak of danger too."""
    asked = heard(text, ranking(all_safe=all_safe, crisis=0.4))
    assert ("crisis" not in output(screen, asked)) == believed


def test_rules_are_never_unclear(storage: ModelStorage) -> None:
    """They know what they heard, however little the classifier makes of it."""
    create(storage).train(examples())
    assert output(load(storage, kind_at=1.1), heard(DANGER, SURE))["crisis"]["kinds"] == ["self_harm"]


def test_danger_can_be_written_into_the_history(screen: CrisisScreen) -> None:
    """Rasa writes it as JSON, which knows no texts and lists of numpy."""
    for asked in (heard(HARMLESS, ranking(crisis=0.9)), heard(DANGER, SURE)):
        told = output(screen, asked)["crisis"]
        assert {type(told["kinds"]), type(told["by"])} == {list}
        assert {type(kind) for kind in told["kinds"]} == {str}


# --- A question beside danger -----------------------------------------------------------------------------------------

ALARM = ranking(crisis=0.8, ask_indicators=0.1)
QUESTION = ranking(ask_contact=0.7, crisis=0.1)


@pytest.mark.parametrize(("segments", "also"), [
    pytest.param([], None, id="message of one piece"),
    pytest.param([ALARM, QUESTION], "ask_contact", id="question behind"),
    pytest.param([QUESTION, ALARM], "ask_contact", id="question before"),
    pytest.param([ALARM, ranking(ask_contact=0.6, crisis=0.4)], "ask_contact", id="as plain as it takes"),
    pytest.param([ALARM, ranking(ask_contact=0.59, crisis=0.41)], None, id="not plain enough"),
    pytest.param([ALARM, ranking(greet=0.9, ask_contact=0.05)], None, id="small talk"),
    pytest.param([ALARM, ranking(out_of_scope=0.9, ask_contact=0.05)], None, id="beyond the brief"),
    pytest.param([ALARM, ranking(crisis=1.0)], None, id="more danger"),
    pytest.param([ALARM, QUESTION, ranking(ask_indicators=0.9)], "ask_contact", id="the first of two questions"),
])
@pytest.mark.parametrize(("text", "ranked"), [(DANGER, SURE), (HARMLESS, ALARM)], ids=["rules", "classifier"])
def test_question_beside_danger_is_kept(screen: CrisisScreen, segments: list[list[dict[str, Any]]], also: str | None,
                                        text: str, ranked: list[dict[str, Any]]) -> None:
    """A topic that a part asks plainly is answered after the lines; anything else is not."""
    assert output(screen, heard(text, ranked, *segments)).get("also") == also


def test_second_topic_that_was_found_before_gives_way(screen: CrisisScreen) -> None:
    """Of two questions beside danger the first is answered; without a plain one, none."""
    asked = heard(DANGER, SURE)
    asked.set("also", "ask_strategic_plan", add_to_output=True)
    assert output(screen, asked).get("also") is None


def test_question_without_danger_is_not_touched(screen: CrisisScreen) -> None:
    """What was decided before on two topics stands."""
    asked = heard(HARMLESS, SURE, QUESTION, ranking(ask_indicators=0.9))
    asked.set("also", "ask_indicators", add_to_output=True)
    assert output(screen, asked)["also"] == "ask_indicators"


# --- The last word ----------------------------------------------------------------------------------------------------


def decided(text: str, ranked: list[dict[str, Any]]) -> Message:
    """A message through the components that decide before the screen, as config.yml orders them."""
    asked = heard(text, ranked)
    ScopeDecision.create(ScopeDecision.get_default_config(), None, RESOURCE, CONTEXT).process([asked])
    ChoiceRecogniser.create({}, None, RESOURCE, CONTEXT).process([asked])
    return asked


@pytest.mark.parametrize(("ranked", "before"), [
    pytest.param(ranking(greet=0.9), "greet", id="small talk"),
    pytest.param(ranking(ask_contact=0.99), "ask_contact", id="sure topic"),
    pytest.param(ranking(out_of_scope=0.9, ask_contact=0.05), "out_of_scope", id="beyond the brief"),
    pytest.param(ranking(ask_contact=0.2, ask_indicators=0.2), "nlu_fallback", id="unclear"),
])
def test_rules_outrank_every_decision(screen: CrisisScreen, ranked: list[dict[str, Any]], before: str) -> None:
    """However sure the others are."""
    asked = decided(DANGER, ranked)
    assert asked.get("intent")["name"] == before
    assert output(screen, asked)["intent"] == {"name": "crisis", "confidence": 1.0}


@pytest.mark.parametrize(("ranked", "before"), [
    pytest.param(ranking(ask_indicators=0.6, crisis=0.36), "ask_indicators", id="likelier topic"),
    pytest.param(ranking(out_of_scope=0.6, crisis=0.36), "out_of_scope", id="likelier refusal"),
    pytest.param(ranking(affirm=0.6, crisis=0.36), "affirm", id="likelier small talk"),
    pytest.param(ranking(crisis=0.5, ask_indicators=0.3), "nlu_fallback", id="unclear"),
])
def test_classifier_needs_no_majority(screen: CrisisScreen, ranked: list[dict[str, Any]], before: str) -> None:
    """Danger that is likely enough outranks what is likelier."""
    asked = decided(HARMLESS, ranked)
    assert asked.get("intent")["name"] == before
    assert output(screen, asked)["intent"]["name"] == "crisis"


def test_danger_outranks_a_choice(screen: CrisisScreen) -> None:
    """Where a component before took the message for a choice, the crisis leads and the choice comes behind it."""
    choice = {"name": "choose", "confidence": 1.0}
    asked = heard(DANGER, [choice])
    asked.set("intent", choice, add_to_output=True)
    seen = output(screen, asked)
    assert seen["intent"]["name"] == "crisis"
    assert seen["intent_ranking"] == [seen["intent"], choice]


@pytest.mark.parametrize("text", ["2", "more", "la segunda", "why"])
def test_choice_that_is_no_danger_stays_a_choice(screen: CrisisScreen, text: str) -> None:
    """The classifier's opinion on "2" is noise, on danger too."""
    asked = decided(text, ranking(greet=0.5, crisis=0.4))
    before = asked.get("intent")
    assert output(screen, asked)["intent"] == before


# --- Nothing to go by -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ranked", [None, []], ids=["none", "empty"])
def test_rules_need_no_ranking(screen: CrisisScreen, ranked: list[dict[str, Any]] | None) -> None:
    """Where no classifier had a say the rules have theirs."""
    asked = message(DANGER)
    asked.set("ranking", ranked)
    seen = output(screen, asked)
    assert seen["intent"] == {"name": "crisis", "confidence": 1.0}
    assert seen["crisis"] == {"kinds": ["self_harm"], "by": ["rules"]}


@pytest.mark.parametrize("asked", [
    pytest.param(Message(data={}), id="no text"),
    pytest.param(message(""), id="empty text"),
    pytest.param(message("🍼👶🏽"), id="no words"),
    pytest.param(message("/ask_contact"), id="payload of a button"),
    pytest.param(message(HARMLESS), id="harmless words"),
])
def test_message_without_a_ranking_is_no_error(screen: CrisisScreen, asked: Message) -> None:
    """What nobody ranked and no rule hears is left alone."""
    before = copy.deepcopy(asked.data)
    assert "crisis" not in output(screen, asked)
    assert asked.data == before


# --- Trained and kept -------------------------------------------------------------------------------------------------


def test_loaded_screen_says_what_the_trained_one_says(storage: ModelStorage) -> None:
    """Storing and loading changes no kind, also where two are near."""
    trained = create(storage)
    trained.train(examples())
    for axis in range(len(KINDS)):
        between = around(axis, 5) + around((axis + 1) % len(KINDS), 6)
        one, other = (message(vector=between) for _ in range(2))
        for asked in (one, other):
            asked.set("ranking", ranking(crisis=0.9))
        trained.process([one])
        load(storage).process([other])
        assert one.get("crisis") == other.get("crisis")


def test_kinds_are_learnt_from_danger_only(storage: ModelStorage) -> None:
    """Other intents, and danger without a vector, teach no kind."""
    data = examples()
    no_vector = message(intent="crisis")
    no_vector.set("metadata", {"intent": {"kind": "nothing of the sort"}})
    data.training_examples.extend([message(intent="greet", vector=around(0, 1)), no_vector])
    create(storage).train(data)
    with storage.read_from(RESOURCE) as directory, np.load(directory / "kinds.npz", allow_pickle=False) as stored:
        assert set(stored["kinds"].tolist()) == set(KINDS)


def test_danger_without_a_kind_is_an_error(storage: ModelStorage) -> None:
    """A block that lacks the mark stops the training, not the answers."""
    data = examples()
    data.training_examples.append(message(intent="crisis", vector=around(0, 1), voice="ana"))
    with pytest.raises(KeyError, match="kind"):
        create(storage).train(data)


@pytest.mark.parametrize("damage", DAMAGES)
def test_screen_that_cannot_be_loaded_raises(screen: CrisisScreen, storage: ModelStorage,
                                             damage: Callable[[Path], None]) -> None:
    """It never serves as one that knows no kinds."""
    damage_stored(storage, damage)
    with pytest.raises(UNUSABLE):
        load(storage)


def test_unknown_resource_raises(storage: ModelStorage) -> None:
    """A model without this component's part is no model."""
    with pytest.raises(ValueError):
        CrisisScreen.load(CONFIG, storage, Resource("another"), CONTEXT)


@pytest.mark.parametrize("part", ["LEXICON", "_FITTING"])
def test_fingerprint_follows_the_lexicon_and_the_fitting(part: str, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa itself sees only the component's class; an edited lexicon or another way to fit makes it train again."""
    before = CrisisScreen.fingerprint_addon(CONFIG)
    changed = tmp_path / "changed"
    changed.write_bytes(getattr(crisis_screen, part).read_bytes() + b"# changed")
    monkeypatch.setattr(crisis_screen, part, changed)
    assert CrisisScreen.fingerprint_addon(CONFIG) != before


@pytest.mark.parametrize(("text", "ranked", "also"), [
    pytest.param(HARMLESS, ranking(crisis=0.5, ask_indicators=0.4), "ask_indicators", id="perhaps a false alarm"),
    pytest.param(HARMLESS, ranking(crisis=0.5, ask_indicators=0.1), None, id="no topic is likely"),
    pytest.param(HARMLESS, ranking(crisis=0.8, ask_indicators=0.2), None, id="surely danger"),
    pytest.param(DANGER, ranking(crisis=0.4, ask_indicators=0.5), None, id="heard by the rules"),
])
def test_what_may_be_a_false_alarm_is_answered_after_the_lines(screen: CrisisScreen, text: str,
                                                               ranked: list[dict[str, Any]], also: str | None) -> None:
    """Whoever asked about head banging gets the answer, too; whoever is in danger is not talked to about topics."""
    assert output(screen, heard(text, ranked)).get("also") == also


@pytest.mark.parametrize(("text", "confidence", "heard_"), [
    ("this kid is killing me lol", 0.5, False), ("this kid is killing me lol", 0.7, True), ("some words", 0.5, True),
    ("this kid is killing me, i want to die", 0.1, True),
])
def test_idiom_asks_for_a_surer_classifier(screen: CrisisScreen, text: str, confidence: float, heard_: bool) -> None:
    """What people say without meaning it is alarming to a classifier; the rules hear the rest of the message as ever."""
    seen = output(screen, heard(text, ranking(ask_indicators=0.9 - confidence, crisis=confidence)))
    assert bool(seen.get("crisis")) is heard_


@pytest.mark.parametrize(("ranked", "intent"), [
    pytest.param(ranking(crisis=0.5, ask_indicators=0.3, ask_contact=0.1), "ask_indicators", id="a topic beside it"),
    pytest.param(ranking(crisis=0.58, out_of_scope=0.4, ask_indicators=0.02), "crisis", id="nothing likely beside it"),
    pytest.param(ranking(greet=0.5, crisis=0.4, ask_indicators=0.1), "greet", id="decided for something else before"),
])
def test_what_is_asked_beside_an_idiom_is_answered(screen: CrisisScreen, ranked: list[dict[str, Any]],
                                                   intent: str) -> None:
    """Danger is taken out of the ranking and the rest is read anew; where that says little, it stays as it was decided."""
    asked = heard("this kid is killing me lol", ranked)
    asked.set("intent", dict(ranked[0]))
    (done,) = screen.process([asked])
    assert done.get("intent")["name"] == intent and not done.get("crisis")
