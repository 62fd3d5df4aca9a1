"""What a change changes, word by word."""

from __future__ import annotations

import pytest

from bot.console.edit.difference import Run, words


def test_a_word_that_was_put_for_another() -> None:
    """The others stay."""
    assert words("Hold your baby close.", "Hold your child close.") == [
        Run("same", "Hold your "), Run("out", "baby "), Run("in", "child "), Run("same", "close.")]


@pytest.mark.parametrize(("before", "after"), [("", "a b"), ("a b", ""), ("a b", "a b c"), ("b c", "a b c"),
                                               ("a\nb", "a\nc"), ("one two three", "four five six"), ("a", "a")])
def test_the_runs_make_both_texts(before: str, after: str) -> None:
    """Nothing is left out and nothing invented."""
    runs = words(before, after)
    assert "".join(run.text for run in runs if run.how != "out") == after
    assert "".join(run.text for run in runs if run.how != "in").split() == before.split()


def test_texts_that_share_nothing_are_two_runs() -> None:
    """Not a patchwork held together by blanks."""
    assert [run.how for run in words("one two three", "four five six")] == ["out", "in"]
