"""An answer as a text message: the point first, the source in short, whom to call; three GSM-7 segments at most."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Iterator, Sequence

from bot.knowledge import Answer, Kind, Knowledge
from bot.sms.segments import MAX_SEGMENTS, fold, sentences, size, split


@dataclass(frozen=True)
class Texts:
    """A reply as it is sent. Of the choices that it offers last, `offered` many, the first `choices` are shown."""

    texts: tuple[str, ...]
    offered: int = 0
    choices: int = 0


def sms(answer: Answer, knowledge: Knowledge) -> str:
    """The message's text: point, source, contact, keywords, then the choices a line each, then the reminder.

    What a fourth segment would be needed for gives way: the choices from the last on, then keywords, source, contact.
    """
    return _written(answer, knowledge).texts[0]


def texts(answers: Sequence[Answer], knowledge: Knowledge, *, one: bool = False) -> Texts:
    """A reply, or the rest of one, as messages of their own; or as `one`, for gateways that take no more.

    A number and a keyword mean what was offered last: only that message shows them.
    """
    if not answers:
        return Texts(())
    if one:
        return _in_one(answers, knowledge)
    last = max((place for place, answer in enumerate(answers) if answer.buttons), default=0)
    written = [_written(answer, knowledge, numbered=place >= last) for place, answer in enumerate(answers)]
    return replace(written[last], texts=tuple(text for each in written for text in each.texts))


def _in_one(answers: Sequence[Answer], knowledge: Knowledge) -> Texts:
    """The whole reply in one message; the notice stands last.

    Where two answers are too long for it, choices and keywords give way, then the notice, then the end of the second's
    point, then of the first's, by whole sentences: where an answer is from and whom to call stay in it.
    """
    notice = "\n".join(sms(answer, knowledge) for answer in answers if answer.kind is Kind.NOTICE)
    *before, last = [answer for answer in answers if answer.kind is not Kind.NOTICE]
    # The reminder of danger stands behind everything, whichever answer it came with.
    last = replace(last, reminder=next((answer.reminder for answer in (*before, last) if answer.reminder), None))
    if not before:
        alone = _written(last, knowledge, below=notice)
        return alone if _fits(alone.texts[0]) else _written(last, knowledge)
    source = _source(last, knowledge)
    for first, second in itertools.product(_shorter(before[-1]), _shorter(last)):
        above = "\n".join(fold(" ".join([_point(answer), *(
            part for part in _source(answer, knowledge) if part not in source)])) for answer in (*before[:-1], first))
        needed = fold("\n".join([" ".join([_point(second), *source, *_contact(last)]), *_reminder(last)]))
        for below in (notice, ""):
            if _fits("\n".join(filter(None, (above, needed, below)))):
                return _written(second, knowledge, above=above, below=below)
    return _written(replace(before[0], reminder=last.reminder), knowledge, numbered=False)


def _written(answer: Answer, knowledge: Knowledge, *, above: str = "", below: str = "",
             numbered: bool = True) -> Texts:
    """One message between what stands above and below it in the same text; `numbered`: with choices and keywords."""
    offered = answer.buttons if numbered else ()
    contact, reminder, source = _contact(answer), _reminder(answer), _source(answer, knowledge)
    choices = [f"{number} {choice.title}" for number, choice in enumerate(offered, start=1)]
    keywords = [_phrase("keywords", answer, knowledge)] if numbered and answer.kind is Kind.ANSWER else []
    while True:
        text = fold("\n".join([" ".join([_point(answer), *source, *contact, *keywords]), *choices, *reminder]))
        whole = "\n".join(filter(None, (above, text, below)))
        given_up = next((part for part in (choices, keywords, source, contact) if part), None)
        if given_up is None or _fits(whole):
            return Texts((whole,), len(offered), len(choices))
        given_up.pop()


def _shorter(answer: Answer) -> Iterator[Answer]:
    """The message, then without its point's last sentence, and so on; the first one stays. Danger keeps all its words."""
    yield answer
    kept = sentences(_point(answer)) if answer.kind is Kind.ANSWER else []
    while len(kept) > 1:
        kept.pop()
        yield replace(answer, sms="".join(kept).strip())


def _point(answer: Answer) -> str:
    return answer.sms or answer.plain


def quotation(answer: Answer, knowledge: Knowledge) -> tuple[str, ...]:
    """The quotation of an answer in pages of one message each, all but the last with the word that brings the next."""
    assert answer.quote is not None
    words = [f"{knowledge.phrase('labels.quote', answer.language)} \"{answer.quote.text}\""]
    if answer.quote.translation:
        words.append(f"{knowledge.phrase('labels.translation', answer.language)} \"{answer.quote.translation}\"")
    more, reminder = fold(_phrase("more", answer, knowledge)), fold(answer.reminder or "")
    *pages, last = split(fold("\n".join(words)), room=f" {more}\n{reminder}")
    return tuple("\n".join(filter(None, (page, reminder))) for page in (*(f"{page} {more}" for page in pages), last))


def _fits(text: str) -> bool:
    return size(text).segments <= MAX_SEGMENTS


def _contact(answer: Answer) -> list[str]:
    return [f"{person.name} {person.display}" for person in answer.contacts[:1]]


def _reminder(answer: Answer) -> list[str]:
    return [answer.reminder] if answer.reminder else []


def _source(answer: Answer, knowledge: Knowledge) -> list[str]:
    if not answer.source or any(citation.reference in answer.sms for citation in answer.citations):
        return []
    named = _phrase("source", answer, knowledge, publisher=answer.source.publisher,
                    number=str(knowledge.briefs[answer.source.brief].number))
    numbered = ", ".join(dict.fromkeys(citation.short for citation in answer.citations))
    return [f"({named}; {numbered})" if numbered else f"({named})"]


def _phrase(key: str, answer: Answer, knowledge: Knowledge, **values: str) -> str:
    return knowledge.phrase(f"sms.{key}", answer.language, **values)
