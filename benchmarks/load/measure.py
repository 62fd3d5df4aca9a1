"""`make load`: throughput and latency of one worker and of two, start, memory; flat cost is in flat.py."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Sequence

from benchmarks.load.capacity import Measured
from benchmarks.load.driver import GENERATOR, Run, drive, warm_up
from benchmarks.load.flat import Pair, old_and_new, small_and_large
from benchmarks.load.records import Plan
from benchmarks.load.stack import Stack
from benchmarks.load.texts import single

AT_ONCE, AT_ONCE_SHARED = 8, 16
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured; `FULL` takes about ten minutes on two cores, `SHORT` is to try whether it runs."""

    starts: int
    messages: int
    alone: int
    shared_messages: int
    shared_rounds: int
    turns: int
    conversations: int
    pairs: int
    events: int


FULL = Sizes(starts=5, messages=1800, alone=500, shared_messages=1800, shared_rounds=2, turns=500, conversations=4,
             pairs=120, events=1_000_000)
SHORT = Sizes(starts=1, messages=100, alone=30, shared_messages=60, shared_rounds=1, turns=40, conversations=1, pairs=5,
              events=20_000)


@dataclass(frozen=True)
class Load:
    """All that was measured. Seconds, megabytes, bytes as named; `one` and `two` are runs on PostgreSQL and Redis."""

    starts_s: tuple[float, ...]
    crowd: Run
    doubles: Run
    alone: Run
    one: tuple[Run, ...]
    two: tuple[Run, ...]
    old: Pair
    large: Pair
    memory_one_mb: float
    memory_one_shared_mb: float
    memory_two_mb: float
    bytes_a_message: float
    sizes: Sizes = field(repr=False)

    @property
    def ready_s(self) -> float:
        """Seconds from the start to ready, the median."""
        return statistics.median(self.starts_s)

    @property
    def gain(self) -> float:
        """How many times one worker's throughput two workers reach."""
        return rate(self.two) / rate(self.one)

    def measured(self) -> Measured:
        """What the capacity model stands on."""
        return Measured(
            worker_per_second=rate(self.one), two_per_second=rate(self.two),
            worker_ms=cost(self.one, "server"), database_ms=cost(self.one, "PostgreSQL"),
            redis_ms=cost(self.one, "Redis"), generator_ms=cost(self.one, GENERATOR),
            first_mb=self.memory_one_shared_mb, further_mb=self.memory_two_mb - self.memory_one_shared_mb,
            bytes_a_message=self.bytes_a_message)

    def to_dict(self) -> dict[str, Any]:
        """For the results."""
        return {
            "starts_s": self.starts_s, "one_worker_sqlite": self.crowd.summary(),
            "two_questions": self.doubles.summary(), "one_at_a_time": self.alone.summary(),
            "one_worker_shared": [run.summary() for run in self.one],
            "two_workers_shared": [run.summary() for run in self.two], "message_late_against_early": self.old.to_dict(),
            "many_events_against_none": self.large.to_dict(), "memory_mb": {
                "one worker, SQLite": self.memory_one_mb, "one worker, PostgreSQL and Redis": self.memory_one_shared_mb,
                "two workers, PostgreSQL and Redis": self.memory_two_mb},
            "database_bytes_a_message": self.bytes_a_message, "sizes": self.sizes.__dict__,
        }


def rate(runs: Sequence[Run]) -> float:
    """Acknowledged messages a second over all of these."""
    return sum(len(run.answered) for run in runs) / sum(run.seconds for run in runs)


def cost(runs: Sequence[Run], part: str) -> float:
    """Processor milliseconds of a part for one message, over all of these."""
    return sum(run.cpu_s.get(part, 0.0) for run in runs) * 1000 / max(1, sum(len(run.answered) for run in runs))


def measure(sizes: Sizes, tell: Tell) -> Load:
    """Everything, one after the other, on servers that are started for it; `tell` is told what comes next."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        tell("one worker on SQLite")
        crowd, doubles, alone, memory_one = _one_on_sqlite(scratch, sizes)
        one: list[Run] = []
        two: list[Run] = []
        memory: dict[int, float] = {}
        size = 0.0
        for number in range(sizes.shared_rounds):  # in turn: a machine that gets busier is so for both
            for workers, runs in ((1, one), (2, two)):
                tell(f"{workers} of 2 workers on PostgreSQL and Redis, round {number + 1}")
                run, memory[workers], size = _shared(scratch / f"shared{number}{workers}", workers, sizes)
                runs.append(run)
        tell("an old conversation against new ones")
        old = old_and_new(scratch / "old", turns=sizes.turns, conversations=sizes.conversations, pairs=sizes.pairs)
        tell(f"a database with {sizes.events:,} events against an empty one")
        large = small_and_large(scratch, events=sizes.events, pairs=sizes.pairs * 2)
        tell("starts")
        starts = tuple(_start(scratch / f"start{number}") for number in range(sizes.starts))
        return Load(starts, crowd, doubles, alone, tuple(one), tuple(two), old, large, memory_one, memory[1], memory[2],
                    size, sizes)


def _one_on_sqlite(scratch: Path, sizes: Sizes) -> tuple[Run, Run, Run, float]:
    """A crowd with single questions, one with two questions in a message, and (another server) one after the other."""
    with Stack(scratch / "crowd") as stack:
        first = warm_up(stack, scratch)
        count = min(sizes.messages, single() - first)
        crowd = drive(stack, scratch, Plan(stack.server.port, AT_ONCE, count, first=first, name="crowd"))
        doubles = drive(stack, scratch, Plan(stack.server.port, AT_ONCE, sizes.messages // 2, first=single(),
                                             name="doubles"))
        memory = stack.memory_mb()
    with Stack(scratch / "alone") as stack:
        first = warm_up(stack, scratch)
        alone = drive(stack, scratch, Plan(stack.server.port, 1, sizes.alone, first=first, name="alone"))
    return crowd, doubles, alone, memory


def _shared(folder: Path, workers: int, sizes: Sizes) -> tuple[Run, float, float]:
    """A run with `workers` processes, their memory after it, and what a message takes in the database."""
    with Stack(folder, workers=workers, shared=True) as stack:
        first, empty = warm_up(stack, folder), stack.size_bytes()
        run = drive(stack, folder, Plan(stack.server.port, AT_ONCE_SHARED, sizes.shared_messages, first=first, kept=10,
                                        name="shared"))
        return run, stack.memory_mb(), (stack.size_bytes() - empty) / max(1, len(run.answered))


def _start(folder: Path) -> float:
    began = time.monotonic()
    with Stack(folder):
        return time.monotonic() - began
