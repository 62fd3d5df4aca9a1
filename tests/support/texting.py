"""Text messages as gateways bring them: signed posts of Twilio's, queries of Kannel's, and what comes back."""

from __future__ import annotations

import itertools
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
from twilio.request_validator import RequestValidator

from bot.settings import Settings, pseudonym_key
from bot.sms.pseudonyms import Pseudonyms
from tests.support.history import database
from tests.support.kannel import TOKEN
from tests.support.server import Server

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC_URL = "https://sms.example.org"
TWILIO, STATUS, KANNEL = "/webhooks/sms/twilio", "/webhooks/sms/twilio/status", "/webhooks/sms/kannel"
PROGRAMME = "+15055550100"
ENVIRONMENT = {"IMH_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "IMH_PUBLIC_URL": PUBLIC_URL, "IMH_KANNEL_TOKEN": TOKEN}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_serial = itertools.count(1)


def new_number() -> str:
    """A number from which nobody has written yet."""
    return f"+1505{5550200 + next(_serial):07d}"


def new_id() -> str:
    """An id as Twilio gives to a message."""
    return f"SM{next(_serial):032x}"


def signature(fields: dict[str, str], path: str = TWILIO, token: str = AUTH_TOKEN, address: str = PUBLIC_URL) -> str:
    """What Twilio puts into `X-Twilio-Signature`."""
    return RequestValidator(token).compute_signature(f"{address}{path}", fields)


def fields_of(text: str, *, sender: str, message_id: str | None = None, **more: str) -> dict[str, str]:
    """The form of a message to Twilio's number."""
    return {"MessageSid": message_id or new_id(), "AccountSid": "AC1", "From": sender, "To": PROGRAMME, "Body": text,
            "NumMedia": "0", **more}


def post(server: Server, fields: dict[str, str], *, path: str = TWILIO, client: httpx.Client | None = None,
         **headers: str) -> httpx.Response:
    """A post with the right signature, unless the headers hold another."""
    headers = {"X-Twilio-Signature": signature(fields, path), **headers}
    return (client or server.client).post(path, data=fields, headers=headers)


def texts_in(response: httpx.Response) -> list[str]:
    """The messages of a TwiML answer."""
    assert response.status_code == 200, (response.status_code, response.text)
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    assert root.tag == "Response"
    return [message.text or "" for message in root.iter("Message")]


def twilio(server: Server, text: str, *, sender: str, message_id: str | None = None, **more: str) -> list[str]:
    """The texts with which a message to Twilio's number is answered."""
    return texts_in(post(server, fields_of(text, sender=sender, message_id=message_id, **more)))


def kannel(server: Server, text: str, *, sender: str, message_id: str | None = None, **changes: Any) -> httpx.Response:
    """What Kannel gets for a message; a change to None takes a field away."""
    query = {"from": sender.lstrip("+"), "to": PROGRAMME.lstrip("+"), "text": text, "id": message_id or new_id(),
             "token": TOKEN, **changes}
    return server.client.get(KANNEL, params={name: value for name, value in query.items() if value is not None})


def sender_id(var_dir: Path, number: str) -> str:
    """The pseudonym of a number in the database of a server that made its key by itself."""
    key = pseudonym_key(Settings(var_dir=var_dir))
    return Pseudonyms(key).of(number, PROGRAMME)


def everything_in(database_dir: Path) -> bytes:
    """The bytes of the database and its journals."""
    return b"".join(path.read_bytes() for path in sorted(database_dir.glob("conversations.db*")))


def opted_out(var_dir: Path) -> int:
    """How many numbers want silence."""
    with closing(sqlite3.connect(f"file:{database(var_dir)}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM sms_opt_outs").fetchone()[0]


def history_entries(var_dir: Path) -> int:
    """How many messages of all people the history holds."""
    with closing(sqlite3.connect(f"file:{database(var_dir)}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM events WHERE type_name = 'user'").fetchone()[0]


def digits(text: str) -> str:
    """The digits of a text, in which a number is found however it is written."""
    return re.sub(r"\D", "", text)
