"""The figures that a worker counts. Labels are of short fixed lists: never a word that somebody wrote, no sender.

Names and meanings stand in docs/monitoring.md. Each worker counts for itself; whoever reads adds them up.
"""

from __future__ import annotations

import threading
from collections import Counter as Tally
from typing import Any, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

STAGES = ("channel", "safety", "nlu", "policy", "action", "store")
KINDS = frozenset({"answer", "crisis", "clarify", "out_of_scope", "smalltalk", "notice"})
DANGERS = frozenset({"emergency", "poison", "self_harm", "harm_to_baby", "violence", "abuse"})
LANGUAGES = frozenset({"en", "es"})
CHANNELS = frozenset({"web", "sms"})
OTHER = "other"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REQUESTS = Counter("imh_requests", "Requests answered", ("channel", "status"), registry=REGISTRY)
REQUEST_SECONDS = Histogram("imh_request_seconds", "From a request that has arrived to its response", ("channel",),
                            buckets=_SECONDS, registry=REGISTRY)
STAGE_SECONDS = Histogram("imh_stage_seconds", "What a stage of a request took", ("stage",), buckets=_SECONDS,
                          registry=REGISTRY)
REPLIES = Counter("imh_replies", "Messages sent in reply", ("channel", "kind", "language"), registry=REGISTRY)
CRISES = Counter("imh_crises", "Messages in which danger was heard, once a kind", ("kind", "language"),
                 registry=REGISTRY)
REFUSED = Counter("imh_refused", "Requests refused by a limit", ("limit",), registry=REGISTRY)
SEGMENTS = Counter("imh_sms_segments", "Segments of text messages handed to a gateway", ("gateway",), registry=REGISTRY)
UNANSWERED = Counter("imh_sms_unanswered", "Text messages without an answer in time", ("gateway",), registry=REGISTRY)
ALERTS = Counter("imh_alerts", "Alerts about crises, by what became of them", ("way", "result"), registry=REGISTRY)

# Looking a child up by its labels costs more than counting in it, and the stages are the same for ever.
_BY_STAGE = {stage: STAGE_SECONDS.labels(stage) for stage in STAGES}
_crises: Tally[str] = Tally()
_crises_lock = threading.Lock()


def took(stage: str, seconds: float) -> None:
    """Count what one of `STAGES` took."""
    _BY_STAGE[stage].observe(seconds)


def replied(channel: str, messages: Iterable[Mapping[str, Any]]) -> None:
    """Count a reply's messages by their kind and language."""
    for message in messages:
        custom = message.get("custom") or {}
        REPLIES.labels(_one_of(CHANNELS, channel), _one_of(KINDS, custom.get("kind")),
                       _one_of(LANGUAGES, custom.get("language"))).inc()


def heard(kinds: Sequence[str], language: str) -> None:
    """Count a message in which danger was heard, once for each kind."""
    for kind in {_one_of(DANGERS, kind) for kind in kinds}:
        CRISES.labels(kind, _one_of(LANGUAGES, language)).inc()
        with _crises_lock:
            _crises[kind] += 1


def crises_so_far() -> Mapping[str, int]:
    """Kind of danger -> in how many messages this process heard it since it began."""
    with _crises_lock:
        return dict(_crises)


def _one_of(allowed: frozenset[str], value: Any) -> str:
    return value if isinstance(value, str) and value in allowed else OTHER
