"""A version given to a share of the senders by the real console, answered from by a running server that asks it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Iterator

import httpx
import psutil
import pytest

from bot.canary import Canary, Share, Step, belongs, end_canary, write_canary
from bot.knowledge import CONTENT
from bot.release import Bundle, current_name, make_bundle, make_current, model_path
from bot.settings import Settings
from tests.support.console_process import Console
from tests.support.fake_console import TOKEN
from tests.support.server import Server
from tests.support.versions import THANKS, version

pytestmark = pytest.mark.e2e

SECRET = "0123456789abcdef" * 4
WITHIN_S = 15.0
THANK, TRIED = "thank you", "Tried by some."
CRISES = ("i want to kill myself", "quiero morirme", "he hits me every night", "my baby is not breathing",
          "i dont think i can keep going anymore")
# One model beside the other; measured: 15 MB.
MAX_GROWTH_MB = 40


class House:
    """A console with a version in production and another one, with another model, that can be given to a share."""

    def __init__(self, console: Console, server: Server, model: Path) -> None:
        self.console, self.server = console, server
        self.settings = Settings(var_dir=console.var_dir, secret=SECRET)
        self.live = current_name(self.settings)
        self.bundle: Bundle = version(model, TRIED, self.settings, number=3)

    def gives(self, percent: int) -> Share:
        """Let the console give it to so many of a hundred, as its page does."""
        write_canary(Canary(self.bundle.name, self.live, (Step(time.time(), percent),), "model", "Ana"), self.settings)
        return Share(self.bundle.name, percent)

    def until(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + WITHIN_S
        while self.server.log.read_text(encoding="utf-8").count(words) < times:
            assert time.monotonic() < deadline, self.server.log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)

    def said(self, sender: str, text: str = THANK) -> str:
        return self.server.say(text, sender=sender)[0]["custom"]["plain"]


@pytest.fixture(scope="module")
def house(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    model = model_path(Settings(var_dir=trained))
    console_var, server_var, staff = (tmp_path_factory.mktemp(name) for name in ("console", "server", "staff"))
    make_bundle(model, CONTENT, Settings(var_dir=console_var, secret=SECRET))
    with Console(console_var, IMH_SECRET=SECRET, IMH_CONSOLE_TOKEN=TOKEN, IMH_STAFF_DIR=str(staff)) as console, \
            Server(server_var, environment={"IMH_SECRET": SECRET, "IMH_CONSOLE_TOKEN": TOKEN,
                                            "IMH_CONSOLE_URL": console.address}) as server:
        yield House(console, server, model)


SENDERS = [f"canary-person-{number}" for number in range(24)]


def test_the_share_gets_it_and_nobody_else(house: House) -> None:
    """Each sender what the hash says; one person the same however often they write; and memory stays."""
    memory = psutil.Process(house.server.process.pid).memory_info().rss
    share = house.gives(50)
    house.until("answers 50 of a hundred senders")
    for sender in SENDERS:
        expected = TRIED if belongs(sender, share) else THANKS
        assert [house.said(sender).split("\n")[0] for _ in range(2)] == [expected] * 2
    grown = (psutil.Process(house.server.process.pid).memory_info().rss - memory) / 1e6
    print(f"\na second model and 48 messages: {grown:.1f} MB")
    assert grown < MAX_GROWTH_MB


@pytest.mark.parametrize("cry", CRISES)
def test_a_crisis_is_answered_by_production_word_for_word(house: House, cry: str) -> None:
    """Whoever asks, and by the same lines."""
    share = Share(house.bundle.name, 50)
    names = [f"{cry[:12]}-{number}".replace(" ", "-") for number in range(40)]
    asking = [next(name for name in names if belongs(name, share) == inside) for inside in (True, False)]
    replies = [house.server.say(cry, sender=sender)[0] for sender in asking]
    assert [reply["custom"]["kind"] for reply in replies] == ["crisis", "crisis"]
    assert replies[0]["custom"]["lines"] == replies[1]["custom"]["lines"] != []


def test_a_crisis_is_remembered_by_the_other_version(house: House) -> None:
    """Production answered it; the version on trial, which the sender has otherwise, goes on in its context."""
    sender = next(name for name in (f"afterwards-{number}" for number in range(40))
                  if belongs(name, Share(house.bundle.name, 50)))
    house.said(sender, CRISES[0])
    assert house.said(sender).startswith("You are welcome. If anyone is in danger")


def test_console_and_server_say_that_they_are_well(house: House) -> None:
    """While a version is on trial as well."""
    for program, path in ((house.console, "/health/ready"), (house.server, "/webhooks/web/health/ready")):
        response = httpx.get(f"{program.address}{path}", trust_env=False)
        assert (response.status_code, response.json()["status"]) == (200, "ready")


def test_taken_back_it_is_gone_within_fifteen_seconds(house: House) -> None:
    """Everybody is answered from production."""
    end_canary(house.settings)
    house.until("is no longer tried")
    assert {house.said(sender).split("\n")[0] for sender in SENDERS} == {THANKS}


def test_released_to_all_it_answers_all(house: House) -> None:
    """In one step, from the model that is in memory."""
    house.gives(25)
    house.until("answers 25 of a hundred senders")
    make_current(house.bundle.name, house.settings)
    house.until(f"Bundle {house.bundle.name} is live")
    assert {house.said(sender).split("\n")[0] for sender in SENDERS} == {TRIED}
