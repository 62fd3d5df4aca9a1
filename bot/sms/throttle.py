"""How many text messages a number, and all numbers together, may send; and who was told so already."""

from __future__ import annotations

import logging
from typing import Callable

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

logger = logging.getLogger(__name__)

# Who was told to wait is not told again before this time is over, however much they send.
NOTICE_EVERY_S = 3600
_REDIS_TIMEOUT_S = 0.5


class Throttle:
    """Counts over a moving window, in Redis where there is one, else (and while it is away) in this process."""

    def __init__(self, *, sender: tuple[int, int], total: tuple[int, int], redis_url: str = "") -> None:
        """`sender` and `total` are the most messages and the seconds in which they may come."""
        self._sender, self._total = RateLimitItemPerSecond(*sender), RateLimitItemPerSecond(*total)
        self._notice = RateLimitItemPerSecond(1, max(NOTICE_EVERY_S, sender[1]))
        self._memory = _Counter(MemoryStorage())
        self._shared = self._memory
        if redis_url:
            self._shared = _Counter(storage_from_string(redis_url, socket_timeout=_REDIS_TIMEOUT_S,
                                                        socket_connect_timeout=_REDIS_TIMEOUT_S))

    def admit(self, sender_id: str) -> bool:
        """Count one message; False where it is one too many, and then it counts for nobody."""
        return self._ask(lambda counter: counter.take((self._sender, "sms-sender", sender_id),
                                                      (self._total, "sms-total", "all")))

    def tell(self, sender_id: str) -> bool:
        """Whether the sender is to be told to wait: once, then no more for an hour."""
        return self._ask(lambda counter: counter.take((self._notice, "sms-notice", sender_id)))

    def _ask(self, question: Callable[[_Counter], bool]) -> bool:
        try:
            return question(self._shared)
        except Exception as error:  # whatever the client raises: a limit that cannot be counted must not stop answers
            logger.warning("The limits are counted in memory: %s", type(error).__name__)
            return question(self._memory)


class _Counter:
    """A limiter with its storage, which the limiter itself would hold weakly."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)

    def take(self, *counted: tuple[RateLimitItemPerSecond, str, str]) -> bool:
        """Count one for each, or none where one of them is full."""
        if not all(self._limiter.test(*item) for item in counted):
            return False
        for item in counted:
            self._limiter.hit(*item)
        return True
