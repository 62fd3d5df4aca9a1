"""An alert where danger is heard unusually often: how often and of which kind, never in which words or by whom.

A thread looks at the counts every few seconds. One alert at a time, and none within `IMH_ALERT_EVERY` of the last that
arrived; what cannot be delivered is logged and tried again, with the counts as they are by then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from bot.insight.metrics import ALERTS, crises_so_far
from bot.insight.sending import Way, ways
from bot.logs import where
from bot.settings import Rate, Settings

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
# After a failure: at once is too soon for a mail server that restarts, and an hour is too late for the people on duty.
AGAIN_AFTER_S, AGAIN_AT_MOST_S = 15.0, 600.0


class Watch:
    """Counts over a moving window, by kind."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._seen: deque[tuple[float, Mapping[str, int]]] = deque()

    def unusual(self, counts: Mapping[str, int], now: float) -> dict[str, int]:
        """Kind -> messages within the window, for the kinds that reach the threshold. `counts` only ever grow."""
        self._seen.append((now, counts))
        # The last look before the window began is what the window is counted from.
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._rate.period_s:
            self._seen.popleft()
        before = self._seen[0][1]
        heard = {kind: count - before.get(kind, 0) for kind, count in counts.items()}
        return {kind: count for kind, count in sorted(heard.items()) if count >= self._rate.count}


class CrisisAlerts:
    """Watches beside a server's work for as long as it runs; does nothing where nobody is to be told."""

    def __init__(self, settings: Settings, *, counts: Callable[[], Mapping[str, int]] = crises_so_far,
                 look_every_s: float = LOOK_EVERY_S, again_after_s: float = AGAIN_AFTER_S) -> None:
        self._rate, self._every_s, self._ways = settings.alert_crises, settings.alert_every_s, ways(settings)
        self._counts, self._look_every_s, self._again_after_s = counts, look_every_s, again_after_s
        self._stop = threading.Event()
        # Each way of its own: a mail server that is away keeps no webhook waiting, and the other way round.
        self._threads = [threading.Thread(target=self._run, args=(way,), name=f"alerts-{way.name}", daemon=True)
                         for way in self._ways]

    def start(self, *_: Any) -> None:
        """Begin; takes and ignores what a server's listeners are called with."""
        for thread in self._threads:
            thread.start()

    def stop(self, *_: Any) -> None:
        """End; an alert that is being delivered may be lost."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=1)

    def _run(self, way: Way) -> None:
        watch, quiet_until, failures = Watch(self._rate), 0.0, 0
        owed: dict[str, int] = {}
        watch.unusual({}, time.monotonic() - self._rate.period_s)
        while not self._stop.wait(self._look_every_s):
            now = time.monotonic()
            unusual = watch.unusual(self._counts(), now)
            # What was heard while nothing could be delivered is not forgotten when the window has passed.
            owed = {kind: max(owed.get(kind, 0), unusual.get(kind, 0)) for kind in {*unusual, *owed}} \
                if failures or now >= quiet_until else {}
            if not owed or now < quiet_until:
                continue
            failures = 0 if self._delivered(way, owed) else failures + 1
            if failures:
                quiet_until = now + min(self._again_after_s * 2 ** (failures - 1), AGAIN_AT_MOST_S)
            else:
                quiet_until, owed = now + self._every_s, {}

    def _delivered(self, way: Way, counts: Mapping[str, int]) -> bool:
        try:
            way.send({"event": "crises", "counts": dict(sorted(counts.items())), "seconds": self._rate.period_s,
                      "threshold": self._rate.count,
                      "at": datetime.now(timezone.utc).isoformat(timespec="seconds")})
        except Exception as error:  # whatever a network raises; its text may name the address, which may be a secret
            logger.error("An alert could not be delivered by %s and will be tried again: %s", way.name, where(error))
            ALERTS.labels(way.name, "failed").inc()
            return False
        ALERTS.labels(way.name, "sent").inc()
        return True
