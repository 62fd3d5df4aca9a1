"""Why a message should be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.console.inbox.reasons import Judged, in_sample, reason_of, tells_more
from bot.console.inbox.rules import RULES, Rules, load_rules

# No sample unless a case asks for it: 3 is in none of one in 50.
SURE = {"id": 3, "kind": "answer", "intent": "ask_indicators", "confidence": 0.95}


@pytest.mark.parametrize(("changed", "reason"), [
    ({}, None),
    ({"confidence": 0.49}, "unsure"),
    ({"intent": "nlu_fallback", "confidence": 0.9}, "unsure"),
    ({"kind": "clarify", "confidence": 0.2}, "asked_back"),
    ({"kind": "out_of_scope", "intent": "out_of_scope"}, "refused"),
    ({"helped": "up"}, None),
    ({"helped": "down"}, "thumbs_down"),
    ({"said_no": True}, "said_no"),
    ({"helped": "down", "said_no": True, "kind": "clarify"}, "thumbs_down"),
    ({"kind": "crisis", "intent": "crisis", "helped": "down"}, "danger"),
    ({"danger": 0.06}, "danger"),
    ({"danger": 0.04}, None),
], ids=str)
def test_the_reason_that_tells_most_is_given(changed: dict[str, Any], reason: str | None, rules: Rules) -> None:
    """Danger first, then what a person said, then what the bot itself doubted."""
    assert reason_of(Judged(**{**SURE, **changed}), rules) == reason


def test_a_sample_of_confident_answers_is_shown(rules: Rules) -> None:
    """About one in so many, always the same ones, and nothing that was no answer."""
    numbers = range(20_000)
    chosen = [number for number in numbers if in_sample(number, rules.sample_one_in)]
    assert abs(len(chosen) - len(numbers) / rules.sample_one_in) < 80
    assert chosen == [number for number in numbers if in_sample(number, rules.sample_one_in)]
    assert reason_of(Judged(**{**SURE, "id": chosen[0]}), rules) == "sample"
    assert reason_of(Judged(**{**SURE, "id": chosen[0], "kind": "smalltalk"}), rules) is None


def test_a_reason_gives_way_only_to_one_that_tells_more() -> None:
    """A thumb down is not forgotten for a "no"."""
    assert tells_more("said_no", None) and tells_more("thumbs_down", "said_no") and tells_more("said_no", "sample")
    assert not tells_more("said_no", "thumbs_down") and not tells_more("thumbs_down", "danger")


def test_rules_that_lack_a_key_are_refused_by_name(tmp_path: Path) -> None:
    """Whoever edits them is told which."""
    path = tmp_path / "rules.yml"
    path.write_text(RULES.read_text().replace("unsure_below", "unsure_bellow"))
    with pytest.raises(ValueError, match="unsure_bellow"):
        load_rules(path)
