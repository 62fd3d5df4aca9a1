"""The capacity model's arithmetic, by hand."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.load.capacity import DAYS_A_MONTH, Measured, load_assumptions, plan

MEASURED = Measured(worker_per_second=50.0, two_per_second=80.0, worker_ms=15.0, database_ms=3.0, redis_ms=0.5,
                    generator_ms=1.5, first_mb=900.0, further_mb=300.0, bytes_a_message=10_000.0)
# 1,000,000 messages a month; 10 a second in the busiest minute of a month of 30.4375 days.
ASSUMED = {"people": {"all": {"people": 1_000_000, "share": 0.1, "conversations": 2, "messages": 5}},
           "busiest_hour": 0.1, "busiest_day": 2.0, "burst": 36_000 * DAYS_A_MONTH / 200_000, "utilisation": 0.5,
           "spare_workers": 2, "workers_a_machine": 2, "retention_days": DAYS_A_MONTH}


def test_people_become_messages_and_messages_a_peak() -> None:
    """A month's messages, spread unevenly over its days and hours."""
    service = plan(ASSUMED, MEASURED)
    assert service.messages_a_month == pytest.approx(1_000_000)
    assert service.busiest_per_second == pytest.approx(1_000_000 / DAYS_A_MONTH * 2 * 0.1 / 3600 * ASSUMED["burst"])
    assert service.busiest_per_second == pytest.approx(10.0)


def test_workers_are_as_many_as_the_peak_fills_so_far_and_those_to_spare() -> None:
    """10 a second at half of 50 each is one worker, not 0.4 of one; two more to spare, on two machines of two."""
    service = plan(ASSUMED, MEASURED)
    assert (service.workers, service.machines) == (1 + 2, 2)
    assert plan({**ASSUMED, "utilisation": 0.1}, MEASURED).workers == 2 + 2


def test_memory_is_of_one_first_worker_and_the_further_ones_of_a_machine() -> None:
    """A second worker shares much with the first."""
    assert plan(ASSUMED, MEASURED).memory_a_machine_gb == pytest.approx(1.2)


def test_a_machine_holds_no_more_workers_than_there_are() -> None:
    """A small service is not charged for four."""
    service = plan({**ASSUMED, "workers_a_machine": 4}, MEASURED)
    assert service.machines == 1 and service.memory_a_machine_gb == pytest.approx(0.9 + 2 * 0.3)


def test_database_and_redis_are_reckoned_by_what_a_message_costs_them() -> None:
    """10 a second, 3 ms and 0.5 ms each, half full."""
    service = plan(ASSUMED, MEASURED)
    assert service.database_cores == pytest.approx(0.06) and service.redis_cores == pytest.approx(0.01)
    assert service.database_gb == pytest.approx(10.0)


@pytest.mark.parametrize(("cores", "expected"), [(8, 100.0), (2, 100.0), (1, 50.0)])
def test_two_workers_do_twice_as_much_until_the_processors_are_used_up(cores: int, expected: float) -> None:
    """20 ms of processors a message in all: one core gives 50 a second, two give 100, more do not help."""
    assert MEASURED.expected(2, cores) == pytest.approx(expected)


def test_what_shares_the_processors_is_counted() -> None:
    """A database that costs more leaves less for the workers."""
    dear = dataclasses.replace(MEASURED, database_ms=23.0)
    assert dear.expected(2, 2) == pytest.approx(50.0)


def test_the_assumptions_of_the_repository_can_be_reckoned_with() -> None:
    """The file names all that the model asks for, shares as shares."""
    assumed = load_assumptions()
    service = plan(assumed, MEASURED)
    assert service.workers > assumed["spare_workers"] and service.database_gb > 0
    assert all(0 < group["share"] < 1 for group in assumed["people"].values())
    assert 0 < assumed["utilisation"] < 1 and 1 / 24 <= assumed["busiest_hour"] < 1
