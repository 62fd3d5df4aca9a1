"""What a change is held to, each fault at the field where it is mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.console.edit import rules
from bot.console.edit.fields import Value, unreadable
from bot.console.edit.subjects import Subject, fields, subjects
from bot.console.edit.trial import Change, examine
from bot.console.edit.yaml_text import read
from bot.knowledge import Knowledge, load_knowledge
from bot.knowledge.answers import Author
from tests.unit.bot.console.edit.conftest import PLAIN, TODAY, change, found, outcome, text

CHECKED = "lines.poison_help.checked"


def test_the_content_of_the_repository_is_fit(knowledge: Knowledge) -> None:
    """Every subject keeps what a change of it is held to."""
    for subject in subjects(knowledge):
        assert list(rules.findings(subject, read(text(subject)), knowledge)) == [], subject


@pytest.mark.parametrize("subject", [Subject("topic", "contact"), Subject("contact", "contact_harris"),
                                     Subject("contacts", "shared"), Subject("line", "domestic_violence"),
                                     Subject("danger", "abuse"), Subject("dangers", "shared"),
                                     Subject("phrase", "sms.help")],
                         ids=lambda subject: subject.kind)
def test_a_form_that_changes_nothing_writes_nothing(subject: Subject) -> None:
    """Each field shows what it is written as."""
    unchanged = change(subject.kind, subject.name)
    assert unchanged.applied(text(subject)) == text(subject)
    assert found(subject.kind, subject.name, whole=True) == {}


def test_no_field_reaches_the_briefs_words(knowledge: Knowledge) -> None:
    """Nor which passages a topic quotes, nor what it cites, nor where a contact is printed."""
    for subject in subjects(knowledge):
        names = {field.name for field in fields(subject, read(text(subject)), knowledge)}
        assert not subject.file.startswith("bot/content/briefs")
        assert not names & {"passages", "cites", "brief", "topic"}
        assert not any(name.endswith((".passage", ".brief", ".id")) for name in names)


@pytest.mark.parametrize(("values", "field", "said"), [
    ({PLAIN: "word " * 61}, PLAIN, "61 words"),
    ({PLAIN: ""}, PLAIN, "Is empty"),
    ({PLAIN: "Interdisciplinary collaboration facilitates developmental trajectories."}, PLAIN, "grade"),
    ({"answer.es.parent.plain": "La colaboración interdisciplinaria facilita neurodesarrollo."},
     "answer.es.parent.plain", "Fernández"),
    ({"answer.es.parent.sms": ""}, "answer.es.parent.sms", "Is empty while"),
    ({"answer.en.parent.sms": "Hold your baby 🙂."}, "answer.en.parent.sms", "🙂"),
    ({"answer.en.parent.sms": "hold " * 60}, "answer.en.parent.sms", "more than"),
    ({"answer.en.parent.sms": "Handholding-" * 45}, "answer.en.parent.sms", "segments"),
    ({"answer.en.parent.sms": "Handholding-" * 37}, "answer.en.parent.sms", "no room"),
    ({"answer.en.parent.sms": "Handholding-" * 13}, "answer.en.parent.sms", "first sentence"),
    ({PLAIN: "Call (505) 555-0123."}, PLAIN, "(505) 555-0123"),
    ({PLAIN: "Call 988 now."}, PLAIN, "988"),
    ({"title.en": "x" * 61}, "title.en", "61 characters"),
    ({"title.en": "Who NMAIMH is and what it does"}, "title.en", "another topic"),
    ({"related": ("nothing",)}, "related", "'nothing'"),
    ({"why": "indicator"}, "why", "closest: 'indicators'"),
    ({"reviewed.es.on": "soon"}, "reviewed.es.on", "2026-11-28"),
    ({"reviewed.es.on": "2026-12-01"}, "reviewed.es.on", "to come"),
    ({"title.es": "a\u202eb"}, "title.es", "nobody can see"),
])
def test_a_fault_of_a_topic_is_told_at_its_field(values: dict[str, Value], field: str, said: str) -> None:
    """In words, and at no other field but that of the text message, which may not be longer than the other."""
    told = found("topic", "daily_interactions", values, whole="61 words" in said)
    assert said in told[field] and set(told) <= {field, field.replace(".plain", ".sms")}


def test_all_faults_are_told_at_once() -> None:
    """What is empty does not hide what is too long elsewhere in the form."""
    values: dict[str, Value] = {PLAIN: "", "title.en": "x" * 61, "answer.es.provider.plain": "palabra " * 61}
    told = found("topic", "contact", values, whole=True)
    assert set(told) == {PLAIN, "title.en", "answer.es.provider.plain"}


def test_parents_and_providers_read_different_words(knowledge: Knowledge) -> None:
    """The same for both is told at the provider's."""
    same = knowledge.topics["contact"].wording("en", "parent").plain
    assert "parents" in found("topic", "contact", {"answer.en.provider.plain": same})["answer.en.provider.plain"]


