"""The web channel keeps its contract: the shape of replies, who speaks, which message came before, what comes along."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterable

import httpx
import pytest

from bot.knowledge import CONTENT, Knowledge
from tests.support.history import said
from tests.support.server import Server
from tests.support.web import LINE_KEYS, WEBHOOK, post

pytestmark = pytest.mark.e2e

TOPICS = sorted(path.stem for path in (CONTENT / "topics").glob("*.yml"))

QUESTION = "what is infant mental health"
OUT_OF_SCOPE = "how much tylenol can I give a 4 month old"
# One of them at least is too vague for any model.
VAGUE = ("families and stuff", "moms and such", "family matters", "the mom and the baby and so on",
         "something with babies and grown ups i think", "kids and so on")

MESSAGE_KEYS = {"recipient_id", "text", "buttons", "custom"}
COMMON_KEYS = {"kind", "topic", "audience", "language", "id", "plain"}
KEYS = {
    "answer": COMMON_KEYS | {"quote", "source", "citations", "contacts", "related"},
    "crisis": COMMON_KEYS | {"lines", "related"},
    "clarify": COMMON_KEYS | {"choices"},
    "out_of_scope": COMMON_KEYS | {"contacts", "related"},
    "smalltalk": COMMON_KEYS | {"related"},
    "notice": COMMON_KEYS | {"related"},
}


class TestShape:
    """What a reply looks like."""

    @pytest.mark.parametrize("topic", TOPICS)
    def test_a_buttons_payload_is_answered_on_its_topic(self, server: Server, sender: str, knowledge: Knowledge,
                                                         topic: str) -> None:
        """With every key of the contract, the brief's words, its source, its citations and the office's contact."""
        told = knowledge.topics[topic]
        brief = knowledge.briefs[told.brief]
        answer, notice = server.say(f"/ask_{topic}", sender=sender)
        custom = answer["custom"]
        assert set(answer) == set(notice) == MESSAGE_KEYS
        assert (custom["kind"], custom["topic"]) == ("answer", topic)
        assert set(custom) == KEYS["answer"]
        assert set(custom["quote"]) == {"text", "passages", "translation"}
        assert set(custom["quote"]["passages"]) <= set(told.passages)
        assert custom["quote"]["text"] == knowledge.quotation(told.brief, custom["quote"]["passages"])
        assert custom["source"] == {"brief": brief.id, "title": brief.title, "publisher": brief.publisher}
        assert [citation["number"] for citation in custom["citations"]] == list(told.cites)
        assert custom["contacts"][0] == {"name": "NMAIMH", "phone": "+15053317138", "display": "(505) 331-7138",
                                         "email": "info@nmaimh.org"}
        assert [related["topic"] for related in custom["related"]] == list(told.related)
        assert answer["buttons"] == [{"title": related["title"], "payload": f"/ask_{related['topic']}"}
                                     for related in custom["related"]]
        for words in (custom["plain"], custom["quote"]["text"], brief.publisher, "(505) 331-7138", "info@nmaimh.org",
                      *(citation["reference"] for citation in custom["citations"])):
            assert words in answer["text"]

    def test_a_citation_is_a_number_and_its_reference(self, server: Server, sender: str) -> None:
        """And nothing else: the short form is for text messages."""
        answer = server.say("/ask_brain_development", sender=sender)[0]
        (citation,) = answer["custom"]["citations"]
        assert set(citation) == {"number", "reference"}
        assert citation["number"] == 2 and citation["reference"].startswith("Shore, R. (1997). ")

    @pytest.mark.parametrize(("kind", "messages"), [
        ("answer", (QUESTION,)), ("crisis", ("i want to kill myself",)), ("clarify", VAGUE),
        ("out_of_scope", (OUT_OF_SCOPE,)), ("smalltalk", ("hello",)),
    ])
    def test_each_kind_has_its_keys(self, server: Server, kind: str, messages: tuple[str, ...]) -> None:
        """`topic` is null unless it is an answer; the notice that follows is a message of its own."""
        first, notice = self.first_of(server, kind, messages)
        for message, expected in ((first, kind), (notice, "notice")):
            custom = message["custom"]
            assert custom["kind"] == expected
            assert set(message) == MESSAGE_KEYS
            # Small talk may name the office.
            assert set(custom) - {"contacts"} == KEYS[expected] - {"contacts"}
            assert (custom["topic"] is None) == (expected != "answer")
            assert custom["audience"] == "parent" and custom["language"] == "en"
            assert custom["id"] and custom["plain"] and message["text"]
            assert message["recipient_id"] == first["recipient_id"]
        assert first["custom"]["id"] != notice["custom"]["id"]

    def test_choices_are_buttons_best_first_and_at_most_three(self, server: Server) -> None:
        """A clarify message carries the same topics as choices and as payloads."""
        message, _ = self.first_of(server, "clarify", VAGUE)
        choices = message["custom"]["choices"]
        assert 1 <= len(choices) <= 3
        assert all(set(choice) == {"topic", "title"} for choice in choices)
        assert message["buttons"] == [{"title": choice["title"], "payload": f"/ask_{choice['topic']}"}
                                      for choice in choices]

    def test_a_question_out_of_scope_gets_the_contact(self, server: Server, sender: str) -> None:
        """Nobody is left with a refusal alone."""
        message = server.say(OUT_OF_SCOPE, sender=sender)[0]
        assert message["custom"]["contacts"][0]["phone"] == "+15053317138"
        assert "(505) 331-7138" in message["text"]

    @pytest.mark.parametrize(("message", "first"), [
        ("i want to kill myself", "988"), ("my baby is not breathing", "911"),
        ("my toddler just drank some bleach", "1-800-222-1222"), ("ya no quiero vivir", "988"),
    ])
    def test_crisis_lines_fit_the_danger(self, server: Server, sender: str, message: str, first: str) -> None:
        """The best one first, each with its keys, each in the text as well."""
        crisis = server.say(message, sender=sender)[0]
        lines = crisis["custom"]["lines"]
        assert lines[0]["display"] == first
        assert all(set(line) == LINE_KEYS for line in lines)
        assert all(line["display"] in crisis["text"] for line in lines)

    def test_the_line_for_a_child_in_danger_says_how_a_cell_phone_reaches_it(self, server: Server, sender: str) -> None:
        """#SAFE, which YAML would take for a comment."""
        lines = server.say("i suspect the child is being abused by her uncle", sender=sender)[0]["custom"]["lines"]
        assert (lines[0]["display"], lines[0]["phone"]) == ("1-855-333-7233", "+18553337233")
        assert "#SAFE" in lines[0]["when"]

    def test_two_questions_get_two_answers(self, server: Server, sender: str) -> None:
        """Each with its own quotation and id."""
        *answers, notice = server.say("What are signs of good mental health in a baby? And how do I reach somebody at "
                                      "NMAIMH by phone?", sender=sender)
        assert [answer["custom"]["topic"] for answer in answers] == ["indicators", "contact"]
        assert len({message["custom"]["id"] for message in (*answers, notice)}) == 3

    @staticmethod
    def first_of(server: Server, kind: str, messages: Iterable[str]) -> list[dict[str, Any]]:
        """The reply to the first of these messages that is answered with a message of this kind."""
        replies = [server.say(message, sender=uuid.uuid4().hex) for message in messages]
        return next(reply for reply in replies if reply[0]["custom"]["kind"] == kind)


