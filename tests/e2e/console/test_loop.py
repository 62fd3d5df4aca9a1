"""The whole loop in a real browser: from ten misunderstood messages to a released model that understands more, in one go.

The messages come from paraphrases.yml: pairs of what two people wrote who mean the same, by a writer who saw neither the
training data nor the bot. Those that the present model misunderstands are asked in the public chat; the first ten that are
in the inbox's groups (what may be danger waits elsewhere, for two people) are put where they belong by keyboard, trained on
and released. Their partners, which nobody trains on, tell whether anything was learnt; of seven at most the partner is
understood before, for where everything is there is nothing to learn. Nothing else chooses the ten, so a better model meets
harder ones.
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import pytest
import yaml
from playwright.sync_api import Browser, Page

from bot.knowledge import CONTENT, load_knowledge
from bot.privacy import shared_masker
from tests.support.console_pages import administrator_window
from tests.support.console_process import Console
from tests.support.server import Server
from tests.support.talker import Talker

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.nlu]

PAIRS = Path(__file__).with_name("paraphrases.yml")
SEEDS, ASKED, UNDERSTOOD_BEFORE = 10, 24, 7
TRAINED_WITHIN_S = 1200
LIVE_WITHIN_S = 60
ANSWERED_WITHIN_S = 20


@dataclasses.dataclass(frozen=True)
class Pair:
    """What somebody asked, what somebody else asked who meant the same, and the topic of both."""

    topic: str
    asked: str
    again: str

    @property
    def kept(self) -> str:
        """What is stored of the message, and so what staff read and teach: without what may be a name or a date."""
        return shared_masker().mask(self.asked)


@dataclasses.dataclass
class Told:
    """What happened, for the tests and for whoever reads their output."""

    seeds: Sequence[Pair]
    paraphrases_before: int
    uses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    seeds_after: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    paraphrases_after: int = 0
    first_click_to_release_s: float = 0.0
    release_to_answer_s: float = 0.0
    talker: Talker | None = None
    logs: str = ""


def understood(server: Server, text: str, topic: str, sender: str) -> tuple[bool, str]:
    """Whether the first reply answers the topic (or refuses, where that is due); and the id of that reply."""
    custom = server.say(text, sender=sender)[0]["custom"]
    return (custom["topic"] == topic or custom["kind"] == topic), custom["id"]


@pytest.fixture(scope="module")
def misunderstood(server: Server) -> dict[Pair, bool]:
    """The first that are misunderstood without being taken for danger, and whether the partner of each is understood."""
    found: list[Pair] = []
    for number, entry in enumerate(yaml.safe_load(PAIRS.read_text(encoding="utf-8"))["pairs"]):
        custom = server.say(entry["asked"], sender=f"before-{number}")[0]["custom"]
        if entry["topic"] not in {custom["topic"], custom["kind"]} and custom["kind"] != "crisis":
            found.append(Pair(entry["topic"], entry["asked"], entry["again"]))
        if len(found) == ASKED:
            break
    assert len(found) == ASKED, "paraphrases.yml has too few that the present model misunderstands"
    return {pair: understood(server, pair.again, pair.topic, f"again-{i}")[0] for i, pair in enumerate(found)}


@pytest.fixture(scope="module")
def told(misunderstood: dict[Pair, bool], answers: dict[str, Any], browser: Browser,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The loop, played through once; what the model in production answers is known, as in any console that has been up
    for some minutes."""
    var, staff = tmp_path_factory.mktemp("var"), tmp_path_factory.mktemp("staff")
    told = Told([], 0)
    setting = {"IMH_STAFF_DIR": str(staff)}
    with Server(var, environment=setting) as server, Console(var, **setting) as console, \
            Talker(str(server.client.base_url), message="how does holding my baby help her", sender="talker") as talker, \
            administrator_window(browser, console) as window:
        told.talker = talker
        for number, pair in enumerate(misunderstood):
            _, answer = understood(server, pair.asked, pair.topic, f"parent-{number}")
            server.client.post("/webhooks/web/feedback", json={
                "sender": f"parent-{number}", "id": answer, "value": "down"}).raise_for_status()
        page = window.new_page()
        found = _until_grouped(page)
        told.seeds = _chosen([pair for pair in misunderstood if _folded(pair.kept) in found], misunderstood)
        told.paraphrases_before = sum(misunderstood[pair] for pair in told.seeds)
        start = time.time()
        _label(page, told.seeds)
        _train(page)
        released = _release(page)
        told.first_click_to_release_s = released - start
        told.release_to_answer_s = _until_live(server, var) - released
        told.uses = _uses(staff)
        told.seeds_after = {pair.kept: understood(server, pair.asked, pair.topic, f"after-{i}")[0]
                            for i, pair in enumerate(told.seeds)}
        told.paraphrases_after = sum(understood(server, pair.again, pair.topic, f"other-{i}")[0]
                                     for i, pair in enumerate(told.seeds))
        told.logs = console.log.read_text() + server.log.read_text()
    print(f"\nfirst click to release {told.first_click_to_release_s:.0f} s, release to its first answer "
          f"{told.release_to_answer_s:.1f} s, {len(talker.turns)} messages meanwhile; taught and understood "
          f"{sum(told.seeds_after.values())} of {SEEDS}, paraphrases {told.paraphrases_before} before, "
          f"{told.paraphrases_after} after")
    yield told


def test_what_went_to_training_is_understood(told: Told) -> None:
    """Of the messages that staff put under a topic, all that were trained on; those kept for testing are not."""
    taught = [text for text, use in told.uses.items() if use == "training"]
    assert len(told.uses) == SEEDS and len(taught) >= SEEDS // 2
    assert [text for text in taught if not told.seeds_after[text]] == []


