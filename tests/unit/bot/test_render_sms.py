"""An answer as a text message: the point first, the source in short, whom to call, three segments at most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.knowledge import AUDIENCES, LANGUAGES, Answer, Kind, Knowledge
from bot.knowledge.answers import Author
from bot.render.sms import sms
from bot.sms.segments import GSM7_PART, GSM7_SINGLE, fold, size
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
    """Nothing that the bot says costs more than three segments."""
    too_long = {(message.kind.value, message.plain[:40]): size(sms(message, knowledge)).segments
                for message in every_message(author) if size(sms(message, knowledge)).segments > 3}
    assert too_long == {}


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
