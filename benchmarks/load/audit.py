"""What was acknowledged against what is stored, and whether a failed attempt can be told from the faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping, NamedTuple, Sequence

from benchmarks.load.records import Record

# A connection that is lost with a killed worker is noticed so soon after the kill.
WITH_IT_S = 0.5


@dataclass(frozen=True)
class Audit:
    """Counts of messages, not of attempts. `missing`: acknowledged and not stored. `doubled`: stored more than once.

    `unacknowledged`: never answered with 200; such a message may be stored, once.
    """

    acknowledged: int
    missing: int
    doubled: int
    unacknowledged: int

    @property
    def clean(self) -> bool:
        """Whether nothing that was acknowledged is lost and nothing is there twice."""
        return not (self.missing or self.doubled)


def audit(records: Iterable[Record], stored: Mapping[str, int]) -> Audit:
    """`stored`: message id -> how often it is in the history."""
    sent: set[str] = set()
    acknowledged: set[str] = set()
    for record in records:
        sent.add(record.message_id)
        if record.status == 200:
            acknowledged.add(record.message_id)
    return Audit(len(acknowledged), sum(stored.get(message, 0) == 0 for message in acknowledged),
                 sum(stored.get(message, 0) > 1 for message in sent), len(sent - acknowledged))


class State(NamedTuple):
    """How many workers there were at a time of the monotonic clock, and how many of them took messages."""

    at: float
    alive: int
    serving: int


@dataclass(frozen=True)
class Failures:
    """Failed attempts: lost with the worker that was killed, while no worker took messages, and all others."""

    with_the_killed: int
    none_up: int
    others: int


def sort_failures(records: Iterable[Record], kills: Sequence[float], states: Sequence[State]) -> Failures:
    """Tell each failed attempt by the moment when it ended; `kills` and `states` in the order of time."""
    counts = {"killed": 0, "none": 0, "other": 0}
    for record in records:
        if record.status == 200:
            continue
        if not record.status and any(kill <= record.ended <= kill + WITH_IT_S for kill in kills):
            counts["killed"] += 1
        elif _serving_at(record.ended, states) == 0:
            counts["none"] += 1
        else:
            counts["other"] += 1
    return Failures(counts["killed"], counts["none"], counts["other"])


def _serving_at(at: float, states: Sequence[State]) -> int:
    """How many workers took messages when last looked; one where nobody has looked yet: nothing is excused by that."""
    return next((state.serving for state in reversed(states) if state.at <= at), 1)


def longest_silence(records: Iterable[Record], *, since: float, until: float) -> float:
    """Seconds, the most that passed between two acknowledged messages, or between one and the ends of the time."""
    ended = sorted(record.ended for record in records if record.status == 200)
    times = [since, *(time for time in ended if since <= time <= until), until]
    return max(later - earlier for earlier, later in zip(times, times[1:]))
