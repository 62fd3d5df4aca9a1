"""PostgreSQL stands still (SIGSTOP to its processes): connections stay open, and nobody answers on them.

People are told so with the crisis lines, within seconds, text messages too; once it goes on, so does everything.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

import httpx
import pytest

from bot.sms.segments import GSM7_SINGLE
from tests.e2e.test_workers import history
from tests.support.crowd import Crowd, send
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT, fields_of, new_number, texts_in
from tests.support.texting import post as text_in
from tests.support.web import WEBHOOK, assert_error

pytestmark = pytest.mark.e2e

QUESTION, DANGER = "what is infant mental health", "i want to kill myself"
# What compose.yaml gives the question whether it is ready; what a person waits at most; until it is back by itself.
READY_WITHIN_S, TOLD_WITHIN_S, BACK_WITHIN_S = 4.0, 6.0, 5.0


@pytest.fixture(scope="module")
def server(trained: Path, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("frozen"), environment={**ENVIRONMENT, "IMH_DB_URL": address}) as running:
        yield running


def timed(ask: Callable[[httpx.Client], httpx.Response], server: Server) -> tuple[httpx.Response, float]:
    """An answer on a connection of its own, and after how many seconds it came."""
    with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
        began = time.monotonic()
        return ask(client), time.monotonic() - began


def says(message: str, sender: str) -> Callable[[httpx.Client], httpx.Response]:
    return lambda client: client.post(WEBHOOK, json={"sender": sender, "message": message})


def texts(server: Server, message: str) -> Callable[[httpx.Client], httpx.Response]:
    fields = fields_of(message, sender=new_number())
    return lambda client: text_in(server, fields, client=client)


def ready(client: httpx.Client) -> httpx.Response:
    return client.get("/webhooks/web/health/ready")


def back(server: Server) -> None:
    """Wait until the server calls itself ready again."""
    deadline = time.monotonic() + BACK_WITHIN_S
    while ready(server.client).status_code != 200:
        assert time.monotonic() < deadline, "The server did not come back."
        time.sleep(0.2)


def test_people_are_told_and_the_conversation_goes_on(server: Server, postgres: Postgres, address: str) -> None:
    """All at once, and again when it is known: a question and danger by web and by text, and whether it is ready."""
    ana = uuid.uuid4().hex
    answer = server.say(QUESTION, sender=ana)[0]["custom"]
    assert answer["kind"] == "answer" and ready(server.client).status_code == 200
    feedback = {"sender": ana, "id": answer["id"], "value": "up"}
    process = server.process.pid if server.process else 0
    with postgres.frozen(), ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            asked = {
                "question": says(QUESTION, uuid.uuid4().hex), "follow-up": says("says who?", ana),
                "danger": says(DANGER, uuid.uuid4().hex), "ready": ready,
                "text": texts(server, QUESTION), "text of danger": texts(server, DANGER),
                "feedback": lambda client: client.post("/webhooks/web/feedback", json=feedback)}
            begun = {name: pool.submit(timed, ask, server) for name, ask in asked.items()}
            told = {name: answer.result() for name, answer in begun.items()}
            took = {name: round(seconds, 2) for name, (_, seconds) in told.items()}
            print(took)
            assert max(took.values()) < TOLD_WITHIN_S and took["ready"] < READY_WITHIN_S, took
            for name in ("question", "follow-up", "danger", "feedback", "ready"):
                body = assert_error(told[name][0], 503, "unavailable")
                assert {line["display"] for line in body["lines"]} >= {"911", "988"}
            assert "988" in told["danger"][0].json()["lines"][0]["display"]
            assert "database_away" in told["ready"][0].json()["reasons"]
            assert texts_in(told["text"][0])[0].startswith("Emergency: call 911.")
            assert "988" in texts_in(told["text of danger"][0])[0][:GSM7_SINGLE]
    back(server)
    assert server.say("says who?", sender=ana)[0]["custom"]["topic"] == "references"
    assert server.client.post("/webhooks/web/feedback", json=feedback).status_code == 200
    assert server.process and server.process.poll() is None and server.process.pid == process
    assert [text for sender, text in history(address) if sender == ana] == [QUESTION, "says who?"]


def test_messages_that_were_being_answered_are_neither_lost_nor_doubled(server: Server, postgres: Postgres,
                                                                        address: str) -> None:
    """Six people talk and ask again while it stands still twice; the server itself answers all along."""
    alive: list[float] = []
    with Crowd(server, 6, insist=True) as crowd:
        for _ in range(2):
            time.sleep(1.5)
            with postgres.frozen():
                until = time.monotonic() + 8
                while time.monotonic() < until:
                    response, took = timed(lambda client: client.get("/webhooks/web/health/live"), server)
                    assert response.status_code == 200
                    alive.append(took)
                    time.sleep(0.2)
            back(server)
        time.sleep(1)
    print(f"{len(crowd.said)} messages, {len(crowd.answered())} answered; alive within {max(alive):.2f} s")
    assert max(alive) < TOLD_WITHIN_S, max(alive)
    assert {message.error or message.status for message in crowd.said} <= {200, 503}
    with httpx.Client(timeout=30, trust_env=False) as client:
        for message in crowd.said:
            if message.status != 200:
                send(client, f"{server.address}{WEBHOOK}", message)
    log = server.log.read_text()  # it was noticed, and cost somebody a turn
    assert log.count("PostgreSQL does not answer") >= 2 and "A turn failed" in log
    stored = Counter(text.split()[-1] for _, text in history(address))
    assert {message.status for message in crowd.said} == {200}
    assert {stored[message.message_id] for message in crowd.said} == {1}