def test_spanish_goes_as_a_whole(knowledge: Knowledge) -> None:
    """All four wordings emptied: the answer is English only."""
    empty = {f"answer.es.{audience}.{part}": "" for audience in ("parent", "provider") for part in ("plain", "sms")}
    after = outcome("topic", "contact", empty)
    assert after.findings == () and after.knowledge
    assert ("es", "parent") not in after.knowledge.topics["contact"].wordings


@pytest.mark.parametrize(("values", "field", "said"), [
    ({"display": "(505) 111-1111"}, "display", "not printed in the passage"),
    ({"phone": "505"}, "phone", "no number"),
    ({"phone": "+15059860832"}, "phone", "not the number that is shown"),
    ({"name": "Jane Clark"}, "name", "not as the brief prints it"),
    ({"email": "jane@example.org"}, "email", "not as the brief prints it"),
    ({"email": "jane"}, "email", "no e-mail"),
    ({"extension": "12"}, "extension", "not as the brief prints it"),
])
def test_a_contact_is_as_the_brief_prints_it(values: dict[str, str], field: str, said: str) -> None:
    """And is dialled as it is shown."""
    own = {f"contacts.contact_clarke.{key}": value for key, value in values.items()}
    assert said in found("contact", "contact_clarke", own)[f"contacts.contact_clarke.{field}"]


def test_a_person_can_be_taken_away() -> None:
    """And is quoted to nobody from then on, who asks for a person or not; everybody else is quoted as before."""
    after = outcome("contact", "contact_clarke", deed="remove", whole=True)
    assert after.findings == () and after.knowledge and "contact_clarke" not in after.knowledge.contacts
    for people in (False, True):
        answer = Author(after.knowledge, "en", "parent").topic("contact", people=people)
        assert answer.quote and "Clarke" not in answer.quote.text and "info@nmaimh.org" in answer.quote.text
        assert ("Harris" in answer.quote.text) is people


def test_the_contact_that_every_answer_shows_stays() -> None:
    """Another one is chosen first."""
    assert "Choose another one" in found("contact", "contact_office", deed="remove")[""]


def test_a_contact_that_an_answer_names_stays(project: Path) -> None:
    """Who reads the number or the address is led to somebody; told is the answer."""
    file = project / "bot/content/topics/indicators.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("plain: >-\n", "plain: >-\n        Call (505) 986-0831.\n", 1),
                    encoding="utf-8")
    removal = change("contact", "contact_clarke", deed="remove")
    told = examine(removal, text(removal.subject), project, TODAY).findings
    assert [finding.sentence for finding in told if "(505) 986-0831" in finding.sentence and "named by" in finding.sentence]


def test_the_last_contact_stays(project: Path) -> None:
    """Every answer ends with one."""
    alone = text(Subject("contact", "contact_office")).split("  - id: contact_clarke")[0]
    (project / "bot/content/contacts.yml").write_text(alone, encoding="utf-8")
    removal = change("contact", "contact_office", deed="remove")
    assert "last contact" in examine(removal, alone, project, TODAY).findings[0].sentence


def again(**values: Value) -> tuple[Change, str]:
    """Jane Clarke, taken away, comes back; the change and the file that it is made of."""
    removal = change("contact", "contact_clarke", deed="remove")
    base = removal.applied(text(removal.subject))
    knowledge = load_knowledge()
    del (left := dict(knowledge.contacts))["contact_clarke"]
    knowledge = replace(knowledge, contacts=left)
    subject = Subject("contact", "jane")
    its_fields = fields(subject, read(base), knowledge)
    fit = {"brief": "issues-brief-1", "passage": "contact_clarke", "name": "Jane Clarke", "phone": "+15059860831",
           "display": "(505) 986-0831"}
    own = {f"contacts.jane.{key}": value for key, value in {**fit, **values}.items()}
    return Change(subject, "add", its_fields, {**{field.name: field.shown(read(base)) for field in its_fields}, **own}), base


def test_a_new_contact_is_one_that_a_brief_prints(project: Path) -> None:
    """With where it is printed, chosen among the passages that print a number and are nobody's."""
    fit, base = again()
    (project / "bot/content/contacts.yml").write_text(base, encoding="utf-8")
    passage = next(field for field in fit.fields if field.label == "passage")
    assert [name for name, _ in passage.options] == ["contact_clarke"]
    after = examine(fit, base, project, TODAY)
    assert after.findings == () and after.knowledge and after.knowledge.contacts["jane"].display == "(505) 986-0831"


