"""How many messages a sender and an address may send; a message that speaks of danger is never counted out."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerSecond

from bot.errors import ChannelError
from bot.insight import metrics
from bot.rates import Counts
from bot.settings import Rate, Settings


class Limiter:
    """Counts messages a sender and an address over a moving window; see `Counts` for where."""

    def __init__(self, settings: Settings) -> None:
        self._counts = Counts(settings.redis_url)
        self._rates = {"sender": _item(settings.rate_sender), "address": _item(settings.rate_address)}
        self._loopback_too = settings.rate_loopback

    def admit(self, *, sender: str | None, address: str) -> None:
        """Count one request, of nobody yet where there is no sender.

        Raises ChannelError 429, with the seconds to wait, where it is one too many.
        """
        if not self._loopback_too and _is_loopback(address):
            return
        keys = [(self._rates[kind], f"web-{kind}", key) for kind, key in (("sender", sender), ("address", address))
                if key is not None]
        free_at = self._counts.take(*keys)
        if free_at is not None:
            metrics.REFUSED.labels("web").inc()
            raise ChannelError(429, "too_many", retry_after_s=max(1, math.ceil(free_at - time.time())))


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.count, rate.period_s)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A server that listens on :: sees local clients as ::ffff:127.0.0.1.
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
