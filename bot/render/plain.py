"""An answer as plain text, readable on its own: what a terminal shows, and `text` in every reply."""

from __future__ import annotations

from typing import Iterable

from bot.knowledge import Answer, CrisisLine, Kind, Knowledge


def plain(answer: Answer, knowledge: Knowledge) -> str:
    """The whole answer, a part a line: plain words, quotation, source, references, contact; crisis lines first.

    One newline between parts, not two: Rasa's stock channels send each blank-line block as a message of its own.
    """
    if answer.kind is Kind.CRISIS:
        parts = [answer.plain, *(_line(line, answer.language, knowledge) for line in answer.lines)]
    else:
        parts = [answer.plain, *_quotation(answer, knowledge), *_origin(answer, knowledge),
                 *_contacts(answer, knowledge), *_choices(answer, knowledge)]
    if answer.reminder:
        parts.append(answer.reminder)
    return "\n".join(parts)


def _label(key: str, answer: Answer, knowledge: Knowledge) -> str:
    return knowledge.phrase(f"labels.{key}", answer.language)


def _line(line: CrisisLine, language: str, knowledge: Knowledge) -> str:
    shown = line.to_dict(language)
    reach = [line.display]
    if line.sms:
        reach.append(knowledge.phrase("labels.text_line", language, number=line.sms))
    return f"{shown['name']}: {', '.join(reach)}. {shown['when']}"


def _quotation(answer: Answer, knowledge: Knowledge) -> list[str]:
    if not answer.quote:
        return []
    parts = [f"{_label('quote', answer, knowledge)} “{answer.quote.text}”"]
    if answer.quote.translation:
        parts.append(f"{_label('translation', answer, knowledge)} “{answer.quote.translation}”")
    return parts


def _origin(answer: Answer, knowledge: Knowledge) -> list[str]:
    if not answer.source:
        return []
    named = f"{_label('source', answer, knowledge)} {answer.source.title}, {answer.source.publisher}."
    return [named, *references((citation.number, citation.reference) for citation in answer.citations)]


def references(citations: Iterable[tuple[int, str]]) -> list[str]:
    """Numbered references, a line each; one that is printed under two numbers stands once, behind both."""
    numbers: dict[str, list[str]] = {}
    for number, reference in citations:
        numbers.setdefault(reference, []).append(str(number))
    return [f"[{', '.join(under)}] {reference}" for reference, under in numbers.items()]


def _contacts(answer: Answer, knowledge: Knowledge) -> list[str]:
    reached = ["  ".join(filter(None, (f"{contact.name} {contact.display}", contact.email)))
               for contact in answer.contacts]
    return [f"{_label('contact', answer, knowledge)} {'; '.join(reached)}"] if reached else []


def _choices(answer: Answer, knowledge: Knowledge) -> list[str]:
    listed = [f"{number}. {choice.title}" for number, choice in enumerate(answer.buttons, start=1)]
    if not listed:
        return []
    return listed if answer.kind is Kind.CLARIFY else [_label("related", answer, knowledge), *listed]
