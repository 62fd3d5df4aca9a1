"""Counting over a moving window in this process, held against a naive count of all that ever happened."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond

from bot.rates import InMemory

_PERSON, _ALL = RateLimitItemPerSecond(3, 10), RateLimitItemPerSecond(5, 4)


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 6), st.sampled_from("abc"))))
def test_it_lets_in_as_many_as_a_count_of_everything(visits: list[tuple[float, str]]) -> None:
    """Three in ten seconds for each, five in four for all; who is refused counts for nobody."""
    clock, taken = _Clock(), []
    counts = InMemory(clock)
    for later, who in visits:
        clock.now += later
        own = sum(whose == who and at >= clock.now - 10 for at, whose in taken)
        others = sum(at >= clock.now - 4 for at, _ in taken)
        refused = counts.take((_PERSON, "person", who), (_ALL, "all", "all")) is not None
        assert refused == (own >= 3 or others >= 5)
        if not refused:
            taken.append((clock.now, who))


def test_who_is_refused_is_told_when_there_is_room_again() -> None:
    """When the oldest of those that fill the window leaves it."""
    clock = _Clock()
    counts = InMemory(clock)
    for at in (0.0, 4.0, 5.0):
        clock.now = at
        assert counts.take((_PERSON, "person", "a")) is None
    clock.now = 7.0
    free_at = counts.take((_PERSON, "person", "a"))
    assert free_at is not None and abs(free_at - time.time() - 3.0) < 0.5
    clock.now = 10.5
    assert counts.take((_PERSON, "person", "a")) is None


def test_one_kind_does_not_count_for_another() -> None:
    clock = _Clock()
    counts = InMemory(clock)
    once = RateLimitItemPerSecond(1, 60)
    assert counts.take((once, "notice", "a")) is None
    assert counts.take((once, "help", "a")) is None
    assert counts.take((once, "notice", "a")) is not None


def test_who_is_gone_is_forgotten() -> None:
    """Nobody's address is kept longer than the window, however many come; the store of `limits` keeps them all."""
    clock = _Clock()
    counts = InMemory(clock)
    for number in range(5_000):
        clock.now += 0.1
        counts.take((_PERSON, "person", str(number)))
    assert len(counts) <= 102
