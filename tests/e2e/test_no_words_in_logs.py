"""No word of a message, no number and no address in any log: of the server, the gateway, the database, the console.

Everything runs with debug logging on. Canaries are looked for after answers, refusals, and every way in which a turn can
fail. For each kind of log something shows that the canary would have been written without its defence.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import httpx
import pytest
import sqlalchemy as sa

from tests.support.history import database
from tests.support.kannel import PRESENT, TOKEN, Kannel
from tests.support.postgres import Postgres
from tests.support.server import PROJECT, Server, free_port
from tests.support.texting import ENVIRONMENT, fields_of, kannel, new_number, post, twilio
from tests.support.web import JSON_TYPE, WEBHOOK

pytestmark = pytest.mark.e2e

WORD, QUESTION = "zygomatic", "does how i react to her change how her brain grows"
RAISES_IN_ACTION, RAISES_IN_PIPELINE = "vermilion", "ultramarine"
SECRET_PHONE, SECRET_MAIL = "505-555-0177", "canary@example.org"
# The bot as it is started, with every logger wide open, and with an action and a component that raise what they were told.
DEBUG = f"""
import logging, sys
from bot import cli, logs
configure = logs.configure_logging
cli.configure_logging = lambda *_: configure(logging.DEBUG)
if sys.argv[1] == "serve":
    from actions.replying import ReplyingAction
    from nlu.components.scope import ScopeDecision
    run, process = ReplyingAction.run, ScopeDecision.process
    async def broken_run(self, dispatcher, tracker, domain):
        text = tracker.events[-1]["text"]
        if "{RAISES_IN_ACTION}" in text:
            raise ValueError(text)
        return await run(self, dispatcher, tracker, domain)
    def broken_process(self, messages):
        for message in messages:
            if "{RAISES_IN_PIPELINE}" in message.get("text"):
                raise ValueError(message.get("text"))
        return process(self, messages)
    ReplyingAction.run, ScopeDecision.process = broken_run, broken_process
cli.main()
"""


def debugging(var_dir: Path, **environment: str) -> Server:
    return Server(var_dir, arguments=("-c", DEBUG, "serve"),
                  environment={**ENVIRONMENT, "PYTHONASYNCIODEBUG": "1", **environment})


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with debugging(tmp_path_factory.mktemp("canaries")) as running:
        yield running


def words_in(*logs: Path) -> list[str]:
    """The lines of some logs that hold what nobody may read there."""
    secrets = (WORD, RAISES_IN_ACTION, RAISES_IN_PIPELINE, SECRET_PHONE, SECRET_MAIL, TOKEN)
    # Kannel writes a text's bytes in hexadecimal.
    secret = re.compile("|".join([*secrets, *(one.encode().hex() for one in secrets)]), re.IGNORECASE)
    return [line for path in logs for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
            if secret.search(line)]


def assert_wordless(server: Server, *more: Path, numbers: tuple[str, ...] = ()) -> None:
    time.sleep(0.3)
    assert server.log.stat().st_size > 0
    assert words_in(server.log, *more) == []
    text = "".join(path.read_text(errors="replace") for path in (server.log, *more))
    assert [number for number in numbers if number.lstrip("+") in text] == []


def test_the_web_channel_writes_no_word(server: Server) -> None:
    """Answers, a crisis, feedback, the page's form, everything that is refused."""
    sender = server.client.post("/webhooks/web/session").json()["sender"]
    for text in (f"{QUESTION} {WORD}", f"{WORD} {SECRET_PHONE} {SECRET_MAIL}", f"{WORD} i want to kill myself",
                 f"my name is {WORD}", f"/{WORD}", f"{WORD} " * 200):
        reply = server.say(text[:2000], sender=sender)
    server.client.post("/webhooks/web/feedback", json={"sender": sender, "id": reply[0]["custom"]["id"], "value": "up",
                                                       "text": f"{WORD} {SECRET_PHONE}"})
    server.client.post("/webhooks/web/", data={"message": f"{WORD} {QUESTION}", "sender": sender})
    for body in (b'{"message": "' + WORD.encode(), json.dumps({"message": WORD * 400}).encode(), WORD.encode() * 4000,
                 json.dumps({"message": WORD, "sender": WORD * 30}).encode(),
                 json.dumps({"message": WORD, "metadata": {"language": WORD}}).encode(),
                 json.dumps({"message": f"{WORD}\ud800\u0000"}).encode(), b"[" * 10_000 + WORD.encode()):
        assert server.client.post(WEBHOOK, content=body, headers=JSON_TYPE).status_code < 500
    server.client.get(f"/webhooks/web/{WORD}?text={WORD}", headers={"X-Secret": WORD, "Cookie": f"a={WORD}"})
    server.client.post(WEBHOOK, content=WORD.encode(), headers={"Content-Type": f"text/{WORD}"})
    assert_wordless(server)


