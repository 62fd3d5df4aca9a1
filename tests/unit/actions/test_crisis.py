"""Danger: its lines come first, it is remembered, and nothing but the person's own word ends it."""

from __future__ import annotations

import pytest

from bot.knowledge import Knowledge
from tests.unit.actions.conftest import Talk, kinds, offered


def reminder(knowledge: Knowledge, *dangers: str, language: str = "en") -> str:
    return knowledge.crisis.reminder(dangers, language)


@pytest.fixture
def worried(talk: Talk) -> Talk:
    """A conversation in which thoughts of suicide were spoken of."""
    talk.says("crisis", danger=["self_harm"])
    return talk


def test_lines_that_fit_open_the_reply(talk: Talk, knowledge: Knowledge) -> None:
    """One crisis message with the lines of its kind, in their order, and who is (not) there."""
    (message,) = talk.says("crisis", danger=["violence"])
    assert message["kind"] == "crisis"
    assert [line["display"] for line in message["lines"]] == [
        line.display for line in knowledge.crisis.lines_for(("violence",), audience="parent")]
    assert knowledge.crisis.not_watched["en"] in message["plain"]


def test_question_beside_the_danger_is_answered_after_the_lines(talk: Talk) -> None:
    """First the lines, then the answer, and that is what the next message leans on."""
    reply = talk.says("crisis", danger=["self_harm"], also="ask_indicators")
    assert kinds(reply) == ["crisis", "answer"]
    assert reply[1]["topic"] == talk.slots["last_topic"] == "indicators"


def test_two_dangers_get_the_lines_of_both(talk: Talk, knowledge: Knowledge) -> None:
    """The kind named first comes first; no line stands twice."""
    (message,) = talk.says("crisis", danger=["violence", "self_harm"])
    displays = [line["display"] for line in message["lines"]]
    assert displays == [line.display
                        for line in knowledge.crisis.lines_for(("violence", "self_harm"), audience="parent")]
    assert len(set(displays)) == len(displays)


def test_suspicion_of_abuse_gives_a_provider_the_reporting_line(talk: Talk, knowledge: Knowledge) -> None:
    """Whoever works with the family learns where to report."""
    (message,) = talk.says("crisis", danger=["abuse"], metadata={"audience": "provider"})
    displays = [line["display"] for line in message["lines"]]
    assert {knowledge.crisis.lines[line].display for line in knowledge.crisis.provider_suspicion} <= set(displays)


def test_danger_of_unknown_kind_still_gets_lines(talk: Talk) -> None:
    """The intent alone is enough."""
    (message,) = talk.says("crisis")
    assert message["kind"] == "crisis"
    assert message["lines"]


def test_dangers_add_up(talk: Talk) -> None:
    """What was said before stays true; the newest is named first and none twice."""
    for danger in (["violence"], ["self_harm"], ["violence"]):
        talk.says("crisis", danger=danger)
    assert talk.slots["crisis"] == ["violence", "self_harm"]


@pytest.mark.parametrize(("intent", "understood"), [
    ("ask_contact", {}), ("ask_contact", {"also": "ask_indicators"}), ("out_of_scope", {}), ("greet", {}), ("help", {}),
    ("nlu_fallback", {"topics": [("contact", 0.2)]}), ("tell_more", {}), ("choose", {}), ("start_over", {}),
    ("thanks", {})],
    ids=["answer", "two answers", "refusal", "greeting", "help", "question back", "more", "choice", "starting over",
         "thanks"])
def test_every_later_reply_ends_with_the_shortest_line(worried: Talk, knowledge: Knowledge, intent: str,
                                                       understood: dict) -> None:
    """Until the person says otherwise; once a reply, at its very end."""
    reply = worried.says(intent, **understood)
    line = reminder(knowledge, "self_harm")
    assert reply[-1]["text"].endswith(line)
    assert [message["reminder"] for message in reply] == [None] * (len(reply) - 1) + [line]


def test_reminder_is_in_the_reader_s_language(worried: Talk, knowledge: Knowledge) -> None:
    """Spanish ends with the Spanish line."""
    assert worried.says("change_to_spanish")[-1]["text"].endswith(reminder(knowledge, "self_harm", language="es"))


def test_reminder_is_of_the_newest_danger(worried: Talk, knowledge: Knowledge) -> None:
    """What is most pressing now."""
    worried.says("crisis", danger=["poison"])
    assert worried.says("ask_contact")[-1]["text"].endswith(reminder(knowledge, "poison", "self_harm"))


def test_crisis_message_needs_no_reminder(worried: Talk) -> None:
    """The lines stand there already."""
    assert [message["reminder"] for message in worried.says("crisis", danger=["self_harm"])] == [None]


@pytest.mark.parametrize("intent", ["thanks", "deny", "affirm", "goodbye"])
def test_small_words_do_not_close_the_subject(worried: Talk, knowledge: Knowledge, intent: str) -> None:
    """ "Thanks", "no" and "ok" say nothing about safety."""
    worried.says("ask_indicators")
    (message,) = worried.says(intent)
    assert message["plain"] == knowledge.phrase(f"crisis_{intent}", "en")
    assert message["reminder"]
    assert worried.slots["crisis"] == ["self_harm"]


@pytest.mark.parametrize("intent", ["tell_more", "why", "says_who"])
def test_more_right_after_the_lines_keeps_to_the_subject(worried: Talk, knowledge: Knowledge, intent: str) -> None:
    """With no answer before it, "more" is about the danger."""
    assert worried.says(intent)[0]["plain"] == knowledge.phrase("still_here", "en")


def test_starting_over_does_not_forget_the_danger(worried: Talk) -> None:
    """A new topic is no all-clear."""
    worried.says("start_over")
    assert worried.slots["crisis"] == ["self_harm"]


def test_all_clear_ends_it(worried: Talk, knowledge: Knowledge) -> None:
    """Said so by the person, the reply and those after it carry no line, and "thanks" is thanks again."""
    (message,) = worried.says("all_safe")
    assert message["plain"] == knowledge.phrase("all_safe", "en")
    assert message["reminder"] is None
    assert offered(message) == list(knowledge.starters)
    (thanks,) = worried.says("thanks")
    assert (thanks["plain"], thanks["reminder"]) == (knowledge.phrase("thanks", "en"), None)


def test_danger_after_an_all_clear_counts_anew(worried: Talk) -> None:
    """What was called off is not added to what is new."""
    worried.says("all_safe")
    worried.says("crisis", danger=["violence"])
    assert worried.slots["crisis"] == ["violence"]


def test_choices_survive_the_lines(talk: Talk, knowledge: Knowledge) -> None:
    """The list that was open before is open after."""
    talk.says("ask_indicators")
    talk.says("crisis", danger=["self_harm"])
    assert talk.chooses(1)[0]["topic"] == knowledge.topics["indicators"].related[0]


def test_first_reply_has_its_lines_before_the_notice() -> None:
    """Nothing comes ahead of the lines."""
    assert kinds(Talk().says("crisis", danger=["self_harm"], also="ask_contact")) == ["crisis", "answer", "notice"]
