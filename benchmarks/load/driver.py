"""Runs the load generator against a stack, and says what each part used of the processors meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Mapping

from benchmarks.load.records import Plan, Record, latency, outcomes, read_records
from benchmarks.load.stack import Stack
from bot.settings import PROJECT

GENERATOR = "load generator"
_ENDS_WITHIN_S = 60
WARM_UP = 60


@dataclass(frozen=True)
class Run:
    """What came of a plan. `cpu_s`: part -> processor seconds; with two cores two seconds are used up in one."""

    seconds: float
    cpu_s: Mapping[str, float]
    records: tuple[Record, ...] = field(repr=False)

    @property
    def answered(self) -> list[Record]:
        """The attempts that the server acknowledged."""
        return [record for record in self.records if record.status == 200]

    @property
    def per_second(self) -> float:
        """Acknowledged messages a second."""
        return len(self.answered) / self.seconds if self.seconds else 0.0

    @property
    def cpu_share(self) -> dict[str, float]:
        """Part -> share of one core, so that two cores are 2."""
        return {part: used / self.seconds for part, used in self.cpu_s.items()} if self.seconds else {}

    def cpu_ms(self, part: str) -> float:
        """Processor milliseconds of a part for one message; 0 for a part that is not there."""
        return self.cpu_s.get(part, 0.0) * 1000 / max(1, len(self.answered))

    def summary(self) -> dict[str, Any]:
        """For the results: all but the records themselves."""
        return {"seconds": self.seconds, "messages_a_second": self.per_second, "cpu_share": self.cpu_share,
                "outcomes": outcomes(self.records), "latency": asdict(latency(self.records))}


class Driver:
    """The generator's process: begun with the object, ended with `finish`."""

    def __init__(self, stack: Stack, plan: Plan, path: Path) -> None:
        self._stack = stack
        self._path = path
        # A session of its own: Ctrl-C is for who reads the results, and the generator is then told to stop.
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.load.generator", json.dumps(asdict(plan)), str(path)],
            cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "began":
            raise RuntimeError("The load generator did not begin.")
        self._before = stack.cpu_s()

    @property
    def running(self) -> bool:
        """Whether it is still sending."""
        return self._process.poll() is None

    def finish(self, *, now: bool = False) -> Run:
        """Wait until the plan is fulfilled, or tell it to end after the messages under way; what came of it."""
        if now and self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            said, _ = self._process.communicate(timeout=_ENDS_WITHIN_S if now else None)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        after, told = self._stack.cpu_s(), json.loads(said)
        used = {part: after[part] - self._before.get(part, 0.0) for part in after}
        return Run(told["seconds"], {**used, GENERATOR: told["cpu_s"]}, tuple(read_records(self._path)))


def drive(stack: Stack, folder: Path, plan: Plan) -> Run:
    """Fulfil a plan."""
    return Driver(stack, plan, folder / f"{plan.name}.jsonl").finish()


def warm_up(stack: Stack, folder: Path) -> int:
    """Send the first `WARM_UP` texts, so that all that is loaded late is loaded; how many texts are used up then."""
    drive(stack, folder, Plan(stack.server.port, at_once=4, messages=WARM_UP, name="warm"))
    return WARM_UP
