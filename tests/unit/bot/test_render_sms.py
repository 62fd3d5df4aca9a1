"""An answer as a text message: the point first, the source in short, whom to call, three segments at most."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Sequence

import pytest

from bot.knowledge import AUDIENCES, LANGUAGES, Answer, Kind, Knowledge
from bot.knowledge.answers import Author
from bot.render.sms import quotation, sms, texts
from bot.sms import texts as programme
from bot.sms.segments import GSM7_PART, GSM7_SINGLE, fold, sentences, size
from tests.unit.bot.conftest import every_message


@pytest.fixture(params=[f"{language} {audience}" for language in LANGUAGES for audience in AUDIENCES])
def author(request: pytest.FixtureRequest, knowledge: Knowledge) -> Author:
    """Writes to each audience in each language."""
    return Author(knowledge, *request.param.split())


def test_every_answer_fits_and_names_source_and_office(author: Author, knowledge: Knowledge) -> None:
    """Three GSM-7 segments; the citation in short form where there is one, else the brief; NMAIMH's number."""
    for name in knowledge.topics:
        answer = author.topic(name)
        text = sms(answer, knowledge)
        assert_fits(text, name)
        assert text.startswith(fold(answer.sms)), name
        assert all(citation.short in text for citation in answer.citations), name
        assert answer.source and answer.source.publisher in text and "(505) 331-7138" in text, name


def test_every_other_message_fits(author: Author, knowledge: Knowledge) -> None:
    """Nothing that the bot says costs more than three segments, or leaves the alphabet."""
    for message in every_message(author):
        assert_fits(sms(message, knowledge), f"{message.kind.value} {message.plain[:40]}")


def test_the_point_is_in_the_first_segment(author: Author, knowledge: Knowledge) -> None:
    """A first sentence that does not run into the second segment."""
    for name in knowledge.topics:
        point = fold(author.topic(name).sms).split(". ")[0]
        assert size(point).units <= GSM7_PART, name


def test_a_crisis_has_the_right_number_at_once(author: Author, knowledge: Knowledge) -> None:
    """The best line for that kind of danger within the first 160 septets; three segments at most."""
    for kind, (best, *_) in knowledge.crisis.kinds.items():
        text = sms(author.crisis((kind,)), knowledge)
        assert_fits(text, kind)
        assert knowledge.crisis.lines[best].display in first_septets(text), kind


def test_the_reminder_is_never_left_out_and_comes_last(author: Author, knowledge: Knowledge) -> None:
    """After a crisis every reply ends with the shortest line; choices give way to it."""
    reminder = max((knowledge.crisis.reminder((kind,), author.language) for kind in knowledge.crisis.kinds), key=len)
    wrong = {}
    for message in every_message(author):
        text = sms(replace(message, reminder=reminder), knowledge)
        if message.kind not in {Kind.CRISIS, Kind.NOTICE} and not text.endswith(fold(reminder)):
            wrong[described(message)] = text
    assert wrong == {}


def test_choices_give_way_where_they_do_not_fit(parent: Author, knowledge: Knowledge) -> None:
    """Whole choices, in their order, as long as there is room."""
    answer = parent.clarify(("indicators", "contact", "references"))
    titles = [fold(choice.title) for choice in answer.choices]
    assert sms(answer, knowledge).splitlines()[1:] == [f"{n} {title}" for n, title in enumerate(titles, 1)]
    crowded = sms(replace(answer, sms="word " * 85), knowledge)
    assert crowded.splitlines()[1:] == [f"1 {titles[0]}"]
    assert_fits(crowded, "crowded")


def test_an_answer_offers_the_quotation_and_the_source(parent: Author, knowledge: Knowledge) -> None:
    """By keyword; small talk does not."""
    assert "MORE, SOURCE" in sms(parent.topic("indicators"), knowledge)
    assert "MORE" not in sms(parent.smalltalk("thanks"), knowledge)


@pytest.mark.parametrize(("language", "needed"), [
    ("en", ("NMAIMH", "HELP", "STOP", "Do not send names or case details")),
    ("es", ("NMAIMH", "AYUDA", "ALTO", "No mande nombres ni detalles de casos")),
])
def test_the_notice_is_one_segment(knowledge: Knowledge, language: str, needed: tuple[str, ...]) -> None:
    """The programme's name, how to get help, how to stop, what not to send."""
    text = sms(Author(knowledge, language, "provider").notice(), knowledge)
    assert size(text).alphabet == "GSM-7" and size(text).segments == 1
    assert [words for words in needed if words not in text] == []


