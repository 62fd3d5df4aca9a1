"""How many text messages a number, and all numbers together, may send; and who was told so, or helped, already."""

from __future__ import annotations

from limits import RateLimitItemPerSecond

from bot.rates import Counts

# Who was told to wait, or got HELP all the same, does not get it again before this time is over, whatever they send.
NOTICE_EVERY_S = 3600


class Throttle:
    """Counts over a moving window, in Redis where there is one, else (and while it is away) in this process."""

    def __init__(self, *, sender: tuple[int, int], total: tuple[int, int], redis_url: str = "") -> None:
        """`sender` and `total` are the most messages and the seconds in which they may come."""
        self._sender, self._total = RateLimitItemPerSecond(*sender), RateLimitItemPerSecond(*total)
        self._notice = RateLimitItemPerSecond(1, max(NOTICE_EVERY_S, sender[1]))
        self._counts = Counts(redis_url)

    def admit(self, sender_id: str) -> bool:
        """Count one message; False where it is one too many, and then it counts for nobody."""
        return self._counts.take((self._sender, "sms-sender", sender_id), (self._total, "sms-total", "all")) is None

    def tell(self, sender_id: str) -> bool:
        """Whether the sender is to be told to wait: once, then no more for an hour."""
        return self._counts.take((self._notice, "sms-notice", sender_id)) is None

    def help(self, sender_id: str) -> bool:
        """Whether HELP is to be answered past the limits: once, then no more for an hour."""
        return self._counts.take((self._notice, "sms-help", sender_id)) is None
