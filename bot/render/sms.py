"""An answer as a text message: the point first, the source in short, whom to call; three GSM-7 segments at most."""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence

from bot.knowledge import Answer, Kind, Knowledge
from bot.sms.segments import MAX_SEGMENTS, fold, size, split


def sms(answer: Answer, knowledge: Knowledge, *, behind: str = "") -> str:
    """The message's text: point, source, contact, keywords, then the choices a line each, then the reminder.

    What a fourth segment would be needed for gives way: the choices from the last on, then keywords, source, contact.
    `behind` is a text that comes after it in the same message and keeps its room.
    """
    contact = [f"{person.name} {person.display}" for person in answer.contacts[:1]]
    choices = [f"{number} {choice.title}" for number, choice in enumerate(answer.buttons, start=1)]
    reminder = [answer.reminder] if answer.reminder else []
    keywords = [_phrase("keywords", answer, knowledge)] if answer.kind is Kind.ANSWER else []
    source = _source(answer, knowledge)
    point = answer.sms or answer.plain
    while True:
        text = fold("\n".join([" ".join([point, *source, *contact, *keywords]), *choices, *reminder]))
        if _fits(text, behind):
            return text
        given_up = next((part for part in (choices, keywords, source, contact) if part), None)
        if given_up is None:
            return text
        given_up.pop()


def texts(answers: Sequence[Answer], knowledge: Knowledge) -> tuple[str, ...]:
    """A reply as messages of their own."""
    return tuple(sms(answer, knowledge) for answer in answers)


def one_text(answers: Sequence[Answer], knowledge: Knowledge) -> str:
    """A whole reply in one message, for gateways that take only one: the first answer, then what there is room for.

    A second answer keeps its point where there is room for both; the notice stands last.
    """
    first, *others = answers
    notices = [sms(other, knowledge) for other in others if other.kind is Kind.NOTICE]
    seconds = [other for other in others if other.kind is not Kind.NOTICE]
    # The reminder of danger stands behind the last answer, whatever becomes of that one.
    reminder = next((answer.reminder for answer in (first, *seconds) if answer.reminder), None)
    first = replace(first, reminder=reminder)
    points = ["\n".join(fold(other.sms or other.plain) for other in seconds)] if seconds else []
    for behind in (points + notices, notices, []):
        below = "\n".join(behind)
        text = sms(first, knowledge, behind=below)
        if _fits(text, below):
            return "\n".join(filter(None, (text, below)))
    return sms(first, knowledge)


def quotation(answer: Answer, knowledge: Knowledge) -> tuple[str, ...]:
    """The quotation of an answer in pages of one message each, all but the last with the word that brings the next."""
    assert answer.quote is not None
    words = [f"{knowledge.phrase('labels.quote', answer.language)} \"{answer.quote.text}\""]
    if answer.quote.translation:
        words.append(f"{knowledge.phrase('labels.translation', answer.language)} \"{answer.quote.translation}\"")
    more, reminder = fold(_phrase("more", answer, knowledge)), fold(answer.reminder or "")
    *pages, last = split(fold("\n".join(words)), room=f" {more}\n{reminder}")
    return tuple("\n".join(filter(None, (page, reminder))) for page in (*(f"{page} {more}" for page in pages), last))


def _fits(text: str, behind: str = "") -> bool:
    return size("\n".join(filter(None, (text, behind)))).segments <= MAX_SEGMENTS


def _source(answer: Answer, knowledge: Knowledge) -> list[str]:
    if not answer.source or any(citation.reference in answer.sms for citation in answer.citations):
        return []
    named = _phrase("source", answer, knowledge, publisher=answer.source.publisher,
                    number=str(knowledge.briefs[answer.source.brief].number))
    numbered = ", ".join(dict.fromkeys(citation.short for citation in answer.citations))
    return [f"({named}; {numbered})" if numbered else f"({named})"]


def _phrase(key: str, answer: Answer, knowledge: Knowledge, **values: str) -> str:
    return knowledge.phrase(f"sms.{key}", answer.language, **values)