def test_no_message_has_a_blank_line(author: Author, knowledge: Knowledge) -> None:
    """A gateway may cut there."""
    for message in every_message(author):
        assert all(line.strip() for line in sms(message, knowledge).split("\n")), described(message)


def test_accents_that_cost_are_folded(knowledge: Knowledge) -> None:
    """A Spanish answer stays in GSM-7."""
    answer = replace(Author(knowledge, "es", "parent").smalltalk("thanks"), plain="Mamá y bebé — “aquí”…")
    assert sms(answer, knowledge) == 'Mama y bebé - "aqui"...'


# --- What a phone needs besides ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reminded", [False, True], ids=["", "after a crisis"])
def test_a_quotation_comes_in_pages_that_fit(author: Author, knowledge: Knowledge, reminded: bool) -> None:
    """All of the brief's words, in order, with the translation; the word for the next page on all but the last."""
    reminder = knowledge.crisis.reminder(("self_harm",), author.language) if reminded else None
    more = knowledge.phrase("sms.more", author.language)
    for name in knowledge.topics:
        answer = replace(author.quotation(name), reminder=reminder)
        pages = quotation(answer, knowledge)
        assert pages
        for number, page in enumerate(pages, 1):
            assert_fits(page, f"{name} {number}")
            assert reminder is None or page.endswith(fold(reminder)), name
            assert (f" {more}" in page) == (number < len(pages)), name
        said = "".join(pages).replace(f" {more}", "").replace(fold(reminder or "|"), "")
        assert answer.quote
        for text in filter(None, (answer.quote.text, answer.quote.translation)):
            assert "".join(fold(text).split()) in "".join(said.split()), name


def test_a_whole_reply_fits_into_one_text(author: Author, knowledge: Knowledge) -> None:
    """For gateways that take one: every answer with the notice behind it, point, source and number in it."""
    notice = sms(author.notice(), knowledge)
    for name in knowledge.topics:
        answer = author.topic(name)
        text = one_text([answer, author.notice()], knowledge)
        assert_fits(text, name)
        assert text.startswith(fold(answer.sms)) and text.endswith(notice), name
        assert "(505) 331-7138" in text and (not answer.citations or answer.citations[0].short in text), name


def test_two_answers_share_one_text(author: Author, knowledge: Knowledge) -> None:
    """Both at least begun; where they are from and whom to call; three segments at most."""
    for name, second in itertools.permutations(knowledge.topics, 2):
        answers = [author.topic(name), author.topic(second)]
        text = one_text(answers, knowledge)
        assert_fits(text, f"{name} {second}")
        first, other = (sentences(fold(answer.sms))[0].strip() for answer in answers)
        assert text.startswith(first) and other in text[len(first):], (name, second, text)
        assert fold(knowledge.phrase("sms.source", author.language, publisher="NMAIMH", number="1")) in text, text
        assert "NMAIMH (505) 331-7138" in text and all(citation.short in text for answer in answers
                                                       for citation in answer.citations), (name, second, text)


def test_of_two_answers_that_are_too_long_the_second_loses_its_end(knowledge: Knowledge) -> None:
    """Whole sentences: nothing is cut in the middle."""
    author = Author(knowledge, "en", "provider")
    first, second = (replace(author.topic(name), sms=f"{name}. " + "All of this is a point. " * 8 + "The end.")
                     for name in ("indicators", "contact"))
    text = one_text([first, second], knowledge)
    assert_fits(text, "two")
    assert text.startswith(first.sms) and "contact. All of this" in text and text.count("The end.") == 1
    assert "is a point. (NMAIMH Issues Brief 1) NMAIMH (505) 331-7138" in text