@pytest.mark.parametrize(("values", "field", "said"), [
    ({"passage": ""}, "passage", "Is empty"),
    ({"passage": "f_brain"}, "display", "not printed in the passage"),
    ({"passage": "nowhere"}, "display", "not printed in the passage"),
    ({"brief": "other"}, "display", "not printed in the passage"),
    ({"display": "(505) 555-0142"}, "display", "not printed in the passage"),
    ({"phone": "+15059860832"}, "phone", "not the number that is shown"),
    ({"name": "Ana López"}, "name", "not as the brief prints it"),
], ids=str)
def test_a_new_contact_is_held_to_the_brief(project: Path, values: dict[str, Value], field: str, said: str) -> None:
    """As every other: a number that nobody printed is nobody's."""
    unfit, base = again(**values)
    (project / "bot/content/contacts.yml").write_text(base, encoding="utf-8")
    told = {finding.field: finding.sentence for finding in examine(unfit, base, project, TODAY).findings}
    assert said in told[f"contacts.jane.{field}"]


def test_a_passage_that_an_answer_rests_on_is_no_persons(project: Path, knowledge: Knowledge) -> None:
    """It would be quoted to those only who ask for a person."""
    taken = replace(knowledge.contacts["contact_clarke"], passage="f_brain")
    told = rules.findings(Subject("contacts", "shared"), {}, replace(
        knowledge, contacts={**knowledge.contacts, "contact_clarke": taken}))
    assert [finding.sentence for finding in told if "would quote less" in finding.sentence]


def test_a_line_whose_number_a_text_names_stays(project: Path) -> None:
    """Though no danger shows it any more: who reads the number must find the line behind it."""
    file = project / "bot/content/crisis.yml"
    without = change("danger", "poison", {"kinds.poison": ("emergency",), "shortest.poison": ("emergency",)})
    base = without.applied(text(without.subject))
    file.write_text(base, encoding="utf-8")
    removal = change("line", "poison_help", deed="remove")
    told = [finding.sentence for finding in examine(removal, base, project, TODAY).findings]
    assert told and all("1-800-222-1222" in sentence for sentence in told)


def line(**values: Value) -> dict[str, Value]:
    return {f"lines.poison_help.{key}": value for key, value in values.items()}


NEW = {"phone": "+18002221223", "display": "1-800-222-1223"}
TEXTS = {"texts.sms.poison.en": "Poison Help: call 1-800-222-1223 now.",
         "texts.sms.poison.es": "Veneno: llame al 1-800-222-1223."}


def test_a_number_that_changes_needs_a_fresh_check() -> None:
    """The day on which somebody called the line or read its page; with it, the change is fit."""
    assert "A number changed" in found("line", "poison_help", {**line(**NEW), **TEXTS})[CHECKED]
    assert found("line", "poison_help", {**line(**NEW, checked="2026-11-28"), **TEXTS}) == {}


@pytest.mark.parametrize("checked", ["2026-11", "2026-10-01", "2026-11-29", "yesterday"])
def test_a_check_is_a_day_not_long_ago(checked: str) -> None:
    """A month, a day long past and a day to come are none."""
    assert CHECKED in found("line", "poison_help", {**line(**NEW, checked=checked), **TEXTS})


@pytest.mark.parametrize("key", ["sms", "tty"])
def test_any_number_of_a_line_needs_the_check(key: str) -> None:
    """Those for texts and text telephones, too."""
    values = {"sms": "+18002221222", "tty": "1-800-222-1222"}
    assert CHECKED in found("line", "poison_help", line(**{key: values[key]}))


def test_a_number_that_stays_needs_no_new_check() -> None:
    """Words around it may be mended by themselves."""
    assert found("line", "poison_help", line(hours="Day and night")) == {}


def test_a_source_is_needed() -> None:
    """The address of a page."""
    assert "Is empty" in found("line", "poison_help", line(source=""))["lines.poison_help.source"]
    assert "address" in found("line", "poison_help", line(source="the internet"))["lines.poison_help.source"]


@pytest.mark.parametrize(("phone", "fits"), [("911", True), ("988", True), ("411", False), ("+15551234", False),
                                             ("1-800-222-1222", False), ("+1 800 222 1222", False), ("tel:911", False)])
