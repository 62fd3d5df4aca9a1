"""Who is answered from a version on trial: a share, the same people always, and nobody once it is void."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.canary import Canary, Share, Step, belongs, current_canary, end_canary, write_canary
from bot.release import CANARY, make_current
from bot.settings import Settings

ONE, OTHER, LIVE = "a" * 16, "b" * 16, "0" * 16
SENDERS = [f"sender-{number}" for number in range(20_000)]
PINNED = ["sender-17", "sender-23", "sender-34", "sender-36", "sender-38"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A var folder in which something is in production."""
    settings = Settings(var_dir=tmp_path)
    (tmp_path / "releases").mkdir()
    make_current(LIVE, settings)
    return settings


def those_of(percent: int, bundle: str = ONE) -> set[str]:
    return {sender for sender in SENDERS if belongs(sender, Share(bundle, percent))}


@pytest.mark.parametrize("percent", [1, 5, 10, 25, 50, 99])
def test_a_share_is_as_large_as_it_says(percent: int) -> None:
    """Within what chance allows of 20,000 senders: four standard deviations."""
    spread = 4 * (len(SENDERS) * percent / 100 * (1 - percent / 100)) ** 0.5
    assert abs(len(those_of(percent)) - len(SENDERS) * percent / 100) < spread


def test_nobody_and_everybody() -> None:
    """The ends of the scale are exact."""
    assert those_of(0) == set() and those_of(100) == set(SENDERS)


def test_one_person_always_has_the_same_version() -> None:
    """In every process and in years to come: the hash is pinned."""
    assert [sender for sender in SENDERS[:40] if belongs(sender, Share(ONE, 10))] == PINNED


def test_who_has_it_keeps_it_when_it_is_widened() -> None:
    """Every share holds all smaller ones."""
    shares = [those_of(percent) for percent in (5, 10, 25, 50, 100)]
    assert all(smaller < larger for smaller, larger in zip(shares, shares[1:]))


def test_another_canary_is_tried_by_others() -> None:
    """Not the same people every time: of two shares of a half, about a quarter is in both."""
    both = len(those_of(50) & those_of(50, OTHER)) / len(SENDERS)
    assert 0.23 < both < 0.27


@pytest.mark.parametrize("sender", ["", "é", "\ud800", "x" * 5000])
def test_whatever_a_sender_is_called_it_has_a_version(sender: str) -> None:
    """Ids come from outside."""
    assert belongs(sender, Share(ONE, 50)) in {True, False}


def test_it_is_read_as_it_was_written(settings: Settings) -> None:
    """With its steps, its reason and what was overruled, and gone when it ends."""
    canary = Canary(ONE, LIVE, (Step(1.5, 5),), "model", "Ana", "«Neu»", ("1 cry for help is missed.",)).widened(2.5, 25)
    write_canary(canary, settings)
    assert current_canary(settings) == canary
    assert canary.share == Share(ONE, 25) and canary.since == 1.5
    end_canary(settings)
    end_canary(settings)
    assert current_canary(settings) is None


def test_whatever_goes_live_ends_it_for_good(settings: Settings) -> None:
    """Also where what it was begun beside comes back later."""
    write_canary(Canary(ONE, LIVE, (Step(1.0, 5),), "model", "Ana"), settings)
    make_current(LIVE, settings)
    assert current_canary(settings) is not None, "what is live was made current again: nothing changed"
    make_current(OTHER, settings)
    assert current_canary(settings) is None
    make_current(LIVE, settings)
    assert current_canary(settings) is None


def test_it_is_void_beside_anything_else(settings: Settings) -> None:
    """As after a kill between the release and the removal of the canary."""
    write_canary(Canary(ONE, LIVE, (Step(1.0, 5),), "model", "Ana"), settings)
    (settings.var_dir / "releases" / "current").write_text(OTHER)
    assert current_canary(settings) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"bundle": "../../etc", "beside": LIVE, "steps": [[1, 5]],
                                  "kind": "model", "by": "x", "reason": "", "overruled": []}),
                                  json.dumps({"bundle": ONE, "beside": LIVE, "steps": [], "kind": "model", "by": "x",
                                              "reason": "", "overruled": []})])
def test_a_file_that_says_nothing_is_no_canary(settings: Settings, text: str) -> None:
    """Everybody is answered from production."""
    (settings.var_dir / "releases" / CANARY).write_text(text)
    assert current_canary(settings) is None
