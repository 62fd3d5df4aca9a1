"""What is replied to a question, a choice and a follow-up, and what the conversation remembers of it."""

from __future__ import annotations

import time

import pytest

from bot.knowledge import Knowledge, Topic
from tests.unit.actions.conftest import Talk, kinds, offered, quoted

NEIGHBOURS = [("brain_development", 0.5), ("risk_or_protective", 0.2), ("contact", 0.01)]


# --- answer -----------------------------------------------------------------------------------------------------------


def test_question_is_answered(talk: Talk, knowledge: Knowledge) -> None:
    """One answer on the topic of the intent, with its quotation, source and related topics."""
    (answer,) = talk.says("ask_brain_development")
    topic = knowledge.topics["brain_development"]
    assert (answer["kind"], answer["topic"]) == ("answer", "brain_development")
    assert answer["plain"] == topic.wording("en", "parent").plain
    assert answer["quote"]["text"] == quoted(knowledge, topic)
    assert [citation["number"] for citation in answer["citations"]] == list(topic.cites)
    assert offered(answer) == list(topic.related)
    assert talk.slots["last_topic"] == "brain_development"


def test_provider_gets_a_provider_s_wording(talk: Talk, knowledge: Knowledge) -> None:
    """Whom the answer is for decides its words."""
    (answer,) = talk.says("ask_brain_development", metadata={"audience": "provider"})
    assert answer["audience"] == "provider"
    assert answer["plain"] == knowledge.topics["brain_development"].wording("en", "provider").plain


def test_two_questions_get_two_answers(talk: Talk) -> None:
    """The second topic of a message is answered after the first and is what later messages lean on."""
    reply = talk.says("ask_brain_development", also="ask_contact")
    assert [(message["kind"], message["topic"]) for message in reply] == [
        ("answer", "brain_development"), ("answer", "contact")]
    assert talk.slots["last_topic"] == "contact"


def test_where_it_is_from_after_a_topic_that_went(talk: Talk) -> None:
    """A release took the last topic away in the middle of the conversation: the references are answered instead."""
    talk.slots["last_topic"] = "goat_song"
    (answer,) = talk.says("ask_references", leans="stays")
    assert (answer["kind"], answer["topic"]) == ("answer", "references")


def test_same_topic_twice_is_answered_once(talk: Talk) -> None:
    """A second topic that is the first one adds nothing."""
    assert len(talk.says("ask_contact", also="ask_contact")) == 1


def test_runner_up_is_offered_first(talk: Talk) -> None:
    """A topic that came close stands before the related ones; what was far off is not offered for it."""
    (answer,) = talk.says("ask_brain_development", topics=NEIGHBOURS)
    assert offered(answer)[0] == "risk_or_protective"
    assert len(offered(answer)) == 3
    assert "brain_development" not in offered(answer)
    assert "contact" not in offered(answer)


@pytest.mark.parametrize(("entities", "count"), [
    pytest.param({}, 1, id="question"),
    pytest.param({"contact_person": {"value": "person"}}, 4, id="asks for a person"),
])
def test_people_are_named_where_someone_asks_for_a_person(talk: Talk, entities: dict, count: int) -> None:
    """Otherwise the office alone."""
    (answer,) = talk.says("ask_contact", entities=entities)
    assert len(answer["contacts"]) == count
    assert answer["contacts"][0]["name"] == "NMAIMH"


# --- choose -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "index"), [(1, 0), (2, 1), (3, 2), (-1, 2)], ids=["1", "2", "3", "the last"])
def test_number_takes_the_choice_offered_last(talk: Talk, knowledge: Knowledge, number: int, index: int) -> None:
    """The choices that count are those shown last."""
    talk.says("ask_contact")
    talk.says("ask_brain_development")
    (answer,) = talk.chooses(number)
    assert (answer["kind"], answer["topic"]) == ("answer", knowledge.topics["brain_development"].related[index])
    assert talk.slots["last_topic"] == answer["topic"]


def test_number_takes_a_choice_of_a_question_back(talk: Talk) -> None:
    """After "which of these?" the number picks in the order shown."""
    talk.says("nlu_fallback", topics=NEIGHBOURS)
    assert talk.chooses(2)[0]["topic"] == "risk_or_protective"


def test_choices_stay_open_through_small_talk(talk: Talk, knowledge: Knowledge) -> None:
    """ "Thanks" closes nothing."""
    talk.says("ask_brain_development")
    talk.says("thanks")
    assert talk.chooses(1)[0]["topic"] == knowledge.topics["brain_development"].related[0]


