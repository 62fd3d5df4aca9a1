"""Who writes, how old the child is, and whether somebody asks for a person."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.people import PeopleExtractor


@pytest.fixture(scope="module")
def extractor() -> PeopleExtractor:
    config = PeopleExtractor.get_default_config()
    return PeopleExtractor.create(config, model_storage=None, resource=Resource("people"), execution_context=None)


def found(extractor: PeopleExtractor, text: str, kind: str) -> list[dict[str, Any]]:
    return [entity for entity in extractor.extract(text) if entity["entity"] == kind]


def role(extractor: PeopleExtractor, text: str) -> tuple[str, bool] | None:
    roles = found(extractor, text, "role")
    assert len(roles) <= 1
    return (roles[0]["value"], roles[0]["explicit"]) if roles else None


@pytest.mark.parametrize(("text", "months"), [
    ("my 3 month old cries", 3), ("my 2yo bites", 24), ("18mo not talking", 18), ("he is two and a half", 30),
    ("two and a half", 30), ("she is 6 weeks old", 1), ("es recién nacido", 0), ("can you spoil a newborn", 0),
    ("mi niña de dos años", 24), ("18-month-old", 18), ("a 2½ year old", 30), ("2 1/2 years old", 30),
    ("1.5 years old", 18), ("a year and a half old", 18), ("tiene año y medio", 18), ("1 year and 3 months old", 15),
    ("mi bebé tiene un año y tres meses", 15), ("dos años y medio", 30), ("at 4 months", 4), ("baby's 7 months", 7),
    ("our toddler's only 18 months", 18), ("mine is 2 and bites", 24), ("he's 3, is that late", 36),
    ("bites. same kid, 22 months", 22), ("born at 31 weeks, she's 5 months now", 5), ("9 days old", 0), ("9m old", 9),
    ("my 2 y/o", 24), ("un bebé de 8 meses", 8), ("my four year old", 48), ("3 weeks", 0),
    ("tengo 17 años y mi bebé tiene 2 meses", 2), ("TWO YEARS OLD", 24), ("mine’s 10 weeks", 2),
])
def test_a_childs_age_is_in_completed_months(extractor: PeopleExtractor, text: str, months: int) -> None:
    """Digits and words, weeks to years, halves, tight and loose writing, in both languages."""
    assert [entity["value"] for entity in found(extractor, text, "child_age_months")] == [months]


@pytest.mark.parametrize("text", [
    "28 weeker", "born at 28 weeks", "she came at 31 weeks", "twins at 33 weeks", "nació de 29 semanas",
    "5 months pregnant", "five weeks postpartum", "tengo 3 meses de embarazo", "for 3 months", "3 months ago",
    "hace 3 meses", "every two weeks", "sober 14 months now", "I'm 17 years old", "im 16", "my 16 year old",
    "a 71 year old grandma", "a 17 year old mother", "my 6 yr old brother", "birth to three", "0-3", "2-3 year olds",
    "before age two", "a la una de la tarde", "in 2 weeks", "2", "he is one of a kind", "when he was a newborn",
    "4711 months old", "9" * 400 + " months old",
])
def test_other_numbers_are_no_age(extractor: PeopleExtractor, text: str) -> None:
    """A pregnancy's weeks, a duration, a range and an adult's age stay out."""
    assert found(extractor, text, "child_age_months") == []


@pytest.mark.parametrize(("text", "expected"), [
    ("I'm a home visitor", ("provider", True)), ("I’m a home visitor", ("provider", True)),
    ("as a nurse I see this", ("provider", True)), ("soy maestra", ("provider", True)),
    ("i work at an infant room", ("provider", True)), ("i work with families", ("provider", True)),
    ("im a retired early childhood special education teacher", ("provider", True)), ("doula here", ("provider", True)),
    ("ER triage nurse, is it too late", ("provider", True)), ("yo trabajo con familias", ("provider", True)),
    ("soy trabajadora social", ("provider", True)), ("I'm a parent educator", ("provider", True)),
    ("been a postpartum nurse 20 yrs", ("provider", True)), ("We're a Head Start program", ("provider", True)),
    ("I'm her grandma", ("parent", True)), ("soy papá", ("parent", True)), ("im a first time dad", ("parent", True)),
    ("We're parents", ("parent", True)), ("Foster dad here", ("parent", True)),
    ("I am raising my granddaughter", ("parent", True)), ("soy la mamá del niño", ("parent", True)),
    ("im a 17 year old mom", ("parent", True)), ("parent", ("parent", True)),
    ("my caseload is full", ("provider", False)), ("one of my families", ("provider", False)),
    ("a toddler in my room", ("provider", False)), ("my clients", ("provider", False)),
    ("una niña en mi salón", ("provider", False)), ("my baby", ("parent", False)), ("mi nieta", ("parent", False)),
    ("my 2yo", ("parent", False)), ("my foster son", ("parent", False)), ("estoy embarazada", ("parent", False)),
])
def test_the_writers_role(extractor: PeopleExtractor, text: str, expected: tuple[str, bool]) -> None:
    """Said in so many words it is explicit, and may switch the audience; where it only shows, it is not."""
    assert role(extractor, text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("im a mom not a provider", ("parent", True)), ("im not a teacher im the dad", ("parent", True)),
    ("yo no soy maestra, soy la mamá", ("parent", True)), ("stepdad, not staff", ("parent", True)),
    ("my son, and as a nurse I know", ("provider", True)),
    ("i'm a home visitor with my own 9 month old", ("provider", True)),
    ("a mom on my caseload says my baby hates me", ("provider", False)),
    ("I was a nurse once, now im a mom", ("parent", True)),
])
def test_of_two_roles_the_writers_own_counts(extractor: PeopleExtractor, text: str, expected: tuple[str, bool]) -> None:
    """What somebody is outranks what only shows; what somebody is not is no role; no parent has a caseload."""
    assert role(extractor, text) == expected


@pytest.mark.parametrize("text", [
    "the nurse told me to wait", "my sister works as a nurse", "her teacher is mean", "my wife is a nurse",
    "my sister's baby", "my baby brother", "I work at a fitness center", "i teach him colors", "my moms house",
    'she said "I\'m a bad mom"', "I'm at the doctor", "if i were a nurse", "el doctor me regañó",
    "my infant care class", "they treat me as a teacher", "", "who are you",
])
def test_what_others_are_is_no_role(extractor: PeopleExtractor, text: str) -> None:
    """A role is the writer's own."""
    assert role(extractor, text) is None


