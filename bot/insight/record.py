"""One request on its way: its id, how long each stage took, and the danger that was heard in it.

The record travels with the request's context, into tasks that it starts. What is timed outside of any request (a
rehearsal, a terminal chat) is counted all the same. Where somebody follows requests (traces.py), each record keeps its
stages one by one as well.
"""

from __future__ import annotations

import functools
import inspect
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Callable, Protocol, Sequence, TypeVar

from bot.insight import metrics
from bot.logs import request_id

UNKNOWN = "other"
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Taken:
    """A stage that is over. `started` is of `time.perf_counter`. No stage lies within another: their seconds add up."""

    name: str
    started: float
    seconds: float


@dataclass
class Record:
    """`started` is of `time.perf_counter`; `spent_s` the seconds of all stages but the channel."""

    id: str
    started: float = field(default_factory=time.perf_counter)
    spent_s: float = 0.0
    dangers: set[str] = field(default_factory=set)
    language: str = UNKNOWN
    finished: bool = False
    stages: list[Taken] | None = None  # None where nobody follows it
    trace: Any = None  # what its follower remembers of it


class Follower(Protocol):
    """Is told of requests once they are over. It may neither raise nor wait: the response goes out afterwards."""

    def ended(self, record: Record, channel: str, status: int, seconds: float) -> None:
        """A request is over; `record.stages` are in the order in which they ended."""

    def late(self, record: Record, taken: Taken) -> None:
        """A stage ended after its request: a text message that took longer than its gateway waits."""


_follower: Follower | None = None
_record: ContextVar[Record | None] = ContextVar("request_record", default=None)


def follow(follower: Follower | None) -> None:
    """Tell somebody of every request that begins from now on, or nobody."""
    global _follower
    _follower = follower


def begin(given_id: str = "") -> Record:
    """A new record for this context; the id is the one given, else 128 random bits."""
    record = Record(given_id or secrets.token_hex(16), stages=[] if _follower else None)
    _record.set(record)
    request_id.set(record.id)
    return record


def finish(record: Record, channel: str, status: int) -> float:
    """Count the request, once, and leave its context; the seconds that it took."""
    seconds = time.perf_counter() - record.started
    if not record.finished:
        record.finished = True
        metrics.REQUESTS.labels(channel, str(status)).inc()
        metrics.REQUEST_SECONDS.labels(channel).observe(seconds)
        metrics.took("channel", max(0.0, seconds - record.spent_s))
        if record.dangers:
            metrics.heard(sorted(record.dangers), record.language)
        if _follower and record.stages is not None:
            _follower.ended(record, channel, status, seconds)
    return seconds


def leave() -> None:
    """What is logged from here on belongs to no request."""
    _record.set(None)
    request_id.set("")


def hears(kinds: Sequence[str], language: str | None = None) -> None:
    """Note danger, by the rules or by the classifier: a message counts once a kind, however many hear it."""
    record = _record.get()
    if record is None:
        metrics.heard(kinds, language or UNKNOWN)
        return
    if language:
        record.language = language
    new = [kind for kind in kinds if kind not in record.dangers]
    record.dangers.update(new)
    if new and record.finished:  # a text message that took longer than its gateway waits
        metrics.heard(new, record.language)


class stage:  # noqa: N801  reads as a word where it is used
    """`with stage("store"):` times what is within; as a decorator, every call of a function."""

    __slots__ = ("_name", "_started")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        seconds = time.perf_counter() - self._started
        metrics.took(self._name, seconds)
        record = _record.get()
        if record is None:
            return
        record.spent_s += seconds
        if record.stages is not None:
            self._note(record, Taken(self._name, self._started, seconds))

    @staticmethod
    def _note(record: Record, taken: Taken) -> None:
        if not record.finished:
            assert record.stages is not None
            record.stages.append(taken)
        elif _follower:
            _follower.late(record, taken)

    def __call__(self, function: _Function) -> _Function:
        name = self._name
        if inspect.iscoroutinefunction(function):
            @functools.wraps(function)
            async def timed_coroutine(*given: Any, **named: Any) -> Any:
                with stage(name):
                    return await function(*given, **named)
            return timed_coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            with stage(name):
                return function(*given, **named)
        return timed  # type: ignore[return-value]
