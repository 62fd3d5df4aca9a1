"""500 different messages through Kannel and back; the same with the server killed in the middle."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from bot.knowledge import Knowledge
from bot.sms.segments import fold
from tests.support.flood import flood
from tests.support.kannel import PRESENT, Kannel
from tests.support.server import Server
from tests.support.texting import ENVIRONMENT

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not PRESENT, reason="Debian's kannel is not installed")]

PHONES, EACH = 25, 20
# More than any phone of this test sends in a minute: what is counted here is losses, not limits.
LIMITS = {"IMH_RATE_SENDER": "1000/60"}


@pytest.fixture
def server(trained: Path, tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, environment={**ENVIRONMENT, **LIMITS}) as running:
        yield running


@pytest.fixture
def gave_up(knowledge: Knowledge) -> str:
    """What Kannel says when it gives a message up."""
    return fold(knowledge.phrase("sms.gateway_no_answer", "en", office="", phone="", email=""))


def test_every_message_is_answered_once_and_in_order(server: Server, tmp_path: Path, gave_up: str) -> None:
    """None lost, none doubled, in order on each phone."""
    with Kannel(tmp_path, server) as kannel:
        outcome = flood(server, kannel, phones=PHONES, each=EACH, gave_up=gave_up)
    assert outcome.answered == outcome.entries == outcome.sent == PHONES * EACH
    assert (outcome.lost, outcome.doubled, outcome.out_of_order, outcome.given_up) == (0, 0, 0, 0)


def test_with_the_server_killed_in_the_middle_every_phone_hears(server: Server, tmp_path: Path, gave_up: str) -> None:
    """Each message is answered once, or given up by Kannel with our words; nothing is lost, nothing is doubled."""
    def kill_and_start_again() -> None:
        time.sleep(1)
        server.stop(signal.SIGKILL)
        server.start()

    killer = threading.Thread(target=kill_and_start_again)
    with Kannel(tmp_path, server) as kannel:
        outcome = flood(server, kannel, phones=PHONES, each=EACH, gave_up=gave_up, halfway=killer.start)
        killer.join()
    assert outcome.answered + outcome.given_up == outcome.sent
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.entries >= outcome.answered
    assert outcome.answered > outcome.sent // 2