def test_text_messages_leave_no_word_and_no_number(server: Server) -> None:
    """Through both gateways' doors, whoever knocks."""
    number = new_number()
    twilio(server, f"{QUESTION} {WORD}", sender=number)
    post(server, fields_of(f"{WORD}", sender=number), **{"X-Twilio-Signature": WORD})
    kannel(server, f"{WORD} {QUESTION}", sender=number)
    kannel(server, WORD, sender=number, token="wrong-token")
    server.client.get(f"/webhooks/sms/kannel?text={WORD}%ZZ&token={TOKEN}&from={number}")
    twilio(server, "STOP", sender=number)
    twilio(server, f"please erase my data {WORD}", sender=number)
    assert_wordless(server, numbers=(number,))


@pytest.mark.parametrize("word", [RAISES_IN_ACTION, RAISES_IN_PIPELINE])
def test_what_raises_is_logged_without_its_text(server: Server, word: str) -> None:
    """An action or a component that raises an error which quotes the message: 503, and where it arose."""
    number = new_number()
    before = server.log.read_text(errors="replace").count("A turn failed: ")
    server.say(f"{word} {QUESTION}", sender="canary", status=503)
    twilio(server, f"{word} {QUESTION}", sender=number)
    twilio(server, "STOP", sender=number)
    twilio(server, f"{word} after all", sender=number)
    assert server.log.read_text(errors="replace").count("A turn failed: ") >= before + 2
    assert_wordless(server, numbers=(number,))


def test_a_database_that_fails_is_logged_without_its_rows(trained: Path, tmp_path: Path) -> None:
    """A table that is gone, a row that is refused, then the whole file."""
    with debugging(tmp_path) as own:
        own.say(f"{WORD} {QUESTION}", sender="canary")
        path = database(tmp_path)
        with sa.create_engine(f"sqlite:///{path}").begin() as connection:
            connection.execute(sa.text("CREATE TRIGGER never BEFORE INSERT ON events BEGIN "
                                       "SELECT RAISE(ABORT, 'refused'); END"))
        own.say(f"{WORD} {QUESTION}", sender="canary", status=503)
        for file in tmp_path.glob("conversations.db*"):
            file.rename(file.with_name(f"away-{file.name}"))
        path.mkdir()
        own.say(f"{WORD} {QUESTION}", sender="canary", status=503)
        number = new_number()
        twilio(own, f"{WORD} {QUESTION}", sender=number)
        path.rmdir()
        assert "A turn failed" in own.log.read_text(errors="replace")
        assert_wordless(own, numbers=(number,))


def refuse(address: str) -> None:
    """Let PostgreSQL refuse every event from now on, with an error that quotes the row."""
    with sa.create_engine(address).begin() as connection:
        connection.execute(sa.text("ALTER TABLE events ADD CONSTRAINT never CHECK (type_name <> 'user') NOT VALID"))


def test_postgresql_writes_no_word_down(trained: Path, tmp_path: Path, postgres: Postgres) -> None:
    """With deploy/postgres/privacy.conf: not of statements that fail, not when it is stopped in between."""
    address = postgres.database()
    with debugging(tmp_path, IMH_DB_URL=address) as own:
        own.say(f"{WORD} {QUESTION}", sender="canary")
        refuse(address)
        own.say(f"{WORD} {QUESTION}", sender="canary", status=503)
        number = new_number()
        twilio(own, f"{WORD} {QUESTION}", sender=number)
        assert "violates check constraint" in postgres.log.read_text(errors="replace")
        postgres.stop()
        own.say(f"{WORD} {QUESTION}", sender="canary", status=503)
        postgres.start()
        assert_wordless(own, postgres.log, numbers=(number,))


