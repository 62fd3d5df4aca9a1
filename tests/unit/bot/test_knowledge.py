"""Passages, quotations, and the answers that an Author writes out of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.knowledge import AUDIENCES, LANGUAGES, Answer, Brief, Kind, Knowledge, Passage
from bot.knowledge.answers import Author
from bot.knowledge.brief import full_reference, read_passages


@pytest.mark.parametrize(("printed", "quoted"), [
    pytest.param("**Infant Mental Health** is a field.", "Infant Mental Health is a field.", id="bold"),
    pytest.param("NMAIMH works on *A Plan (January 2003)*.", "NMAIMH works on A Plan (January 2003).", id="italics"),
    pytest.param("for later development^1.", "for later development.", id="superscript before the full stop"),
    pytest.param("of neural pathways.^2", "of neural pathways.", id="superscript after the full stop"),
    pytest.param("^1,3 Zeanah, P.", "Zeanah, P.", id="two numbers in one superscript"),
    pytest.param("the bond^1, and school", "the bond, and school", id="a comma after a superscript stays"),
    pytest.param("in infants and toddlers;", "in infants and toddlers", id="closing semicolon"),
    pytest.param("Through this relationship:", "Through this relationship", id="closing colon"),
    pytest.param("self-worth;^3", "self-worth", id="superscript after a closing semicolon"),
    pytest.param("a list;;", "a list;", id="one closing mark only"),
    pytest.param("at: http://nmaimh.org; now", "at: http://nmaimh.org; now", id="marks inside stay"),
    pytest.param("those conditions effect his or her", "those conditions effect his or her", id="the brief's spelling"),
])
def test_a_quotation_is_the_passage_without_its_marks(printed: str, quoted: str) -> None:
    """Emphasis, superscripts and one closing `;` or `:` go; nothing else does."""
    assert Passage("p", "b", printed).quotation == quoted


def test_a_brief_is_read_passage_by_passage() -> None:
    """Lines that begin with an id in brackets, in order; headings, notes and web addresses are none."""
    text = "# Title\n\nA note [not_this] one.\n[one] First.\n\n  [two_2] Second;\n[Link](http://x.org)\n"
    assert read_passages(text) == ({"one": "First.", "two_2": "Second;"}, [])


def test_a_repeated_passage_is_told() -> None:
    """An id that occurs twice would make a quotation ambiguous."""
    assert read_passages("[one] First.\n[one] Again.\n")[1] == ["one"]


def test_a_reference_is_given_without_its_numbers_and_emphasis() -> None:
    """What a reader copies into a bibliography."""
    assert full_reference("^1,3 Zeanah, P. *Addressing*. LA, No. 12.") == "Zeanah, P. Addressing. LA, No. 12."


class TestTopic:
    """Author.topic: the answer on a topic."""

    def test_carries_words_quotation_source_and_contact(self, parent: Author, knowledge: Knowledge) -> None:
        """Everything that the contract asks of an answer, out of the content and nothing else."""
        topic, answer = knowledge.topics["brain_development"], parent.topic("brain_development")
        assert (answer.kind, answer.topic, answer.audience, answer.language) == (
            Kind.ANSWER, "brain_development", "parent", "en")
        assert (answer.plain, answer.sms) == (topic.wording("en", "parent").plain, topic.wording("en", "parent").sms)
        assert answer.quote and answer.quote.passages == ("f_brain",)
        assert answer.source and answer.source.to_dict() == {
            "brief": "issues-brief-1", "title": "Infant Mental Health Fundamentals", "publisher": "NMAIMH"}
        assert [(c.number, c.reference) for c in answer.citations] == [
            (2, "Shore, R. (1997). Rethinking the Brain: New Insights into Early Development. "
                "Families and Work Institute: NY.")]
        assert [contact.phone for contact in answer.contacts] == ["+15053317138"]

    def test_is_worded_for_its_audience(self, parent: Author, provider: Author) -> None:
        """A parent and a provider read different words and the same quotation."""
        one, other = parent.topic("brain_development"), provider.topic("brain_development")
        assert one.plain != other.plain
        assert one.quote == other.quote

    def test_offers_first_what_was_nearly_meant(self, parent: Author, knowledge: Knowledge) -> None:
        """`offer` before the related topics, none twice, never itself, at most three."""
        related = knowledge.topics["indicators"].related
        offered = parent.topic("indicators", offer=("contact", "indicators", related[0])).related
        assert tuple(choice.topic for choice in offered) == ("contact", *related)[:3]
        assert offered[0].payload == "/ask_contact"
        assert offered[0].title == knowledge.topics["contact"].title["en"]

    def test_names_people_only_on_request(self, parent: Author) -> None:
        """The office always; the three people of the brief where someone asks for a person."""
        office, asked = parent.topic("contact").contacts, parent.topic("contact", people=True).contacts
        assert [contact.name for contact in office] == ["NMAIMH"]
        assert [contact.name for contact in asked] == ["NMAIMH", "Jane Clarke", "Deborah Harris", "Marcia Moriarta"]

    def test_has_to_exist(self, parent: Author) -> None:
        """A topic that the content does not hold is an error of the caller."""
        with pytest.raises(KeyError):
            parent.topic("sleep")


class TestOrigin:
    """Author.origin: "says who?" after an answer."""

    def test_with_a_number_names_the_reference(self, parent: Author, knowledge: Knowledge) -> None:
        """A numbered statement is traced to its source in full."""
        answer = parent.origin("brain_development")
        assert knowledge.briefs["issues-brief-1"].references[2].full in answer.plain
        assert [citation.number for citation in answer.citations] == [2]
        assert (answer.topic, answer.quote) == ("references", parent.topic("brain_development").quote)

    def test_without_a_number_names_the_brief(self, parent: Author) -> None:
        """Where the brief gives no source, it is the source."""
        answer = parent.origin("indicators")
        assert answer.citations == ()
        assert "Infant Mental Health Fundamentals" in answer.plain and "NMAIMH" in answer.plain

    def test_leads_on_and_to_all_references(self, parent: Author) -> None:
        """The topic itself was just read: what it is related to is offered instead."""
        offered = [choice.topic for choice in parent.origin("indicators").related]
        assert offered == [*parent.knowledge.topics["indicators"].related[:2], "references"]


class TestClarify:
    """Author.clarify: asking back."""

    def test_offers_at_most_three_best_first(self, parent: Author) -> None:
        """Names that are no topic are passed over, repetitions too."""
        answer = parent.clarify(("indicators", "sleep", "contact", "indicators", "references", "purpose_of_brief"))
        assert [choice.topic for choice in answer.choices] == ["indicators", "contact", "references"]
        assert answer.buttons == answer.choices
        assert [choice["topic"] for choice in answer.to_dict()["choices"]] == ["indicators", "contact", "references"]


class TestCrisis:
    """Author.crisis: the lines that fit the danger."""

    def test_gives_the_lines_of_the_first_kind_first(self, parent: Author, knowledge: Knowledge) -> None:
        """Two kinds of danger give the lines of both, each once, in the order of the plan."""
        kinds = tuple(knowledge.crisis.kinds)[:2]
        expected = dict.fromkeys(line for kind in kinds for line in knowledge.crisis.kinds[kind])
        answer = parent.crisis(kinds)
        assert [line.id for line in answer.lines] == list(expected)
        assert answer.plain.startswith(knowledge.crisis.opening[kinds[0]]["en"])
        assert knowledge.crisis.not_watched["en"] in answer.plain

    def test_gives_a_provider_who_suspects_abuse_the_reporting_line_first(
            self, parent: Author, provider: Author, knowledge: Knowledge) -> None:
        """A provider has to report; a parent gets the lines of the kind as they stand."""
        reporting = knowledge.crisis.provider_suspicion
        assert tuple(line.id for line in provider.crisis(("abuse",)).lines)[:len(reporting)] == reporting
        assert [line.id for line in parent.crisis(("abuse",)).lines] == list(knowledge.crisis.kinds["abuse"])

    def test_knows_every_line_where_the_danger_is_not_known(self, knowledge: Knowledge) -> None:
        """An error page shows all lines rather than none."""
        assert knowledge.crisis.lines_for((), audience="parent") == tuple(knowledge.crisis.lines.values())

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_reminds_with_a_number_for_every_kind(self, knowledge: Knowledge, language: str) -> None:
        """The shortest line names the line of its kind and how to reach it."""
        for kind, (line, *_) in knowledge.crisis.shortest.items():
            assert knowledge.crisis.lines[line].display in knowledge.crisis.reminder((kind,), language)


def test_out_of_scope_names_whom_to_ask_and_what_is_near(parent: Author) -> None:
    """The office, and the nearest topics where there are any."""
    near, far = parent.out_of_scope(("contact",)), parent.out_of_scope(())
    assert [choice.topic for choice in near.related] == ["contact"]
    assert near.plain != far.plain
    assert far.contacts and far.related == ()


class TestLanguage:
    """English stands in where a text has no Spanish."""

    def test_wording_falls_back_to_english(self, knowledge: Knowledge) -> None:
        """A topic that is not translated is answered in English, for the same audience."""
        topic = knowledge.topics["indicators"]
        english = {key: words for key, words in topic.wordings.items() if key[0] == "en"}
        assert replace(topic, wordings=english).wording("es", "provider") == english["en", "provider"]

    def test_phrase_falls_back_to_english(self, knowledge: Knowledge) -> None:
        """A phrase, too."""
        alone = replace(knowledge, phrases={"thanks": {"en": "You are welcome."}})
        assert alone.phrase("thanks", "es") == "You are welcome."

    def test_phrase_in_spanish_where_there_is_one(self, knowledge: Knowledge) -> None:
        """The reader's language comes first."""
        assert Author(knowledge, "es", "parent").smalltalk("thanks").plain == knowledge.phrases["thanks"]["es"]


