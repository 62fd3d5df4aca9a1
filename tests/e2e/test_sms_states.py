"""Text messages when something is missing, held, over a limit or restarted: what is kept, who is always answered."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

from bot.knowledge import Knowledge
from bot.safety import shared_screen
from bot.sms.keywords import Wish, shared_keywords
from bot.sms.segments import GSM7_SINGLE, fold
from tests.e2e.test_start import ALONE
from tests.support.history import database, said
from tests.support.server import PROJECT, Server
from tests.support.texting import (
    ENVIRONMENT,
    digits,
    fields_of,
    history_entries,
    kannel,
    new_number,
    opted_out,
    post,
    sender_id,
    texts_in,
    twilio,
)
from tests.support.web import assert_error

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
POINT = "Infant mental health is an interdisciplinary field"
# What is said and the number that has to come at once.
DANGER = {
    "i want to kill myself": "988", "my baby is not breathing": "911", "ya no quiero vivir": "988",
    "my toddler just drank some bleach": "18002221222", "my boyfriend hit me again tonight": "911",
}
LIMIT, PERIOD_S = 3, 600
# Twilio waits 15 s; the promise is 5.
IN_TIME_S = 5.0
KEYS = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)


def assert_answered(server: Server, sender: str, message: str, number: str) -> None:
    """The right number within the first 160 septets, through both gateways and in time."""
    started = time.monotonic()
    texts = twilio(server, message, sender=sender)
    assert number in digits(texts[0][:GSM7_SINGLE]), texts
    by_kannel = kannel(server, message, sender=sender)
    assert by_kannel.status_code == 200 and number in digits(by_kannel.text[:GSM7_SINGLE]), by_kannel.text
    assert time.monotonic() - started < 2 * IN_TIME_S


class TestWithoutAModel:
    """Nothing was trained."""

    @pytest.fixture(scope="class")
    def server(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(
            tmp_path_factory.mktemp("no-model"), environment=ENVIRONMENT, wait=False, arguments=ALONE
        ) as running:
            yield running

    @pytest.mark.parametrize(("message", "number"), DANGER.items(), ids=DANGER)
    def test_danger_is_answered(self, server: Server, message: str, number: str) -> None:
        assert_answered(server, new_number(), message, number)

    def test_a_question_is_answered_honestly(self, server: Server) -> None:
        """Twilio's phone gets our words, crisis numbers first; Kannel is told to come again."""
        sender = new_number()
        (text,) = twilio(server, QUESTION, sender=sender)
        assert text.startswith("Emergency: call 911. Crisis: call or text 988.")
        assert_error(kannel(server, QUESTION, sender=sender), 503)

    def test_stop_is_obeyed(self, server: Server) -> None:
        """It needs no model."""
        sender = new_number()
        assert "you are out" in twilio(server, "STOP", sender=sender)[0]
        assert twilio(server, "HELP", sender=sender)[0].startswith("NMAIMH brief bot")
        assert twilio(server, "hello", sender=sender) == []


