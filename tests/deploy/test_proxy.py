"""The proxy lets through what is meant for the public, bounded, and writes down nothing that people said."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import httpx
import pytest

from bot.away import away_body
from bot.knowledge import Knowledge
from bot.settings import PROJECT
from tests.support.proxy import Proxy

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/webhooks/web/", "/webhooks/web/webhook", "/webhooks/web/health/ready",
                                  "/webhooks/sms/twilio", "/webhooks/sms/twilio/status"])
def test_the_channels_are_reached(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path).json()["path"] == path


@pytest.mark.parametrize("path", [
    "/webhooks/sms/kannel?from=1&to=2&text=hi", "/webhooks/sms/kannel/", "/webhooks/rest/webhook", "/webhooks/",
    "/model",
    "/status", "/conversations/x/tracker", "/metrics", "/webhooks/web/../../model", "/webhooks/web/%2e%2e/%2e%2e/model",
    "/webhooks/sms/twilio/../kannel", "//model", "/bundle",
])
def test_nothing_else_is_reached(proxy: Proxy, path: str) -> None:
    """Not Rasa's own API, not the gateway's address, and not by a way around."""
    assert proxy.ask(path).status_code in {400, 404}


def test_the_caller_cannot_say_who_it_is(proxy: Proxy) -> None:
    """The limits per address count what the proxy saw, not what the request claims."""
    seen = proxy.ask("/webhooks/web/", headers={"X-Forwarded-For": "203.0.113.7"}).json()["headers"]
    assert seen["x-forwarded-for"] == "127.0.0.1"


def test_a_large_body_is_refused_before_the_bot(proxy: Proxy) -> None:
    assert proxy.ask("/webhooks/web/webhook", method="POST", content=b"x" * 16_000).json()["bytes"] == 16_000
    assert proxy.ask("/webhooks/web/webhook", method="POST", content=b"x" * 40_000).status_code == 413


def test_large_headers_are_refused(proxy: Proxy) -> None:
    assert proxy.ask("/webhooks/web/", headers={"X-Much": "x" * 40_000}).status_code == 431


def test_the_console_has_a_name_of_its_own(proxy: Proxy) -> None:
    """Its pages are on no path of the chat's host, and its bundles on none of either."""
    assert proxy.ask("/sign-in", site="console").status_code == 200
    assert proxy.ask("/sign-in").status_code == 404
    assert proxy.ask("/bundle", site="console").status_code == 404


def test_the_console_can_be_kept_to_some_networks(tmp_path: Path) -> None:
    with Proxy(tmp_path, console_from="192.0.2.0/24") as proxy:
        assert proxy.ask("/sign-in", site="console").status_code == 404
        assert proxy.ask("/webhooks/web/").status_code == 200


def test_the_log_holds_no_query_body_header_or_whole_address(proxy: Proxy) -> None:
    """Neither where all goes well nor where it does not."""
    for path in ("/webhooks/web/webhook", "/webhooks/sms/kannel", "/model"):
        proxy.ask(f"{path}?text=helpmeplease", method="POST", content=b"nobodyknows",
                  headers={"X-Twilio-Signature": "signaturevalue", "Cookie": "session=cookievalue"})
    log = proxy.log.read_text()
    assert '"uri":"/webhooks/web/webhook"' in log, "the requests are not logged at all"
    assert '"client_ip":"127.0.0.0"' in log
    assert [word for word in ("helpmeplease", "nobodyknows", "signaturevalue", "cookievalue", "127.0.0.1")
            if word in log] == []


def test_while_the_bot_is_away_the_crisis_lines_are_not(tmp_path: Path, knowledge: Knowledge) -> None:
    """A 503 with the body of the bot's own, and nothing of the request in the log."""
    with Proxy(tmp_path, bot_is_away=True) as proxy:
        answer = proxy.ask("/webhooks/web/webhook?text=helpmeplease", method="POST", json={"message": "hello"})
        log = proxy.log.read_text()
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    lines = knowledge.crisis.lines.values()
    assert [line["phone"] for line in answer.json()["lines"]] == [line.phone for line in lines]
    assert "helpmeplease" not in log


def test_what_the_proxy_says_is_what_the_content_says(knowledge: Knowledge) -> None:
    """After a change of a crisis line: `python -m bot away > deploy/proxy/away.json`."""
    assert (PROJECT / "deploy" / "proxy" / "away.json").read_text(encoding="utf-8") == away_body(knowledge)


def test_every_answer_is_for_tls_only(proxy: Proxy) -> None:
    answer: httpx.Response = proxy.ask("/webhooks/web/")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "Caddy" not in answer.headers.get("Server", "") + answer.headers.get("Via", "")
