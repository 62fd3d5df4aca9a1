"""Answer, ask back or refuse, and when two topics are answered."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components.scope import ScopeDecision
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, message, ranking

CONFIG = {"refuse_ratio": 1.0, "also_at": 0.6, "whole_at": 0.7}
CRY, WHO, BRAIN, PLAN = "ask_indicators", "ask_about_nmaimh", "ask_brain_development", "ask_strategic_plan"


@pytest.fixture(scope="module")
def scope() -> ScopeDecision:
    return ScopeDecision.create({**CONFIG, "answer_at": 0.35}, None, RESOURCE, CONTEXT)


@pytest.mark.parametrize(("ranked", "intent", "confidence"), [
    pytest.param(ranking(ask_indicators=0.8, ask_contact=0.1), CRY, 0.8, id="sure topic"),
    pytest.param(ranking(ask_indicators=0.35, ask_contact=0.3), CRY, 0.35, id="topic at the threshold"),
    pytest.param(ranking(ask_indicators=0.34, ask_contact=0.3), "nlu_fallback", 0.34, id="topic below the threshold"),
    pytest.param(ranking(out_of_scope=0.8, ask_indicators=0.1), "out_of_scope", 0.8, id="sure refusal"),
    pytest.param(ranking(out_of_scope=0.3, ask_indicators=0.2, ask_contact=0.2), "out_of_scope", 0.3,
                 id="unsure refusal above every topic"),
    pytest.param(ranking(ask_indicators=0.5, out_of_scope=0.4), CRY, 0.5, id="topic above refusal"),
    pytest.param(ranking(greet=0.9, ask_indicators=0.05), "greet", 0.9, id="small talk"),
    pytest.param(ranking(greet=0.3, ask_indicators=0.25), "nlu_fallback", 0.3, id="unsure small talk"),
    pytest.param(ranking(greet=0.4, ask_indicators=0.25), "greet", 0.4, id="small talk at the threshold of topics"),
    pytest.param(ranking(change_to_parent=0.49, ask_indicators=0.1), "nlu_fallback", 0.49, id="unsure lasting change"),
    pytest.param(ranking(erase_data=0.5, ask_indicators=0.1), "erase_data", 0.5, id="lasting change at its threshold"),
    pytest.param(ranking(greet=0.6, out_of_scope=0.3, ask_indicators=0.1), "greet", 0.6, id="small talk above refusal"),
    pytest.param(ranking(crisis=0.5, ask_indicators=0.4, out_of_scope=0.1), CRY, 0.4,
                 id="crisis is decided elsewhere: topic below it"),
    pytest.param(ranking(crisis=0.5, out_of_scope=0.4, ask_indicators=0.1), "out_of_scope", 0.4,
                 id="crisis is decided elsewhere: refusal below it"),
    pytest.param(ranking(crisis=0.9, ask_indicators=0.05, out_of_scope=0.01), "nlu_fallback", 0.05,
                 id="crisis is decided elsewhere: nothing clear below it"),
    pytest.param(ranking(out_of_scope=0.6, greet=0.4), "out_of_scope", 0.6, id="no topic in the ranking"),
    pytest.param(ranking(greet=0.2, thanks=0.2), "nlu_fallback", 0.2, id="small talk only, unsure"),
    pytest.param(ranking(crisis=1.0), "nlu_fallback", 0.0, id="crisis alone"),
])
def test_decision(scope: ScopeDecision, ranked: list[dict], intent: str, confidence: float) -> None:
    """A topic where it is likely enough and likelier than a refusal; otherwise refuse or ask back."""
    assert scope.decide(ranked) == (intent, confidence)


@pytest.mark.parametrize(("ratio", "intent"), [(0.5, "out_of_scope"), (1.0, CRY), (3.0, CRY)])
def test_refusal_can_be_made_readier(ratio: float, intent: str) -> None:
    """The ratio says how many times likelier than the best topic a refusal has to be."""
    decision = ScopeDecision({**CONFIG, "answer_at": 0.35, "refuse_ratio": ratio})
    assert decision.decide(ranking(ask_indicators=0.45, out_of_scope=0.35))[0] == intent


def sure(name: str, confidence: float = 0.8) -> list[dict]:
    return ranking(**{name: confidence, "out_of_scope": 0.05})


@pytest.mark.parametrize(("halves", "decided"), [
    pytest.param([], (CRY, None), id="no parts"),
    pytest.param([sure(WHO), sure(BRAIN)], (WHO, BRAIN), id="two topics in their order"),
    pytest.param([sure(BRAIN), sure(WHO)], (BRAIN, WHO), id="two topics in the other order"),
    pytest.param([sure(WHO), sure(WHO)], (CRY, None), id="the same topic twice"),
    pytest.param([sure(WHO), sure(BRAIN, 0.6)], (WHO, BRAIN), id="second at the threshold"),
    pytest.param([sure(WHO), sure(BRAIN, 0.59)], (CRY, None), id="second not clear"),
    pytest.param([sure(WHO), sure("greet")], (CRY, None), id="a topic and small talk"),
    pytest.param([sure(WHO), ranking(out_of_scope=0.9, ask_brain_development=0.05)], (CRY, None),
                 id="a topic and something beyond the brief"),
    pytest.param([sure(WHO), sure("crisis", 0.9)], (CRY, None), id="a topic and danger"),
])
def test_two_topics(scope: ScopeDecision, halves: list[list[dict]], decided: tuple[str, str | None]) -> None:
    """Two halves that plainly ask different topics give both; anything else leaves the whole message's intent."""
    assert scope.two_topics(CRY, 0.6, halves) == decided


