"""An answer as plain text: readable on its own, a part a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.knowledge import AUDIENCES, LANGUAGES, Answer, Knowledge
from bot.knowledge.answers import Author
from bot.render.plain import plain
from tests.unit.bot.conftest import every_message


def test_an_answer_has_words_quotation_source_contact_and_topics_in_this_order(
        parent: Author, knowledge: Knowledge) -> None:
    """First what was asked, then what backs it, then where to go on."""
    answer = parent.topic("brain_development")
    assert answer.quote
    assert plain(answer, knowledge).splitlines() == [
        answer.plain,
        f"The brief's words: “{answer.quote.text}”",
        "From: Infant Mental Health Fundamentals, NMAIMH.",
        f"[2] {answer.citations[0].reference}",
        "More: NMAIMH (505) 331-7138  info@nmaimh.org",
        "You can also ask about:",
        *(f"{number}. {choice.title}" for number, choice in enumerate(answer.related, 1)),
    ]


def test_people_are_named_where_they_were_asked_for(parent: Author, knowledge: Knowledge) -> None:
    """All on one line, each with the number as printed."""
    (line,) = [line for line in plain(parent.topic("contact", people=True), knowledge).splitlines()
               if line.startswith("More:")]
    assert line.endswith("Jane Clarke (505) 986-0831; Deborah Harris (505) 753-4123 X114; "
                         "Marcia Moriarta (505) 272-5679")


def test_a_translation_follows_the_quotation(knowledge: Knowledge) -> None:
    """The brief's words stay English; what they mean stands below, marked as unofficial."""
    answer = Author(knowledge, "es", "parent").topic("indicators")
    assert answer.quote
    lines = plain(replace(answer, quote=replace(answer.quote, translation="Las conductas")), knowledge).splitlines()
    assert lines[2] == "Traducción (no oficial, NMAIMH no la ha revisado): “Las conductas”"


@pytest.mark.parametrize("language", LANGUAGES)
def test_crisis_lines_stand_in_the_order_of_the_plan(knowledge: Knowledge, language: str) -> None:
    """Each line once, with its number and, where it takes text messages, that number too."""
    author = Author(knowledge, language, "parent")
    for kind, ids in knowledge.crisis.kinds.items():
        answer = author.crisis((kind,))
        first, *lines = plain(answer, knowledge).splitlines()
        assert first == answer.plain and len(lines) == len(ids)
        for line, text in zip((knowledge.crisis.lines[id_] for id_ in ids), lines):
            assert f": {line.display}" in text and (line.sms or "") in text


def test_the_reminder_comes_last(parent: Author, knowledge: Knowledge) -> None:
    """After a crisis every reply ends with the shortest line."""
    for message in every_message(parent):
        reminded = replace(message, reminder="In danger? 988.")
        assert plain(reminded, knowledge).splitlines()[-1] == "In danger? 988."


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_has_a_blank_line(knowledge: Knowledge, language: str, audience: str) -> None:
    """A blank line would break it into two messages on Rasa's stock channels; nothing is empty either."""
    for message in every_message(Author(knowledge, language, audience)):
        text = plain(message, knowledge)
        assert text and all(line.strip() for line in text.split("\n")), described(message)


def test_choices_are_numbered_from_one(parent: Author, knowledge: Knowledge) -> None:
    """So that a person without buttons can answer "2"."""
    answer = parent.clarify(("indicators", "contact"))
    titles = [f"1. {parent.title('indicators')}", f"2. {parent.title('contact')}"]
    assert plain(answer, knowledge).splitlines()[1:] == titles


def described(message: Answer) -> str:
    return f"{message.kind.value} {message.topic} {message.language} {message.audience}"