def test_a_number_can_be_dialled(phone: str, fits: bool) -> None:
    """E.164, or one of the two short numbers."""
    told = found("line", "poison_help", line(phone=phone))
    assert ("can be dialled" not in told.get("lines.poison_help.phone", "")) is fits


def test_what_is_shown_is_what_is_dialled() -> None:
    """The digits behind a link are those that a reader sees."""
    assert "+18002221222" in found("line", "poison_help", line(display="1-800-222-1223"))["lines.poison_help.display"]


def test_texts_that_name_an_old_number_are_told() -> None:
    """At the texts, which stand in the line's own form."""
    told = found("line", "poison_help", line(**NEW, checked="2026-11-28"))
    assert {name for name in told if "1-800-222-1222" in told[name]} == {"texts.sms.poison.en", "texts.sms.poison.es"}


@pytest.mark.parametrize(("name", "said"), [("poison_help", "poison"), ("maternal_hotline", "self_harm"),
                                           ("cyfd", "suspicion")])
def test_a_line_that_is_used_cannot_go(name: str, said: str) -> None:
    """Neither from a danger nor from a provider's suspicion."""
    assert said in found("line", name, deed="remove")[""]


def test_the_number_comes_first_in_a_crisis_text() -> None:
    """Within 160 septets, and in one segment."""
    late = "Please stay calm and look after the child. " * 4 + "Call CYFD, 1-855-333-7233."
    told = found("danger", "abuse", {"texts.sms.abuse.en": late})["texts.sms.abuse.en"]
    assert "1-855-333-7233" in told and "160" in told


def test_another_first_line_needs_its_number_in_the_text() -> None:
    """The order of the lines decides which number is meant."""
    told = found("danger", "poison", {"kinds.poison": ("domestic_violence",)})
    assert "1-800-799-7233" in told["texts.sms.poison.en"]


def test_a_danger_is_never_without_a_line() -> None:
    """Somebody must answer it."""
    assert "Is empty" in found("danger", "abuse", {"kinds.abuse": ()})["kinds.abuse"]


@pytest.mark.parametrize(("key", "words", "said"), [
    ("origin_brief", "{topic:>999999999}", "more in braces"),
    ("origin_brief", "{topic!r}", "more in braces"),
    ("origin_brief", "{topic.__class__}", "nobody fills"),
    ("origin_brief", "{nobody}", "nobody fills"),
    ("origin_brief", "{", "brace"),
    ("notice_sms", "word " * 50, "segments"),
    ("sms.help", "“mamá” ☎", "☎"),
])
def test_a_phrase_has_only_blanks_that_are_filled(key: str, words: str, said: str) -> None:
    """And a text message only what it can carry."""
    assert said in found("phrase", key, {f"{key}.en": words})[f"{key}.en"]


def test_what_was_wrong_elsewhere_is_not_held_against_a_change(project: Path) -> None:
    """Somebody else's broken file must not stop a mend of this one."""
    (project / "actions" / "clarify.py").unlink()
    fit = change("topic", "contact", {"title.en": "Reach NMAIMH"})
    assert examine(fit, text(fit.subject), project, TODAY).findings == ()
    unfit = change("topic", "contact", {PLAIN: "word " * 61})
    assert {finding.field for finding in examine(unfit, text(unfit.subject), project, TODAY).findings} == {PLAIN}


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u200e", "\u2060", "\ufeff", "\u200d", "\u202e"])
def test_a_number_hides_no_character(hidden: str) -> None:
    """It would be copied and dialled otherwise than it is read, and no rule would know it; emoji stay joined."""
    at = "lines.nm_crisis_line.display"
    assert "nobody can see" in found("line", "nm_crisis_line", {at: f"1-{hidden}855-662-7474"})[at]
    assert "nobody can see" in found("topic", "indicators", {PLAIN: f"Call 98{hidden}8 now."})[PLAIN]
    assert not unreadable("A family: 👨\u200d👩\u200d👧.")


@pytest.mark.parametrize(("words", "strange"), [
    ("Call 1-900-555-0199 now.", True), ("Call +1 900 555 0199 now.", True), ("Call (900) 555.0199.", True),
    ("Call 19005550199.", True), ("Write to help@example.org.", True),
    ("You are welcome, 24 hours a day, 2,000 times.", False),
    ("Call 988, or 1-855-662-7474.", False), ("Call (505) 331-7138.", False), ("Write to info@nmaimh.org.", False)])
def test_a_phrase_names_known_numbers_only(words: str, strange: bool) -> None:
    """Those of contacts and crisis lines."""
    assert ("neither a contact's" in found("phrase", "thanks", {"thanks.en": words}).get("thanks.en", "")) is strange