class TestIds:
    """Who speaks, and which message came before."""

    def test_a_missing_sender_is_given_one(self, server: Server) -> None:
        """Nobody can guess it, and the conversation goes on under it."""
        first, second = (post(server, {"message": QUESTION}).json() for _ in range(2))
        given = first[0]["recipient_id"]
        assert len(given) >= 22 and given != second[0]["recipient_id"]
        assert server.say("says who?", sender=given)[0]["custom"]["topic"] == "references"

    def test_two_senders_are_kept_apart(self, server: Server) -> None:
        """What one was answered is nothing that the other can ask about."""
        one, other = uuid.uuid4().hex, uuid.uuid4().hex
        server.say(QUESTION, sender=one)
        server.say("hello", sender=other)
        assert server.say("says who?", sender=one)[0]["custom"]["topic"] == "references"
        assert server.say("says who?", sender=other)[0]["custom"]["kind"] == "smalltalk"

    def test_a_repeated_message_id_gets_the_same_reply(self, server: Server, sender: str) -> None:
        """To the byte, even where the words changed, and it stands in the history once."""
        bodies = [post(server, {"sender": sender, "message": message, "metadata": {"message_id": "m-1"}})
                  for message in (QUESTION, QUESTION, "hello")]
        assert {body.status_code for body in bodies} == {200}
        assert len({body.content for body in bodies}) == 1
        assert said(server.var_dir, sender) == [QUESTION]

    def test_two_deliveries_at_once_are_one_message(self, server: Server, sender: str) -> None:
        """A gateway that repeats itself before the first answer is there."""
        start = threading.Barrier(4)

        def deliver(_: int) -> httpx.Response:
            with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
                start.wait()
                return client.post(WEBHOOK, json={"sender": sender, "message": QUESTION,
                                                  "metadata": {"message_id": "same"}})

        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(deliver, range(4)))
        assert [reply.status_code for reply in replies] == [200] * 4
        assert len({reply.content for reply in replies}) == 1
        assert said(server.var_dir, sender) == [QUESTION]

    def test_a_message_id_belongs_to_its_sender(self, server: Server) -> None:
        """Two people whose clients count from 1 do not get each other's replies."""
        one, other = uuid.uuid4().hex, uuid.uuid4().hex
        server.say(QUESTION, sender=one, message_id="1")
        reply = server.say("/ask_contact", sender=other, message_id="1")
        assert reply[0]["custom"]["topic"] == "contact" and reply[0]["recipient_id"] == other

    def test_another_message_id_is_another_message(self, server: Server, sender: str) -> None:
        """The same words said twice are answered twice, under ids of their own."""
        first, second = (server.say(QUESTION, sender=sender, message_id=number) for number in ("1", "2"))
        assert first[0]["custom"]["id"] != second[0]["custom"]["id"]
        assert said(server.var_dir, sender) == [QUESTION, QUESTION]

    @pytest.mark.parametrize("sender_id", ["x" * 128, "+1 505 331 7138", "a/b?c=d&e", "маргарита"],
                             ids=["128 characters", "spaces", "punctuation", "another script"])
    def test_a_sender_id_is_opaque(self, server: Server, sender_id: str) -> None:
        """Whatever a website calls its visitors comes back unchanged."""
        assert {message["recipient_id"] for message in server.say("hello", sender=sender_id)} == {sender_id}


