"""The fields of feedback, as they arrive."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.visitor import Feedback, read_feedback
from bot.errors import ChannelError
from bot.knowledge import Knowledge

GOOD = {"sender": "ana", "id": "a1", "value": "up"}


def test_good_feedback_is_read() -> None:
    """With and without a word; what is unknown is ignored."""
    assert read_feedback({**GOOD, "other": 1}) == Feedback("ana", "a1", "up", None, "en")
    assert read_feedback({**GOOD, "value": "down", "text": "  short \n", "language": "es"}) == Feedback(
        "ana", "a1", "down", "short", "es")


@pytest.mark.parametrize("text", [None, "", "   "])
def test_no_word_is_none(text: str | None) -> None:
    """An empty field is not a word."""
    assert read_feedback({**GOOD, "text": text}).text is None


def test_half_a_surrogate_pair_becomes_text() -> None:
    """It could not be stored."""
    assert read_feedback({**GOOD, "text": "a\ud800b"}).text == "a?b"


BAD = [
    *[pytest.param(body, "malformed", id=f"body is {body!r}") for body in (None, [], "x", 1)],
    *[pytest.param({**GOOD, "sender": value}, "sender_invalid", id=f"sender is {value!r}"[:30])
      for value in (None, "", 7, "x" * 129, "a\nb")],
    *[pytest.param({**GOOD, "id": value}, "feedback_invalid", id=f"id is {value!r}"[:30])
      for value in (None, "", 7, "x" * 129, "a\x00b")],
    *[pytest.param({**GOOD, "value": value}, "feedback_invalid", id=f"value is {value!r}")
      for value in (None, "", "UP", 1, True, ["up"], "maybe")],
    *[pytest.param({**GOOD, "text": value}, "feedback_invalid", id=f"text is {value!r}") for value in (7, ["x"], {})],
    pytest.param({**GOOD, "text": "x" * 1001}, "feedback_too_long", id="text of 1001 characters"),
]


@pytest.mark.parametrize(("body", "code"), BAD)
def test_bad_feedback_is_refused_with_its_reason(body: Any, code: str, knowledge: Knowledge) -> None:
    """In plain words, in both languages."""
    with pytest.raises(ChannelError) as raised:
        read_feedback(body)
    assert (raised.value.status, raised.value.code) == (400, code)
    assert knowledge.phrase(f"errors.{code}", "en") != knowledge.phrase(f"errors.{code}", "es")
