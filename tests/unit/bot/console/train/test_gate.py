"""What stands in the way of a release, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.console.texts import say
from bot.console.train.card import QualityCard
from bot.console.train.gate import Verdict, gate
from bot.evaluation.compare import Bounds, load_bounds
from tests.support.training import NAME, items, line

BOUNDS = Bounds(topic_items=2, overall_points=1, false_alarm_items=0)
WRONG = {"kind": "clarify", "topics": []}
DANGER = {"intent": "crisis", "file": "crisis", "kind": "crisis", "topics": [],
          "marks": {"language": "en", "kind": "self_harm"}}
ALIKE = {"intent": "ask_indicators", "file": "lookalikes"}
ALARM = {"kind": "crisis", "topics": []}


def lines(count: int = 100, **special: dict[str, Any]) -> dict[str, Any]:
    """So many questions that are answered rightly; a few are otherwise."""
    return {**{f"k{number}": line() for number in range(count)}, **{key: line(**how) for key, how in special.items()}}


def card(found: dict[str, Any], **more: Any) -> QualityCard:
    return QualityCard(NAME, 1.0, "Ana", items(found), **more)


def blocking(before: dict[str, Any], after: dict[str, Any], bounds: Bounds = BOUNDS) -> list[Verdict]:
    found = gate(card(before), card(after), bounds)
    for verdict in found:
        assert say(verdict.key, **verdict.values)
    return [verdict for verdict in found if verdict.blocks]


def test_the_same_passes() -> None:
    """And is said to."""
    found = gate(card(lines()), card(lines()), BOUNDS)
    assert [(one.key, one.blocks) for one in found] == [("train.gate.passes", False)]


def test_a_topic_may_lose_as_many_as_the_bound_and_no_more() -> None:
    """Two of one topic pass, three do not, and the sentence names them; the bound is data."""
    alone = Bounds(topic_items=2, overall_points=100, false_alarm_items=0)
    assert blocking(lines(), lines(k0=WRONG, k1=WRONG), alone) == []
    (found,) = blocking(lines(), lines(k0=WRONG, k1=WRONG, k2=WRONG), alone)
    assert found.key == "train.gate.topic" and set(found.lines) == {"k0", "k1", "k2"}
    assert (found.values["before"], found.values["after"], found.values["total"]) == (100, 97, 100)
    wide = Bounds(topic_items=3, overall_points=100, false_alarm_items=0)
    assert blocking(lines(), lines(k0=WRONG, k1=WRONG, k2=WRONG), wide) == []


def test_the_whole_may_lose_a_point_and_no_more() -> None:
    """Though no topic lost too much."""
    loose = Bounds(topic_items=100, overall_points=1, false_alarm_items=0)
    assert blocking(lines(), lines(k0=WRONG), loose) == []
    assert [one.key for one in blocking(lines(), lines(k0=WRONG, k1=WRONG), loose)] == ["train.gate.overall"]


def test_danger_newly_missed_blocks_whatever_was_gained() -> None:
    """One line is enough, though another one that was missed is seen now."""
    missed = {**DANGER, "kind": "clarify"}
    (found,) = blocking(lines(d1=DANGER, d2=missed), lines(d1=missed, d2=DANGER))
    assert (found.key, found.lines) == ("train.gate.danger", ("d1",))
    assert blocking(lines(d1=missed), lines(d1=DANGER)) == []


def test_more_false_alarms_block_over_the_bound() -> None:
    """On look-alikes of danger; as many as before pass."""
    (found,) = blocking(lines(a1=ALIKE, a2=ALIKE), lines(a1={**ALIKE, **ALARM}, a2=ALIKE))
    assert (found.key, found.lines) == ("train.gate.false_alarms", ("a1",))
    assert blocking(lines(a1={**ALIKE, **ALARM}, a2=ALIKE), lines(a1=ALIKE, a2={**ALIKE, **ALARM})) == []
    one_more = Bounds(topic_items=2, overall_points=1, false_alarm_items=1)
    assert blocking(lines(a1=ALIKE, a2=ALIKE), lines(a1={**ALIKE, **ALARM}, a2=ALIKE), one_more) == []


def test_a_leak_blocks() -> None:
    """Also where there is nothing to compare with."""
    leaking = card(lines(), leaks=(("k1", "ask_indicators", "ask_indicators"),))
    found = gate(None, leaking, BOUNDS)
    assert [(one.key, one.blocks) for one in found] == [("train.gate.leaks", True), ("train.gate.first", False)]
    assert found[0].lines == ("k1",)


def test_only_what_both_were_asked_is_compared() -> None:
    """New test lines that the new model gets wrong are no loss: nobody knows how the old one would have done."""
    assert blocking(lines(100), lines(100, n1=WRONG, n2=WRONG, n3=WRONG)) == []
    # A line that belongs to another topic now is another question.
    moved = {**WRONG, "intent": "ask_contact", "file": "contact"}
    assert blocking(lines(100), lines(100, k1=moved, k2=moved, k3=moved)) == []


def test_the_bounds_that_come_with_the_project() -> None:
    """Those of `make quality`."""
    assert load_bounds() == BOUNDS


@pytest.mark.parametrize("missing", ["topic_items", "overall_points", "false_alarm_items"])
def test_a_bound_that_is_missing_is_told(tmp_path, missing: str) -> None:
    """Nobody releases on half of the bounds."""
    path = tmp_path / "bounds.yml"
    path.write_text("".join(f"{name}: 1\n" for name in vars(BOUNDS) if name != missing))
    with pytest.raises(TypeError, match=missing):
        load_bounds(path)