@pytest.mark.parametrize("text", [
    "who can I talk to", "is there somebody there I can call", "a real person's name", "con quién puedo hablar",
    "I'd rather talk with a human", "give me a name", "put me through to somebody", "who do i ask for",
    "is there a real person with a name I can talk to there", "quisiera platicar con una persona",
    "un nombre por favor", "could one of the association people ring my house",
    "how do I get hold of the psychologist listed on the brief", "hay alguien con quien pueda hablar",
    "can Deborah Harris call me",
])
def test_asking_for_a_person(extractor: PeopleExtractor, text: str) -> None:
    """A name, a voice, a human instead of a machine."""
    assert [entity["value"] for entity in found(extractor, text, "contact_person")] == [True]


@pytest.mark.parametrize("text", [
    "is this a real person", "are you a real person", "am i talking to a human", "eres una persona", "phone number?",
    "con quién estoy hablando", "email please", "¿hay alguien del otro lado?", "what is the address",
    "somebody hit her", "how do i talk to somebody who lost a baby",
])
def test_asking_for_a_number_or_about_the_bot_is_not(extractor: PeopleExtractor, text: str) -> None:
    """The office answers a phone; "are you human" is about the bot."""
    assert found(extractor, text, "contact_person") == []


def test_entities_are_as_rasa_writes_them(extractor: PeopleExtractor) -> None:
    """Places are those of the message, earlier entities stay, and all of it is in the output."""
    text = "Hola 👋 soy mamá, mi niño tiene 3 meses"
    earlier = {"entity": "choice", "value": 2}
    message = extractor.process([Message(data={TEXT: text, ENTITIES: [earlier]})])[0]
    entities = message.as_dict(only_output_properties=True)[ENTITIES]
    assert entities[0] == earlier
    assert [(text[e["start"]:e["end"]], e["value"], e["extractor"]) for e in entities[1:]] == [
        ("3 meses", 3, "PeopleExtractor"), ("soy mamá", "parent", "PeopleExtractor")]


@pytest.mark.parametrize("text", [
    None, "", "  ", "😭" * 30, "\x00\x1b", "\ud800 months old", "m² ² months", "9" * 2000, '"' * 2000, "im a " * 400,
    "my baby is 2 and a half and " * 70, "^ $ # . _ ~ <number> {age}", "nin\u0303o de 2 an\u0303os",
], ids=["none", "empty", "blank", "emoji", "control", "surrogate", "superscript", "digits", "quotes", "openings",
        "long", "notation", "decomposed"])
def test_odd_messages_are_read(extractor: PeopleExtractor, text: str | None) -> None:
    """Whatever arrives, nothing is raised, and each entity stands within the message."""
    entities = extractor.process([Message(data={TEXT: text})])[0].get(ENTITIES)
    assert all(0 <= entity["start"] < entity["end"] <= len(text or "") for entity in entities)
