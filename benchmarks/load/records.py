"""What a load generator is told to do, what it writes down of each message, and what that adds up to."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Sequence

from bot.evaluation.stats import percentile


@dataclass(frozen=True)
class Plan:
    """`at_once` people who send without a pause, until so many `messages` or `seconds` (0: no such end).

    `each`: messages of one sender. `kept`: messages over one connection. `first`: how many of the different texts are
    passed over. `resend`: whoever gets no answer sends the same message again, as a browser and a gateway do. `name`
    begins the ids of senders and messages.
    """

    port: int
    at_once: int
    messages: int = 0
    seconds: float = 0.0
    each: int = 1
    kept: int = 50
    first: int = 0
    resend: bool = False
    name: str = "load"


class Record(NamedTuple):
    """One attempt to send a message.

    `at` is a time of the monotonic clock, which all processes of a machine share; `status` is 0 where the connection
    ended without a response, `error` then names how; `lines`: whether crisis lines were in an error's body.
    """

    at: float
    took_s: float
    status: int
    sender: str
    message_id: str
    error: str = ""
    lines: bool = False

    @property
    def ended(self) -> float:
        """When it was over, of the monotonic clock."""
        return self.at + self.took_s


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the first byte sent to the last received, and how many messages they are of."""

    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float


def latency(records: Iterable[Record]) -> Latency:
    """Of the answered ones; all 0 where none was."""
    times = [record.took_s * 1000 for record in records if record.status == 200]
    if not times:
        return Latency(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Latency(len(times), sum(times) / len(times), *(percentile(times, share) for share in (0.5, 0.95, 0.99)),
                   max(times))


def outcomes(records: Iterable[Record]) -> dict[str, int]:
    """Status, or the name of the error where there was none -> how many, most first."""
    return dict(Counter(record.error or str(record.status) for record in records).most_common())


def per_second(records: Sequence[Record], *, since: float, until: float) -> list[int]:
    """How many ended in each second from `since` (monotonic) on; those outside are not counted."""
    counts = [0] * max(1, int(until - since + 0.999))
    for record in records:
        if since <= record.ended < until:
            counts[int(record.ended - since)] += 1
    return counts


def read_records(path: Path) -> Iterator[Record]:
    """What a generator has written so far; a last line that is not whole yet is left out."""
    with path.open(encoding="utf-8") as lines:
        yield from (Record(*json.loads(line)) for line in lines if line.endswith("]\n"))
