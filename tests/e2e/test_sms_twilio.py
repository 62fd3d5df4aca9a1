"""Text messages as Twilio brings them: signed, doubled, late, empty, from anywhere; and what only looks like one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Iterator

import pytest

from bot.knowledge import Knowledge
from bot.sms.segments import GSM7_SINGLE, fold, size
from tests.support.flood import forge, repeat
from tests.support.history import said
from tests.support.server import Server
from tests.support.texting import (
    ENVIRONMENT,
    STATUS,
    TWILIO,
    everything_in,
    fields_of,
    history_entries,
    kannel,
    new_id,
    new_number,
    opted_out,
    post,
    sender_id,
    signature,
    texts_in,
    twilio,
)
from tests.support.web import assert_error

pytestmark = pytest.mark.e2e

QUESTION = "what is infant mental health"
POINT = "Infant mental health is an interdisciplinary field"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("twilio"), environment=ENVIRONMENT) as running:
        yield running


@pytest.fixture
def number() -> str:
    """A phone that nobody used before."""
    return new_number()


def test_a_home_visitor_is_answered(server: Server, number: str) -> None:
    """The point, the source in short, NMAIMH's number, three segments; then the notice, one segment, once."""
    answer, notice = twilio(server, "preemie just home from nicu mom scared to hold him", sender=number)
    assert answer.startswith("Babies with biological risks do better")
    assert "(NMAIMH Issues Brief 1) NMAIMH (505) 331-7138" in answer
    assert size(answer).alphabet == "GSM-7" and size(answer).segments <= 3
    assert size(notice).segments == 1 and "HELP" in notice and "STOP" in notice
    assert len(twilio(server, QUESTION, sender=number)) == 1


def test_more_source_and_numbers(server: Server, number: str, knowledge: Knowledge) -> None:
    """The quotation page by page, then the end of it; the reference; a choice, said in several ways."""
    twilio(server, QUESTION, sender=number)
    first, second = (knowledge.briefs["issues-brief-1"].passages[name].quotation
                     for name in ("definition_field", "definition_aim"))
    (page,) = twilio(server, "More please", sender=number)
    assert first in page and page.endswith("MORE...") and size(page).segments <= 3
    assert second in twilio(server, "MORE", sender=number)[0]
    assert "That is all" in twilio(server, "more", sender=number)[0]
    assert "Infant Mental Health Fundamentals" in twilio(server, "Source?", sender=number)[0]
    for message in ("1", "2 please", "the second"):
        before = twilio(server, "MORE", sender=number)
        assert twilio(server, message, sender=number) != before


def test_a_promotora_is_answered_in_spanish(server: Server, number: str, knowledge: Knowledge) -> None:
    """The same conversation in her language, in GSM-7: the quotation is the brief's, then its translation."""
    answer, notice = twilio(server, "¿qué es la salud mental de los bebés?", sender=number)
    wording = knowledge.topics["define_imh"].wording("es", "provider").sms
    assert answer.startswith(fold(wording)) and "AYUDA" in notice and "ALTO" in notice
    quotation = knowledge.briefs["issues-brief-1"].passages["definition_field"].quotation
    assert fold(quotation) in twilio(server, "MÁS", sender=number)[0]
    assert "Infant Mental Health Fundamentals" in twilio(server, "FUENTE", sender=number)[0]
    said_before = twilio(server, "MAS", sender=number)
    for message in ("2 por favor", "la segunda"):
        chosen = twilio(server, message, sender=number)
        assert chosen != said_before and size(chosen[0]).alphabet == "GSM-7" and size(chosen[0]).segments <= 3
        said_before = chosen


def test_no_forgery_is_taken(server: Server, number: str) -> None:
    """403 without a signature, with another account's, for another address, with a changed word; nothing is stored."""
    fields = fields_of(QUESTION, sender=number)
    forged = ["", "AAAA", signature(fields, token="f" * 32), signature(fields, address=f"http://127.0.0.1:{server.port}"),
              signature({**fields, "Body": "stop"}), signature(fields, path="/webhooks/sms/twilio/status"), "é" * 40]
    for signed in forged:
        response = server.client.post(TWILIO, data=fields, headers=[("X-Twilio-Signature", signed.encode())])
        assert_error(response, 403, "not_signed")
    assert_error(server.client.post(TWILIO, data=fields), 403, "not_signed")
    # The address is the configured one, whatever the request says of itself.
    assert_error(post(server, fields, **{"Host": "evil.example", "X-Forwarded-Host": "evil.example",
                                         "X-Twilio-Signature": signature(fields, address="https://evil.example")}),
                 403, "not_signed")
    assert said(server.var_dir, sender_id(server.var_dir, number)) == []


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To", "Body"])
def test_a_missing_field_is_named_in_plain_words(server: Server, number: str, missing: str) -> None:
    """400, although the signature is right."""
    fields = {key: value for key, value in fields_of(QUESTION, sender=number).items()
              if key != missing and not (missing == "Body" and key == "NumMedia")}
    assert_error(post(server, fields), 400, "field_missing")


