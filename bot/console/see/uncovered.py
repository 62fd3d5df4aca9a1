"""What people asked that the brief does not cover, the same questions folded together: matter for the next brief.

Messages that the inbox put into one group are one question. Others are one question where they have the same words in
the same order, but for capitals, accents, signs and repetition; such a message joins a group in which its wording is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterable, NamedTuple, Union

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.see.neighbours import not_covered_by_label
from bot.console.see.period import Period
from bot.console.see.sheets import Row, Split, Table
from bot.store.tables import messages

EXAMPLES = 3
_WORD = re.compile(r"\w+")
_Key = Union[int, str]


class Asked(NamedTuple):
    """A message that was refused; `text` is masked."""

    id: int
    day: str
    language: str
    audience: str
    text: str
    group_id: int | None


@dataclass
class Question:
    """Messages that ask for the same."""

    count: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    audiences: Counter[str] = field(default_factory=Counter)
    first: str = "9999"
    last: str = ""
    wordings: dict[str, list[str]] = field(default_factory=dict)  # folded -> as they were written

    def add(self, asked: Asked, folded: str) -> None:
        """One more message."""
        self.count += 1
        self.languages[asked.language] += 1
        self.audiences[asked.audience] += 1
        self.first, self.last = min(self.first, asked.day), max(self.last, asked.day)
        self.wordings.setdefault(folded, []).append(asked.text)

    def examples(self) -> list[str]:
        """Up to `EXAMPLES` wordings, the first of which stands for all: most often used, then nearest to the others."""
        words = Counter(word for folded, texts in self.wordings.items() for word in set(folded.split()) for _ in texts)

        def rank(folded: str) -> tuple[int, float, str]:
            own = set(folded.split())
            return -len(self.wordings[folded]), -sum(words[word] for word in own) / (len(own) or 1) ** 0.5, folded

        return [" ".join(min(self.wordings[folded], key=len).split())
                for folded in sorted(self.wordings, key=rank)[:EXAMPLES]]


def read_asked(connection: Connection, period: Period) -> list[Asked]:
    """The refused messages of a period whose words are still there.

    But for those that staff set aside, or taught the bot to answer: these the brief does cover.
    """
    chosen = [messages.c[name] for name in Asked._fields]
    return [Asked(*row) for row in connection.execute(
        sa.select(*chosen).where(
            messages.c.day.between(period.first.isoformat(), period.last.isoformat()),
            messages.c.kind == "out_of_scope", messages.c.text != "",
            sa.func.coalesce(messages.c.state, "") != "ignored", not_covered_by_label()).order_by(messages.c.id))]


def questions(asked: Iterable[Asked]) -> list[Question]:
    """The messages folded into questions, asked most often first, then latest."""
    messages_of = [(message, fold(message.text)) for message in asked]
    group_of = {folded: message.group_id for message, folded in messages_of if message.group_id is not None}
    found: dict[_Key, Question] = {}
    for message, folded in messages_of:
        key = message.group_id if message.group_id is not None else group_of.get(folded, folded)
        found.setdefault(key, Question()).add(message, folded)
    ordered = sorted(found.values(), key=lambda question: question.last, reverse=True)
    return sorted(ordered, key=lambda question: question.count, reverse=True)


def fold(text: str) -> str:
    """The words of a text, without what tells two ways to type the same apart."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    words = _WORD.findall("".join(letter for letter in letters if not unicodedata.combining(letter)))
    return " ".join(word for word, before in zip(words, ["", *words]) if word != before) or text.strip()


def table(found: Iterable[Question]) -> Table:
    """One row a question."""
    columns = ("question", "messages", "languages", "audiences", "first_day", "last_day", "also_asked_as")
    return Table("uncovered", columns, (_row(question) for question in found))


def _row(question: Question) -> Row:
    standing, *others = question.examples()
    return (standing, question.count, Split("language", tuple(question.languages.most_common())),
            Split("audience", tuple(question.audiences.most_common())), question.first, question.last,
            " | ".join(others))
