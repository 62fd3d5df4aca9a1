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
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT, new_number, sender_id

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")]

SECRET = "zygomatic 4711 marmalade"
EMPTY_DEFAULT = "Empty reply from service provider"


class Stub(http.server.BaseHTTPRequestHandler):
    """Stands for a server that is broken in ways in which ours is not."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header(
            "Content-Type", "text/plain; charset=no-such-charset" if "strange" in self.path else "text/plain"
        )
        self.end_headers()
        self.wfile.write("fé".encode() if "strange" in self.path else b"")

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
    """The configuration as it is shipped, and two services more that lead to the broken server."""
    def edit(conf: str) -> str:
        return conf.replace("http-queue-delay = 10", "http-queue-delay = 1") + f"""
group = sms-service
keyword = strange
get-url = "{stub}/strange"

group = sms-service
keyword = hollow
get-url = "{stub}/hollow"
"""
    with Kannel(tmp_path_factory.mktemp("kannel"), server, edit=edit) as running:
        yield running


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


# Kannel 1.4.5 reads the text for what it cannot represent from `reply-couldnotfetch`, whatever stands under its own name.
@pytest.mark.parametrize(("keyword", "phrases"), [
    ("strange", {"gateway_no_text", "gateway_no_answer"}), ("hollow", {"gateway_empty"}),
])
def test_kannel_speaks_our_words(kannel: Kannel, knowledge: Knowledge, keyword: str, phrases: set[str]) -> None:
    """`reply-couldnotrepresent` and `reply-emptymessage`, where a server answers in no alphabet or with nothing."""
    number = phone()
    kannel.carrier.text(number, keyword)
    (answer,) = kannel.carrier.answers(number)
    assert answer in {said_by(knowledge, phrase) for phrase in phrases}


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
        with Kannel(
            tmp_path, own, edit=lambda conf: conf.replace("http-queue-delay = 10", "http-queue-delay = 5")
        ) as box:
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
        with Kannel(
            tmp_path, own, edit=lambda conf: conf.replace("http-queue-delay = 10", "http-queue-delay = 1")
        ) as box:
            own.stop()
            number = phone()
            box.carrier.text(number, "what is infant mental health")
            assert box.carrier.answers(number, timeout_s=30) == [said_by(knowledge, "gateway_no_answer")]
            logs = "".join(path.read_text() for path in box.logs)
            assert "infant" not in logs and number not in logs and TOKEN not in logs
            (message,) = box.carrier.phone(number).messages
            assert len(message) == 1 and message[0].text.startswith("Danger: 911. Crisis: call/text 988.")


def test_the_shipped_configuration_holds_what_it_promises(kannel: Kannel) -> None:
    """As it is printed, before this test changed a delay."""
    conf = (kannel.logs[0].parent / "kannel.conf").read_text(encoding="utf-8")
    for line in ("concatenation = true", "max-messages = 3", "omit-empty = true", "http-request-retry = 5",
                 "mo-recode = true", "log-level = 4", "max-pending-requests = 1", 'box-allow-ip = "127.0.0.1"'):
        assert line in conf
    assert f"text=%a&id=%I&token={TOKEN}" in conf
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
