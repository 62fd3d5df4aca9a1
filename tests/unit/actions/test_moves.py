"""Moves that are a whole message: again, simpler, a feeling, "that's not what I asked"; and nothing said twice in a row."""

from __future__ import annotations

from typing import Any

import pytest

from bot.knowledge import Knowledge
from tests.unit.actions.conftest import Message, Talk, offered

# What the classifier makes of "otra vez por favor" or "can you explain it in plain english".
MISTAKEN = ["tell_more", "start_over", "help", "affirm", "says_who", "nlu_fallback", "out_of_scope", "ask_references",
            "change_to_english", "change_to_parent"]


def said(talk: Talk, text: str, intent: str = "nlu_fallback", **understood: Any) -> Message:
    """The only message of the reply to a text."""
    (message,) = talk.says(intent, text=text, **understood)
    return message


# --- again and simpler ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", MISTAKEN)
def test_an_answer_is_given_once_more(talk: Talk, knowledge: Knowledge, intent: str) -> None:
    """Whatever the classifier takes the request for; nothing else changes by it."""
    (first,) = talk.says("ask_indicators")
    again = said(talk, "can you repeat that", intent)
    assert (again["kind"], again["topic"]) == ("answer", "indicators")
    assert again["plain"] == f"{knowledge.phrase('again', 'en')} {first['plain']}"
    assert talk.slots["last_topic"] == "indicators"
    assert (talk.slots.get("language_asked"), talk.slots.get("audience_asked")) == (None, None)


@pytest.mark.parametrize("intent", MISTAKEN)
def test_a_provider_reads_what_a_parent_reads(talk: Talk, knowledge: Knowledge, intent: str) -> None:
    """In plainer words, this once; the next answer is a provider's again."""
    talk.says("ask_indicators", metadata={"audience": "provider"})
    plainer = said(talk, "say it simpler", intent, metadata={"audience": "provider"})
    wording = knowledge.topics["indicators"].wording("en", "parent")
    assert plainer["plain"] == f"{knowledge.phrase('plainer', 'en')} {wording.plain}"
    assert talk.says("ask_contact", metadata={"audience": "provider"})[0]["audience"] == "provider"


def test_a_parent_reads_it_in_short_and_then_that_this_is_all(talk: Talk, knowledge: Knowledge) -> None:
    """A parent's words are the plainest there are."""
    talk.says("ask_indicators")
    short = said(talk, "más sencillo", metadata={"language": "es"})
    assert short["plain"] == (f"{knowledge.phrase('in_short', 'es')} "
                              f"{knowledge.topics['indicators'].wording('es', 'parent').sms}")
    still = said(talk, "no entiendo", metadata={"language": "es"})
    assert still["plain"] == knowledge.phrase("plainest", "es")
    assert [contact["name"] for contact in still["contacts"]] == [knowledge.office.name]


def test_plain_english_asks_a_bot_that_speaks_spanish_for_english(talk: Talk) -> None:
    """To one that speaks English already, it asks for plainer words."""
    talk.says("ask_indicators", metadata={"language": "es"})
    reply = talk.says("change_to_english", text="can you explain it in plain english", metadata={"language": "es"})
    assert [(message["kind"], message["language"]) for message in reply] == [("smalltalk", "en"), ("answer", "en")]


def test_a_refusal_is_said_more_simply(talk: Talk, knowledge: Knowledge) -> None:
    """What comes is not the answer before it."""
    talk.says("ask_indicators")
    talk.says("out_of_scope")
    assert said(talk, "i don't understand")["plain"] == knowledge.phrase("out_of_scope_simpler", "en")
    assert said(talk, "repeat that")["plain"] == knowledge.phrase("out_of_scope", "en")


def test_a_question_back_asks_which(talk: Talk, knowledge: Knowledge) -> None:
    """Its choices stay open."""
    talk.says("nlu_fallback", topics=[("indicators", 0.2), ("contact", 0.15)])
    which = said(talk, "huh?", "help")
    assert (which["plain"], offered(which)) == (knowledge.phrase("which", "en"), ["indicators", "contact"])


@pytest.mark.parametrize(("text", "key"), [("can you repeat that", "nothing_before"), ("i don't understand", "help")])
def test_where_nothing_was_said_it_tells_what_to_ask(talk: Talk, knowledge: Knowledge, text: str, key: str) -> None:
    """There is nothing to say again."""
    message = said(talk, text)
    assert (message["plain"], offered(message)) == (knowledge.phrase(key, "en"), list(knowledge.starters))


@pytest.mark.parametrize("text", ["can you repeat that", "no entiendo", "what number was that", "a quién llamo"])
def test_lines_are_given_again(talk: Talk, text: str) -> None:
    """After danger, "what was that" is about the numbers; the reply ends like any other."""
    (lines,) = talk.says("crisis", danger=["violence"])
    again = said(talk, text, "help")
    assert (again["kind"], again["lines"]) == ("crisis", lines["lines"])
    assert again["reminder"]


