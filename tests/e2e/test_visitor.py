"""Session, feedback and erase as the contract has them, and the widget's files, on the real server."""

from __future__ import annotations

import re
import sqlite3
import uuid
from contextlib import closing
from typing import Any

import pytest

from tests.support.history import database, events
from tests.support.server import Server
from tests.support.web import JSON_TYPE, LINE_KEYS, WEBHOOK, assert_error

pytestmark = pytest.mark.e2e

QUESTION = "does how i react to her change how her brain grows"
SESSION, FEEDBACK, ERASE = (f"/webhooks/web/{name}" for name in ("session", "feedback", "erase"))


def session(server: Server) -> str:
    """A new signed id."""
    return server.client.post(SESSION).json()["sender"]


def rows(server: Server, table: str, sender: str) -> int:
    """How many rows of a table belong to a conversation."""
    with closing(sqlite3.connect(f"file:{database(server.var_dir)}?mode=ro", uri=True)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table} WHERE sender_id = ?", (sender,)).fetchone()[0]


def answered(server: Server, sender: str) -> str:
    """The id of an answer that was given in this conversation."""
    return server.say(QUESTION, sender=sender, message_id=uuid.uuid4().hex)[0]["custom"]["id"]


class TestSession:
    """Ids that the server makes."""

    def test_an_id_is_new_each_time_and_can_be_spoken_with(self, server: Server) -> None:
        """128 random bits and a signature; nothing is stored for it before somebody speaks."""
        first, second = session(server), session(server)
        assert first != second and re.fullmatch(r"imh1-[0-9a-f]{32}-[0-9a-f]{32}", first)
        assert rows(server, "events", first) == 0
        (reply, *_) = server.say(QUESTION, sender=first)
        assert reply["recipient_id"] == first

    def test_a_message_without_an_id_gets_a_signed_one(self, server: Server) -> None:
        """So that it can be erased later."""
        reply = server.client.post(WEBHOOK, json={"message": QUESTION}).json()
        assert server.client.post(ERASE, json={"sender": reply[0]["recipient_id"]}).status_code == 200

    @pytest.mark.parametrize("change", [lambda sender: sender[:-1] + ("0" if sender[-1] != "0" else "1"),
                                        lambda sender: sender[:-33], lambda sender: sender + "0"],
                             ids=["altered", "cut", "longer"])
    @pytest.mark.parametrize("path", [WEBHOOK, FEEDBACK])
    def test_an_id_that_pretends_is_refused(self, server: Server, path: str, change: Any) -> None:
        """Nobody continues another's conversation by guessing."""
        body = {"sender": change(session(server)), "message": "hello", "id": "x", "value": "up"}
        assert_error(server.client.post(path, json=body), 400, "sender_invalid")

    def test_an_old_client_keeps_its_own_id(self, server: Server, sender: str) -> None:
        """It is answered and rated as before; only erasing is not for it."""
        answer_id = answered(server, sender)
        assert server.client.post(FEEDBACK, json={"sender": sender, "id": answer_id, "value": "up"}).status_code == 200
        assert_error(server.client.post(ERASE, json={"sender": sender}), 403, "not_yours")
        assert events(server.var_dir, sender)


class TestFeedback:
    """What people think of an answer, for the staff."""

    def test_it_is_stored_once_an_answer(self, server: Server) -> None:
        """The last value holds."""
        sender = session(server)
        answer_id = answered(server, sender)
        for value in ("up", "down"):
            response = server.client.post(FEEDBACK, json={"sender": sender, "id": answer_id, "value": value,
                                                          "text": "too short"})
            assert response.json() == {"status": "stored"}
        assert rows(server, "feedback", sender) == 1

    def test_another_conversations_answer_cannot_be_rated(self, server: Server) -> None:
        """404, and nothing is stored."""
        sender, other = session(server), session(server)
        answer_id = answered(server, sender)
        assert_error(server.client.post(FEEDBACK, json={"sender": other, "id": answer_id, "value": "up"}), 404,
                     "answer_unknown")
        assert rows(server, "feedback", other) == 0

    def test_danger_in_it_gets_the_lines(self, server: Server) -> None:
        """In the language that was asked for, whatever the answer's id."""
        for answer_id in (answered(server, sender := session(server)), "unknown"):
            body = server.client.post(FEEDBACK, json={"sender": sender, "id": answer_id, "value": "down",
                                                      "language": "es", "text": "quiero matarme"}).json()
            assert body["lines"][0]["phone"] == "988" and set(body["lines"][0]) == LINE_KEYS
            assert "Prevención" in body["lines"][0]["name"]

    @pytest.mark.parametrize(("body", "code"), [
        ({}, "sender_invalid"), ({"sender": "a"}, "feedback_invalid"),
        ({"sender": "a", "id": "b", "value": "great"}, "feedback_invalid"),
        ({"sender": "a", "id": "b", "value": "up", "text": "x" * 1001}, "feedback_too_long"), ([], "malformed"),
    ])
    def test_what_is_none_is_400(self, server: Server, body: Any, code: str) -> None:
        """With the reason."""
        assert_error(server.client.post(FEEDBACK, json=body), 400, code)