class TestDatabaseHeld:
    """Another process holds the database."""

    @pytest.fixture(scope="class")
    def server(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(tmp_path_factory.mktemp("held"), environment=ENVIRONMENT) as running:
            twilio(running, QUESTION, sender=new_number())
            with closing(sqlite3.connect(database(running.var_dir), isolation_level=None, timeout=10)) as other:
                other.execute("BEGIN EXCLUSIVE")
                yield running

    @pytest.mark.parametrize(("message", "number"), DANGER.items(), ids=DANGER)
    def test_danger_is_answered(self, server: Server, message: str, number: str) -> None:
        assert_answered(server, new_number(), message, number)

    def test_a_question_is_answered_in_time(self, server: Server) -> None:
        """With our words, crisis numbers first; nothing claims to be stored."""
        started = time.monotonic()
        (text,) = twilio(server, QUESTION, sender=new_number())
        assert text.startswith("Emergency: call 911.") and time.monotonic() - started < IN_TIME_S
        assert_error(kannel(server, QUESTION, sender=new_number()), 503)

    def test_stop_is_not_confirmed_where_it_is_not_kept(self, server: Server) -> None:
        """Whoever asks for silence must not be told that it was granted."""
        (text,) = twilio(server, "STOP", sender=new_number())
        assert "you are out" not in text


def test_what_was_not_answered_is_answered_when_it_comes_again(trained: Path, tmp_path: Path) -> None:
    """The database came back: the same id gets its answer, once."""
    with Server(tmp_path, environment=ENVIRONMENT) as server:
        sender = new_number()
        fields = fields_of(QUESTION, sender=sender)
        twilio(server, "hello", sender=sender)
        with closing(sqlite3.connect(database(server.var_dir), isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert "Emergency" in texts_in(post(server, fields))[0]
            other.execute("ROLLBACK")
        answered = texts_in(post(server, fields))
        assert POINT in answered[0] and texts_in(post(server, fields)) == answered
        assert said(server.var_dir, sender_id(server.var_dir, sender)) == ["hello", QUESTION]


class TestBurst:
    """A number that sends more than it may."""

    @pytest.fixture(scope="class")
    def server(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(tmp_path_factory.mktemp("burst"), environment={
                **ENVIRONMENT, "IMH_RATE_SENDER": f"{LIMIT}/{PERIOD_S}"}) as running:
            yield running

    def test_one_polite_notice_then_silence(self, server: Server) -> None:
        """And nothing of it in the history; another number is not affected."""
        sender = new_number()
        answers = [twilio(server, f"{QUESTION} {count}", sender=sender) for count in range(LIMIT + 5)]
        assert all(answers[:LIMIT])
        assert "wait a few minutes" in answers[LIMIT][0] and len(answers[LIMIT]) == 1
        assert answers[LIMIT + 1:] == [[]] * 4
        assert len(said(server.var_dir, sender_id(server.var_dir, sender))) == LIMIT
        assert twilio(server, QUESTION, sender=new_number())

    def test_who_repeats_an_id_is_not_counted(self, server: Server) -> None:
        """A gateway's second delivery is nobody's message."""
        sender = new_number()
        fields = fields_of(QUESTION, sender=sender)
        for _ in range(LIMIT + 2):
            assert POINT in texts_in(post(server, fields))[0]
        assert twilio(server, "MORE", sender=sender)

    @pytest.mark.parametrize(("message", "number"), DANGER.items(), ids=DANGER)
    def test_danger_is_answered(self, server: Server, message: str, number: str) -> None:
        sender = new_number()
        for count in range(LIMIT + 2):
            twilio(server, f"{QUESTION} {count}", sender=sender)
        assert_answered(server, sender, message, number)

    def test_stop_is_confirmed_however_much_was_sent(self, server: Server) -> None:
        """Once."""
        sender = new_number()
        for count in range(LIMIT + 2):
            twilio(server, f"{QUESTION} {count}", sender=sender)
        assert "you are out" in twilio(server, "stop", sender=sender)[0]
        assert twilio(server, "stop", sender=sender) == []


def test_all_numbers_together_have_a_limit(trained: Path, tmp_path: Path) -> None:
    """`IMH_RATE_SMS`: a flood from many numbers; each is told once, danger is answered."""
    with Server(tmp_path, environment={**ENVIRONMENT, "IMH_RATE_SMS": f"{LIMIT}/{PERIOD_S}"}) as server:
        assert all(POINT in twilio(server, QUESTION, sender=new_number())[0] for _ in range(LIMIT))
        sender = new_number()
        assert "wait" in twilio(server, QUESTION, sender=sender)[0] and twilio(server, QUESTION, sender=sender) == []
        assert history_entries(server.var_dir) == LIMIT
        assert_answered(server, new_number(), "i want to kill myself", "988")


@pytest.mark.parametrize(("message", "number"), DANGER.items(), ids=DANGER)
def test_danger_is_answered_after_an_opt_out(opted: tuple[Server, str], message: str, number: str) -> None:
    """The lines and nothing else; the person stays out."""
    server, sender = opted
    assert_answered(server, sender, message, number)
    assert len(twilio(server, message, sender=sender)) == 1
    assert twilio(server, QUESTION, sender=sender) == []
    assert said(server.var_dir, sender_id(server.var_dir, sender)) == []


@pytest.fixture(scope="module")
def opted(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server, and a number that does not want to hear from it."""
    sender = new_number()
    with Server(tmp_path_factory.mktemp("opted"), environment=ENVIRONMENT) as running:
        twilio(running, "STOP", sender=sender)
        yield running, sender


def test_danger_outranks_everything_in_the_same_message(opted: tuple[Server, str]) -> None:
    """A keyword, a choice that is open, a request to stop."""
    server, _ = opted
    sender = new_number()
    twilio(server, QUESTION, sender=sender)
    for message in (
        "STOP. i want to kill myself",
        "1. i want to kill myself",
        "please stop texting me, i want to kill myself",
        "HELP i want to kill myself",
    ):
        assert "988" in twilio(server, message, sender=sender)[0][:GSM7_SINGLE], message
    assert POINT in twilio(server, QUESTION, sender=sender)[0], "nobody opted out"


@pytest.mark.parametrize("message", [
    "stop texting me, nobody would miss me anyway", "unsubscribe me. i wont be here tomorrow",
    "ya no me manden mensajes, ya no aguanto mas",
])
def test_danger_that_only_the_classifier_hears_outranks_a_request_to_stop(opted: tuple[Server, str],
                                                                          message: str) -> None:
    """The number at once, through both gateways, and nobody is out."""
    assert not shared_screen().screen(message) and shared_keywords().read(message).wish is Wish.STOP
    server, _ = opted
    sender = new_number()
    assert_answered(server, sender, message, "988")
    assert POINT in twilio(server, QUESTION, sender=sender)[0]


def test_who_is_out_and_asks_again_in_danger_gets_the_lines(opted: tuple[Server, str]) -> None:
    """Only the classifier hears it; the person stays out."""
    server, sender = opted
    message = "no more texts. i am saying goodbye to everyone"
    assert not shared_screen().screen(message)
    (lines,) = twilio(server, message, sender=sender)
    assert "988" in lines[:GSM7_SINGLE]
    assert twilio(server, QUESTION, sender=sender) == []


class TestRestart:
    """A server that is killed and started again."""

    @pytest.fixture(scope="class")
    def server(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(tmp_path_factory.mktemp("restart"), environment=ENVIRONMENT) as running:
            yield running

    def test_what_was_promised_is_kept(self, server: Server) -> None:
        """An opt-out, the answer to an id, the choices, the page that MORE turns to."""
        silent, chooser, reader = new_number(), new_number(), new_number()
        twilio(server, "STOP", sender=silent)
        asked = fields_of(QUESTION, sender=chooser)
        answer = post(server, asked).text
        twilio(server, QUESTION, sender=reader)
        first = twilio(server, "MORE", sender=reader)
        server.stop(signal.SIGKILL)
        server.start()
        assert twilio(server, QUESTION, sender=silent) == []
        assert post(server, asked).text == answer
        title = next(line[2:] for line in texts_in(post(server, asked))[0].splitlines() if line.startswith("2 "))
        assert title == "Why your bond with your baby is central"
        assert twilio(server, "the second", sender=chooser)[0].startswith(
            "The infant-caregiver relationship is central"
        )
        second = twilio(server, "MORE", sender=reader)
        assert second != first and "The field of infant mental health works" in second[0]

    def test_the_source_between_two_pages_turns_none_back(self, server: Server) -> None:
        """MORE goes on where it was; and what was read to its end is not begun again."""
        reader = new_number()
        twilio(server, QUESTION, sender=reader)
        first = twilio(server, "MORE", sender=reader)
        twilio(server, "SOURCE", sender=reader)
        second = twilio(server, "MORE", sender=reader)
        assert second != first and "The field of infant mental health works" in second[0]
        twilio(server, "SOURCE", sender=reader)
        assert twilio(server, "MORE", sender=reader) not in (first, second)

    def test_a_number_means_what_the_phone_was_shown(self, server: Server, knowledge: Knowledge) -> None:
        """Through a gateway that takes one text: two answers leave no room for all choices; "the last" is the last seen."""
        reader = new_number()
        text = kannel(server, "does divorce affect my baby? and why does she cry so much?", sender=reader).text
        assert "(NMAIMH Issues Brief 1) NMAIMH (505) 331-7138" in text and "HELP for help" not in text
        shown = [line[2:] for line in text.splitlines() if line[:2] in {"1 ", "2 ", "3 "}]
        titles = {fold(topic.title["en"]): topic for topic in knowledge.topics.values()}
        server.stop(signal.SIGKILL)
        server.start()
        chosen = kannel(server, "the last one", sender=reader).text
        assert "HELP for help" in chosen and len(shown) < 3
        if shown:
            topic = titles[shown[-1]]
            assert chosen.startswith(tuple(fold(topic.wording("en", who).sms)[:60] for who in ("parent", "provider")))
        else:
            assert chosen.startswith(knowledge.phrase("no_such_choice", "en"))


class TestPseudonymKey:
    """Opt-outs stand under a key, and under no other."""

    def run(self, var_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
        return subprocess.run([sys.executable, "-m", "bot", *arguments], cwd=PROJECT, capture_output=True, text=True,
                              timeout=60, env={**kept, "IMH_VAR_DIR": str(var_dir), **environment})

    def test_a_server_with_another_key_does_not_start(self, trained: Path, tmp_path: Path) -> None:
        """And says what to do; after the change of key by command it starts, and everybody is who they were."""
        silent, reader = new_number(), new_number()
        with Server(tmp_path, environment={**ENVIRONMENT, "IMH_PSEUDONYM_KEY": KEYS[0]}) as server:
            twilio(server, "STOP", sender=silent)
            twilio(server, QUESTION, sender=reader)
            asked = fields_of(QUESTION, sender=reader)
            answer = post(server, asked).text
        refused = self.run(tmp_path, "serve", IMH_PSEUDONYM_KEY=KEYS[1], IMH_PORT=str(server.port))
        said_why = " ".join((refused.stdout + refused.stderr).split())
        assert refused.returncode == 1 and "IMH_PSEUDONYM_KEY: 1 opt-outs are kept under another key" in said_why
        assert "Traceback" not in said_why and "make rekey" in said_why
        moved = self.run(tmp_path, "rekey", IMH_PSEUDONYM_KEY=KEYS[0], IMH_PSEUDONYM_KEY_NEW=KEYS[1])
        assert moved.returncode == 0 and "1 opt-outs" in moved.stderr, moved.stderr
        assert self.run(tmp_path, "serve", IMH_PSEUDONYM_KEY=KEYS[0], IMH_PORT=str(server.port)).returncode == 1
        with Server(tmp_path, environment={**ENVIRONMENT, "IMH_PSEUDONYM_KEY": KEYS[1]}) as again:
            assert twilio(again, QUESTION, sender=silent) == []
            assert post(again, asked).text == answer
            assert twilio(again, "MORE", sender=reader)[0].startswith("The brief's words")
            assert opted_out(tmp_path) == 1