@pytest.mark.parametrize("number", [0, 4, 99, -2])
def test_number_beyond_the_choices_asks_again(talk: Talk, number: int) -> None:
    """A number that was not offered is not guessed at; the choices stay open."""
    talk.says("nlu_fallback", topics=NEIGHBOURS)
    (again,) = talk.chooses(number)
    assert again["kind"] == "smalltalk"
    assert offered(again) == [name for name, _ in NEIGHBOURS]
    assert talk.chooses(1)[0]["topic"] == NEIGHBOURS[0][0]


@pytest.mark.parametrize("number", [1, -1])
def test_number_with_nothing_offered_asks_again(talk: Talk, knowledge: Knowledge, number: int) -> None:
    """Without choices a number means nothing; what people ask is offered."""
    (again,) = talk.chooses(number)
    assert again["plain"] == knowledge.phrase("no_such_choice", "en")
    assert offered(again) == list(knowledge.starters)


def test_choices_of_yesterday_are_closed(talk: Talk, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 24 hours a number asks again."""
    talk.says("ask_brain_development")
    later = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert talk.chooses(1)[0]["plain"] == knowledge.phrase("no_such_choice", "en")


def test_two_answers_leave_the_choices_of_the_second(talk: Talk, knowledge: Knowledge) -> None:
    """ "1" is what stands under the message read last."""
    talk.says("ask_brain_development", also="ask_contact")
    assert talk.chooses(1)[0]["topic"] == knowledge.topics["contact"].related[0]


# --- clarify ----------------------------------------------------------------------------------------------------------


def test_unclear_question_is_asked_back(talk: Talk) -> None:
    """Up to three topics, the likeliest first, as choices and as buttons."""
    (question,) = talk.says("nlu_fallback", topics=[*NEIGHBOURS, ("indicators", 0.001)])
    assert question["kind"] == "clarify"
    assert [choice["topic"] for choice in question["choices"]] == [name for name, _ in NEIGHBOURS]
    assert offered(question) == [name for name, _ in NEIGHBOURS]


def test_never_asked_back_a_third_time_in_a_row(talk: Talk, knowledge: Knowledge) -> None:
    """The third unclear message gets people to call instead."""
    replies = [talk.says("nlu_fallback", topics=NEIGHBOURS)[0] for _ in range(3)]
    assert kinds(replies) == ["clarify", "clarify", "smalltalk"]
    assert replies[2]["plain"] == knowledge.phrase("clarify_given_up", "en")
    assert [contact["name"] for contact in replies[2]["contacts"]] == [knowledge.office.name]


@pytest.mark.parametrize("between", ["ask_contact", "thanks", "out_of_scope", "choose"])
def test_counting_begins_again_after_another_message(talk: Talk, between: str) -> None:
    """In a row means in a row."""
    for intent in ("nlu_fallback", "nlu_fallback", between):
        talk.says(intent, topics=NEIGHBOURS)
    assert talk.says("nlu_fallback", topics=NEIGHBOURS)[0]["kind"] == "clarify"


def test_message_without_words_is_told_so(talk: Talk, knowledge: Knowledge) -> None:
    """Where no topic is likely at all, none is offered as what was meant."""
    (message,) = talk.says("nlu_fallback")
    assert message["plain"] == knowledge.phrase("not_words", "en")
    assert offered(message) == list(knowledge.starters)


# --- refuse -----------------------------------------------------------------------------------------------------------


def test_question_beyond_the_brief_is_refused_kindly(talk: Talk, knowledge: Knowledge) -> None:
    """The contact, and the nearest topics, at most two."""
    (refusal,) = talk.says("out_of_scope", topics=[("indicators", 0.3), ("contact", 0.2), ("brain_development", 0.1)])
    assert (refusal["kind"], refusal["topic"]) == ("out_of_scope", None)
    assert refusal["plain"] == knowledge.phrase("out_of_scope_near", "en")
    assert [contact["name"] for contact in refusal["contacts"]] == [knowledge.office.name]
    assert offered(refusal) == ["indicators", "contact"]


def test_refusal_with_nothing_near_offers_nothing(talk: Talk, knowledge: Knowledge) -> None:
    """A topic that is only the least far is no neighbour."""
    (refusal,) = talk.says("out_of_scope", topics=[("indicators", 0.01)])
    assert refusal["plain"] == knowledge.phrase("out_of_scope", "en")
    assert offered(refusal) == []


def test_refusal_is_not_what_why_leans_on(talk: Talk) -> None:
    """The answer before a refusal is still the last answer."""
    talk.says("ask_contact")
    talk.says("out_of_scope", topics=[("indicators", 0.3)])
    assert talk.slots["last_topic"] == "contact"


# --- tell_more, why, says_who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", ["tell_more", "why", "says_who"])
def test_nothing_to_lean_on_is_said(talk: Talk, knowledge: Knowledge, intent: str) -> None:
    """Before any answer, what people ask is offered."""
    (message,) = talk.says(intent)
    assert message["plain"] == knowledge.phrase("nothing_before", "en")
    assert offered(message) == list(knowledge.starters)


def test_says_who_names_the_numbered_source(talk: Talk, knowledge: Knowledge) -> None:
    """An answer with a citation gets its full reference and the brief's words again."""
    cited = next(topic for topic in knowledge.topics.values() if topic.cites)
    talk.says(cited.intent)
    (origin,) = talk.says("says_who")
    reference = knowledge.briefs[cited.brief].references[cited.cites[0]].full
    assert (origin["kind"], origin["topic"]) == ("answer", "references")
    assert reference in origin["plain"]
    assert reference in [citation["reference"] for citation in origin["citations"]]
    assert origin["quote"]["text"] == quoted(knowledge, cited)


def test_says_who_names_the_brief_where_there_is_no_number(talk: Talk, knowledge: Knowledge) -> None:
    """Brief and publisher stand in for a citation."""
    uncited = next(topic for topic in knowledge.topics.values() if not topic.cites)
    talk.says(uncited.intent)
    (origin,) = talk.says("says_who")
    brief = knowledge.briefs[uncited.brief]
    assert brief.title in origin["plain"]
    assert brief.publisher in origin["plain"]
    assert origin["citations"] == []


def test_says_who_twice_is_about_the_same_answer(talk: Talk) -> None:
    """Naming a source is no topic of its own."""
    talk.says("ask_brain_development")
    first, second = (talk.says("says_who")[0]["plain"] for _ in range(2))
    assert first == second


def test_why_is_answered_where_the_brief_says_why(talk: Talk, explained: Topic) -> None:
    """The answer is the topic that gives the reason, and it is what comes next leans on."""
    talk.says(explained.intent)
    (answer,) = talk.says("why")
    assert (answer["kind"], answer["topic"]) == ("answer", explained.why)
    assert talk.slots["last_topic"] == explained.why


def test_why_is_not_made_up(talk: Talk, knowledge: Knowledge, unexplained: Topic) -> None:
    """Where the brief says no reason, that is said, with what is related."""
    talk.says(unexplained.intent)
    (message,) = talk.says("why")
    assert message["plain"] == knowledge.phrase("why_unknown", "en")
    assert offered(message) == list(unexplained.related)


def test_tell_more_offers_what_is_related(talk: Talk, knowledge: Knowledge) -> None:
    """The brief says no more on a topic than its answer; its neighbours are offered, and a number takes one."""
    talk.says("ask_indicators")
    (message,) = talk.says("tell_more")
    assert message["plain"] == knowledge.phrase("tell_more", "en")
    assert offered(message) == list(knowledge.topics["indicators"].related)
    assert talk.chooses(1)[0]["topic"] == knowledge.topics["indicators"].related[0]


def test_a_quotation_leaves_the_choices_that_were_shown_before_it(talk: Talk) -> None:
    """It is read without any: "1" is the first of those below the answer, a runner-up among them."""
    (answer,) = talk.says("ask_indicators", topics=[("indicators", 0.6), ("references", 0.3)])
    assert offered(answer)[0] == "references"
    assert talk.says("tell_more", metadata={"quotation_unread": True})[0]["quotation"]
    assert talk.chooses(1)[0]["topic"] == "references"


def test_topic_that_was_taken_away_is_nothing_to_lean_on(knowledge: Knowledge) -> None:
    """A conversation that remembers a topic of an older release goes on."""
    talk = Talk(noticed=True, last_topic="gone", choices=["gone"], choices_at=time.time())
    assert talk.says("why")[0]["plain"] == knowledge.phrase("nothing_before", "en")
    assert talk.says("deny")[0]["plain"] == knowledge.phrase("deny_plain", "en")


def test_choice_of_a_topic_that_was_taken_away_asks_again() -> None:
    """A number for a topic of an older release is answered, not an error."""
    talk = Talk(noticed=True, choices=["gone"], choices_at=time.time())
    assert talk.chooses(1)[0]["kind"] == "smalltalk"


# --- Messages that lean on the one before -----------------------------------------------------------------------------


@pytest.mark.parametrize(("leans", "intent", "topics", "answered"), [
    pytest.param("stays", "ask_indicators", [("indicators", 0.6)], "brain_development", id="more about the same"),
    pytest.param("stays", "ask_indicators", [("indicators", 0.9)], "indicators", id="another, all but certainly"),
    pytest.param("goes_on", "ask_indicators", [("indicators", 0.7)], "indicators", id="on to another"),
    pytest.param("goes_on", "nlu_fallback", [("indicators", 0.1)], "brain_development", id="on, and nothing likely"),
    pytest.param("goes_on", "out_of_scope", [("indicators", 0.23)], "brain_development", id="on, hardly refused"),
    pytest.param("hardly", "ask_indicators", [("indicators", 0.4)], "brain_development", id="brief, another not likely"),
    pytest.param("hardly", "ask_indicators", [("indicators", 0.6)], "indicators", id="brief, another likely"),
    pytest.param("perhaps", "goodbye", [], "brain_development", id="short, hardly small talk"),
    pytest.param("stays", "deny", [], "brain_development", id="hardly small talk"),
])
def test_leaning_message_is_read_with_the_topic_before(talk: Talk, leans: str, intent: str,
                                                       topics: list[tuple[str, float]], answered: str) -> None:
    """It stays with it or goes on from it, as it was put."""
    talk.slots["last_topic"] = "brain_development"
    assert talk.says(intent, topics=topics, confidence=0.35, leans=leans)[0]["topic"] == answered


def test_sure_small_talk_is_small_talk(talk: Talk) -> None:
    """ "That's all, thanks" points back and asks nothing."""
    talk.slots["last_topic"] = "brain_development"
    assert talk.says("thanks", confidence=0.95, leans="stays")[0]["kind"] == "smalltalk"


@pytest.mark.parametrize(("leans", "confidence", "kind"), [
    ("stays", 0.6, "answer"), ("stays", 0.8, "out_of_scope"), ("goes_on", 0.4, "answer"), ("goes_on", 0.6, "out_of_scope"),
    ("perhaps", 0.9, "answer"), ("perhaps", 0.97, "out_of_scope")])
def test_leaning_message_is_refused_where_it_surely_has_to_be(talk: Talk, leans: str, confidence: float,
                                                              kind: str) -> None:
    """ "And what does a breast pump cost?" is not about the topic before; "and at night?" and "only on mondays" are."""
    talk.slots["last_topic"] = "brain_development"
    assert talk.says("out_of_scope", confidence=confidence, leans=leans)[0]["kind"] == kind


@pytest.mark.parametrize(("confidence", "kind"), [(0.9, "answer"), (0.98, "smalltalk")])
def test_naming_the_baby_after_an_answer_asks_more_about_it(talk: Talk, confidence: float, kind: str) -> None:
    """ "Twins too?" is not the beginning that "twins" alone is."""
    talk.slots["last_topic"] = "brain_development"
    assert talk.says("help", confidence=confidence, leans="perhaps")[0]["kind"] == kind


def test_leaning_on_nothing_changes_nothing(talk: Talk) -> None:
    """The first message of a conversation is answered for itself."""
    assert talk.says("ask_indicators", topics=[("indicators", 0.4)], leans="stays")[0]["topic"] == "indicators"


def test_message_that_asks_two_things_leans_on_neither(talk: Talk) -> None:
    """Both are answered."""
    talk.slots["last_topic"] = "brain_development"
    reply = talk.says("ask_indicators", topics=[("indicators", 0.4)], also="ask_contact", leans="stays")
    assert [message["topic"] for message in reply] == ["indicators", "contact"]


@pytest.mark.parametrize(("intent", "kind"), [("nlu_fallback", "answer"), ("out_of_scope", "out_of_scope")])
def test_short_message_leans_only_where_it_is_not_plain_by_itself(talk: Talk, intent: str, kind: str) -> None:
    """ "How often" goes on with the topic; "when do babies crawl" is as short and does not."""
    talk.slots["last_topic"] = "brain_development"
    assert talk.says(intent, topics=[("indicators", 0.2)], confidence=0.97, leans="perhaps")[0]["kind"] == kind


@pytest.mark.parametrize("leans", ["stays", "perhaps"])
def test_question_for_the_source_that_points_back_is_about_the_answer(talk: Talk, leans: str) -> None:
    """ "What study is that from" or "cite pls" after an answer."""
    talk.slots["last_topic"] = "brain_development"
    assert [c["number"] for c in talk.says("ask_references", leans=leans)[0]["citations"]] == [2]
