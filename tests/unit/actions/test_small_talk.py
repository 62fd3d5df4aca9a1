"""Small talk and the notice: what is said beside the answers."""

from __future__ import annotations

import pytest

from bot.knowledge import Knowledge
from tests.unit.actions.conftest import Talk, kinds, offered


@pytest.mark.parametrize("intent", ["greet", "thanks", "goodbye", "bot_challenge", "help", "affirm", "start_over",
                                    "erase_data", "all_safe", "change_to_parent", "change_to_provider"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_small_talk_says_its_phrase(talk: Talk, knowledge: Knowledge, intent: str, language: str) -> None:
    """The phrase named like the intent, in the reader's language."""
    (message,) = talk.says(intent, metadata={"language": language})
    assert (message["kind"], message["plain"]) == ("smalltalk", knowledge.phrase(intent, language))


def test_change_of_language_answers_in_that_language(talk: Talk, knowledge: Knowledge) -> None:
    """The confirmation itself is in the language asked for."""
    assert talk.says("change_to_spanish")[0]["plain"] == knowledge.phrase("change_to_spanish", "es")
    assert talk.says("change_to_english")[0]["plain"] == knowledge.phrase("change_to_english", "en")


@pytest.mark.parametrize(("intent", "what", "value"), [
    ("change_to_spanish", "language", "es"), ("change_to_provider", "audience", "provider")])
def test_a_change_gives_the_last_answer_again(talk: Talk, intent: str, what: str, value: str) -> None:
    """Whoever asks for Spanish after an answer wants that answer."""
    talk.says("ask_indicators")
    said, again = talk.says(intent)
    assert (said["kind"], again["kind"], again["topic"]) == ("smalltalk", "answer", "indicators")
    assert again[what] == value


def test_yes_takes_the_only_choice(talk: Talk) -> None:
    """One neighbour was offered with the refusal, and "yes" means it."""
    talk.says("out_of_scope", topics=[("indicators", 0.3)])
    (message,) = talk.says("affirm")
    assert (message["kind"], message["topic"]) == ("answer", "indicators")


def test_yes_to_several_choices_asks_which(talk: Talk, knowledge: Knowledge) -> None:
    """What was asked back is still open, and its numbers count."""
    talk.says("nlu_fallback", topics=[("indicators", 0.2), ("contact", 0.15)])
    (message,) = talk.says("affirm")
    assert message["plain"] == knowledge.phrase("which", "en")
    assert talk.chooses(2)[0]["topic"] == "contact"


@pytest.mark.parametrize("intent", ["greet", "help", "start_over"])
def test_small_talk_that_opens_offers_what_people_ask(talk: Talk, knowledge: Knowledge, intent: str) -> None:
    """A beginning comes with choices."""
    assert offered(talk.says(intent)[0]) == list(knowledge.starters)


def test_no_after_an_answer_offers_its_neighbours(talk: Talk, knowledge: Knowledge) -> None:
    """ "No" means that the answer missed."""
    talk.says("ask_indicators")
    (message,) = talk.says("deny")
    assert message["plain"] == knowledge.phrase("deny", "en")
    assert offered(message) == list(knowledge.topics["indicators"].related)


def test_no_without_an_answer_just_declines(talk: Talk, knowledge: Knowledge) -> None:
    """There is nothing that could have missed."""
    assert talk.says("deny")[0]["plain"] == knowledge.phrase("deny_plain", "en")


def test_starting_over_forgets_the_topic(talk: Talk, knowledge: Knowledge) -> None:
    """After it there is no answer to lean on."""
    talk.says("ask_indicators")
    talk.says("start_over")
    assert talk.says("why")[0]["plain"] == knowledge.phrase("nothing_before", "en")


# --- notice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("intent", "understood"), [
    ("ask_contact", {}), ("ask_contact", {"also": "ask_indicators"}), ("greet", {}),
    ("nlu_fallback", {"topics": [("contact", 0.2)]}),
    ("out_of_scope", {}), ("crisis", {"danger": ["self_harm", "violence"]}), ("says_who", {})],
    ids=["answer", "two answers", "greeting", "question back", "refusal", "crisis", "nothing before"])
def test_notice_ends_the_first_reply_and_no_other(knowledge: Knowledge, intent: str, understood: dict) -> None:
    """Once, after everything else, in the reader's language."""
    talk = Talk()
    first, second = (talk.says(intent, metadata={"language": "es"}, **understood) for _ in range(2))
    assert kinds(first).index("notice") == len(first) - 1 >= 1
    assert first[-1]["plain"] == knowledge.phrase("notice", "es")
    assert "notice" not in kinds(second)


def test_notice_waits_where_two_answers_share_one_text() -> None:
    """It comes with the next reply, once."""
    talk, one = Talk(), {"metadata": {"one_message": True}}
    assert kinds(talk.says("ask_indicators", also="ask_contact", **one)) == ["answer", "answer"]
    quotation = {"metadata": {"one_message": True, "quotation_unread": True}}
    assert kinds(talk.says("tell_more", **quotation)) == ["answer"]
    assert kinds(talk.says("ask_indicators", **one)) == ["answer", "notice"]
    assert kinds(talk.says("ask_contact", **one)) == ["answer"]
    assert kinds(Talk().says("ask_indicators", also="ask_contact")) == ["answer", "answer", "notice"]


def test_notice_leaves_the_choices_open(knowledge: Knowledge) -> None:
    """The choices of the first reply can be taken although the notice stands below them."""
    talk = Talk()
    talk.says("greet")
    assert talk.chooses(1)[0]["topic"] == knowledge.starters[0]


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_may_erase_is_told_that_it_is_done(talk: Talk, knowledge: Knowledge, language: str) -> None:
    """And the channel is told to do it before that goes out; on a phone in words of its own."""
    (message,) = talk.says("erase_data", metadata={"language": language, "erasable": True})
    assert (message["kind"], message["erases"]) == ("smalltalk", True)
    assert message["plain"] == knowledge.phrase("erased", language)
    assert message["sms"] == knowledge.phrase("erased_sms", language)
    assert "erases" not in talk.says("erase_data", metadata={"language": language})[0]
