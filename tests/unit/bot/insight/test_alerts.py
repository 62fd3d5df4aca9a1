"""Alerts about crises, to a real web server and a real mail server: counts, and nothing else."""

from __future__ import annotations

import asyncore
import json
import smtpd
import threading
import time
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterator

import pytest

from bot.insight.alerts import CrisisAlerts, Watch
from bot.settings import Rate, Settings
from tests.support.server import free_port

SECRET = "hunter2"


class Hook:
    """A web server that keeps what is posted; answers with the statuses it is given, then 204."""

    def __init__(self, *statuses: int) -> None:
        self.received: list[Any] = []
        statuses_left = list(statuses)
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802  the library's name
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(statuses_left.pop(0) if statuses_left else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/hook/{SECRET}"

    def __enter__(self) -> Hook:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


class Mailbox(smtpd.SMTPServer):
    """A mail server that keeps what it is sent."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self._map: dict[int, Any] = {}
        super().__init__(("127.0.0.1", port), None, map=self._map)
        self.port = self.socket.getsockname()[1]
        self._going = True
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def _loop(self) -> None:
        while self._going:
            asyncore.loop(timeout=0.05, map=self._map, count=1)

    def process_message(self, _peer: Any, mailfrom: str, rcpttos: list[str], data: bytes, **_: Any) -> None:
        self.received.append((mailfrom, rcpttos, data))

    def __enter__(self) -> Mailbox:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._going = False
        self._thread.join()
        self.close()


@contextmanager
def alerting(counts: dict[str, int], **settings: Any) -> Iterator[None]:
    alerts = CrisisAlerts(Settings(alert_crises=Rate(3, 60), **settings), counts=lambda: dict(counts),
                          look_every_s=0.02, again_after_s=0.05)
    alerts.start()
    try:
        yield
    finally:
        alerts.stop()


def until(done: Callable[[], Any], timeout_s: float = 10) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.01)
    return False


def test_a_threshold_that_is_reached_is_posted_once() -> None:
    """The kind and how often, the window and the threshold; not again within the pause, however many more there are."""
    counts = {"self_harm": 2, "abuse": 1}
    with Hook() as hook, alerting(counts, alert_url=hook.address):
        time.sleep(0.2)
        assert hook.received == []
        counts["self_harm"] = 4
        assert until(lambda: hook.received)
        counts["self_harm"] = 40
        time.sleep(0.2)
    assert len(hook.received) == 1
    alert = hook.received[0]
    assert set(alert) == {"event", "counts", "seconds", "threshold", "at"}
    assert (alert["event"], alert["counts"], alert["seconds"], alert["threshold"]) == (
        "crises", {"self_harm": 4}, 60, 3)


def test_the_next_alert_comes_after_the_pause() -> None:
    """A situation that goes on is told again."""
    counts = {"violence": 5}
    with Hook() as hook, alerting(counts, alert_url=hook.address, alert_every_s=1):
        assert until(lambda: len(hook.received) >= 2)


def test_what_is_refused_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Until it arrives; the address, which may be a secret, is in no line."""
    with Hook(500, 503) as hook, alerting({"abuse": 3}, alert_url=hook.address):
        assert until(lambda: len(hook.received) >= 3)
        time.sleep(0.3)
    assert len(hook.received) == 3
    assert caplog.text.count("An alert could not be delivered by webhook") == 2
    assert SECRET not in caplog.text


def test_a_server_that_is_away_is_tried_until_it_is_back() -> None:
    """What was heard while it was away is told when it is back."""
    port = free_port()
    with alerting({"abuse": 3}, alert_email="duty@example.org", alert_from="bot@example.org",
                  alert_smtp=f"smtp://127.0.0.1:{port}"):
        time.sleep(0.3)
        with Mailbox(port) as box:
            assert until(lambda: box.received)
    assert b"abuse: 3" in box.received[0][2]


def test_a_mail_says_how_often_and_what_to_read() -> None:
    """To the one address, from the one address, each kind in a line of its own."""
    with Mailbox() as box, alerting({"self_harm": 3, "harm_to_baby": 7, "abuse": 1}, alert_email="duty@example.org",
                                    alert_from="bot@example.org", alert_smtp=f"smtp://127.0.0.1:{box.port}"):
        assert until(lambda: box.received)
        time.sleep(0.1)
    assert len(box.received) == 1
    sender, recipients, data = box.received[0]
    message = message_from_bytes(data)
    body = message.get_payload()
    assert (sender, recipients) == ("bot@example.org", ["duty@example.org"])
    assert message["Subject"] and "  harm_to_baby: 7\n  self_harm: 3\n" in body.replace("\r\n", "\n")
    assert "abuse" not in body and "docs/monitoring.md" in body and "{{" not in body


def test_nobody_is_told_unless_asked_for() -> None:
    """Off by default: not even a thread."""
    alerts = CrisisAlerts(Settings())
    assert alerts._threads == []


def test_a_window_forgets() -> None:
    """Three in a minute are unusual, three in a day are not."""
    watch = Watch(Rate(3, 60))
    assert watch.unusual({}, 0) == {}
    assert watch.unusual({"abuse": 2}, 10) == {}
    assert watch.unusual({"abuse": 2}, 70) == {}
    assert watch.unusual({"abuse": 3, "poison": 3}, 80) == {"poison": 3}
    assert watch.unusual({"abuse": 5, "poison": 3}, 90) == {"abuse": 3, "poison": 3}
    assert watch.unusual({"abuse": 5, "poison": 3}, 200) == {}
