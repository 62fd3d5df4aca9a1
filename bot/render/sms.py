"""An answer as a text message: the point first, the source in short, whom to call; three GSM-7 segments at most."""

from __future__ import annotations

from bot.knowledge import Answer, Kind, Knowledge
from bot.sms.segments import fold, size

MAX_SEGMENTS = 3


def sms(answer: Answer, knowledge: Knowledge) -> str:
    """The message's text: point, source, contact, keywords, then the choices a line each, then the reminder.

    What a fourth segment would be needed for gives way: the choices from the last on, then keywords, source, contact.
    """
    contact = [f"{person.name} {person.display}" for person in answer.contacts[:1]]
    choices = [f"{number} {choice.title}" for number, choice in enumerate(answer.buttons, start=1)]
    reminder = [answer.reminder] if answer.reminder else []
    keywords = [_phrase("keywords", answer, knowledge)] if answer.kind is Kind.ANSWER else []
    source = _source(answer, knowledge)
    point = answer.sms or answer.plain
    while True:
        text = fold("\n".join([" ".join([point, *source, *contact, *keywords]), *choices, *reminder]))
        if size(text).segments <= MAX_SEGMENTS:
            return text
        given_up = next((part for part in (choices, keywords, source, contact) if part), None)
        if given_up is None:
            return text
        given_up.pop()


def _source(answer: Answer, knowledge: Knowledge) -> list[str]:
    if not answer.source or any(citation.reference in answer.sms for citation in answer.citations):
        return []
    named = _phrase("source", answer, knowledge, publisher=answer.source.publisher,
                    number=str(knowledge.briefs[answer.source.brief].number))
    numbered = ", ".join(dict.fromkeys(citation.short for citation in answer.citations))
    return [f"({named}; {numbered})" if numbered else f"({named})"]


def _phrase(key: str, answer: Answer, knowledge: Knowledge, **values: str) -> str:
    return knowledge.phrase(f"sms.{key}", answer.language, **values)
