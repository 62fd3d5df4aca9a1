"""Text messages through a real Kannel: in at the carrier, out on the phone, in segments that can be counted."""

from __future__ import annotations

import http.server
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from bot.knowledge import Knowledge
from bot.sms.segments import GSM7_PART, fold, size
from tests.support.history import events, said
from tests.support.kannel import FAKESMSC, PRESENT, TOKEN, Kannel
from tests.support.server import PROJECT, Server
from tests.support.texting import ENVIRONMENT, KANNEL, new_number, opted_out, sender_id
from tests.support.web import assert_error

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")]

SECRET = "zygomatic 4711 marmalade"
RETRIES, HURRIED_S = 12, 1
EMPTY_DEFAULT = "Empty reply from service provider"


class Stub(http.server.BaseHTTPRequestHandler):
    """Stands for a server that is broken in ways in which ours is not; `asked` holds the paths, in order."""

    asked: list[str] = []
    asked_at: list[float] = []
    # Path -> status, content type, text; the third time that it is asked, `flaky` has come to itself.
    ANSWERS = {
        "strange": (200, "text/plain; charset=no-such-charset", "fé"), "hollow": (200, "text/plain", ""),
        "dead": (503, "text/plain", "Away."),
        "endless": (200, "text/plain; charset=utf-8", "Sixteen letters. " * 60), "flaky": (503, "text/plain", "Away."),
    }

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.asked_at.append(time.monotonic())
        name = self.path.strip("/").split("?")[0]
        status, content_type, text = self.ANSWERS[name]
        if name == "flaky" and sum("flaky" in path for path in self.asked) > 2:
            status, text = 200, "Back."
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def stub() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("kannel-bot"), environment=ENVIRONMENT) as running:
        yield running


@pytest.fixture(scope="module")
def kannel(server: Server, tmp_path_factory: pytest.TempPathFactory, stub: str) -> Iterator[Kannel]:
    """The configuration as it is shipped, and some services more that lead to the broken server."""
    def edit(conf: str) -> str:
        _, ours = conf.split("get-url = ")
        settings = ours.partition("\n")[2].replace("omit-empty = true", "")
        return hurried(conf) + "".join(f"""
group = sms-service
keyword = {name}
get-url = "{stub}/{name}?id=%I"
{settings}""" for name in Stub.ANSWERS)
    with Kannel(tmp_path_factory.mktemp("kannel"), server, edit=edit) as running:
        yield running


def hurried(conf: str, delay_s: int = HURRIED_S) -> str:
    """The configuration with a shorter wait before Kannel asks again."""
    assert "http-queue-delay = 5" in conf
    return conf.replace("http-queue-delay = 5", f"http-queue-delay = {delay_s}")


def phone() -> str:
    return new_number().lstrip("+")


def said_by(knowledge: Knowledge, key: str) -> str:
    return fold(knowledge.phrase(f"sms.{key}", "en", office="", phone="", email=""))


def test_a_question_comes_back_in_three_segments_at_most(kannel: Kannel, knowledge: Knowledge) -> None:
    """The point in the first, the source in short, NMAIMH's number; each part full but the last; one message."""
    number = phone()
    kannel.carrier.text(number, "preemie just home from nicu mom scared to hold him")
    (text,) = kannel.carrier.answers(number)
    (parts,) = kannel.carrier.phone(number).messages
    assert 1 < len(parts) <= 3
    assert len(parts) == size(text).segments
    assert all(size(part.text).units <= GSM7_PART for part in parts)
    point = fold(knowledge.topics["biological_risk"].wording("en", "provider").sms)
    assert parts[0].text.startswith(point[:100])
    assert "(NMAIMH Issues Brief 1)" in text and "(505) 331-7138" in text


def test_more_and_source_and_a_number_do_what_they_say(kannel: Kannel, knowledge: Knowledge) -> None:
    """The quotation, the reference, the choice."""
    number, carrier = phone(), kannel.carrier
    for count, message in enumerate(["does how i respond to her shape her brain", "MORE", "SOURCE", "1"], 1):
        carrier.text(number, message)
        carrier.answers(number, count)
    answer, more, source, chosen = carrier.phone(number).texts
    brief = knowledge.briefs["issues-brief-1"]
    assert "Shore 1997" in answer
    assert fold(brief.passages["f_brain"].quotation) in more
    assert fold(brief.references[2].full) in source
    offered = [line for line in source.splitlines() if line.startswith("1 ")]
    assert offered and chosen != answer and "(NMAIMH Issues Brief 1" in chosen