def test_others_who_mean_the_same_are_understood(told: Told) -> None:
    """Seven of ten, and more than before unless all were; nobody trained on their words."""
    assert told.paraphrases_after >= 7
    assert told.paraphrases_after > told.paraphrases_before or told.paraphrases_before == SEEDS


def test_it_is_answered_from_soon_after_the_release(told: Told) -> None:
    """Servers ask every few seconds; the machine is busy here, so there is room."""
    assert told.release_to_answer_s <= ANSWERED_WITHIN_S


def test_the_public_chat_answered_all_the_time(told: Told) -> None:
    """Two messages a second, while a model was trained, judged and released: no error, no lost turn."""
    assert told.talker is not None and len(told.talker.turns) > 60
    assert [turn for turn in told.talker.turns if turn.status != 200] == []


def test_nothing_broke_down_unseen(told: Told) -> None:
    """No traceback in the log of the console or the server."""
    assert "Traceback" not in told.logs


def _chosen(waiting: Sequence[Pair], understood_before: Mapping[Pair, bool]) -> list[Pair]:
    """The first ten, of which the partners of seven at most are understood before."""
    chosen: list[Pair] = []
    for pair in waiting:
        if not understood_before[pair] or sum(understood_before[one] for one in chosen) < UNDERSTOOD_BEFORE:
            chosen.append(pair)
    return chosen[:SEEDS]


def _until_grouped(page: Page) -> set[str]:
    """The messages of all groups, once collecting and grouping, which work by themselves, have found enough."""
    deadline = time.monotonic() + 90
    before: set[str] = set()
    while time.monotonic() < deadline:
        found: set[str] = set()
        for group in _groups(page):
            page.goto(group)
            found |= set(map(_folded, page.locator(".message[data-state=new] .words").all_inner_texts()))
        if len(found) >= SEEDS and found == before:  # all that will come
            return found
        before = found
        time.sleep(2)
    raise AssertionError("the messages did not reach the inbox")


def _groups(page: Page) -> list[str]:
    page.goto("/inbox")
    return page.locator(".groups a").evaluate_all("links => links.map(link => link.getAttribute('href'))")


def _label(page: Page, seeds: Sequence[Pair]) -> None:
    """Put each of the seeds where it belongs, by keyboard; leave what is not one of them alone."""
    wanted = {_folded(pair.kept): pair for pair in seeds}
    titles = {name: topic.title["en"] for name, topic in load_knowledge(CONTENT).topics.items()}
    while wanted:
        groups = _groups(page)
        before = len(wanted)
        for group in groups:
            page.goto(group)
            for number in page.locator(".message[data-state=new]").evaluate_all("all => all.map(one => one.id)"):
                article = page.locator(f"#{number}")
                pair = wanted.pop(_folded(article.locator(".words").inner_text()), None)
                if pair is not None:
                    _put(page, number, pair.topic, titles)
        assert len(wanted) < before, f"not in the inbox: {list(wanted)}"


def _put(page: Page, number: str, topic: str, titles: Mapping[str, str]) -> None:
    intent = topic if topic == "out_of_scope" else f"ask_{topic}"
    article = page.locator(f"#{number}")
    article.focus()
    offered = article.locator(f"button[name=topic][value={intent}]")
    with page.expect_response(lambda response: response.request.method == "POST"):
        if offered.count():
            page.keyboard.press(offered.get_attribute("data-key") or "")
        else:
            page.keyboard.press("/")
            page.keyboard.type(titles[topic] if topic in titles else "does not cover")
            page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    assert article.get_attribute("data-state") == "done", page.locator("[role=status]").all_inner_texts()


def _train(page: Page) -> None:
    page.goto("/training")
    page.get_by_role("button", name="Train", exact=True).click()
    done = page.get_by_role("link", name="See what got better and what got worse")
    done.wait_for(timeout=TRAINED_WITHIN_S * 1000)
    done.click()


def _release(page: Page) -> float:
    """Release the model; where the gate objects, against its advice and with a reason. When the button was pressed."""
    button = page.get_by_role("button", name="Release this model")
    if "danger" in (button.get_attribute("class") or ""):
        print("\nthe gate objects:", *page.locator("li.error").all_inner_texts(), sep="\n  ")
        page.get_by_label("Reason").fill("Read and weighed; the loop is tried out.")
    pressed = time.time()
    button.click()
    page.wait_for_url("**/releases")
    return pressed


def _until_live(server: Server, var: Path) -> float:
    """When the server said that it took over what was released."""
    wanted = (var / "releases" / "current").read_text(encoding="ascii").strip()
    deadline = time.monotonic() + LIVE_WITHIN_S
    while time.monotonic() < deadline:
        if f"Bundle {wanted} is live" in server.log.read_text(encoding="utf-8"):
            server.say("does holding my baby help", sender="first")
            return time.time()
        time.sleep(0.1)
    raise AssertionError(f"{wanted} did not go live: {server.log.read_text(encoding='utf-8')[-2000:]}")


def _uses(staff: Path) -> dict[str, str]:
    """What became of each label: `training` or `evaluation`, by the words that were kept."""
    found: dict[str, str] = {}
    for use, folder in (("training", "nlu/data/staff"), ("evaluation", "tests/nlu/held_out/staff")):
        for path in (staff / folder).glob("*.yml"):
            for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
                found |= {entry["text"]: use for entry in _entries(block)}
    return found


def _entries(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    examples = block["examples"]
    return examples if isinstance(examples, list) else [
        {"text": line[2:]} for line in examples.splitlines() if line.startswith("- ")]


def _folded(text: str) -> str:
    return " ".join(json.dumps(text).lower().split())