def test_help_right_after_lines_is_the_lines(talk: Talk) -> None:
    """ "Help" is no question about what one can ask."""
    talk.says("ask_indicators")
    talk.says("crisis", danger=["self_harm"])
    assert talk.says("help", leans="perhaps", confidence=0.9)[0]["kind"] == "crisis"


def test_whom_to_call_right_after_lines_is_the_lines_and_then_the_office(talk: Talk) -> None:
    """In whatever words it is asked."""
    talk.says("crisis", danger=["self_harm"])
    assert [message["kind"] for message in talk.says("ask_contact")] == ["crisis", "answer"]
    assert [message["kind"] for message in talk.says("ask_contact")] == ["answer"]


def test_danger_is_no_move(talk: Talk) -> None:
    """Words that are a move and are heard as danger get the lines."""
    assert said(talk, "i'm so tired", "crisis", danger=["self_harm"])["kind"] == "crisis"


# --- feelings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback", "ask_indicators", "change_to_parent", "goodbye"])
@pytest.mark.parametrize(("text", "language"), [("i'm so tired", "en"), ("soy mala madre", "es")])
def test_a_feeling_gets_a_kind_word_and_who_listens(talk: Talk, knowledge: Knowledge, intent: str, text: str,
                                                    language: str) -> None:
    """Not the answer before, and not a cold refusal; the line with its number stands before the office."""
    talk.says("ask_brain_development")
    message = said(talk, text, intent, leans="perhaps", confidence=0.4, metadata={"language": language})
    line = knowledge.crisis.lines[knowledge.listens or ""]
    assert message["kind"] == "out_of_scope"
    assert message["plain"] == knowledge.phrase("feeling", language, name=line.name[language])
    assert [contact["phone"] for contact in message["contacts"]] == [line.phone, knowledge.office.phone]


def test_a_provider_s_feeling_is_pointed_to_what_the_brief_says_of_providers(talk: Talk, knowledge: Knowledge) -> None:
    """The line is for parents."""
    message = said(talk, "i'm burned out", metadata={"audience": "provider"})
    assert message["plain"] == knowledge.phrase("feeling_provider", "en")
    assert offered(message) == ["training_supervision"]


def test_on_a_phone_nobody_is_a_provider_who_did_not_say_so(talk: Talk, knowledge: Knowledge) -> None:
    """There the wording for providers is the one to begin with."""
    message = said(talk, "i'm so tired", metadata={"default_audience": "provider"})
    assert message["contacts"][0]["phone"] == knowledge.crisis.lines[knowledge.listens or ""].phone


# --- what is said of the reply ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["that's not what i asked", "no me ayuda"])
def test_a_reply_that_missed_is_regretted(talk: Talk, knowledge: Knowledge, text: str) -> None:
    """With its neighbours; the second time with whom to call."""
    talk.says("ask_indicators")
    first, second = said(talk, text, "help", leans="perhaps"), said(talk, text, "help", leans="perhaps")
    assert (first["plain"], second["plain"]) == (knowledge.phrase("deny", "en"), knowledge.phrase("deny_2", "en"))
    assert offered(first) == list(knowledge.topics["indicators"].related)
    assert "contacts" not in first and second["contacts"]


@pytest.mark.parametrize("text", ["nice", "that helps", "got it", "ya veo", "lol"])
def test_a_reply_that_was_taken_in_is_not_given_again(talk: Talk, knowledge: Knowledge, text: str) -> None:
    """However short, it asks nothing."""
    talk.says("ask_indicators")
    assert said(talk, text, "out_of_scope", leans="perhaps", confidence=0.4)["plain"] == knowledge.phrase("affirm", "en")


def test_thanks_are_thanks(talk: Talk, knowledge: Knowledge) -> None:
    """Where the classifier is sure of more than "ok"."""
    assert said(talk, "ok thanks", "thanks", confidence=0.9)["plain"] == knowledge.phrase("thanks", "en")


def test_what_it_can_do_is_told_after_an_answer_too(talk: Talk, knowledge: Knowledge) -> None:
    """Short as it is, it does not lean on the answer."""
    talk.says("ask_contact")
    assert said(talk, "what can you do", "help", leans="perhaps")["plain"] == knowledge.phrase("help", "en")


# --- "no" and "yes" to what was said before ---------------------------------------------------------------------------


def test_no_after_a_refusal_regrets_and_names_the_office(talk: Talk, knowledge: Knowledge) -> None:
    """An older answer's neighbours have nothing to do with it."""
    talk.says("ask_contact")
    talk.says("out_of_scope")
    (message,) = talk.says("deny")
    assert (message["plain"], offered(message)) == (knowledge.phrase("deny", "en"), list(knowledge.starters))
    assert message["contacts"]


