"""`make chaos`: two workers on PostgreSQL and Redis under load, one of them killed again and again; the database away.

Whoever gets no answer sends the same message again under the same id, as the widget and the gateways do. In the end
what was acknowledged is held against what is stored.
"""

from __future__ import annotations

import math
import os
import signal
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable

from benchmarks.load.audit import Audit, Failures, State, audit, longest_silence, sort_failures
from benchmarks.load.driver import Driver, Run, warm_up
from benchmarks.load.records import Plan, Record, outcomes
from benchmarks.load.stack import Stack
from tests.support.workers import serving

WORKERS, AT_ONCE, EACH = 2, 8, 5
_QUIET_S, _LOOK_EVERY_S = 8.0, 0.25
# After the last kill, until a new worker takes messages.
_AFTER_S = 20.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Killed:
    """Times are of the monotonic clock."""

    began: float
    run: Run
    kills: tuple[float, ...]
    states: tuple[State, ...]
    audit: Audit
    failures: Failures

    @property
    def silence_s(self) -> float:
        """The longest time in which nobody was answered."""
        return longest_silence(self.run.records, since=self.began, until=self.run.records[-1].ended)

    @property
    def none_up_s(self) -> float:
        """Seconds in which no worker took messages."""
        return sum(later.at - state.at for state, later in zip(self.states, self.states[1:]) if not state.serving)

    def to_dict(self) -> dict[str, Any]:
        """For the results."""
        return {**self.run.summary(), "kills": len(self.kills), "audit": asdict(self.audit),
                "failures": asdict(self.failures), "longest_silence_s": self.silence_s, "none_up_s": self.none_up_s}


@dataclass(frozen=True)
class Away:
    """`stopped` and `started`: when the database went and when it took connections again, of the monotonic clock."""

    began: float
    run: Run
    stopped: float
    started: float
    audit: Audit

    @property
    def failed(self) -> list[Record]:
        """The attempts that were not answered with 200."""
        return [record for record in self.run.records if record.status != 200]

    @property
    def with_lines(self) -> int:
        """How many of those carried the crisis lines."""
        return sum(record.lines for record in self.failed)

    @property
    def early(self) -> int:
        """Failures before the database went."""
        return sum(record.ended < self.stopped for record in self.failed)

    @property
    def recovered_s(self) -> float:
        """Seconds from when the database took connections until somebody was answered and nobody failed any more;
        infinite where nobody was answered."""
        return max([self.first_answer_s, *(record.ended - self.started for record in self.failed)])

    @property
    def first_answer_s(self) -> float:
        """Seconds from when the database took connections to the first answer; infinite where none came."""
        return min((record.ended - self.started for record in self.run.answered if record.ended >= self.started),
                   default=float("inf"))

    @property
    def longest_failure_s(self) -> float:
        """The longest that somebody waited for an error."""
        return max((record.took_s for record in self.failed), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """For the results."""
        return {"outcomes": outcomes(self.run.records), "away_s": self.started - self.stopped,
                "failed": len(self.failed), "with_crisis_lines": self.with_lines,
                "before_it_went": self.early, "recovered_s": _known(self.recovered_s),
                "first_answer_s": _known(self.first_answer_s),
                "longest_failure_s": self.longest_failure_s, "audit": asdict(self.audit)}


def _known(seconds: float) -> float | None:
    """JSON has no infinity."""
    return seconds if math.isfinite(seconds) else None


def chaos(seconds: float, every: float, outage: float, tell: Tell) -> tuple[Killed, Away]:
    """Kill one of two workers `every` seconds for `seconds`; on new servers, take the database away for `outage`."""
    with tempfile.TemporaryDirectory() as name:
        return (_kill(Path(name) / "workers", seconds, every, tell), _take_away(Path(name) / "database", outage, tell))


def _kill(folder: Path, seconds: float, every: float, tell: Tell) -> Killed:
    with Stack(folder, workers=WORKERS, shared=True) as stack:
        warm_up(stack, folder)
        driver = _talk(stack, folder, "killed")
        began = time.monotonic()
        kills: list[float] = []
        states: list[State] = []
        next_kill, ends = began + every, began + seconds
        try:
            while (now := time.monotonic()) < ends + _AFTER_S:
                workers = stack.workers()
                up = [pid for pid in workers if serving(pid, stack.server.port)]
                states.append(State(now, len(workers), len(up)))
                if now >= next_kill and now < ends and workers:
                    os.kill(workers[0], signal.SIGKILL)  # the one that lived longest
                    kills.append(time.monotonic())
                    next_kill += every
                    tell(f"killed {len(kills)} times; {len(up)} of {WORKERS} took messages")
                elif now > ends and len(up) == WORKERS:
                    break
                time.sleep(_LOOK_EVERY_S)
        finally:
            run = driver.finish(now=True)
        return Killed(began, run, tuple(kills), tuple(states), audit(run.records, stack.stored()),
                      sort_failures(run.records, kills, states))


def _take_away(folder: Path, outage: float, tell: Tell) -> Away:
    with Stack(folder, workers=WORKERS, shared=True) as stack:
        assert stack.postgres is not None
        warm_up(stack, folder)
        driver = _talk(stack, folder, "away")
        began = time.monotonic()
        try:
            time.sleep(_QUIET_S)
            tell("PostgreSQL is stopped")
            stopped = time.monotonic()
            stack.postgres.stop()
            time.sleep(max(0.0, outage - (time.monotonic() - stopped)))
            stack.postgres.start()
            started = time.monotonic()
            tell("PostgreSQL is back")
            time.sleep(_QUIET_S * 2)
        finally:
            run = driver.finish(now=True)
        return Away(began, run, stopped, started, audit(run.records, stack.stored()))


def _talk(stack: Stack, folder: Path, name: str) -> Driver:
    plan = Plan(stack.server.port, AT_ONCE, first=0, each=EACH, kept=EACH, resend=True, name=name)
    return Driver(stack, plan, folder / f"{name}.jsonl")
