"""A real server whose requests are traced, read by a collector beside it: every stage, and not a word of anybody's."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from tests.support.otlp import Collector, Span
from tests.support.server import Server, free_port
from tests.support.texting import ENVIRONMENT, fields_of, kannel, new_number, post, twilio
from tests.support.web import JSON_TYPE, WEBHOOK

pytestmark = pytest.mark.e2e

WORD, PHONE, MAIL, SENDER = "zygomatic", "505-555-0177", "canary@example.org", "canary-sender-78"
QUESTION = "does how i react to her change how her brain grows"
# In this order at first; the store is asked before and after, and again.
STAGES = ["safety", "store", "nlu", "policy", "action"]
ALLOWED = {"imh.request_id", "imh.channel", "http.response.status_code"}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def server(trained: Path, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("traces"), environment={
            **ENVIRONMENT, "IMH_TRACES_URL": collector.address}) as running:
        yield running


def trace_of(collector: Collector, request: str) -> list[Span]:
    """The spans of one request, once they are there."""
    deadline = time.monotonic() + 10
    while request not in (traces := collector.traces(0)):
        assert time.monotonic() < deadline, "its trace did not come"
        time.sleep(0.05)
    return traces[request]


def test_a_message_is_one_trace_with_its_stages_within(server: Server, collector: Collector) -> None:
    """Under the id that the response names; the times fit what the client saw."""
    began_ns = time.time_ns()
    response = server.client.post(WEBHOOK, json={"sender": SENDER, "message": QUESTION})
    ended_ns = time.time_ns()
    channel, *stages = trace_of(collector, response.headers["X-Request-ID"])
    assert (channel.name, channel.parent, channel.attributes["imh.channel"]) == ("channel", "", "web")
    assert channel.attributes["imh.request_id"] == response.headers["X-Request-ID"]
    assert channel.attributes["http.response.status_code"] == 200 and channel.status == 0
    assert list(dict.fromkeys(span.name for span in stages)) == STAGES
    assert {span.parent for span in stages} == {channel.id}
    assert began_ns < channel.start_ns < stages[0].start_ns and stages[-1].end_ns <= channel.end_ns < ended_ns
    assert all(span.seconds > 0 for span in stages)
    assert 0.2 * channel.seconds < sum(span.seconds for span in stages) < channel.seconds


def test_text_messages_are_traced_too(server: Server, collector: Collector) -> None:
    """Each under its gateway."""
    for channel, response in (
            ("twilio", post(server, fields_of(QUESTION, sender=new_number()))),
            ("kannel", kannel(server, QUESTION, sender=new_number()))):
        spans = trace_of(collector, response.headers["X-Request-ID"])
        assert spans[0].attributes["imh.channel"] == channel
        assert set(STAGES) <= {span.name for span in spans}


def test_no_word_no_number_and_no_sender_is_in_what_is_sent(server: Server, collector: Collector) -> None:
    """Answers, danger, names, feedback, text messages, addresses, headers of any kind, what is refused."""
    number = new_number()
    for text in (f"{QUESTION} {WORD}", f"{WORD} {PHONE} {MAIL}", f"{WORD} i want to kill myself", f"my name is {WORD}"):
        reply = server.say(text, sender=SENDER, message_id=f"{WORD}-{len(text)}")
    server.client.post("/webhooks/web/feedback", json={"sender": SENDER, "id": reply[0]["custom"]["id"], "value": "up",
                                                       "text": WORD})
    server.client.post("/webhooks/web/", data={"message": f"{WORD} {QUESTION}", "sender": SENDER})
    for body in (b'{"message": "' + WORD.encode(), WORD.encode() * 4000, json.dumps({"message": WORD * 400}).encode()):
        server.client.post(WEBHOOK, content=body, headers=JSON_TYPE)
    twilio(server, f"{QUESTION} {WORD}", sender=number)
    kannel(server, f"{WORD} {QUESTION}", sender=number)
    last = server.client.get(f"/webhooks/{WORD}?text={WORD}&from={number}", headers={
        "X-Secret": WORD, "X-Request-ID": WORD, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "baggage": f"a={WORD}"})
    trace_of(collector, last.headers["X-Request-ID"])
    sent = b"".join(collector.bodies)
    digits = number.lstrip("+").encode()
    assert [canary for canary in (WORD, PHONE, MAIL, SENDER, "5055550177") if canary.encode() in sent] == []
    assert digits not in sent and b"webhooks" not in sent and b"127.0.0.1" not in sent
    assert {name for span in collector.spans for name in span.attributes} == ALLOWED
    assert {span.name for span in collector.spans} == {*STAGES, "channel"}


def test_the_very_first_request_is_traced(trained: Path, tmp_path: Path) -> None:
    """Whoever waits at the door while the server starts: it is watched before it lets anybody in."""
    with Collector() as collector, ThreadPoolExecutor(1) as beside:
        server = Server(tmp_path, environment={"IMH_TRACES_URL": collector.address})
        first = beside.submit(_first_answered, server)
        with server:
            assert first.result(timeout=60).headers["X-Request-ID"] in collector.traces()


def _first_answered(server: Server) -> httpx.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return server.client.post(WEBHOOK, json={"sender": SENDER, "message": QUESTION})
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "nobody listens"


def test_what_was_answered_last_is_sent_before_the_end(trained: Path, tmp_path: Path) -> None:
    """Told to stop, the server hands on what it has."""
    with Collector() as collector, Server(tmp_path, environment={"IMH_TRACES_URL": collector.address}) as running:
        response = running.client.post(WEBHOOK, json={"sender": SENDER, "message": QUESTION})
        running.stop(signal.SIGTERM)
        assert response.headers["X-Request-ID"] in collector.traces()


@pytest.mark.parametrize("how", ["nobody listens", "nobody answers"])
def test_without_a_collector_everything_goes_on(trained: Path, tmp_path: Path, how: str) -> None:
    """Answers come, as fast as ever, and so does the end; the log names the setting once and no address."""
    with Collector() as silent:
        silent.delay_s = 60.0
        address = silent.address if how == "nobody answers" else f"http://127.0.0.1:{free_port()}/v1/traces"
        with Server(tmp_path, environment={"IMH_TRACES_URL": address}) as running:
            took: list[float] = []
            for place in range(60):
                started = time.perf_counter()
                running.say(f"{QUESTION} {place}", sender=SENDER, status=200)
                took.append(time.perf_counter() - started)
                time.sleep(0.05)
            began = time.monotonic()
            running.stop(signal.SIGTERM)
            assert time.monotonic() - began < 8 and running.process is not None and running.process.returncode == 0
            log = running.log.read_text(encoding="utf-8")
    print(f"{how}: median {sorted(took)[30] * 1000:.0f} ms, most {max(took) * 1000:.0f} ms")
    assert max(took) < 1.5
    (_, said) = log.split("traces are lost")
    assert address.split("/")[2] not in said
