"""A request and its stages as spans of one trace, handed to a collector by a thread: OTLP over HTTP.

A request is a span `channel`, each of its stages one within it; what no stage took is the channel's own time. Their
names and attributes are fixed, but for the request's id, which is also the trace's: what somebody quotes of a response
can be looked for. Nothing waits for the collector; what it does not take in time is lost.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Sequence

import httpx
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

from bot.insight.record import Record, Taken
from bot.logs import request_id, where

logger = logging.getLogger(__name__)

SERVICE = "imh-bot"
# Probes come every few seconds and say nothing that the health address does not.
NOT_TRACED = frozenset({"health"})
# About 300 requests may wait; when there are more the oldest are lost.
WAITING_SPANS, BATCH_SPANS, EVERY_MS = 4096, 256, 1000
TIMEOUT_S = 2.0
# What is left when the server ends, in all; it has 10 s for everything.
LAST_WITHIN_S = 2.5
_HEADERS = {"Content-Type": "application/x-protobuf"}


@dataclass(frozen=True)
class _Trace:
    """Of a request that is traced: its span as what others lie within, and the wall clock, as `ended` found it."""

    within: Context
    zero_ns: int


class Spans:
    """Makes spans of what it is told (`record.Follower`)."""

    def __init__(self, address: str, share: float) -> None:
        self._collector = Collector(address)
        # Each value is given, so that no variable of the environment changes it; OTEL_RESOURCE_ATTRIBUTES adds to them.
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)), resource=Resource.create({"service.name": SERVICE}),
            id_generator=_RequestIds(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(
            self._collector, max_queue_size=WAITING_SPANS, max_export_batch_size=BATCH_SPANS,
            schedule_delay_millis=EVERY_MS, export_timeout_millis=int(TIMEOUT_S * 1000)))
        self._tracer = self._provider.get_tracer("bot")

    def ended(self, record: Record, channel: str, status: int, seconds: float) -> None:
        """See `Follower.ended`."""
        if channel in NOT_TRACED:
            return
        # What the wall clock says where `time.perf_counter` says 0: asked anew for each, for it may be set.
        zero_ns = time.time_ns() - _ns(time.perf_counter())
        span = self._tracer.start_span("channel", Context(), SpanKind.SERVER, start_time=zero_ns + _ns(record.started))
        if not span.is_recording():
            return
        record.trace = _Trace(set_span_in_context(span, Context()), zero_ns)
        span.set_attributes({"imh.request_id": record.id, "imh.channel": channel, "http.response.status_code": status})
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        for taken in record.stages or ():
            self._stage(record, taken)
        span.end(zero_ns + _ns(record.started + seconds))

    def late(self, record: Record, taken: Taken) -> None:
        """See `Follower.late`."""
        if record.trace is not None:
            self._stage(record, taken)

    def _stage(self, record: Record, taken: Taken) -> None:
        trace: _Trace = record.trace
        span = self._tracer.start_span(taken.name, trace.within, start_time=trace.zero_ns + _ns(taken.started))
        span.end(trace.zero_ns + _ns(taken.started + taken.seconds))

    def close(self) -> None:
        """Hand on what is waiting, within `LAST_WITHIN_S`, and end."""
        self._collector.hurry()
        self._provider.shutdown()


class Collector(SpanExporter):
    """Posts spans. OpenTelemetry's own exporter tries for a minute before it lets a server end; this one gives up."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        self._ends_at: float | None = None
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand spans over. That the collector is away is logged once, and once that it is back."""
        left_s = TIMEOUT_S if self._ends_at is None else min(TIMEOUT_S, self._ends_at - time.monotonic())
        if left_s <= 0 or (self._away and self._ends_at is not None):
            return SpanExportResult.FAILURE
        content = encode_spans(spans).SerializeToString()
        try:
            response = self._client.post(self._address, content=content, headers=_HEADERS, timeout=left_s)
            reason = "" if response.is_success else f"status {response.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # its text may name the address, which may hold a password
            reason = where(error)
        if bool(reason) != self._away:
            self._away = bool(reason)
            if reason:
                logger.warning("IMH_TRACES_URL: traces are lost until the collector takes them: %s", reason)
            else:
                logger.warning("IMH_TRACES_URL: the collector takes traces again.")
        return SpanExportResult.FAILURE if reason else SpanExportResult.SUCCESS

    def hurry(self) -> None:
        """From now on there are `LAST_WITHIN_S` left for everything, and nobody is asked again who is away."""
        self._ends_at = time.monotonic() + LAST_WITHIN_S

    def shutdown(self) -> None:
        """Close the connection."""
        self._client.close()


class _RequestIds(RandomIdGenerator):
    """A trace has the number of its request, which is 128 random bits, or what a proxy of ours chose."""

    def generate_trace_id(self) -> int:
        return int(request_id.get().replace("-", "") or "0", 16) or super().generate_trace_id()


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
