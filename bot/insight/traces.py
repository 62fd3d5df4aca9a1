"""Traces of requests for an OpenTelemetry collector, where an address is set; else none of its packages is imported."""

from __future__ import annotations

from typing import Any

from bot.insight.record import follow
from bot.settings import Settings


class Traces:
    """Follows requests for as long as a server runs, in the process that answers them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spans: Any = None

    def start(self, *_: Any) -> None:
        """Begin; takes and ignores what a server's listeners are called with."""
        if not self._settings.traces_url:
            return
        from bot.insight.spans import Spans  # 0.3 s and 9 MB that nobody pays who traces nothing

        self._spans = Spans(self._settings.traces_url, self._settings.traces_share)
        follow(self._spans)

    def stop(self, *_: Any) -> None:
        """Hand on what is left, and end (see `Spans.close`). Called when the last request is over."""
        if self._spans is not None:
            follow(None)
            self._spans.close()
