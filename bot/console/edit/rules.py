"""What the contract asks of the words beyond what loading and `bot.check` see: reading ease, segments, numbers."""

from __future__ import annotations

import re
from typing import Any, Iterator

from bot.console.edit.findings import Finding, found
from bot.console.edit.subjects import NUMBER, Subject
from bot.console.edit.yaml_text import value_at
from bot.knowledge import AUDIENCES, LANGUAGES, Knowledge
from bot.knowledge.answers import Author
from bot.knowledge.values import Wording
from bot.reading import ADDRESS, MAX_GRADE, MIN_EASE, PHONE, ease, grade
from bot.render.sms import sms
from bot.sms.segments import GSM7_PART, GSM7_SINGLE, MAX_SEGMENTS, fold, size

MAX_TITLE_CHARACTERS = 60
_ONE_SEGMENT = {"notice_sms"}
# Seven digits or more, however they are parted: nothing else in a phrase has so many.
_DIALLED = re.compile(r"\+?(?:\d[().\s-]{0,2}){6,}\d")


def findings(subject: Subject, data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    """What is wrong with a subject in a knowledge that loads; `data` is what its file holds."""
    if subject.kind == "topic":
        yield from _topic(subject.name, knowledge)
    elif subject.kind == "contact":
        if subject.name in knowledge.contacts:
            yield from _contact(subject.name, data, knowledge)
        yield from _quoted(knowledge)
    elif subject.kind == "contacts":
        yield from _quoted(knowledge)
    elif subject.kind in ("line", "danger", "dangers"):
        yield from _crisis(data, knowledge)
    elif subject.kind == "phrase":
        yield from _phrase(subject.name, knowledge)


def _topic(name: str, knowledge: Knowledge) -> Iterator[Finding]:
    topic = knowledge.topics[name]
    for language, text in topic.title.items():
        if len(text) > MAX_TITLE_CHARACTERS:
            yield found(f"title.{language}", "title_long", count=len(text), limit=MAX_TITLE_CHARACTERS)
        if size(fold(text)).alphabet != "GSM-7":
            yield found(f"title.{language}", "alphabet", characters=_dear(text))
        if any(other.title.get(language) == text for other in knowledge.topics.values() if other.name != name):
            yield found(f"title.{language}", "title_twice")
    for (language, audience), wording in topic.wordings.items():
        at = f"answer.{language}.{audience}"
        yield from _read_with_ease(f"{at}.plain", language, audience, wording)
        yield from _text_message(at, language, audience, wording, name, knowledge)
        yield from _known_numbers(at, wording, knowledge)
    for language in LANGUAGES:
        both = [topic.wordings.get((language, audience)) for audience in AUDIENCES]
        for part in ("plain", "sms"):
            if all(both) and len({getattr(wording, part) for wording in both}) == 1:
                yield found(f"answer.{language}.provider.{part}", "same_for_both")


def _read_with_ease(at: str, language: str, audience: str, wording: Wording) -> Iterator[Finding]:
    if language == "en" and audience == "parent" and (reached := grade(wording.plain)) > MAX_GRADE:
        yield found(at, "grade", grade=f"{reached:.1f}", limit=MAX_GRADE)
    if language == "es" and (reached := ease(wording.plain)) < MIN_EASE:
        yield found(at, "ease", ease=f"{reached:.0f}", limit=MIN_EASE)


def _text_message(at: str, language: str, audience: str, wording: Wording, name: str,
                  knowledge: Knowledge) -> Iterator[Finding]:
    answer = Author(knowledge, language, audience).topic(name)
    text = sms(answer, knowledge)
    if size(fold(wording.sms)).alphabet != "GSM-7":
        yield found(f"{at}.sms", "alphabet", characters=_dear(wording.sms))
    elif size(text).segments > MAX_SEGMENTS:
        yield found(f"{at}.sms", "segments", count=size(text).segments, limit=MAX_SEGMENTS)
    elif not all(part in text for part in (knowledge.office.display, *(cited.short for cited in answer.citations))):
        yield found(f"{at}.sms", "no_room", limit=MAX_SEGMENTS)
    elif size(fold(wording.sms).split(". ")[0]).units > GSM7_PART:
        yield found(f"{at}.sms", "point_late", limit=GSM7_PART)
    if (count := len(wording.sms.split())) > (most := len(wording.plain.split())):
        yield found(f"{at}.sms", "sms_longer", count=count, limit=most)


def _known_numbers(at: str, wording: Wording, knowledge: Knowledge) -> Iterator[Finding]:
    """A number that changes is changed in one place: answers repeat only what contacts and the brief hold."""
    known = {contact.display for contact in knowledge.contacts.values()} | _addresses(knowledge)
    for part in ("plain", "sms"):
        text = getattr(wording, part)
        for strange in sorted({*PHONE.findall(text), *ADDRESS.findall(text)} - known):
            yield found(f"{at}.{part}", "strange_number", number=strange)
        for number in sorted(set(NUMBER.findall(text)) & _line_numbers(knowledge)):
            yield found(f"{at}.{part}", "crisis_number", number=number)


def _addresses(knowledge: Knowledge) -> set[str]:
    """The addresses of contacts and those that a brief prints."""
    return {contact.email for contact in knowledge.contacts.values() if contact.email} | {
        address for brief in knowledge.briefs.values() for passage in brief.passages.values()
        for address in ADDRESS.findall(passage.printed)}


def _dialled(knowledge: Knowledge) -> set[str]:
    """The digits of every number that a phrase may name: a contact's or a crisis line's."""
    lines = knowledge.crisis.lines.values()
    return {_digits(number) for number in (*(contact.display.split(" X")[0] for contact in knowledge.contacts.values()),
                                           *(number for line in lines
                                             for number in (line.phone, line.display, line.sms, line.tty) if number))}


def _digits(number: str) -> str:
    """Without what parts them, and without the country."""
    return re.sub(r"\D", "", number).removeprefix("1")


def _contact(name: str, data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    """Everything is as the brief prints it, and dialled as it is shown."""
    contact, entry = knowledge.contacts[name], value_at(data, ("contacts", name))
    printed = knowledge.briefs[entry["brief"]].passages[contact.passage].printed
    for key in ("name", "credentials", "email"):
        if entry.get(key) and not re.search(rf"(?<!\w){re.escape(entry[key])}(?!\w)", printed):
            yield found(f"contacts.{name}.{key}", "not_printed")
    if entry.get("extension") and not contact.display.endswith(f" X{entry['extension']}"):
        yield found(f"contacts.{name}.extension", "not_printed")
    shown = re.sub(r"\D", "", contact.display.split(" X")[0])
    if re.sub(r"\D", "", contact.phone).removeprefix("1") != shown.removeprefix("1"):
        yield found(f"contacts.{name}.phone", "dialled_otherwise", display=contact.display)


def _quoted(knowledge: Knowledge) -> Iterator[Finding]:
    """Contacts other than the default are quoted to those only who ask for a person: every answer keeps a quotation, and
    its own."""
    people = {contact.passage for contact in knowledge.contacts.values() if contact.id != knowledge.default_contact}
    office = knowledge.office.passage
    for topic in knowledge.topics.values():
        quoted = Author(knowledge, LANGUAGES[0], AUDIENCES[0]).topic(topic.name).quote
        lost = people & set(topic.passages) if office not in topic.passages or office in people else ()
        if lost or not (quoted and quoted.passages):
            yield found("", "quotes_less", title=topic.title[LANGUAGES[0]])


def _crisis(data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    plan, known = knowledge.crisis, _line_numbers(knowledge)
    for section, by_kind in (("opening", plan.opening), ("sms", plan.sms)):
        for kind, texts in by_kind.items():
            for language, text in texts.items():
                for number in sorted(set(NUMBER.findall(text)) - known):
                    yield found(f"texts.{section}.{kind}.{language}", "no_line", number=number)
    for kind, (best, *_) in plan.kinds.items():
        for language, text in plan.sms.get(kind, {}).items():
            at = f"texts.sms.{kind}.{language}"
            if plan.lines[best].display not in _first_segment(fold(text)):
                yield found(at, "number_late", number=plan.lines[best].display, limit=GSM7_SINGLE)
            sent = size(fold(text))
            if sent.segments > 1:
                yield found(at, "crisis_sms_long", units=sent.units, alphabet=sent.alphabet)
    for language, text in ((value_at(data, ("texts", "shortest_sms")) or {}).items()):
        if "{display}" not in text:
            yield found(f"texts.shortest_sms.{language}", "blank_needed", blank="{display}")
    for language, text in plan.shortest_sentence.items():
        if "{display}" not in text:
            yield found(f"texts.shortest.{language}", "blank_needed", blank="{display}")


def _phrase(key: str, knowledge: Knowledge) -> Iterator[Finding]:
    """Its numbers, and what is sent as a text message by itself."""
    dialled = _dialled(knowledge)
    for language, text in knowledge.phrases[key].items():
        strange = [number for number in _DIALLED.findall(text) if not _digits(number) in dialled]
        strange += sorted(set(ADDRESS.findall(text)) - _addresses(knowledge))
        for number in dict.fromkeys(strange):
            yield found(f"{key}.{language}", "strange_number", number=number)
    if key not in _ONE_SEGMENT and not key.startswith("sms."):
        return
    limit = 1 if key in _ONE_SEGMENT else MAX_SEGMENTS
    for language, text in knowledge.phrases[key].items():
        sent = size(fold(text))
        if sent.alphabet != "GSM-7":
            yield found(f"{key}.{language}", "alphabet", characters=_dear(text))
        elif sent.segments > limit:
            yield found(f"{key}.{language}", "segments", count=sent.segments, limit=limit)


def _line_numbers(knowledge: Knowledge) -> set[str]:
    return {number for line in knowledge.crisis.lines.values() for number in NUMBER.findall(line.display)}


def _first_segment(text: str) -> str:
    units, end = 0, 0
    for end, character in enumerate(text, start=1):
        units += size(character).units
        if units > GSM7_SINGLE:
            return text[:end - 1]
    return text


def _dear(text: str) -> str:
    """The characters for which a whole message leaves the cheap alphabet."""
    return " ".join(dict.fromkeys(character for character in fold(text) if size(character).alphabet != "GSM-7"))