class TestErase:
    """Nothing stays."""

    def test_all_rows_of_the_conversation_go(self, server: Server) -> None:
        """And no other's; the id can be spoken with again, and remembers nothing."""
        sender, other = session(server), session(server)
        for each in (sender, other):
            server.client.post(FEEDBACK, json={"sender": each, "id": answered(server, each), "value": "up"})
        tables = ("events", "conversations", "replies", "feedback")
        assert all(rows(server, table, sender) for table in tables)
        assert server.client.post(ERASE, json={"sender": sender}).json() == {"status": "erased"}
        assert [rows(server, table, sender) for table in tables] == [0, 0, 0, 0]
        assert all(rows(server, table, other) for table in tables)
        kinds = [message["custom"]["kind"] for message in server.say("says who?", sender=sender)]
        assert kinds == ["smalltalk", "notice"]

    @pytest.mark.parametrize("body", [{}, [], {"sender": ""}, {"sender": 7}, {"sender": "x" * 129}])
    def test_what_is_no_id_is_400(self, server: Server, body: Any) -> None:
        """In plain words."""
        assert_error(server.client.post(ERASE, json=body), 400, "sender_invalid")

    @pytest.mark.parametrize("path", [SESSION, FEEDBACK, ERASE])
    def test_a_foreign_form_cannot_do_it(self, server: Server, path: str) -> None:
        """Nothing but JSON is taken, so a page elsewhere has to ask first; and GET does nothing."""
        if path != SESSION:
            assert_error(server.client.post(path, data={"sender": "a"}), 415, "not_json")
            assert_error(server.client.post(path, content=b"{", headers=JSON_TYPE), 400, "not_json")
        assert_error(server.client.get(path), 405, "method_not_allowed")


class TestFiles:
    """What a page loads."""

    @pytest.mark.parametrize("name", ["imh-chat.js", "imh-chat.css", "page.css", "icon.svg"])
    def test_a_file_comes_compressed_and_is_asked_for_once(self, server: Server, name: str) -> None:
        """With its type, kept for five minutes, then confirmed by its tag."""
        response = server.client.get(f"/webhooks/web/widget/{name}")
        assert response.status_code == 200 and response.headers["content-encoding"] == "gzip"
        assert response.headers["cache-control"] == "public, max-age=300"
        assert response.headers["content-type"].split(";")[0] in {"text/javascript", "text/css", "image/svg+xml"}
        again = server.client.get(f"/webhooks/web/widget/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304 and again.content == b""
        plain = server.client.get(f"/webhooks/web/widget/{name}", headers={"Accept-Encoding": "identity"})
        assert plain.text == response.text and "content-encoding" not in plain.headers

    @pytest.mark.parametrize("name", ["README.md", "page.html", "nothing.js", "element.js", "..%2f..%2fweb.py", "%2e%2e/web.py",
                                      "imh-chat.js/x"])
    def test_nothing_else_is_handed_out(self, server: Server, name: str) -> None:
        """404, in the form of every error."""
        assert_error(server.client.get(f"/webhooks/web/widget/{name}"), 404, "not_found")

    def test_the_widget_weighs_20_kilobytes_as_it_is_sent(self, server: Server) -> None:
        """Every file that the element loads, its words and style included, as it goes over the line."""
        sizes = {}
        for name in ("imh-chat.js", "imh-chat.css"):
            with server.client.stream("GET", f"/webhooks/web/widget/{name}") as response:
                sizes[name] = sum(len(part) for part in response.iter_raw())
        assert min(sizes.values()) > 1000 and sum(sizes.values()) <= 20_000, sizes


class TestHeaders:
    """What every response tells a browser."""

    @pytest.mark.parametrize("path", ["/", "/webhooks/web/", "/webhooks/web/widget/imh-chat.js", WEBHOOK,
                                      "/webhooks/web/health/live", "/webhooks/web/nothing", "/nothing"])
    def test_it_is_framed_by_nobody_and_runs_nothing_inline(self, server: Server, path: str) -> None:
        """Policy, type, referrer, frame and permissions, on pages, files, redirects and errors."""
        headers = server.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer" and "camera=()" in headers["permissions-policy"]
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "*" not in policy

    def test_a_page_may_load_what_is_its_own(self, server: Server) -> None:
        """And nothing else."""
        policy = server.client.get("/webhooks/web/").headers["content-security-policy"]
        for part in ("script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'self'",
                     "base-uri 'none'"):
            assert part in policy
