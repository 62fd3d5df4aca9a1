"""Counting over a moving window: in a Redis that all workers share, else (and while it is away) in this process."""

from __future__ import annotations

import logging
import time
from typing import Callable, TypeVar

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, Storage, storage_from_string
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
        self._memory = _Counter(MemoryStorage())
        self._redis = _Counter(storage_from_string(
            redis_url, socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S)) if redis_url else None
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


class _Counter:
    """A limiter with its storage, which the limiter itself would hold weakly, and forget under load."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)

    def take(self, *counted: Counted) -> float | None:
        for item in counted:
            if not self._limiter.test(*item):
                return self._limiter.get_window_stats(*item)[0]
        for item in counted:
            if not self._limiter.hit(*item):  # another worker was faster
                return self._limiter.get_window_stats(*item)[0]
        return None