def test_no_to_what_else_declines(talk: Talk, knowledge: Knowledge) -> None:
    """ "Anything else?" "No.": nothing missed."""
    talk.says("ask_contact")
    talk.says("thanks")
    assert talk.says("deny")[0]["plain"] == knowledge.phrase("deny_plain", "en")


def test_yes_to_the_neighbours_of_a_refusal_asks_which(talk: Talk, knowledge: Knowledge) -> None:
    """Two were offered."""
    talk.says("out_of_scope", topics=[("indicators", 0.3), ("contact", 0.2)])
    (message,) = talk.says("affirm")
    assert (message["plain"], offered(message)) == (knowledge.phrase("which", "en"), ["indicators", "contact"])


def test_yes_long_after_a_choice_takes_none(talk: Talk, knowledge: Knowledge) -> None:
    """It answers what was said last."""
    talk.says("out_of_scope", topics=[("indicators", 0.3)])
    talk.says("thanks")
    assert talk.says("affirm")[0]["plain"] == knowledge.phrase("affirm", "en")


# --- never the same twice in a row ------------------------------------------------------------------------------------


def test_refusals_in_a_row_get_shorter_and_then_offer_what_can_be_asked(talk: Talk, knowledge: Knowledge) -> None:
    """Each with whom to call; thanks in between do not make it forget."""
    first, second = talk.says("out_of_scope")[0], talk.says("out_of_scope")[0]
    talk.says("thanks")
    third, fourth = talk.says("out_of_scope")[0], talk.says("out_of_scope")[0]
    assert [message["plain"] for message in (first, second, third, fourth)] == [
        knowledge.phrase(key, "en") for key in ("out_of_scope", "out_of_scope_2", "out_of_scope_3", "out_of_scope")]
    assert len(second["plain"]) < len(first["plain"])
    assert [offered(message) for message in (first, second, third)] == [[], [], list(knowledge.starters)]
    assert all(message["contacts"] for message in (first, second, third, fourth))


def test_a_refusal_after_an_answer_is_the_first_again(talk: Talk, knowledge: Knowledge) -> None:
    """In a row means with nothing answered in between."""
    for intent in ("out_of_scope", "ask_contact"):
        talk.says(intent)
    assert talk.says("out_of_scope")[0]["plain"] == knowledge.phrase("out_of_scope", "en")


@pytest.mark.parametrize("intent", ["greet", "affirm", "help", "bot_challenge", "tell_more", "choose",
                                    "out_of_scope", "nlu_fallback"])
@pytest.mark.parametrize("crisis", [None, ["self_harm"]], ids=["calm", "danger"])
def test_nothing_is_said_twice_in_a_row(talk: Talk, intent: str, crisis: list[str] | None) -> None:
    """A broken record helps nobody; with danger in mind neither."""
    talk.slots["crisis"] = crisis
    said_ = [talk.says(intent, topics=[("indicators", 0.2)] if intent == "nlu_fallback" else [])[0]["plain"]
             for _ in range(3)]
    assert all(one != next_ for one, next_ in zip(said_, said_[1:]))


def test_the_same_answer_in_a_row_is_opened_otherwise(talk: Talk, knowledge: Knowledge) -> None:
    """That this is all, then in short, then in full; and as ever once something else was said."""
    plain = [talk.says("ask_indicators")[0]["plain"] for _ in range(4)]
    wording = knowledge.topics["indicators"].wording("en", "parent")
    same = f"{knowledge.phrase('same', 'en')} {wording.plain}"
    assert plain == [wording.plain, same, f"{knowledge.phrase('in_short', 'en')} {wording.sms}", same]
    talk.says("thanks")
    assert talk.says("ask_indicators")[0]["plain"] == wording.plain


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_answer_with_its_opening_stays_within_sixty_words(knowledge: Knowledge, language: str) -> None:
    """What the contract allows on the web, for every answer and every opening that comes before it."""
    for topic in knowledge.topics.values():
        full = {audience: len(topic.wording(language, audience).plain.split()) for audience in ("parent", "provider")}
        for key in ("again", "same"):
            assert max(full.values()) + len(knowledge.phrase(key, language).split()) <= 60, (topic.name, key)
        assert full["parent"] + len(knowledge.phrase("plainer", language).split()) <= 60, topic.name


# --- context ----------------------------------------------------------------------------------------------------------


def test_a_message_between_two_other_topics_leaves_the_last_one(talk: Talk) -> None:
    """ "Is it too late for her to attach" after the brain: half one topic, half its neighbour, and surely not the brain."""
    talk.says("ask_brain_development")
    topics = [("risk_or_protective", 0.56), ("relationship_central", 0.43)]
    (message,) = talk.says("ask_risk_or_protective", topics=topics, confidence=0.56, leans="stays")
    assert message["topic"] == "risk_or_protective"
