"""What the records of a load add up to."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load.records import Record, latency, outcomes, per_second, read_records


def record(*, at: float = 0.0, took_s: float = 0.01, status: int = 200, error: str = "") -> Record:
    return Record(at, took_s, status, "load-1", "load-m1", error)


def test_latency_is_of_answered_messages_alone_in_milliseconds() -> None:
    """An error that came at once must not make the bot look fast, nor one that timed out make it look slow."""
    records = [record(took_s=number / 1000) for number in range(1, 101)]
    found = latency([*records, record(took_s=0.0001, status=503), record(took_s=30, status=0, error="timeout")])
    assert (found.count, found.p50_ms, found.p95_ms, found.p99_ms, found.longest_ms) == (100, 50, 95, 99, 100)
    assert found.mean_ms == pytest.approx(50.5)


def test_latency_of_one_message_is_that_message() -> None:
    """Every percentile of one value is that value."""
    found = latency([record(took_s=0.02)])
    assert found.p50_ms == found.p95_ms == found.longest_ms == 20


def test_without_any_answer_there_are_zeroes_and_no_error() -> None:
    """A run that failed altogether is still written down."""
    assert latency([record(status=503)]).count == 0


def test_outcomes_name_the_error_where_there_was_no_status() -> None:
    """A refused connection and a 503 are different things."""
    assert outcomes([record(), record(), record(status=0, error="ConnectionRefusedError"), record(status=503)]) == {
        "200": 2, "ConnectionRefusedError": 1, "503": 1}


def test_messages_count_in_the_second_in_which_they_ended() -> None:
    """A message that hung over an outage is answered after it, not during it."""
    records = [record(at=100.2, took_s=0.1), record(at=100.9, took_s=1.5), record(at=99.0, took_s=0.1)]
    assert per_second(records, since=100.0, until=103.0) == [1, 0, 1]


def test_a_line_that_is_not_written_to_its_end_is_left_out(tmp_path: Path) -> None:
    """A generator that is still writing, or was ended while it wrote."""
    path = tmp_path / "records.jsonl"
    path.write_text('[1.0, 0.5, 200, "load-1", "load-m1", "", false]\n[2.0, 0.', encoding="utf-8")
    assert list(read_records(path)) == [Record(1.0, 0.5, 200, "load-1", "load-m1", "", False)]
