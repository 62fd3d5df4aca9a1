"""Text messages with PostgreSQL behind them: what is promised on a file holds there, and while it is away."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa

from bot.sms.segments import GSM7_SINGLE
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT, fields_of, kannel, new_number, post, texts_in, twilio
from tests.support.web import assert_error

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
POINT = "Infant mental health is an interdisciplinary field"
IN_TIME_S, HEALTH_WITHIN_S = 5.0, 1.0


@pytest.fixture(scope="module")
def server(trained: Path, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("postgres"), environment={**ENVIRONMENT, "IMH_DB_URL": address}) as running:
        yield running


def entries(address: str) -> int:
    """How many messages of all people the history holds."""
    with sa.create_engine(address).connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM events WHERE type_name = 'user'")).scalar()


def test_a_message_that_comes_at_once_from_everywhere_is_answered_once(server: Server, address: str) -> None:
    """Eight deliveries of each of twelve messages: one answer and one entry each."""
    before, sender = entries(address), new_number()
    fields = [fields_of(f"{QUESTION} {number}", sender=sender) for number in range(12)]
    with ThreadPoolExecutor(16) as pool:
        answers = [response.text for response in pool.map(partial(post, server), fields * 8)]
    assert all(len(set(answers[place::12])) == 1 and "<Message" in answers[place] for place in range(12))
    assert entries(address) - before == 12


def test_what_was_promised_outlives_the_server(server: Server) -> None:
    """An opt-out, the answer to an id, the page that MORE turns to."""
    silent, reader = new_number(), new_number()
    twilio(server, "STOP", sender=silent)
    asked = fields_of(QUESTION, sender=reader)
    answer = post(server, asked).text
    first = twilio(server, "MORE", sender=reader)
    server.stop(signal.SIGKILL)
    server.start()
    assert twilio(server, QUESTION, sender=silent) == []
    assert post(server, asked).text == answer
    assert twilio(server, "MORE", sender=reader) != first


def test_while_a_table_is_held_everybody_is_answered_in_time(server: Server, address: str) -> None:
    """Danger with its lines, a question with our words; the server goes on; then the question's answer."""
    question = fields_of(QUESTION, sender=new_number())
    danger = fields_of("i want to kill myself", sender=new_number())
    twilio(server, QUESTION, sender=new_number())

    def timed(fields: dict[str, str]) -> tuple[str, float]:
        started = time.monotonic()
        return texts_in(post(server, fields))[0], time.monotonic() - started

    with sa.create_engine(address).begin() as holder, ThreadPoolExecutor(8) as pool:
        holder.execute(sa.text("LOCK TABLE sms_claims IN ACCESS EXCLUSIVE MODE"))
        others = [fields_of(QUESTION, sender=new_number()) for _ in range(4)]
        answers = [pool.submit(timed, fields) for fields in (question, danger, *others)]
        for _ in range(5):
            started = time.monotonic()
            assert server.client.get("/webhooks/web/health/live").status_code == 200
            assert time.monotonic() - started < HEALTH_WITHIN_S
            time.sleep(0.4)
        said = [answer.result() for answer in answers]
    assert all(took < IN_TIME_S for _, took in said), said
    assert said[0][0].startswith("Emergency: call 911.") and "988" in said[1][0][:GSM7_SINGLE]
    assert POINT in texts_in(post(server, question))[0]


def test_while_it_is_away_danger_is_answered_and_nothing_is_promised(server: Server, postgres: Postgres) -> None:
    """A question gets our words, STOP no confirmation, who opted out stays out; then all goes on by itself."""
    silent, sender = new_number(), new_number()
    twilio(server, "STOP", sender=silent)
    asked = fields_of(QUESTION, sender=sender)
    postgres.stop()
    try:
        for number in (sender, silent):
            assert "988" in twilio(server, "i want to kill myself", sender=number)[0][:GSM7_SINGLE]
        assert texts_in(post(server, asked))[0].startswith("Emergency: call 911.")
        assert_error(kannel(server, QUESTION, sender=new_number()), 503)
        assert "you are out" not in twilio(server, "STOP", sender=new_number())[0]
    finally:
        postgres.start()
    assert POINT in texts_in(post(server, asked))[0]
    assert twilio(server, QUESTION, sender=silent) == []
