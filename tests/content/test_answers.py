"""What the bot says, against the brief, the contract's limits, and the numbers that it gives."""

from __future__ import annotations

import hashlib
import re
from typing import Iterator

import pytest

from bot.check import MAX_WORDS
from bot.knowledge import AUDIENCES, CONTENT, LANGUAGES, Knowledge, load_knowledge
from bot.knowledge.answers import Author
from bot.knowledge.values import Wording
from bot.reading import ADDRESS, MAX_GRADE, MIN_EASE, PHONE, ease, grade
from bot.safety import KINDS, UNCLEAR
from bot.sms.segments import fold, size

# The record of Issues Brief No. 1: its text with our passage ids, byte for byte. Only its publisher may change it.
RECORD_SHA256 = "8c2f86b8ed8eed4cf1135786cf455c81fdde7545a2948312cf3698a5c6285c4a"
MAX_TITLE_CHARACTERS = 60
NUMBER = re.compile(r"\d[\d-]+\d")

TOPICS = sorted(path.stem for path in (CONTENT / "topics").glob("*.yml"))


@pytest.fixture(params=TOPICS)
def topic(request: pytest.FixtureRequest) -> str:
    return request.param


def wordings(knowledge: Knowledge, topic: str, *, language: str | None = None,
             audience: str | None = None) -> Iterator[tuple[str, Wording]]:
    """The wordings of a topic, with where they stand."""
    for (written, to), wording in knowledge.topics[topic].wordings.items():
        if written == (language or written) and to == (audience or to):
            yield f"{topic} {written} {to}", wording


def printed(knowledge: Knowledge) -> dict[str, str]:
    """Passage id -> text as printed, read without the bot's own reader."""
    text = (CONTENT / "briefs" / "issues-brief-1" / "brief.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\[(\w+)\] (.+)$", text, re.MULTILINE))


def quoted(passage: str) -> str:
    """What the contract allows to be taken away: emphasis, superscripts, one closing mark."""
    for mark in ("*", "^1,3", "^1", "^2", "^3"):
        passage = passage.replace(mark, "")
    passage = passage.strip()
    return passage[:-1] if passage[-1] in ";:" else passage


def test_the_brief_is_the_record() -> None:
    """Its spelling included."""
    brief = (CONTENT / "briefs" / "issues-brief-1" / "brief.md").read_bytes()
    assert hashlib.sha256(brief).hexdigest() == RECORD_SHA256


def test_a_quotation_is_whole_passages(knowledge: Knowledge, topic: str) -> None:
    """Word for word, in the order of the topic, the same for everybody."""
    passages = printed(knowledge)
    for language in LANGUAGES:
        for audience in AUDIENCES:
            quote = Author(knowledge, language, audience).topic(topic).quote
            assert quote and quote.text == "\n".join(quoted(passages[name]) for name in quote.passages)


def test_every_passage_is_quoted(knowledge: Knowledge) -> None:
    """The bot knows the whole brief."""
    used = {passage for topic in knowledge.topics.values() for passage in topic.passages}
    assert set(printed(knowledge)) - used == set()


def test_numbered_passages_are_cited(knowledge: Knowledge, topic: str) -> None:
    """Where the brief prints a number, the answer carries its reference, and no other."""
    passages = printed(knowledge)
    marks = re.findall(r"\^([\d,]+)", " ".join(passages[name] for name in knowledge.topics[topic].passages))
    assert sorted(int(number) for mark in marks for number in mark.split(",")) == list(knowledge.topics[topic].cites)


def test_words_fit(knowledge: Knowledge, topic: str) -> None:
    """At most 60 on the web; a text message is not longer than that."""
    for where, wording in wordings(knowledge, topic):
        assert len(wording.plain.split()) <= MAX_WORDS, where
        assert len(wording.sms.split()) <= len(wording.plain.split()), where


def test_parents_read_at_grade_six(knowledge: Knowledge, topic: str) -> None:
    """English, on the web."""
    for where, wording in wordings(knowledge, topic, language="en", audience="parent"):
        assert grade(wording.plain) <= MAX_GRADE, where


