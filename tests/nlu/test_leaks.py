"""The held-out set measures strangers only while nothing of it, or nearly of it, is trained on."""

from __future__ import annotations

from bot.evaluation.leaks import leaks, near


def test_no_held_out_line_is_trained_on() -> None:
    """Equal after case and punctuation are taken away, nearly equal by characters, or by words."""
    assert [f"{line.file}: {line.text!r} ~ {other.file}: {other.text!r}" for line, other in leaks()] == []


def test_a_leak_is_found() -> None:
    """Each of the three measures finds what it is there for, and a stranger's question on the same thing passes."""
    trained = ["is nmaimh part of the state", "what happens in her brain when i hold her close at night"]
    assert set(near(["is nmaimh part of the state"], trained)) == {(0, 0)}
    assert set(near(["what happens in her brain when i hold her close at nite"], trained)) == {(0, 1)}
    assert set(near(["of the state nmaimh is part really"], trained)) == {(0, 0)}
    assert set(near(["does cuddling before bed do anything for her brain"], trained)) == set()
