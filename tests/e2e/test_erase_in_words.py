""""Erase my data", on the web and by text message: nothing is left of the conversation when the answer says so."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

from bot.store.personal import CLAIM, PARTS, SENDER
from tests.support.history import database
from tests.support.kannel import PRESENT, Kannel
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT, everything_in, fields_of, new_number, post, sender_id, texts_in, twilio

pytestmark = pytest.mark.e2e

QUESTION = "does how i react to her change how her brain grows"
CANARY = "zygomatic marmalade"
WEB_TABLES, SMS_TABLES = ("events", "conversations", "replies"), ("events", "conversations", "replies", "sms_pages")


@pytest.fixture(scope="module")
def own(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("erase"), environment=ENVIRONMENT) as running:
        yield running


def left_of(server: Server, sender: str) -> set[str]:
    """The tables in which something of this conversation stands."""
    with closing(sqlite3.connect(f"file:{database(server.var_dir)}?mode=ro", uri=True)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {part.table for part in PARTS if part.by == SENDER and part.table in there and connection.execute(
            f"SELECT count(*) FROM {part.table} WHERE {part.column} = ?", (sender,)).fetchone()[0]}


def session(server: Server) -> str:
    return server.client.post("/webhooks/web/session").json()["sender"]


@pytest.mark.parametrize(("words", "says"), [
    ("erase my data", "erased on our server"), ("please delete everything I wrote", "erased on our server"),
    ("borre mis datos por favor", "se borró de nuestro servidor"),
])
def test_on_the_web_all_rows_go(own: Server, words: str, says: str) -> None:
    """Those of the turn that asks for it, too; not another's; the id can be spoken with again, and begins anew."""
    sender, other = session(own), session(own)
    for each in (sender, other):
        own.say(f"{QUESTION} {CANARY} {each}", sender=each, message_id=uuid.uuid4().hex)
    assert left_of(own, sender) >= set(WEB_TABLES)
    (reply, *_) = own.say(words, sender=sender, message_id=uuid.uuid4().hex)
    assert says in reply["text"] and "erases" not in reply["custom"]
    assert left_of(own, sender) == set() and left_of(own, other) >= set(WEB_TABLES)
    stored = everything_in(own.var_dir)
    assert f"{CANARY} {sender}".encode() not in stored and f"{CANARY} {other}".encode() in stored
    assert [message["custom"]["kind"] for message in own.say("says who?", sender=sender)] == ["smalltalk", "notice"]


def test_who_cannot_show_that_it_is_theirs_is_told_how(own: Server) -> None:
    """An id that a client made itself may be another's: nothing goes."""
    sender = f"chosen-{uuid.uuid4().hex}"
    own.say(QUESTION, sender=sender)
    assert "use the erase button" in own.say("erase my data", sender=sender)[0]["text"]
    assert left_of(own, sender) >= {"events", "conversations"}


def test_danger_comes_before(own: Server) -> None:
    """Whoever says both gets the lines, and nothing is forgotten of the danger."""
    sender = session(own)
    (reply, *_) = own.say("delete my data, i want to kill myself", sender=sender)
    assert reply["custom"]["kind"] == "crisis" and left_of(own, sender)


@pytest.mark.parametrize(("words", "says"), [("erase my data", "erased on our server"),
                                             ("borren mis datos", "de nuestro servidor, y también lo que guardamos")])
def test_by_text_message_all_rows_go(own: Server, words: str, says: str) -> None:
    """With the page that MORE turns to and the texts that were sent; the same delivery again gets the same answer."""
    number = new_number()
    sender = sender_id(own.var_dir, number)
    asked = fields_of(f"{QUESTION} {CANARY} {number[-4:]}", sender=number)
    said = texts_in(post(own, asked))
    twilio(own, "MORE", sender=number)
    assert left_of(own, sender) == set(SMS_TABLES)
    again = fields_of(words, sender=number)
    answer = texts_in(post(own, again))
    assert says in answer[0]
    assert left_of(own, sender) == set()
    stored = everything_in(own.var_dir)
    assert f"{CANARY} {number[-4:]}".encode() not in stored
    assert claims(own, asked["MessageSid"]) == 0 and said
    assert texts_in(post(own, again)) == answer


def test_a_stop_stays(own: Server) -> None:
    """Before and after: who opted out is erased without a word, and is written to no more."""
    number = new_number()
    sender = sender_id(own.var_dir, number)
    twilio(own, QUESTION, sender=number)
    twilio(own, "STOP", sender=number)
    assert left_of(own, sender) >= {"events", "sms_opt_outs"}
    assert twilio(own, "please erase my data", sender=number) == []
    assert left_of(own, sender) == {"sms_opt_outs"}
    assert twilio(own, QUESTION, sender=number) == []


@pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")
def test_through_a_real_gateway(own: Server, tmp_path: Path) -> None:
    """In one text, which says so."""
    number = new_number().lstrip("+")
    with Kannel(tmp_path, own) as kannel:
        kannel.carrier.text(number, QUESTION)
        kannel.carrier.answers(number)
        kannel.carrier.text(number, "delete everything you have stored about me")
        assert "erased on our server" in kannel.carrier.answers(number, 2)[1]
    assert left_of(own, sender_id(own.var_dir, f"+{number}")) == set()


def claims(server: Server, message_id: str) -> int:
    """How many texts are kept for the message with this id."""
    (part,) = [part for part in PARTS if part.by == CLAIM]
    with closing(sqlite3.connect(f"file:{database(server.var_dir)}?mode=ro", uri=True)) as connection:
        return connection.execute(f"SELECT count(*) FROM {part.table} WHERE {part.column} = ?",
                                  (message_id,)).fetchone()[0]