def test_a_phrase_is_filled_in(knowledge: Knowledge) -> None:
    """Words in braces are values of the caller; nested keys are dotted."""
    assert "988" in knowledge.phrase("labels.text_line", "en", number="988")


def test_an_unknown_phrase_is_an_error(knowledge: Knowledge) -> None:
    """Nothing is made up for a text that is not there."""
    with pytest.raises(KeyError):
        knowledge.phrase("labels.nothing", "en")


class TestCustom:
    """Answer.to_dict: the contract's `custom`."""

    @pytest.mark.parametrize(("kind", "keys"), [
        (Kind.ANSWER, {"quote", "source", "citations", "contacts", "related"}),
        (Kind.CRISIS, {"lines"}),
        (Kind.CLARIFY, {"choices"}),
        (Kind.OUT_OF_SCOPE, {"contacts", "related"}),
    ])
    def test_has_the_keys_of_its_kind(self, parent: Author, knowledge: Knowledge, kind: Kind, keys: set[str]) -> None:
        """`topic` is null unless the message is an answer."""
        message: Answer = {
            Kind.ANSWER: parent.topic("indicators"), Kind.CRISIS: parent.crisis(tuple(knowledge.crisis.kinds)[:1]),
            Kind.CLARIFY: parent.clarify(("contact",)), Kind.OUT_OF_SCOPE: parent.out_of_scope(())}[kind]
        custom = message.to_dict()
        assert custom["kind"] == kind.value
        assert {"topic", "audience", "language", "id", "plain", *keys} <= set(custom)
        assert (custom["topic"] is None) == (kind is not Kind.ANSWER)

    def test_lines_are_in_the_reader_s_language(self, knowledge: Knowledge) -> None:
        """Name, phone, display, text number and when: what the contract lists."""
        kinds = tuple(knowledge.crisis.kinds)[:1]
        line = Author(knowledge, "es", "parent").crisis(kinds).to_dict()["lines"][0]
        assert set(line) == {"name", "phone", "display", "sms", "when"}
        assert line["when"].startswith(knowledge.crisis.lines[knowledge.crisis.kinds[kinds[0]][0]].when["es"])

    def test_two_answers_have_two_ids(self, parent: Author) -> None:
        """Feedback names one of them."""
        assert parent.topic("indicators").id != parent.topic("indicators").id


def test_every_topic_can_be_said_to_everybody(knowledge: Knowledge) -> None:
    """No combination of topic, language and audience is left without words."""
    for language in LANGUAGES:
        for audience in AUDIENCES:
            author = Author(knowledge, language, audience)
            assert all(author.topic(name).plain and author.topic(name).sms for name in knowledge.topics)


def test_a_source_printed_under_two_numbers_is_cited_under_each(knowledge: Knowledge) -> None:
    """References 1 and 3 of the brief are one publication."""
    brief: Brief = knowledge.briefs["issues-brief-1"]
    assert brief.references[1].full == brief.references[3].full
    assert [c.number for c in Author(knowledge, "en", "parent").topic("references").citations] == [1, 2, 3]
