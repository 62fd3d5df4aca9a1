"""A real server seen from inside: figures, ids of requests, lines of the log, none with a word or a sender."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Any, Iterator

import httpx
import pytest

from tests.e2e.test_no_words_in_logs import DEBUG, RAISES_IN_ACTION, RAISES_IN_PIPELINE
from tests.support.server import Server, free_port
from tests.support.texting import ENVIRONMENT, kannel, new_number, twilio

pytestmark = pytest.mark.e2e

WORD, PHONE, SENDER = "zygomatic", "505-555-0177", "canary-sender-77"
QUESTION = "does how i react to her change how her brain grows"
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("insight"), arguments=("-c", DEBUG, "serve"),
                environment={**ENVIRONMENT, "IMH_LOG_FORMAT": "json", "IMH_METRICS_PORT": str(free_port()),
                             "IMH_TRUSTED_PROXIES": "127.0.0.1"}) as running:
        yield running


def figures(server: Server) -> dict[str, float]:
    """Figure with its labels -> value, as Prometheus reads it."""
    port = server.settings["IMH_METRICS_PORT"]
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert not re.search(f"{WORD}|{PHONE}|{SENDER}|5055550177", text)
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def logged(server: Server) -> list[dict[str, Any]]:
    """The objects of the log, once what was written last has arrived; what is printed at the start is none."""
    time.sleep(0.3)
    return [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


def test_a_message_is_counted_in_every_stage(server: Server) -> None:
    """One answer: a request, its stages, its messages by kind."""
    before = figures(server)
    server.say(f"{QUESTION} {WORD}", sender=SENDER)
    after = figures(server)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more('imh_requests_total{channel="web",status="200",worker="0"}') == 1
    for stage in ("channel", "safety", "nlu", "policy", "action", "store"):
        assert more(f'imh_stage_seconds_count{{stage="{stage}",worker="0"}}') >= 1, stage
    assert more('imh_replies_total{channel="web",kind="answer",language="en",worker="0"}') == 1
    assert after['imh_model_loaded{worker="0"}'] == 1 and after['imh_messages_waiting{worker="0"}'] == 0


def test_danger_is_counted_once_by_kind_and_language(server: Server) -> None:
    """On the web and by text message, in both languages."""
    before = figures(server)
    server.say(f"{WORD} i want to kill myself", sender=f"{SENDER}-a")
    server.say("ya no quiero vivir", sender=f"{SENDER}-b")
    kannel(server, "i want to kill myself", sender=new_number())
    after = figures(server)
    for language, count in (("en", 2), ("es", 1)):
        name = f'imh_crises_total{{kind="self_harm",language="{language}",worker="0"}}'
        assert after[name] - before.get(name, 0) == count


def test_segments_are_counted_as_they_are_paid(server: Server) -> None:
    """Three at most for an answer, and the notice."""
    before = figures(server)
    twilio(server, QUESTION, sender=new_number())
    name = 'imh_sms_segments_total{gateway="twilio",worker="0"}'
    assert 1 <= figures(server)[name] - before.get(name, 0) <= 4


def test_the_figures_are_on_no_public_address(server: Server) -> None:
    """Nor is anything else on theirs."""
    for path in ("/metrics", "/webhooks/metrics", "/webhooks/web/metrics"):
        assert server.client.get(path).status_code == 404
    port = server.settings["IMH_METRICS_PORT"]
    assert "imh_" in httpx.get(f"http://127.0.0.1:{port}/webhooks/web/", trust_env=False).text


@pytest.mark.parametrize(("sent", "kept"), [(ID, True), (str(uuid.UUID(ID)), True), (WORD, False), (PHONE, False),
                                            ("5055550177", False), (f"{ID}0", False), ("", False)])
def test_an_id_of_a_trusted_proxy_is_kept_where_it_is_one(server: Server, sent: str, kept: bool) -> None:
    """Words and numbers that a client smuggles through the proxy are not."""
    given = server.client.get("/webhooks/web/health/live", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert (given == sent) is kept and re.fullmatch("[0-9a-f-]{32,36}", given)


@pytest.mark.parametrize(("method", "path", "content"), [
    ("GET", "/nothing", b""), ("PUT", "/webhooks/web/webhook", b""), ("POST", "/webhooks/web/webhook", b"{"),
    ("POST", "/webhooks/web/webhook", b"x" * 20_000), ("GET", "/webhooks/web/", b""),
    ("POST", "/webhooks/web/session", b""),
])
def test_every_response_names_its_request(server: Server, method: str, path: str, content: bytes) -> None:
    """Whatever becomes of it; another one each time."""
    ids = {server.client.request(method, path, content=content, headers={"Content-Type": "application/json"})
           .headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("word", [RAISES_IN_ACTION, RAISES_IN_PIPELINE])
def test_what_fails_is_found_by_the_id_of_the_response(server: Server, word: str) -> None:
    """The line of the failure, from whichever thread, and the request's own line."""
    response = server.client.post("/webhooks/web/webhook", json={"sender": SENDER, "message": f"{word} {WORD}"})
    assert response.status_code == 503
    mine = [line for line in logged(server) if line.get("request") == response.headers["X-Request-ID"]]
    assert any(line["event"].startswith("A turn failed: ") for line in mine)
    assert [(line["channel"], line["status"]) for line in mine if line["event"] == "request"] == [("web", 503)]


def test_no_line_holds_a_word_or_a_sender(server: Server) -> None:
    """With every logger wide open, after answers, crises and failures."""
    for text in (f"{WORD} {PHONE}", f"{WORD} {RAISES_IN_ACTION}", f"{WORD} i want to kill myself"):
        server.client.post("/webhooks/web/webhook", json={"sender": SENDER, "message": text})
    server.client.get(f"/webhooks/web/{WORD}?{WORD}", headers={"X-Request-ID": WORD})
    assert len(logged(server)) > 5
    log = server.log.read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if WORD in line or PHONE in line or RAISES_IN_ACTION in line] == []


def test_health_says_why_in_codes(trained: Path, tmp_path: Path) -> None:
    """A console that is away only degrades; a database that is locked by somebody is a reason; no host, no path."""
    with Server(tmp_path, environment={"IMH_CONSOLE_URL": f"http://127.0.0.1:{free_port()}",
                                       "IMH_CONSOLE_TOKEN": "0123456789abcdef" * 2}) as own:
        own.say(QUESTION, sender="someone")
        deadline = time.monotonic() + 15
        while not (health := own.client.get("/webhooks/web/health/ready").json())["reasons"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert health == {"status": "degraded", "reasons": ["console_away"]}
        with sqlite3.connect(tmp_path / "conversations.db", isolation_level=None) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            response = own.client.get("/webhooks/web/health/ready")
            connection.execute("ROLLBACK")
        assert response.status_code == 503
        body = response.json()
        assert body["reason"] == "database_away" and body["reasons"] == ["database_away", "console_away"]
        assert str(tmp_path) not in response.text and "127.0.0.1" not in response.text