def test_a_parameter_that_comes_twice_is_signed_as_twilio_signs_it(server: Server, number: str) -> None:
    """An order of the fields or one more of them does not matter."""
    fields = fields_of(QUESTION, sender=number, FromCity="Zuni", AddOns='{"a": "é & ü"}')
    assert texts_in(post(server, dict(sorted(fields.items(), reverse=True))))


def test_a_message_that_comes_twice_at_once_is_answered_once(server: Server, number: str) -> None:
    """Both get the same text, and the history has it once; a keyword too; also a quotation that goes on."""
    for text in (QUESTION, "MORE", "STOP"):
        fields = fields_of(text, sender=number)
        with ThreadPoolExecutor(4) as pool:
            answers = [response.text for response in pool.map(partial(post, server), [fields] * 4)]
        assert len(set(answers)) == 1 and "<Message" in answers[0], text
        assert post(server, fields).text == answers[0]
    assert said(server.var_dir, sender_id(server.var_dir, number)) == [QUESTION, "MORE"]


@pytest.mark.parametrize(("fields", "part"), [
    ({"Body": ""}, "words only"), ({"Body": "  \n"}, "words only"), ({"Body": "", "NumMedia": "2"}, "words only"),
    ({"Body": "a question " * 250}, "more than I can read"), ({"Body": "\x00\x01"}, "words only"),
], ids=["empty", "blank", "pictures", "longer than anything", "control signs"])
def test_what_cannot_be_read_is_answered_kindly(server: Server, number: str, fields: dict[str, str], part: str) -> None:
    """With the crisis numbers, in one segment, and without an entry in the history."""
    (text,) = texts_in(post(server, {**fields_of("", sender=number), **fields}))
    assert part in text and "988" in text and size(text).segments == 1
    assert said(server.var_dir, sender_id(server.var_dir, number)) == []


def test_ten_segments_are_one_question(server: Server, number: str) -> None:
    """What Twilio hands on as one message of 1,530 characters."""
    text = ("she has a baby and a neighbour and a car and " * 40)[:1500] + " " + QUESTION
    assert size(text).segments == 10
    assert twilio(server, text, sender=number)
    assert said(server.var_dir, sender_id(server.var_dir, number)) == [text]


@pytest.mark.parametrize("sender", ["72975", "INFOSMS", "Kita Bot", "911", "<script>"])
def test_programs_get_no_answer(server: Server, sender: str) -> None:
    """Short codes and letters: nobody reads it there, and two programs would never stop."""
    assert twilio(server, QUESTION, sender=sender) == []


@pytest.mark.parametrize("sender", ["+34600111222", "+528112345678", "+447700900123", "+4915112345678"])
def test_numbers_of_other_countries_are_answered(server: Server, sender: str) -> None:
    """Under a pseudonym like any other."""
    assert POINT in twilio(server, QUESTION, sender=sender)[0]
    assert said(server.var_dir, sender_id(server.var_dir, sender)) == [QUESTION]


def test_one_number_is_one_person_through_both_gateways(server: Server, number: str) -> None:
    """However a gateway writes it: who stops here is not written to there."""
    twilio(server, "STOP", sender=number)
    for written in (number.lstrip("+"), number[2:], f"00{number[1:]}", number):
        assert kannel(server, QUESTION, sender="", **{"from": written}).text == ""
    assert "you are in" in kannel(server, "START", sender=number).text
    assert POINT in twilio(server, QUESTION, sender=number)[0]


def test_an_opt_out_is_for_one_of_our_numbers(server: Server, number: str) -> None:
    """The other one was not asked to stop."""
    twilio(server, "ya no me manden mensajes", sender=number)
    assert twilio(server, QUESTION, sender=number) == []
    assert twilio(server, QUESTION, sender=number, To="+15055550177")


def test_nothing_tells_who_wrote(server: Server, number: str) -> None:
    """The history holds masks; the database and the log hold neither the number nor what was masked."""
    text = ("my name is Zenobia Quux, call 505-555-0188 or z.quux@example.org, i live at 77 Xylo St. "
            "what is infant mental health")
    assert twilio(server, text, sender=number)
    (kept,) = said(server.var_dir, sender_id(server.var_dir, number))
    assert kept == ("my name is [name], call [phone] or [email], i live at [address] what is infant mental health")
    stored = everything_in(server.var_dir) + server.log.read_bytes()
    for secret in (number, number[2:], "Zenobia", "Quux", "quux", "555-0188", "Xylo"):
        assert secret.encode() not in stored, secret


def test_the_web_masks_too(server: Server) -> None:
    """The same recogniser stands before the same store, and the question is understood as it was typed."""
    reply = server.say("me llamo Zenobia Quux. what is infant mental health", sender="mask-1")
    assert reply[0]["custom"]["topic"] == "define_imh"
    assert said(server.var_dir, "mask-1") == ["me llamo [name]. what is infant mental health"]