def test_fakesmsc_itself_is_served(kannel: Kannel, server: Server, tmp_path: Path) -> None:
    """Kannel's own test carrier, in the place of ours, gets the confirmation of STOP."""
    if not FAKESMSC.exists():
        pytest.skip("Debian's kannel-extras is not installed")
    with Kannel(tmp_path, server) as other, (tmp_path / "fakesmsc.log").open("wb") as log:
        other.carrier.close()  # one client at a time
        time.sleep(0.5)
        program = subprocess.Popen([str(FAKESMSC), "-H", "127.0.0.1", "-r", str(other.smsc_port), "-m", "1",
                                    f"{phone()} 15055550100 text stop"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 20
            while (b"Got message 1" not in (output := Path(log.name).read_bytes())) and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            program.kill()  # it waits for ever
            program.wait()
    assert b"Got message 1" in output and b"you are out and get no more texts" in output, output[-2000:]


@pytest.mark.parametrize(("parts", "order"), [
    (["what is infant ", "mental ", "health"], [3, 1, 2]),
    (["my neighbour says that " + "the baby " * 14] * 8 + ["and cries, ", "what is infant mental health"],
     [10, 2, 1, 4, 3, 6, 5, 8, 7, 9]),
], ids=["three parts", "ten parts"])
def test_parts_in_any_order_are_one_message(kannel: Kannel, server: Server, parts: list[str], order: list[int]) -> None:
    """One answer, one entry in the history, with the words in their order."""
    number = phone()
    kannel.carrier.parts(number, parts, order=order, reference=len(parts))
    kannel.carrier.answers(number)
    assert said(server.var_dir, sender_id(server.var_dir, f"+{number}")) == ["".join(parts).strip()]


def test_spanish_and_emoji_arrive_whole(kannel: Kannel, server: Server) -> None:
    """A message in UCS-2 is read as it was typed and answered in GSM-7."""
    number, text = phone(), "¿Qué es la salud mental de los bebés? 👶"
    kannel.carrier.ucs2(number, text)
    (answer,) = kannel.carrier.answers(number)
    assert size(answer).alphabet == "GSM-7" and "bebés" in answer
    assert said(server.var_dir, sender_id(server.var_dir, f"+{number}")) == [text]


def test_after_stop_the_phone_stays_silent(kannel: Kannel) -> None:
    """One confirmation; then nothing, not even Kannel's own words for nothing; danger is answered, START returns."""
    number, carrier = phone(), kannel.carrier
    carrier.text(number, "STOP.")
    assert "you are out" in carrier.answers(number)[0]
    for message in ("what is infant mental health", "MORE", "stop"):
        carrier.text(number, message)
    carrier.text(number, "i want to kill myself")
    carrier.answers(number, 2)
    carrier.text(number, "start")
    texts = carrier.answers(number, 3)
    assert "988" in texts[1][:160] and "you are in" in texts[2]
    assert len(texts) == 3 and EMPTY_DEFAULT not in "".join(texts)


# Kannel 1.4.5 reads the text for what it cannot represent from `reply-couldnotfetch`, whatever its own name says.
@pytest.mark.parametrize(("keyword", "phrases"), [
    ("strange", {"gateway_no_text", "gateway_no_answer"}), ("hollow", {"gateway_empty"}),
])
def test_kannel_speaks_our_words(kannel: Kannel, knowledge: Knowledge, keyword: str, phrases: set[str]) -> None:
    """`reply-couldnotrepresent` and `reply-emptymessage`, where a server answers in no alphabet or with nothing."""
    number = phone()
    kannel.carrier.text(number, keyword)
    (answer,) = kannel.carrier.answers(number)
    assert answer in {said_by(knowledge, phrase) for phrase in phrases}


def test_a_text_without_end_is_cut_after_three_segments(kannel: Kannel) -> None:
    """`max-messages` and `concatenation`: whatever a server sends, nobody pays for more, and it is one message."""
    number = phone()
    kannel.carrier.text(number, "endless")
    kannel.carrier.answers(number)
    time.sleep(1)
    (parts,) = kannel.carrier.phone(number).messages
    assert [part.total for part in parts] == [3, 3, 3] and len(kannel.carrier.phone(number).parts) == 3


def test_what_was_refused_is_asked_again_under_the_same_id(kannel: Kannel) -> None:
    """`http-request-retry`: a status that is not 200 counts as no answer, and `%I` stays."""
    number = phone()
    kannel.carrier.text(number, "flaky")
    assert kannel.carrier.answers(number) == ["Back."]
    asked = [path for path in Stub.asked if "flaky" in path]
    assert len(asked) == 3 and len(set(asked)) == 1


def test_it_is_asked_as_often_and_as_slowly_as_the_configuration_says(kannel: Kannel, knowledge: Knowledge) -> None:
    """`http-request-retry` and `http-queue-delay`: once and twelve times more, a delay (here 1 s) apart."""
    number = phone()
    kannel.carrier.text(number, "dead")
    assert kannel.carrier.answers(number, timeout_s=60) == [said_by(knowledge, "gateway_no_answer")]
    times = [at for at, path in zip(Stub.asked_at, Stub.asked) if "dead" in path]
    assert len(times) == 1 + RETRIES
    # Kannel looks at its queue once a delay, so that a wait is one delay or two.
    assert all(0.5 * HURRIED_S <= after - before <= 4 * HURRIED_S for before, after in zip(times, times[1:])), times


def test_who_does_not_show_the_token_is_not_answered(server: Server, knowledge: Knowledge, tmp_path: Path) -> None:
    """A gateway that is not ours: its phone gets the words of its own configuration, our history nothing."""
    with Kannel(tmp_path, server, edit=lambda conf: conf.replace(f"token={TOKEN}", "token=another").replace(
            "http-request-retry = 12", "http-request-retry = 0")) as other:
        number = phone()
        other.carrier.text(number, "what is infant mental health")
        assert other.carrier.answers(number) == [said_by(knowledge, "gateway_no_answer")]
    assert said(server.var_dir, sender_id(server.var_dir, f"+{number}")) == []


def test_an_address_that_is_not_named_is_not_kannel(trained: Path, tmp_path: Path) -> None:
    """Although it knows the token; whatever it says of where it comes from."""
    with Server(tmp_path, environment={**ENVIRONMENT, "IMH_KANNEL_ADDRESSES": "192.0.2.7"}) as own:
        query = {"from": phone(), "to": "15055550100", "text": "stop", "id": "1", "token": TOKEN}
        for headers in ({}, {"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}):
            assert_error(own.client.get(KANNEL, params=query, headers=headers), 403, "not_admitted")
        assert opted_out(own.var_dir) == 0


def test_without_a_service_kannel_speaks_our_words(server: Server, knowledge: Knowledge, tmp_path: Path) -> None:
    """`reply-requestfailed`, where no service takes what a carrier brings."""
    with Kannel(tmp_path, server, edit=lambda conf: conf.replace("catch-all = true",
                                                                 "catch-all = true\naccepted-smsc = another")) as other:
        number = phone()
        other.carrier.text(number, "hello")
        assert other.carrier.answers(number) == [said_by(knowledge, "gateway_no_service")]


class TestServerAway:
    """Kannel asks again under the same id, and says our words when it gives up, and writes nothing of it down."""

    @pytest.fixture()
    def own(self, trained: Path, tmp_path: Path) -> Iterator[Server]:
        with Server(tmp_path, environment=ENVIRONMENT) as running:
            yield running

    def test_a_message_waits_for_the_server(self, own: Server, tmp_path: Path) -> None:
        """It is answered once when the server is back."""
        with Kannel(tmp_path, own) as box:
            own.stop()
            number = phone()
            box.carrier.text(number, "what is infant mental health")
            time.sleep(1)
            own.start()
            assert "Infant mental health is" in box.carrier.answers(number, timeout_s=40)[0]
            time.sleep(6)
            assert len(box.carrier.phone(number).texts) == 1
            assert len(said(own.var_dir, sender_id(own.var_dir, f"+{number}"))) == 1

    def test_after_the_last_try_the_phone_gets_our_words(self, own: Server, tmp_path: Path,
                                                         knowledge: Knowledge) -> None:
        """`reply-couldnotfetch`: crisis numbers first, one segment."""
        with Kannel(tmp_path, own, edit=hurried) as box:
            own.stop()
            number = phone()
            box.carrier.text(number, "what is infant mental health")
            assert box.carrier.answers(number, timeout_s=30) == [said_by(knowledge, "gateway_no_answer")]
            logs = "".join(path.read_text() for path in box.logs)
            assert "infant" not in logs and number not in logs and TOKEN not in logs
            (message,) = box.carrier.phone(number).messages
            assert len(message) == 1 and message[0].text.startswith("Danger: 911. Crisis: call/text 988.")


def test_what_these_tests_need_is_installed_by_ci() -> None:
    """Kannel without its extras would leave out a test without a word."""
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    assert "/usr/sbin/bearerbox" in script and str(FAKESMSC) in script


def test_the_shipped_configuration_holds_what_it_promises(kannel: Kannel) -> None:
    """As it is printed, before this test changed a delay."""
    conf = (kannel.logs[0].parent / "kannel.conf").read_text(encoding="utf-8")
    for line in ("concatenation = true", "max-messages = 3", "omit-empty = true",
                 "mo-recode = true", "log-level = 4", "max-pending-requests = 1", 'box-allow-ip = "127.0.0.1"'):
        assert line in conf
    assert f"text=%a&id=%I&token={TOKEN}" in conf
    assert f"http-request-retry = {RETRIES}" in conf
    assert "access-log" not in [line.split("=")[0].strip() for line in conf.splitlines() if not line.startswith("#")]


def test_no_log_holds_a_word_or_a_number(kannel: Kannel, server: Server) -> None:
    """Neither the boxes' nor the server's, after answers, silence and danger; nor does the database hold the number."""
    number = phone()
    for message in (SECRET, f"{SECRET} i want to kill myself", "stop", SECRET):
        kannel.carrier.text(number, message)
    kannel.carrier.answers(number, 3)
    logs = "".join(path.read_text(errors="replace") for path in [*kannel.logs, server.log])
    assert "zygomatic" not in logs and number not in logs and TOKEN not in logs
    stored = "".join(str(event) for event in events(server.var_dir, sender_id(server.var_dir, f"+{number}")))
    assert "zygomatic" in stored and number not in stored
    assert all(number.encode() not in path.read_bytes() for path in server.var_dir.glob("conversations.db*"))