@pytest.mark.parametrize("one", [True, False], ids=["in one text", "in two"])
def test_numbers_stand_below_the_last_answer_only(author: Author, knowledge: Knowledge, one: bool) -> None:
    """They mean its choices, as MORE means its quotation; how many of them are shown is told."""
    for name, second in itertools.permutations(("indicators", "contact", "school_readiness"), 2):
        reply = texts([author.topic(name), author.topic(second)], knowledge, one=one)
        titles = [f"{place} {fold(choice.title)}" for place, choice in enumerate(author.topic(second).buttons, 1)]
        lines = [line for text in reply.texts for line in text.splitlines() if re.match(r"\d ", line)]
        assert (reply.offered, lines) == (len(titles), titles[:reply.choices]), reply
        assert "\n".join(reply.texts).count("MORE" if author.language == "en" else "MAS,") <= 1
        assert one or lines == titles


def test_danger_comes_first_in_one_text(author: Author, knowledge: Knowledge) -> None:
    """With the right number in the first 160 septets, an answer and the notice behind it."""
    for kind, (best, *_) in knowledge.crisis.kinds.items():
        text = one_text([author.crisis((kind,)), author.topic("indicators"), author.notice()], knowledge)
        assert_fits(text, kind)
        assert knowledge.crisis.lines[best].display in first_septets(text), kind


def test_the_reminder_survives_in_one_text(author: Author, knowledge: Knowledge) -> None:
    """It stands on the last answer, which may have to give way."""
    reminder = knowledge.crisis.reminder(("self_harm",), author.language)
    answers = [author.topic("indicators"), replace(author.topic("references"), reminder=reminder)]
    assert fold(reminder) in one_text(answers, knowledge)


def test_a_message_that_was_stored_is_rendered_like_the_first_time(author: Author, knowledge: Knowledge) -> None:
    """`custom` holds all that a text message needs."""
    for message in every_message(author):
        again = Answer.from_dict(message.to_dict())
        assert sms(again, knowledge) == sms(message, knowledge), described(message)
        assert again.kind is message.kind and again.quote == message.quote
    assert texts([author.notice()], knowledge).texts == (sms(author.notice(), knowledge),)
    assert texts([], knowledge).texts == ()


@pytest.mark.parametrize("key", ["stopped", "started", "too_many", "only_words", "too_long", "unavailable",
                                 "gateway_no_answer", "gateway_no_service", "gateway_no_text", "gateway_empty"])
def test_what_the_programme_says_is_one_segment(knowledge: Knowledge, key: str) -> None:
    """With the numbers for a bad moment, first of all where no answer came."""
    for language in LANGUAGES:
        text = programme.say(key, language)
        assert size(text).alphabet == "GSM-7" and size(text).segments == 1, (key, language)
        assert key == "started" or ("911" in text and "988" in text), (key, language)
        if key == "unavailable" or key.startswith("gateway_"):
            assert "911" in text[:30] and "988" in text[:70], (key, language)


def test_help_says_who_what_it_costs_how_often_how_to_stop_and_whom_to_call(knowledge: Knowledge) -> None:
    """In three segments at most."""
    for language, words in (("en", ("NMAIMH", "rates may apply", "One reply per text", "STOP", "(505) 331-7138")),
                            ("es", ("NMAIMH", "tarifas", "Una respuesta por mensaje", "ALTO", "(505) 331-7138"))):
        text = programme.say("help", language)
        assert_fits(text, language)
        assert all(word in text for word in (*words, "911", "988")), text


def test_danger_has_a_text_of_its_own_for_every_kind(knowledge: Knowledge) -> None:
    """One segment, without any answer computed; an unknown kind gets one too."""
    for kind, (best, *_) in knowledge.crisis.kinds.items():
        for language in LANGUAGES:
            text = programme.crisis((kind,), language)
            assert size(text).segments == 1 and knowledge.crisis.lines[best].display in text, (kind, language)
    assert "911" in programme.crisis(("no such kind",), "en")


def one_text(answers: Sequence[Answer], knowledge: Knowledge) -> str:
    """The reply for a gateway that takes one text."""
    (text,) = texts(answers, knowledge, one=True).texts
    return text


def assert_fits(text: str, where: str) -> None:
    """Three GSM-7 segments at most."""
    found = size(text)
    assert found.alphabet == "GSM-7" and found.segments <= 3, (where, found, text)


def first_septets(text: str) -> str:
    """What arrives in the first 160 septets."""
    end = len(text)
    while size(text[:end]).units > GSM7_SINGLE:
        end -= 1
    return text[:end]


def described(message: Answer) -> str:
    return f"{message.kind.value} {message.topic} {message.plain[:40]}"
