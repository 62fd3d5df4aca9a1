"""`make soak`: very many messages to one worker, and what its memory does meanwhile. Ctrl-C ends it, with results."""

from __future__ import annotations

import signal
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, NamedTuple, Sequence

from benchmarks.load.audit import Audit, audit
from benchmarks.load.driver import Driver, Run
from benchmarks.load.records import Plan
from benchmarks.load.stack import Stack

AT_ONCE, EACH = 8, 5
# Shares of the time: what is before the first is warm-up; memory after it is the median up to the second, memory in the
# end the median of the last.
WARM_UNTIL, AFTER_UNTIL, LAST = 0.10, 0.20, 0.10
_LOOK_EVERY_S, _SHORTEST_LOOKS = 10.0, 40
_TOLD_EVERY_S = 2.0


class Sample(NamedTuple):
    """The server's memory (PSS over the process tree) so many seconds after the beginning."""

    at_s: float
    memory_mb: float


@dataclass(frozen=True)
class Soak:
    """What came of it. `asked`: how many messages it was to be; `began`: a time of the monotonic clock."""

    asked: int
    interrupted: bool
    began: float
    run: Run
    samples: tuple[Sample, ...]
    audit: Audit
    database_bytes: int
    at_once: int = field(default=AT_ONCE)

    @property
    def server_errors(self) -> int:
        """Attempts answered with 5xx."""
        return sum(record.status >= 500 for record in self.run.records)

    @property
    def lost_connections(self) -> int:
        """Attempts that ended without a response."""
        return sum(not record.status for record in self.run.records)

    def to_dict(self) -> dict[str, Any]:
        """For the results."""
        after, end = after_warm_up(self.samples), in_the_end(self.samples)
        return {**self.run.summary(), "messages": self.asked, "interrupted": self.interrupted,
                "audit": asdict(self.audit), "server_errors": self.server_errors,
                "memory_after_warm_up_mb": after, "memory_in_the_end_mb": end,
                "memory_growth": growth(self.samples), "memory": self.samples, "database_bytes": self.database_bytes}


def after_warm_up(samples: Sequence[Sample]) -> float:
    """Megabytes, the median of the samples that follow the warm-up."""
    length = samples[-1].at_s
    return _median(samples, WARM_UNTIL * length, AFTER_UNTIL * length)


def in_the_end(samples: Sequence[Sample]) -> float:
    """Megabytes, the median of the last samples."""
    return _median(samples, (1 - LAST) * samples[-1].at_s, samples[-1].at_s)


def growth(samples: Sequence[Sample]) -> float:
    """By what share memory is more in the end than after the warm-up; below 0 where it is less."""
    return in_the_end(samples) / after_warm_up(samples) - 1


def _median(samples: Sequence[Sample], since: float, until: float) -> float:
    """Of those from `since` to `until`; the next one later, where there is none."""
    inside = [sample.memory_mb for sample in samples if since <= sample.at_s <= until]
    return statistics.median(inside or [next(sample.memory_mb for sample in samples if sample.at_s >= since)])


def soak(messages: int, tell: Callable[[str], None]) -> Soak:
    """Send them, each a different text, and look at the memory; `tell` hears how far it is."""
    # A shell that starts it in the background would have it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as name, Stack(Path(name) / "var") as stack:
        path = Path(name) / "soak.jsonl"
        driver = Driver(stack, Plan(stack.server.port, AT_ONCE, messages, each=EACH, kept=EACH, name="soak"), path)
        began, interrupted = time.monotonic(), False
        samples: list[Sample] = []
        try:
            _watch(driver, stack, path, messages, samples, tell)
        except KeyboardInterrupt:
            interrupted = True
        run = driver.finish(now=True)
        samples.append(Sample(time.monotonic() - began, stack.memory_mb()))
        return Soak(messages, interrupted, began, run, tuple(samples), audit(run.records, stack.stored()),
                    stack.size_bytes())


def _watch(driver: Driver, stack: Stack, path: Path, messages: int, samples: list[Sample],
           tell: Callable[[str], None]) -> None:
    """Look at the memory now and then, more often in the beginning, so that a short run has its samples too."""
    began = time.monotonic()
    sent = _Lines(path)
    look_at = told_at = 0.0
    while driver.running:
        gone = time.monotonic() - began
        if gone >= look_at:
            samples.append(Sample(gone, stack.memory_mb()))
            look_at = gone + min(_LOOK_EVERY_S, max(0.5, gone / _SHORTEST_LOOKS))
        if gone >= told_at:
            count = sent.count()
            left = (messages - count) * gone / count if count else 0.0
            tell(f"{count:,} of {messages:,} messages, {count / max(gone, 0.1):.0f} a second, "
                 f"{samples[-1].memory_mb:.0f} MB, about {left / 60:.0f} minutes left; Ctrl-C ends it with results")
            told_at = gone + _TOLD_EVERY_S
        time.sleep(0.1)


class _Lines:
    """Counts the lines of a file that grows, reading each once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self._count = 0

    def count(self) -> int:
        """How many there are now."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            while chunk := file.read(1 << 20):
                self._read += len(chunk)
                self._count += chunk.count(b"\n")
        return self._count
