"""`make bench-sms`: text messages through Kannel, as Twilio's, forged, at a steady rate; docs/performance-sms.md."""

from __future__ import annotations

import itertools
import os
import platform
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import httpx

from bot.evaluation.held_out import questions
from bot.evaluation.stats import percentile
from bot.knowledge import load_knowledge
from bot.settings import PROJECT
from bot.sms.segments import fold
from tests.support.flood import Outcome, flood, forge, repeat
from tests.support.kannel import PRESENT, Kannel
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT, fields_of, history_entries, new_number, post

REPORT = PROJECT / "docs" / "performance-sms.md"
PHONES, EACH = 25, 20
RATE, LASTS_S, WARM_UP = 20, 120, 60
AT_ONCE = 64
# What is counted is losses, not limits.
LIMITS = {"IMH_RATE_SENDER": "1000/60"}


def main() -> None:
    """Measure and write the report; where Kannel is not installed, its lines say so."""
    gave_up = fold(load_knowledge().phrase("sms.gateway_no_answer", "en", office="", phone="", email=""))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if PRESENT:
            rows += [("500 different messages through Kannel and back", _kannel(scratch / "a", gave_up, kill=False)),
                     ("the same, the server killed after half of them and started again",
                      _kannel(scratch / "b", gave_up, kill=True))]
        else:
            rows.append(("through Kannel", "not measured: Kannel is not installed"))
        with _server(scratch / "c") as server:
            rows += [("1,000 posts as Twilio's, 400 repeat a MessageSid, 32 at a time", _repeats(server)),
                     ("2,000 forged or mangled requests", _forged(server))]
        with _server(scratch / "d") as server:
            rows.append((f"{RATE} messages a second for {LASTS_S} s on one worker, different held-out questions, each "
                         "timed from when it was due", _steady(server)))
    lines = [
        "# Text messages under load",
        "",
        f"Written by `make bench-sms` on {time.strftime('%Y-%m-%d')}: "
        f"{os.cpu_count()} cores ({platform.machine()}), SQLite, one worker, load average {os.getloadavg()[1]:.1f} "
        "at the end. Real servers on 127.0.0.1; the carrier behind Kannel is the tests' own.",
        "",
        "| what | measured |",
        "|---|---|",
        *(f"| {what} | {found} |" for what, found in rows),
        "",
    ]
    REPORT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _server(folder: Path) -> Server:
    folder.mkdir()
    return Server(folder, environment={**ENVIRONMENT, **LIMITS})


def _kannel(folder: Path, gave_up: str, *, kill: bool) -> str:
    """Counts of answers, losses, doubles and order, with the configuration as it is shipped."""
    with _server(folder) as server, Kannel(folder, server) as kannel:
        killer = threading.Thread(target=_kill, args=(server,))
        found = flood(server, kannel, phones=PHONES, each=EACH, gave_up=gave_up, halfway=killer.start if kill else None)
        if kill:
            killer.join()
    return _told(found, order=not kill)


def _kill(server: Server) -> None:
    time.sleep(1)
    server.stop(signal.SIGKILL)
    server.start()


def _told(found: Outcome, *, order: bool) -> str:
    told = (
        f"{found.sent} sent, {found.answered} answered, {found.given_up} given up by Kannel with our words, "
        f"{found.lost} lost, {found.doubled} doubled, {found.entries} entries in the history, {found.seconds:.0f} s"
    )
    return f"{told}; out of order on {found.out_of_order} of {PHONES} phones" if order else told


def _repeats(server: Server) -> str:
    found = repeat(server, posts=1000, repeated=400, at_once=32)
    return (f"{found.entries} entries in the history, {found.ids_with_one_answer} of {found.ids} ids with one answer, "
            f"statuses {dict(found.statuses)}")


def _forged(server: Server) -> str:
    before = history_entries(server.var_dir)
    statuses = forge(server, posts=2000)
    return (f"{sum(count for status, count in statuses.items() if status >= 500)} answered with 5xx, "
            f"{history_entries(server.var_dir) - before} entries, statuses {dict(sorted(statuses.items()))}")


def _steady(server: Server) -> str:
    """Milliseconds from the time that a message was due to its answer."""
    asked, excuse = _questions(), fold(load_knowledge().phrase("sms.unavailable", "en", office="", phone="", email=""))
    numbers = itertools.cycle([new_number() for _ in range(200)])
    with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False,
                      limits=httpx.Limits(max_connections=AT_ONCE)) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        def send(due: float) -> tuple[bool, float]:
            response = post(server, fields_of(next(asked), sender=next(numbers)), client=client)
            answered = response.status_code == 200 and "<Message" in response.text and excuse not in response.text
            return answered, (time.perf_counter() - due) * 1000

        for _ in range(WARM_UP):
            send(time.perf_counter())
        started, sent = time.perf_counter(), []
        for index in range(RATE * LASTS_S):
            due = started + index / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            sent.append(pool.submit(send, due))
        found = [future.result() for future in sent]
    failed = sum(not answered for answered, _ in found)
    times = [ms for _, ms in found]
    shares = ", ".join(f"p{share:.0%}".replace("%", "") + f" {percentile(times, share):.0f} ms"
                       for share in (0.5, 0.95, 0.99))
    return f"{len(found)} messages, {failed} without an answer; {shares}, longest {max(times):.0f} ms"


def _questions() -> Iterator[str]:
    """Held-out questions, each text once: a number behind it from the second round on."""
    texts = [question.text for question in questions()]
    return itertools.chain(texts, (f"{text} {number}" for number in itertools.count(2) for text in texts))


if __name__ == "__main__":
    main()
