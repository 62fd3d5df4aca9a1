"""What keeps a contact or a crisis line from being taken away: whoever is still sent there."""

from __future__ import annotations

from typing import Any, Iterator

from bot.console.edit import labels
from bot.console.edit.findings import Finding, found
from bot.console.edit.places import places
from bot.console.edit.subjects import NUMBER, Subject
from bot.console.edit.yaml_text import value_at
from bot.knowledge import Knowledge
from bot.knowledge.values import FALLBACK_LANGUAGE

# Places of a line that name its number; the others show the line itself.
_IN_WORDS = {"opening", "sms", "when", "phrase"}


def still_used(subject: Subject, data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    """Every use of the subject, in words; `data` is what its file holds now. Nothing where it may go."""
    return (_of_contact if subject.kind == "contact" else _of_line)(subject.name, data, knowledge)


def _of_contact(name: str, data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    """The last one stays, and the one that every answer shows; what an answer names can be reached."""
    if len(data["contacts"]) == 1:
        yield found("", "last_contact")
    elif data["default"] == name:
        yield found("", "used_default")
    others = [contact for contact in knowledge.contacts.values() if contact.id != name]
    contact = knowledge.contacts.get(name)
    named = {contact.display, contact.email} - {way for other in others for way in (other.display, other.email)} \
        if contact else set()
    for way in sorted(filter(None, named)):
        for topic in knowledge.topics.values():
            if any(way in text for wording in topic.wordings.values() for text in (wording.plain, wording.sms)):
                yield found("", "used_words", words=way, place=topic.title[FALLBACK_LANGUAGE])
        for key, texts in knowledge.phrases.items():
            if any(way in text for text in texts.values()):
                yield found("", "used_words", words=way, place=key)


def _of_line(name: str, data: Any, knowledge: Knowledge) -> Iterator[Finding]:
    """A line is taken away from the dangers first: somebody in danger must not lose a number by the way."""
    for section in ("kinds", "shortest"):
        for kind, lines in (value_at(data, (section,)) or {}).items():
            if name in lines:
                yield found("", f"used_{section}", kind=kind)
    if name in (value_at(data, ("provider_suspicion",)) or []):
        yield found("", "used_suspicion")
    if name not in knowledge.crisis.lines:
        return
    display = knowledge.crisis.lines[name].display
    others = {number for other, line in knowledge.crisis.lines.items() if other != name
              for number in NUMBER.findall(line.display)}
    if set(NUMBER.findall(display)) <= others:  # who reads the number is led to another line that has it
        return
    for place in places(name, data, knowledge):
        if place.how in _IN_WORDS and place.subject != Subject("line", name):
            yield found("", "used_words", words=display, place=labels.place_words(place, knowledge))