def test_delivery_is_recorded_whatever_order_it_is_told_in(server: Server) -> None:
    """The last state stays; an unsigned report is refused."""
    message = new_id()
    for status, error in (("sent", ""), ("undelivered", "30007"), ("queued", ""), ("sending", "")):
        fields = {"MessageSid": message, "MessageStatus": status, **({"ErrorCode": error} if error else {})}
        assert post(server, fields, path=STATUS).status_code == 204
    assert_error(server.client.post(STATUS, data={"MessageSid": message, "MessageStatus": "read"}), 403)
    with sqlite3.connect(f"file:{server.var_dir}/conversations.db?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT status, error FROM sms_deliveries WHERE message_id = ?",
                                  (message,)).fetchall() == [("undelivered", "30007")]


def test_twiml_asks_for_reports(server: Server, number: str) -> None:
    """At the configured address."""
    assert 'statusCallback="https://sms.example.org/webhooks/sms/twilio/status"' in post(
        server, fields_of(QUESTION, sender=number)).text


@pytest.mark.parametrize(("change", "status"), [
    ({"token": None}, 403), ({"token": ""}, 403), ({"token": "0123456789abcdeg"}, 403), ({"token": "é"}, 403),
    ({"from": None}, 400), ({"to": ""}, 400), ({"id": None}, 400), ({"id": "a b"}, 400), ({"id": "x" * 200}, 400),
])
def test_kannel_has_to_show_its_token_and_to_send_all(server: Server, number: str, change: dict, status: int) -> None:
    """403 and 400 as JSON, and no entry."""
    assert_error(kannel(server, QUESTION, sender=number, **change), status)
    assert said(server.var_dir, sender_id(server.var_dir, number)) == []


def test_kannel_gets_plain_text(server: Server, number: str) -> None:
    """One text with the notice in it, in UTF-8, of three segments at most; nothing at all for silence."""
    response = kannel(server, QUESTION, sender=number)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(POINT) and "HELP for help, STOP to end" in response.text
    assert size(response.text).segments <= 3
    silent = kannel(server, QUESTION, sender="INFOSMS")
    assert (silent.status_code, silent.content) == (200, b"")


def test_of_a_thousand_posts_those_that_repeat_an_id_are_answered_once(server: Server) -> None:
    """32 at a time: 600 entries in the history, the same answer for the same id."""
    outcome = repeat(server, posts=1000, repeated=400, at_once=32)
    assert outcome.statuses == {200: 1000}
    assert (outcome.ids, outcome.ids_with_one_answer, outcome.silent) == (600, 600, 0)
    assert outcome.entries == 600


def test_of_two_thousand_forged_posts_none_is_taken(server: Server) -> None:
    """No 500, nothing in the history, nobody opted out; and the server goes on."""
    before, out = history_entries(server.var_dir), opted_out(server.var_dir)
    statuses = forge(server, posts=2000)
    assert set(statuses) <= {400, 403, 405, 413, 415} and sum(statuses.values()) == 2000, statuses
    assert (history_entries(server.var_dir), opted_out(server.var_dir)) == (before, out)
    assert "Traceback" not in server.log.read_text()
    assert twilio(server, QUESTION, sender=new_number())


class TestProviderAnswersStop:
    """`IMH_TWILIO_OPT_OUT=provider`: Twilio confirms and blocks, we only remember."""

    @pytest.fixture(scope="class")
    def provider(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(tmp_path_factory.mktemp("provider"),
                    environment={**ENVIRONMENT, "IMH_TWILIO_OPT_OUT": "provider"}) as running:
            yield running

    def test_its_words_get_no_second_answer(self, provider: Server, number: str) -> None:
        """STOP, HELP and START; what Twilio does not know, we confirm; danger is answered, whether or not it arrives."""
        assert twilio(provider, QUESTION, sender=number)
        assert twilio(provider, "HELP", sender=number) == []
        assert twilio(provider, "Stop", sender=number) == []
        assert opted_out(provider.var_dir) == 1
        assert twilio(provider, QUESTION, sender=number) == []
        assert "988" in twilio(provider, "i want to kill myself", sender=number)[0][:GSM7_SINGLE]
        assert twilio(provider, "START", sender=number) == []
        assert opted_out(provider.var_dir) == 0
        assert "you are out" in twilio(provider, "please stop texting me", sender=number)[0]

    def test_it_takes_back_by_yes(self, provider: Server, number: str) -> None:
        """Its word for START: whom it lets in again, we answer again."""
        assert twilio(provider, "STOP", sender=number) == [] == twilio(provider, QUESTION, sender=number)
        assert twilio(provider, "Yes", sender=number) == []
        assert POINT in twilio(provider, QUESTION, sender=number)[0]

    def test_what_it_says_that_it_did_is_remembered(self, provider: Server, number: str) -> None:
        """Its account may have words that we do not know."""
        before = opted_out(provider.var_dir)
        assert twilio(provider, "SALIR YA", sender=number, OptOutType="STOP") == []
        assert opted_out(provider.var_dir) == before + 1
        assert twilio(provider, "REGRESAR", sender=number, OptOutType="START") == []
        assert POINT in twilio(provider, QUESTION, sender=number)[0]
