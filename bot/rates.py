"""Counting over a moving window: in a Redis that all workers share, else (and while it is away) in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from typing import Callable, Protocol, Sequence, TypeVar

from limits import RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

logger = logging.getLogger(__name__)

_REDIS_TIMEOUT_S = 0.5
# A Redis that did not answer is left alone for so long: each question that it does not answer holds everybody up.
_AWAY_S = 5.0
Counted = tuple[RateLimitItemPerSecond, str, str]
_Value = TypeVar("_Value")


class Counts:
    """How often something was done lately. A Redis that is away stops nothing."""

    def __init__(self, redis_url: str = "") -> None:
        self._memory = InMemory()
        self._redis = _InRedis(redis_url) if redis_url else None
        self._away_until = 0.0

    def take(self, *counted: Counted) -> float | None:
        """Count one for each of (rate, kind, whose) and return None.

        Where one of them is full, the time at which it is not, in seconds since 1970; then nothing is counted: who is
        refused must not use up what others share with them.
        """
        return self._ask(lambda counter: counter.take(*counted))

    def _ask(self, question: Callable[[_Counter], _Value]) -> _Value:
        if self._redis is None or time.monotonic() < self._away_until:
            return question(self._memory)
        try:
            return question(self._redis)
        except Exception as error:  # whatever the client raises: a limit that cannot be counted must not stop answers
            logger.warning("The limits are counted in memory: %s", type(error).__name__)
            self._away_until = time.monotonic() + _AWAY_S
            return question(self._memory)


class _Counter(Protocol):
    def take(self, *counted: Counted) -> float | None:
        """See `Counts.take`."""


class _InRedis:
    def __init__(self, url: str) -> None:
        # Held here, too: the limiter holds it weakly, and would forget it under load.
        self._storage = storage_from_string(url, socket_timeout=_REDIS_TIMEOUT_S,
                                            socket_connect_timeout=_REDIS_TIMEOUT_S)
        self._limiter = MovingWindowRateLimiter(self._storage)

    def take(self, *counted: Counted) -> float | None:
        for item in counted:
            if not self._limiter.test(*item):
                return self._limiter.get_window_stats(*item)[0]
        for item in counted:
            if not self._limiter.hit(*item):  # another worker was faster
                return self._limiter.get_window_stats(*item)[0]
        return None


class InMemory:
    """The same counting in this process; whoever was not counted for the length of a window is forgotten.

    The storage of `limits` itself goes through all that it has ever counted, in a thread, after each count: with 1,600
    people that was a sixth of what the process did, and it keeps their keys for ever.
    """

    def __init__(self, clock: Callable[[], float] = lambda: time.monotonic()) -> None:
        """`clock` tells seconds and never goes back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, int], _Window] = {}

    def __len__(self) -> int:
        """How many are remembered, over all kinds."""
        return sum(map(len, self._windows.values()))

    def take(self, *counted: Counted) -> float | None:
        """See `Counts.take`."""
        now = self._clock()
        with self._lock:
            for rate, kind, whose in counted:
                times = self._window(rate, kind).times(whose, now)
                if len(times) >= rate.amount:
                    return time.time() + times[-rate.amount] + rate.get_expiry() - now
            for rate, kind, whose in counted:
                self._window(rate, kind).add(whose, now)
        return None

    def _window(self, rate: RateLimitItemPerSecond, kind: str) -> _Window:
        key = (kind, rate.get_expiry())
        if key not in self._windows:
            self._windows[key] = _Window(rate.get_expiry())
        return self._windows[key]


class _Window:
    """Who was counted in the last `seconds`, and when; who was counted last stands last."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def times(self, whose: str, now: float) -> Sequence[float]:
        """When somebody was counted, oldest first; whatever is older than the window is forgotten here, of all."""
        oldest = now - self._seconds
        while self._times and next(iter(self._times.values()))[-1] < oldest:
            self._times.popitem(last=False)
        times = self._times.get(whose)
        while times and times[0] < oldest:
            times.popleft()
        return times or ()

    def add(self, whose: str, now: float) -> None:
        self._times.setdefault(whose, deque()).append(now)
        self._times.move_to_end(whose)