def test_spanish_is_easy_to_read(knowledge: Knowledge, topic: str) -> None:
    """For both audiences, where there is Spanish."""
    for where, wording in wordings(knowledge, topic, language="es"):
        assert ease(wording.plain) >= MIN_EASE, where


def test_parents_and_providers_read_different_words(knowledge: Knowledge, topic: str) -> None:
    """In each language, on the web and in a text message."""
    for language in LANGUAGES:
        both = [wording for _, wording in wordings(knowledge, topic, language=language)]
        assert len({wording.plain for wording in both}) == len({wording.sms for wording in both}) == len(both)


def test_titles_are_short_and_unlike(knowledge: Knowledge) -> None:
    """They stand on buttons beside each other."""
    for language in LANGUAGES:
        titles = [topic.title[language] for topic in knowledge.topics.values() if language in topic.title]
        assert [title for title in titles if len(title) > MAX_TITLE_CHARACTERS] == []
        assert len(set(titles)) == len(titles)


def test_text_messages_stay_in_the_cheap_alphabet(knowledge: Knowledge, topic: str) -> None:
    """One character outside GSM-7 would more than double the price."""
    for where, wording in wordings(knowledge, topic):
        assert size(fold(wording.sms)).alphabet == "GSM-7", where
    for title in knowledge.topics[topic].title.values():
        assert size(fold(title)).alphabet == "GSM-7", title


def test_numbers_and_addresses_are_those_of_the_contacts(knowledge: Knowledge, topic: str) -> None:
    """A number that changes is changed in one place and missed in none."""
    known = {contact.display for contact in knowledge.contacts.values()}
    known |= {contact.email for contact in knowledge.contacts.values() if contact.email}
    known |= set(ADDRESS.findall(printed(knowledge)["nmaimh_plan_where"]))
    for where, wording in wordings(knowledge, topic):
        for text in (wording.plain, wording.sms):
            assert {*PHONE.findall(text), *ADDRESS.findall(text)} <= known, where


def crisis_numbers(knowledge: Knowledge) -> set[str]:
    """The numbers of all lines, as shown."""
    return {number for line in knowledge.crisis.lines.values() for number in NUMBER.findall(line.display)}


def test_no_answer_repeats_a_crisis_number(knowledge: Knowledge, topic: str) -> None:
    """They stand in crisis.yml alone, where staff correct them."""
    for where, wording in wordings(knowledge, topic):
        assert not set(NUMBER.findall(f"{wording.plain} {wording.sms}")) & crisis_numbers(knowledge), where


def test_crisis_texts_name_only_numbers_of_the_lines(knowledge: Knowledge) -> None:
    """A number that is corrected in the list of lines is corrected in every text, too."""
    plan = knowledge.crisis
    texts = [text for by_kind in (plan.opening, plan.sms) for by_language in by_kind.values()
             for text in by_language.values()]
    assert {number for text in texts for number in NUMBER.findall(text)} <= crisis_numbers(knowledge)


def test_numbers_are_dialled_as_they_are_shown(knowledge: Knowledge) -> None:
    """The digits behind a link are those that a reader sees."""
    for entry in (*knowledge.contacts.values(), *knowledge.crisis.lines.values()):
        shown = re.sub(r"[^\d]", "", re.split(" X|,", entry.display)[0])
        assert re.sub(r"[^\d]", "", entry.phone).removeprefix("1") == shown.removeprefix("1"), entry.id


def test_every_danger_that_is_heard_has_its_lines(knowledge: Knowledge) -> None:
    """What rules and classifier can hear, the plan can answer."""
    assert set(knowledge.crisis.kinds) == {*KINDS, UNCLEAR}
    for kind in knowledge.crisis.kinds:
        assert knowledge.crisis.opening[kind] and knowledge.crisis.sms[kind] and knowledge.crisis.shortest[kind]


def test_the_content_is_read_without_a_problem() -> None:
    """What `make check` begins with."""
    assert sorted(load_knowledge().topics) == TOPICS