def test_without_these_settings_postgresql_would(tmp_path: Path) -> None:
    """What the settings are for: the same statement, refused by a server with its own defaults."""
    with Postgres(wordless=False) as careless:
        with sa.create_engine(careless.database()).connect() as connection:
            with pytest.raises(sa.exc.ProgrammingError):
                connection.execute(sa.text("INSERT INTO nowhere VALUES (:text)"), {"text": WORD})
        assert words_in(careless.log)


@pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")
def test_a_real_gateway_writes_no_word_down(server: Server, tmp_path: Path) -> None:
    """Both boxes as they are configured, every file that they leave; a message that is answered and one that is not."""
    number = new_number().lstrip("+")
    with Kannel(tmp_path, server) as gateway:
        gateway.carrier.text(number, f"{QUESTION} {WORD}")
        gateway.carrier.answers(number)
        gateway.carrier.text(number, f"{RAISES_IN_ACTION} {QUESTION}")
        time.sleep(2)
        files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "kannel.conf"]
        assert {path.name for path in files} >= {"bearerbox.log", "smsbox.log"}
        assert_wordless(server, *files, numbers=(number,))


@pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")
def test_an_access_log_would(server: Server, tmp_path: Path) -> None:
    """Why none is configured: Kannel's holds text and number."""
    number, log = new_number().lstrip("+"), tmp_path / "access.log"
    with Kannel(tmp_path, server, edit=lambda conf: conf.replace(
            "log-level = 4", f'log-level = 4\naccess-log = "{log}"', 1)) as gateway:
        gateway.carrier.text(number, f"{QUESTION} {WORD}")
        gateway.carrier.answers(number)
        assert until(lambda: bool(words_in(log)))
    assert number in log.read_text(errors="replace")


def test_the_console_writes_no_word_down(trained: Path, tmp_path: Path) -> None:
    """While it reads what was asked, while the database refuses it, and whatever is typed into its pages."""
    with debugging(tmp_path) as own:
        own.say(f"{WORD} {QUESTION}", sender="canary")
        own.say(f"{WORD} {SECRET_PHONE} what is infant mental health", sender="canary")
    port, log = free_port(), tmp_path / "console.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", DEBUG, "console"], cwd=PROJECT, stdout=output, stderr=output,
            env={"PATH": "/usr/bin:/bin", "IMH_VAR_DIR": str(tmp_path), "IMH_CONSOLE_PORT": str(port),
                 "IMH_STAFF_DIR": str(tmp_path / "staff"), "PYTHONASYNCIODEBUG": "1"})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
            until_up(client)
            client.post("/sign-in", data={"name": WORD, "password": WORD})
            client.get(f"/inbox?q={WORD}", headers={"Cookie": f"imh_session={WORD}"})
            client.get(f"/{WORD}?{WORD}")
            assert until(lambda: count(tmp_path) >= 2)  # the collector has read the messages
            with sa.create_engine(f"sqlite:///{database(tmp_path)}").begin() as connection:
                connection.execute(sa.text("CREATE TRIGGER never BEFORE INSERT ON messages BEGIN "
                                           "SELECT RAISE(ABORT, 'refused'); END"))
                connection.execute(sa.text("DELETE FROM messages"))
                connection.execute(sa.text("DELETE FROM inbox_marks"))
            assert until(lambda: "failed" in log.read_text(errors="replace"))
            time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert log.stat().st_size and words_in(log) == []


def until_up(client: httpx.Client) -> None:
    def up() -> bool:
        try:
            return client.get("/sign-in").status_code < 500
        except httpx.TransportError:
            return False
    assert until(up)


def until(done, timeout_s: float = 60) -> bool:  # noqa: ANN001
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.2)
    return False


def count(var_dir: Path) -> int:
    with sa.create_engine(f"sqlite:///{database(var_dir)}").connect() as connection:
        if not sa.inspect(connection).has_table("messages"):
            return 0
        return connection.execute(sa.text("SELECT count(*) FROM messages")).scalar()
