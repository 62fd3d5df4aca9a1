"""What was acknowledged is held against what is stored; a failure is excused only by a fault of that moment."""

from __future__ import annotations

from benchmarks.load.audit import Audit, State, audit, longest_silence, sort_failures
from benchmarks.load.records import Record


def record(message: str, status: int = 200, *, ended: float = 0.0, error: str = "") -> Record:
    return Record(ended - 0.01, 0.01, status, "load-1", message, error)


def test_an_acknowledged_message_that_is_not_stored_is_missing() -> None:
    """The one thing that may never be."""
    found = audit([record("a"), record("b")], {"a": 1})
    assert found == Audit(acknowledged=2, missing=1, doubled=0, unacknowledged=0)
    assert not found.clean


def test_a_message_that_is_stored_twice_is_doubled_whether_it_was_acknowledged_or_not() -> None:
    """A message that was sent again after its connection broke must not be there twice either."""
    found = audit([record("a"), record("b", 0, error="ConnectionResetError")], {"a": 2, "b": 2})
    assert found == Audit(acknowledged=1, missing=0, doubled=2, unacknowledged=1)
    assert not found.clean


def test_a_message_that_failed_first_and_was_answered_when_sent_again_is_acknowledged_once() -> None:
    """Attempts are not messages."""
    found = audit([record("a", 503), record("a", 0, error="ConnectionResetError"), record("a")], {"a": 1})
    assert found == Audit(acknowledged=1, missing=0, doubled=0, unacknowledged=0)
    assert found.clean


def test_a_message_that_was_never_acknowledged_may_be_stored_or_not() -> None:
    """Whoever heard no answer knows nothing of it."""
    assert audit([record("a", 503), record("b", 503)], {"a": 1}).clean


def test_what_others_stored_is_not_counted() -> None:
    """The warm-up is in the same database."""
    assert audit([record("a")], {"a": 1, "warm": 2}).clean


def test_a_connection_that_ends_with_a_kill_is_lost_with_the_killed_worker() -> None:
    """For half a second after it; one that ends later, or before, is not."""
    states = [State(0.0, 2, 2)]
    lost = [record(f"m{at}", 0, ended=at, error="ConnectionResetError") for at in (9.9, 10.0, 10.3, 10.7)]
    found = sort_failures(lost, [10.0], states)
    assert (found.with_the_killed, found.none_up, found.others) == (2, 0, 2)


def test_an_answer_of_5xx_is_never_excused_by_a_kill() -> None:
    """The worker that gave it was alive."""
    found = sort_failures([record("a", 503, ended=10.1)], [10.0], [State(0.0, 2, 2)])
    assert (found.with_the_killed, found.others) == (0, 1)


def test_failures_while_no_worker_takes_messages_are_apart() -> None:
    """By the last look before the failure ended; where nobody has looked yet nothing is excused."""
    states = [State(10.0, 2, 2), State(20.0, 1, 0), State(30.0, 2, 1)]
    failed = [record(f"m{at}", 503, ended=at) for at in (5.0, 25.0, 31.0)]
    found = sort_failures(failed, [], states)
    assert (found.none_up, found.others) == (1, 2)


def test_answered_attempts_are_no_failures() -> None:
    """Even at the moment of a kill."""
    found = sort_failures([record("a", ended=10.1)], [10.0], [State(0.0, 0, 0)])
    assert (found.with_the_killed, found.none_up, found.others) == (0, 0, 0)


def test_the_longest_silence_counts_from_the_beginning_and_to_the_end() -> None:
    """A bot that never answers again is silent until the end."""
    records = [record("a", ended=101.0), record("b", ended=102.0), record("c", 503, ended=105.0)]
    assert longest_silence(records, since=100.0, until=110.0) == 8.0
    assert longest_silence([], since=100.0, until=110.0) == 10.0