@pytest.mark.parametrize(("intent", "confidence", "decided"), [
    pytest.param(BRAIN, 0.9, (BRAIN, WHO), id="the whole asks the second of them: it comes first"),
    pytest.param(CRY, 0.7, (CRY, None), id="the whole plainly asks a third thing"),
    pytest.param(CRY, 0.69, (WHO, BRAIN), id="the whole hardly asks a third thing"),
    pytest.param("out_of_scope", 0.9, (WHO, BRAIN), id="the whole is not covered, its halves are"),
    pytest.param("greet", 0.9, (WHO, BRAIN), id="the whole sounds like small talk"),
])
def test_two_topics_beside_what_the_whole_asks(scope: ScopeDecision, intent: str, confidence: float,
                                               decided: tuple[str, str | None]) -> None:
    """A message that plainly asks one thing is not torn into two others."""
    assert scope.two_topics(intent, confidence, [sure(WHO), sure(BRAIN)]) == decided


def ranked_message(ranked: list[dict], halves: list[list[dict]] | None = None) -> Message:
    made = message()
    made.set("ranking", ranked)
    made.set("half_rankings", halves)
    return made


def test_decision_is_set_on_the_message(scope: ScopeDecision) -> None:
    """Intent, its ranking, the three likeliest topics and no second topic, all in what the actions see."""
    made = ranked_message(ranking(ask_indicators=0.5, greet=0.2, ask_contact=0.1, ask_references=0.08, crisis=0.07,
                                  ask_strategic_plan=0.05))
    scope.process([made])
    seen = made.as_dict(only_output_properties=True)
    assert seen["intent"] == {"name": CRY, "confidence": 0.5}
    assert seen["intent_ranking"][0] == seen["intent"]
    assert [entry["name"] for entry in seen["topics"]] == [CRY, "ask_contact", "ask_references"]
    assert seen.get("also") is None


def test_asking_back_leads_the_ranking(scope: ScopeDecision) -> None:
    """The intent decided for stands first in the ranking, and the topics for the choices are kept."""
    made = ranked_message(ranking(ask_indicators=0.3, ask_contact=0.2))
    scope.process([made])
    assert made.get("intent")["name"] == made.get("intent_ranking")[0]["name"] == "nlu_fallback"
    assert [entry["name"] for entry in made.get("topics")] == [CRY, "ask_contact"]


def test_two_topics_are_set_on_the_message(scope: ScopeDecision) -> None:
    """The first becomes the intent, with the confidence of its half, and the second stands beside it."""
    made = ranked_message(ranking(ask_indicators=0.3, ask_contact=0.2), [sure(WHO, 0.7), sure(BRAIN, 0.9)])
    scope.process([made])
    assert made.get("intent") == {"name": WHO, "confidence": 0.7}
    assert made.get("also") == BRAIN


@pytest.mark.parametrize("given", [Message(data={}), Message(data={"text": "x", "ranking": []})],
                         ids=["payload", "empty"])
def test_message_without_a_ranking_is_left_alone(scope: ScopeDecision, given: Message) -> None:
    """What the classifier did not read is not decided here."""
    scope.process([given])
    assert given.get("intent") is None
    assert given.get("topics") is None
