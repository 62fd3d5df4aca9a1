"""How many messages a sender and an address may send; a message that speaks of danger is never counted out."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.errors import ChannelError
from bot.settings import Rate, Settings


class Limiter:
    """Counts messages a sender and an address over a moving window, in this process's memory."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rates = {"sender": _item(settings.rate_sender), "address": _item(settings.rate_address)}
        self._loopback_too = settings.rate_loopback

    def admit(self, *, sender: str, address: str) -> None:
        """Count one message. Raises ChannelError 429, with the seconds to wait, where it is one too many."""
        if not self._loopback_too and _is_loopback(address):
            return
        for kind, key in (("address", address), ("sender", sender)):
            if not self._limiter.hit(self._rates[kind], kind, key):
                free_at = self._limiter.get_window_stats(self._rates[kind], kind, key)[0]
                raise ChannelError(429, "too_many", retry_after_s=max(1, math.ceil(free_at - time.time())))


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.count, rate.period_s)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