class TestMetadata:
    """What may come along with a message."""

    @pytest.mark.parametrize("metadata", [
        {"favourite_colour": "blue", "nested": {"a": [1, 2]}}, {}, None,
        {"audience": None, "language": None, "message_id": None},
    ], ids=["unknown keys", "empty", "null", "null values"])
    def test_what_is_not_known_is_ignored(self, server: Server, sender: str, metadata: Any) -> None:
        """A client that sends more than the contract names is answered as usual."""
        response = post(server, {"sender": sender, "message": QUESTION, "metadata": metadata, "input_channel": "x"})
        assert response.status_code == 200
        assert response.json()[0]["custom"]["topic"] == "define_imh"

    def test_the_switches_of_the_page_are_followed(self, server: Server, sender: str) -> None:
        """Audience and language of the reply are those that were asked for."""
        custom = server.say("/ask_indicators", sender=sender, audience="provider", language="es")[0]["custom"]
        assert (custom["audience"], custom["language"]) == ("provider", "es")

    def test_rasas_rest_clients_work(self, server: Server, sender: str) -> None:
        """They send `sender` and `message` and read `recipient_id`, `text` and `buttons` of each entry."""
        for path in (WEBHOOK, f"{WEBHOOK}?stream=true"):
            reply = server.client.post(path, json={"sender": sender, "message": QUESTION}).json()
            assert [entry["recipient_id"] for entry in reply] == [sender] * len(reply)
            assert all(entry["text"] and isinstance(entry["text"], str) for entry in reply)
            assert all(set(button) == {"title", "payload"} for entry in reply for button in entry["buttons"])

    @pytest.mark.parametrize("opening", [QUESTION, "hello", "i want to kill myself", OUT_OF_SCOPE, "/ask_contact"])
    def test_the_notice_comes_once_and_last(self, server: Server, sender: str, opening: str) -> None:
        """After the first reply, whatever it is, and never again."""
        kinds = [[message["custom"]["kind"] for message in server.say(message, sender=sender)]
                 for message in (opening, QUESTION, "start over", "i want to kill myself")]
        assert kinds[0][-1] == "notice" and len(kinds[0]) > 1
        assert not any("notice" in later for later in [kinds[0][:-1], *kinds[1:]])
