"""How many messages a sender and an address may send; a message that speaks of danger is never counted out."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.errors import ChannelError
from bot.insight import metrics
from bot.settings import Rate, Settings


class Limiter:
    """Counts messages a sender and an address over a moving window, in this process's memory."""

    def __init__(self, settings: Settings) -> None:
        self._storage = MemoryStorage()  # kept here: the limiter itself holds it weakly, and forgot it under load
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._rates = {"sender": _item(settings.rate_sender), "address": _item(settings.rate_address)}
        self._loopback_too = settings.rate_loopback

    def admit(self, *, sender: str | None, address: str) -> None:
        """Count one request, of nobody yet where there is no sender.

        Raises ChannelError 429, with the seconds to wait, where it is one too many.
        """
        if not self._loopback_too and _is_loopback(address):
            return
        keys = [(kind, key) for kind, key in (("sender", sender), ("address", address)) if key is not None]
        for kind, key in keys:
            # Tested before anything is counted: a sender who is refused must not use up what others behind the same
            # address may send.
            if not self._limiter.test(self._rates[kind], kind, key):
                free_at = self._limiter.get_window_stats(self._rates[kind], kind, key)[0]
                metrics.REFUSED.labels(kind).inc()
                raise ChannelError(429, "too_many", retry_after_s=max(1, math.ceil(free_at - time.time())))
        for kind, key in keys:
            self._limiter.hit(self._rates[kind], kind, key)


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.count, rate.period_s)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A server that listens on :: sees local clients as ::ffff:127.0.0.1.
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
