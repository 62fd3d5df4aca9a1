"""An answer as a text message: the point first, the source in short, whom to call; three GSM-7 segments at most."""

from __future__ import annotations

from bot.knowledge import Answer, Kind, Knowledge
from bot.sms.segments import fold, size

MAX_SEGMENTS = 3


def sms(answer: Answer, knowledge: Knowledge) -> str:
    """The message's text. Choices, then the reminder, give way where they would need a fourth segment."""
    def phrase(key: str, **values: str) -> str:
        return knowledge.phrase(f"sms.{key}", answer.language, **values)

    required = [answer.sms or answer.plain]
    if answer.kind is Kind.ANSWER and answer.source:
        numbered = ", ".join(dict.fromkeys(citation.short for citation in answer.citations))
        brief = knowledge.briefs[answer.source.brief]
        source = phrase("source", publisher=answer.source.publisher, number=str(brief.number))
        required.append(f"({source}; {numbered})" if numbered else f"({source})")
    required += [f"{contact.name} {contact.display}" for contact in answer.contacts[:1]]
    if answer.kind is Kind.ANSWER:
        required.append(phrase("keywords"))
    optional = [*([answer.reminder] if answer.reminder else []),
                *(f"{number} {choice.title}" for number, choice in enumerate(answer.buttons, start=1))]
    text = fold(" ".join(required))
    for part in optional:
        longer = f"{text}\n{fold(part)}"
        if size(longer).segments <= MAX_SEGMENTS:
            text = longer
    return text
