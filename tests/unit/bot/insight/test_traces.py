"""Requests as traces, read by a collector that decodes what arrives; and a collector that is away."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Iterator

import pytest

from bot.insight.record import Record, begin, finish, follow, leave, stage
from bot.insight.spans import Spans
from bot.insight.traces import Traces
from bot.settings import PROJECT, Settings
from tests.support.otlp import Collector
from tests.support.server import free_port

# By number in the protocol: kinds of spans, and the status of an error.
SERVER, INTERNAL, ERROR = 2, 1, 2
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@contextmanager
def traced(address: str, share: float = 1.0) -> Iterator[Spans]:
    """Requests are followed inside, and handed on at the end."""
    spans = Spans(address, share)
    follow(spans)
    try:
        yield spans
    finally:
        follow(None)
        spans.close()


def request(given_id: str = "", *, status: int = 200, channel: str = "web") -> Record:
    """A request with a few stages."""
    one = begin(given_id)
    for name in ("safety", "store", "nlu"):
        with stage(name):
            time.sleep(0.002)
    finish(one, channel, status)
    leave()
    return one


def test_a_request_is_a_trace_with_a_span_for_each_stage(collector: Collector) -> None:
    """All within the channel's; the times are those that were measured, and of the wall clock."""
    before_ns = time.time_ns()
    with traced(collector.address):
        one = request()
    after_ns = time.time_ns()
    ((trace, (channel, *stages)),) = collector.traces().items()
    assert trace == one.id
    assert (channel.name, channel.kind, channel.parent) == ("channel", SERVER, "")
    assert [(span.name, span.kind, span.parent) for span in stages] == [
        (name, INTERNAL, channel.id) for name in ("safety", "store", "nlu")]
    assert before_ns <= channel.start_ns <= stages[0].start_ns
    assert stages[-1].end_ns <= channel.end_ns <= after_ns
    assert all(first.end_ns <= second.start_ns for first, second in zip(stages, stages[1:]))
    assert all(span.seconds >= 0.002 for span in stages)
    assert sum(span.seconds for span in stages) == pytest.approx(one.spent_s, abs=1e-5)


def test_a_trace_holds_an_id_a_channel_a_status_and_nothing_else(collector: Collector) -> None:
    """Its number is the request's, also where that is a UUID of a proxy; what failed is an error."""
    given = "01234567-89ab-cdef-0123-456789abcdef"
    with traced(collector.address):
        request(given, status=503, channel="kannel")
    (channel, *stages) = collector.traces()[ID]
    assert dict(channel.attributes) == {"imh.request_id": given, "imh.channel": "kannel",
                                        "http.response.status_code": 503}
    assert channel.status == ERROR and [dict(span.attributes) for span in stages] == [{}] * 3
    assert {name for resource in collector.resources for name in resource} == {
        "service.name", "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"}


def test_what_ends_after_its_request_is_in_its_trace(collector: Collector) -> None:
    """A text message whose gateway was answered before it was understood."""
    async def late() -> None:
        with stage("nlu"):
            await asyncio.sleep(0.02)

    async def play() -> Record:
        one = begin()
        task = asyncio.create_task(late())
        await asyncio.sleep(0.005)
        finish(one, "twilio", 200)
        leave()
        await task
        return one

    with traced(collector.address):
        one = asyncio.run(play())
    channel, nlu = collector.traces()[one.id]
    assert (nlu.name, nlu.parent) == ("nlu", channel.id) and nlu.end_ns > channel.end_ns and nlu.seconds > 0.015


def test_a_request_is_over_once_and_probes_are_none(collector: Collector) -> None:
    """Health is asked every few seconds."""
    with traced(collector.address):
        one = begin()
        finish(one, "web", 200)
        finish(one, "web", 200)
        request(channel="health")
    assert [span.name for span in collector.spans] == ["channel"]


@pytest.mark.parametrize(("share", "least", "most"), [(0.25, 60, 140), (0.00001, 0, 1)])
def test_a_share_of_the_requests_is_traced_whole(collector: Collector, share: float, least: int, most: int) -> None:
    """400 requests: what is traced has all its stages, the rest leaves nothing."""
    with traced(collector.address, share):
        for _ in range(400):
            one = begin()
            with stage("nlu"):
                pass
            finish(one, "web", 200)
    traces = collector.traces(0)
    assert least <= len(traces) <= most and all(len(spans) == 2 for spans in traces.values())


@pytest.mark.parametrize("how", ["refuses", "hangs", "fails"])
def test_a_collector_that_is_away_slows_nothing_down(
        collector: Collector, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Also many requests more than can wait; it is logged once, without its address, and the end comes in time."""
    address = f"http://127.0.0.1:{free_port()}/v1/traces" if how == "refuses" else collector.address
    collector.delay_s, collector.status = (3.0 if how == "hangs" else 0.0), (503 if how == "fails" else 200)
    took: list[float] = []
    with caplog.at_level(logging.WARNING), traced(address):
        for _ in range(2000):
            one = begin()
            for name in ("safety", "store", "nlu", "policy", "action", "store"):
                with stage(name):
                    pass
            started = time.perf_counter()
            finish(one, "web", 200)
            took.append(time.perf_counter() - started)
        if how == "hangs":
            time.sleep(2.5)  # until the first has been given up
        closing = time.monotonic()
    assert time.monotonic() - closing < 2.5
    print(f"median {sorted(took)[1000] * 1e6:.0f} µs a request")
    assert sorted(took)[1000] < 0.002 and sorted(took)[1980] < 0.02
    ours = [message for message in caplog.messages if "IMH_TRACES_URL" in message]
    assert len(ours) == 1 and "traces are lost" in ours[0] and address.split(":")[2] not in caplog.text


def test_a_collector_that_comes_back_is_told_again(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    """What happened meanwhile is lost; both changes are in the log."""
    collector.status = 503
    with caplog.at_level(logging.WARNING), traced(collector.address):
        request()
        deadline = time.monotonic() + 10
        while "traces are lost" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.05)
        collector.status = 200
        one = request()
        assert list(collector.traces()) == [one.id]
    assert "takes traces again" in caplog.text


def test_nobody_is_told_and_nothing_is_imported_where_no_address_is_set() -> None:
    """The whole server, in a process of its own: OpenTelemetry is not in it, and a record keeps no stages."""
    program = ("import sys, bot.server; from bot.settings import Settings; from bot.insight.record import begin; "
               "from bot.insight.traces import Traces; traces = Traces(Settings()); traces.start(); "
               "print(begin().stages, [name for name in sys.modules if name.startswith('opentelemetry')]); "
               "traces.stop()")
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "None []", done.stderr


def test_an_address_switches_it_on(collector: Collector) -> None:
    """For as long as the server runs."""
    traces = Traces(Settings(traces_url=collector.address))
    traces.start()
    one = request()
    traces.stop()
    request()
    assert list(collector.traces()) == [one.id]


def test_what_the_environment_says_of_other_programs_traces_changes_nothing(
        collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for attributes of the whole service, which are added."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "another")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=prod")
    with traced(collector.address):
        request()
    collector.traces()
    assert collector.resources[0]["service.name"] == "imh-bot"
    assert collector.resources[0]["deployment.environment"] == "prod"
