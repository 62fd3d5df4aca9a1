"""From measured figures to a national service: how many workers, cores, gigabytes. The assumptions are capacity.yml."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import yaml

ASSUMPTIONS = Path(__file__).with_name("capacity.yml")
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Measured:
    """What was measured with one worker on PostgreSQL and Redis; `two_per_second` with two, to check the model by.

    Processor milliseconds are of one message; `first_mb` and `further_mb` are memory of a machine's first worker and of
    each further one.
    """

    worker_per_second: float
    two_per_second: float
    worker_ms: float
    database_ms: float
    redis_ms: float
    generator_ms: float
    first_mb: float
    further_mb: float
    bytes_a_message: float

    def expected(self, workers: int, cores: int) -> float:
        """Messages a second that `workers` reach where they share `cores` with database, Redis and load generator.

        Either each worker does what one alone does, or all processors are used up, whichever is less.
        """
        all_ms = self.worker_ms + self.database_ms + self.redis_ms + self.generator_ms
        return min(workers * self.worker_per_second, cores * 1000 / all_ms)


@dataclass(frozen=True)
class Service:
    """What a service takes: messages, and processors and memory in the busiest minute."""

    messages_a_month: float
    busiest_per_second: float
    workers: int
    machines: int
    memory_a_machine_gb: float
    database_cores: float
    redis_cores: float
    database_gb: float


def load_assumptions(path: Path = ASSUMPTIONS) -> Mapping[str, Any]:
    """The assumptions as they are written down."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def plan(assumed: Mapping[str, Any], measured: Measured) -> Service:
    """The service that carries what is assumed, made of parts that do what was measured."""
    month = sum(group["people"] * group["share"] * group["conversations"] * group["messages"]
                for group in assumed["people"].values())
    day = month / DAYS_A_MONTH
    peak = day * assumed["busiest_day"] * assumed["busiest_hour"] / 3600 * assumed["burst"]
    full = assumed["utilisation"]
    workers = math.ceil(peak / (measured.worker_per_second * full)) + assumed["spare_workers"]
    together = assumed["workers_a_machine"]
    return Service(
        messages_a_month=month, busiest_per_second=peak, workers=workers, machines=math.ceil(workers / together),
        memory_a_machine_gb=(measured.first_mb + (min(workers, together) - 1) * measured.further_mb) / 1000,
        database_cores=peak * measured.database_ms / 1000 / full, redis_cores=peak * measured.redis_ms / 1000 / full,
        database_gb=day * assumed["retention_days"] * measured.bytes_a_message / 1e9)
