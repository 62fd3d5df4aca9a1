"""What the brief does not cover, folded into questions."""

from __future__ import annotations

import datetime

import pytest
from sqlalchemy.engine import Engine

from bot.console.see.period import Period
from bot.console.see.uncovered import Question, fold, questions, read_asked
from tests.support.figures import message, put

PERIOD = Period.ending(datetime.date(2026, 11, 28), 7)


def asked(engine: Engine) -> list[Question]:
    with engine.connect() as connection:
        return questions(read_asked(connection, PERIOD))


def refused(text: str, day: str = "2026-11-28", **changes: object) -> dict[str, object]:
    return message(day, kind="out_of_scope", text=text, **changes)


def test_the_same_words_are_one_question(engine: Engine) -> None:
    """With how often, in which languages, by whom, from when to when; the usual wording stands for all."""
    put(engine, refused("Who pays for  vaccines?", "2026-11-24"), refused("who pays for vaccines", language="es"),
        refused("WHO PAYS FOR VACCINES!!", "2026-11-26", audience="provider"), refused("¿y la cuna?"))
    first, second = asked(engine)
    assert (first.count, dict(first.languages), dict(first.audiences), first.first, first.last) == (
        3, {"en": 2, "es": 1}, {"parent": 2, "provider": 1}, "2026-11-24", "2026-11-28")
    assert first.examples() == ["who pays for vaccines"] and second.examples() == ["¿y la cuna?"]


def test_what_the_inbox_grouped_is_one_question(engine: Engine) -> None:
    """And a wording of the group that it has not seen yet joins it; at most three wordings are shown."""
    put(engine, refused("who pays for shots", group_id=4), refused("who pays for shots", group_id=4),
        refused("do vaccines cost money", group_id=4), refused("price of a vaccine", group_id=4),
        refused("do I pay for shots", group_id=4), refused("Do vaccines cost money?"), refused("is he left-handed"))
    first, second = asked(engine)
    assert (first.count, second.count) == (6, 1)
    assert first.examples()[:2] == ["who pays for shots", "do vaccines cost money"] and len(first.examples()) == 3


def test_only_what_was_refused_in_the_period_and_has_words_counts(engine: Engine) -> None:
    """Nor what staff set aside."""
    put(engine, refused("before", "2026-11-21"), refused("", "2026-11-28"), refused("noise", state="ignored"),
        message(text="answered"), message(text="crisis", kind="crisis"), refused("this one", state="new"))
    assert [question.examples() for question in asked(engine)] == [["this one"]]


def test_what_is_asked_most_comes_first_then_what_was_asked_last(engine: Engine) -> None:
    put(engine, refused("old", "2026-11-23"), refused("new"), *(refused("twice", "2026-11-22") for _ in range(2)))
    assert [question.examples()[0] for question in asked(engine)] == ["twice", "new", "old"]


@pytest.mark.parametrize(("one", "other"), [
    ("Qué  TAL", "que tal?"), ("e\u0301l", "él"), ("no no no", "no"), ("ﬁne", "fine"), ("a\u00a0b", "a b")])
def test_wordings_that_differ_by_how_they_are_typed_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("a b", "b a"), ("?", "!"), ("2 months", "3 months"), ("🙂", "🙁")])
def test_others_do_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)
