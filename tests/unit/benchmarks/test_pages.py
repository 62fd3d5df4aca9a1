"""The sections say of each figure whether it holds its bound, and link to their pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load.audit import Audit, State, audit, sort_failures
from benchmarks.load.capacity import load_assumptions, plan
from benchmarks.load.chaos import Away, Killed
from benchmarks.load.driver import GENERATOR, Run
from benchmarks.load.flat import Pair
from benchmarks.load.measure import SHORT, Load
from benchmarks.load.pages import capacity_section, chaos_section, load_section, soak_section
from benchmarks.load.records import Record
from benchmarks.load.soak import Sample, Soak
from benchmarks.results import provenance
from bot.settings import PROJECT

ORIGIN = provenance("make load")
PICTURE = PROJECT / "docs" / "performance" / "load.svg"


def record(number: int, *, at: float = 0.0, took_s: float = 0.01, status: int = 200, error: str = "",
           lines: bool = False) -> Record:
    return Record(at, took_s, status, f"load-{number}", f"m{number}", error, lines)


def run(*, per_second: float = 100.0, took_s: float = 0.01, parts: dict[str, float] | None = None) -> Run:
    """100 messages."""
    seconds = 100 / per_second
    return Run(seconds, {"server": 0.9 * seconds, GENERATOR: 0.02 * seconds, **(parts or {})},
               tuple(record(number, took_s=took_s) for number in range(100)))


def load(**changes: Any) -> Load:
    """Figures that hold every bound, but for the changes."""
    shared = {"PostgreSQL": 0.2, "Redis": 0.02}
    good = Load(starts_s=(9.0, 10.0, 11.0), crowd=run(), doubles=run(), alone=run(),
                one=(run(per_second=50, parts=shared),), two=(run(per_second=90, parts=shared),),
                old=Pair((11.0,), (10.0,)), large=Pair((11.0,), (10.0,)), memory_one_mb=900, memory_one_shared_mb=910,
                memory_two_mb=1200, bytes_a_message=9000, sizes=SHORT)
    return dataclasses.replace(good, **changes)


def rows(section: str) -> dict[str, bool]:
    """Figure -> whether the section says that its bound holds."""
    return {line.split("|")[1].strip(): "missed" not in line for line in section.splitlines()
            if line.endswith("| holds |") or line.endswith("| **missed** |")}


def test_a_run_that_holds_every_bound_says_so() -> None:
    """Eleven figures, none missed."""
    told = rows(load_section(load(), ORIGIN, PICTURE))
    assert len(told) == 11 and all(told.values()), told


@pytest.mark.parametrize(("changes", "figure"), [
    ({"crowd": run(per_second=70)}, "messages a second"),
    ({"crowd": run(took_s=0.2)}, "95 % are answered"),
    ({"crowd": run(parts={GENERATOR: 0.5})}, "load generator"),
    ({"alone": run(took_s=0.0125)}, "one message at a time"),
    ({"two": (run(per_second=70),)}, "two workers"),
    ({"old": Pair((12.5,), (10.0,))}, "of a conversation"),
    ({"large": Pair((12.5,), (10.0,))}, "events against"),
    ({"starts_s": (9.0, 13.0, 14.0)}, "start to ready"),
    ({"memory_one_mb": 1101}, "the first worker"),
    ({"memory_two_mb": 1411}, "a further worker"),
    ({"doubles": Run(1.0, {"server": 0.5}, (record(1, status=503),))}, "not answered"),
])
def test_a_figure_that_misses_its_bound_is_called_missed_and_no_other(changes: dict[str, Any], figure: str) -> None:
    """The page is honest about each by itself."""
    missed = [name for name, holds in rows(load_section(load(**changes), ORIGIN, PICTURE)).items() if not holds]
    assert len(missed) == 1 and figure in missed[0]


def test_pictures_are_linked_from_the_page_and_machine_and_command_are_named() -> None:
    """A reader can see where it comes from."""
    section = load_section(load(), ORIGIN, PICTURE)
    assert "](performance/load.svg)" in section
    assert "`make load`" in section and ORIGIN.commit in section and f"{ORIGIN.cores} cores" in section


def test_the_capacity_section_holds_the_model_against_the_two_workers() -> None:
    """Two times 50 were expected of enough cores; 90 came."""
    measured, assumed = load().measured(), load_assumptions()
    section = capacity_section(measured, plan(assumed, measured), assumed, 8)
    assert "expects 100 messages a second (two times one worker); measured were 90, 10% less" in section
    assert "](../benchmarks/load/capacity.yml)" in section


def soak(**changes: Any) -> Soak:
    samples = tuple(Sample(float(at), 700.0) for at in range(0, 1001, 10))
    good = Soak(asked=100_000, interrupted=False, began=0.0, run=run(), samples=samples,
                audit=Audit(100_000, 0, 0, 0), database_bytes=10 ** 9)
    return dataclasses.replace(good, **changes)


@pytest.mark.parametrize(("changes", "figure"), [
    ({"audit": Audit(99_999, 0, 0, 0)}, "messages acknowledged"),
    ({"run": Run(1.0, {}, (record(1), record(2, status=500)))}, "5xx"),
    ({"run": Run(1.0, {}, (record(1), record(2, status=0, error="TimeoutError")))}, "connections"),
    ({"samples": (Sample(0.0, 500.0), Sample(15.0, 700.0), Sample(100.0, 736.0))}, "memory"),
    ({"audit": Audit(100_000, 1, 0, 0)}, "not stored"),
    ({"audit": Audit(100_000, 0, 1, 0)}, "not stored"),
])
def test_each_figure_of_a_soak_is_told_by_itself(changes: dict[str, Any], figure: str) -> None:
    """All hold, but for the one that was changed."""
    told = rows(soak_section(soak(), ORIGIN, PICTURE))
    assert len(told) == 5 and all(told.values())
    missed = [name for name, holds in rows(soak_section(soak(**changes), ORIGIN, PICTURE)).items() if not holds]
    assert len(missed) == 1 and figure in missed[0]


def test_a_soak_that_was_ended_early_says_so() -> None:
    """Its figures are of fewer messages."""
    assert "ended early" in soak_section(soak(interrupted=True), ORIGIN, PICTURE)
    assert "ended early" not in soak_section(soak(), ORIGIN, PICTURE)


def chaos(records: list[Record], stored: dict[str, int], *, kills: tuple[float, ...] = (10.0,),
          states: tuple[State, ...] = (State(0.0, 2, 2), State(30.0, 2, 2))) -> str:
    """The section where the same records came of both."""
    found = Run(30.0, {}, tuple(records))
    killed = Killed(0.0, found, kills, states, audit(records, stored), sort_failures(records, kills, states))
    away = Away(0.0, found, stopped=10.0, started=20.0, audit=audit(records, stored))
    return chaos_section(killed, away, ORIGIN, (Path(PICTURE), Path(PICTURE)))


def test_faults_that_cost_nothing_hold_every_bound() -> None:
    """A connection lost with the killed worker and an error with crisis lines, both sent again."""
    told = rows(chaos([record(1), record(2, at=10.1, status=503, lines=True), record(2, at=21.0)], {"m1": 1, "m2": 1},
                      states=(State(0.0, 2, 2), State(9.0, 1, 0), State(11.0, 2, 2))))
    assert len(told) == 7 and all(told.values()), told


@pytest.mark.parametrize(("records", "stored", "figure"), [
    ([record(1)], {}, "not in the history"),
    ([record(1), record(2, at=15.0, status=503, lines=True)], {"m1": 1}, "recovery"),
    ([record(1)], {"m1": 2}, "twice"),
    ([record(1), record(2, at=25.5, status=503, lines=True)], {"m1": 1}, "recovery"),
    ([record(1), record(2, at=12.0, status=503)], {"m1": 1}, "crisis lines"),
    ([record(1), record(2, at=5.0, status=503, lines=True)], {"m1": 1}, "before it was stopped"),
    ([record(1), record(2, at=15.0, status=503, lines=True)], {"m1": 1}, "while a worker was up"),
])
def test_what_a_fault_costs_is_called_missed(records: list[Record], stored: dict[str, int], figure: str) -> None:
    """Each loss in its own row."""
    assert any(figure in name for name, holds in rows(chaos(records, stored)).items() if not holds)
