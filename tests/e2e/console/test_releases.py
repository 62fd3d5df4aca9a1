"""A release on its way from the real console to a running server, with somebody talking to it all the time."""

from __future__ import annotations

import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import httpx
import psutil
import pytest
import sqlalchemy as sa

from bot import archive
from bot.console.people import accounts, sessions
from bot.console.people.accounts import Role
from bot.knowledge import CONTENT
from bot.release import current_name, make_bundle, make_current, model_path
from bot.settings import Settings
from bot.store.database import open_database
from tests.support.console_process import Console
from tests.support.fake_console import TOKEN, FakeConsole
from tests.support.server import PROJECT, Server
from tests.support.talker import Talker
from tests.support.versions import THANKS, content_that_says, version

pytestmark = pytest.mark.e2e

SECRET = "0123456789abcdef" * 4
WITHIN_S = 15.0
MODEL_WITHIN_S = 20.0
QUESTION = "thank you"
# Nine models of 3 MB each in memory, were they all kept, and their threads' stacks.
MAX_GROWTH_MB = 20


class House:
    """A console with its var and staff folders, and a server with a var folder of its own that asks it."""

    def __init__(self, console: Console, server: Server, staff: Path, model: Path) -> None:
        self.console = console
        self.server = server
        self.staff = staff
        self.model = model
        self.settings = Settings(var_dir=console.var_dir, secret=SECRET)

    def edits(self, thanks: str) -> None:
        """Staff change what is answered to thanks; nothing is live by that."""
        content = content_that_says(thanks, self.console.var_dir / "made" / "edited")
        target = self.staff / "bot" / "content" / "phrases.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((content / "phrases.yml").read_bytes())

    def posts(self, path: str, **data: str) -> float:
        """Press a button of the page as an editor; when it was pressed."""
        engine = open_database(f"sqlite:///{self.console.var_dir / 'conversations.db'}")
        with engine.begin() as connection:
            name = f"editor{time.monotonic_ns()}"
            person = accounts.add(connection, None, name=name, shown="Ed", email=f"{name}@example.org", role=Role.EDITOR)
            connection.execute(sa.text("UPDATE console_people SET subject = name WHERE id = :id"), {"id": person.id})
            token = sessions.begin(connection, person)
        engine.dispose()
        at = time.time()
        response = httpx.post(f"{self.console.address}{path}", data=data, cookies={"imh_session": token}, trust_env=False,
                              headers={"X-CSRF-Token": sessions.csrf_of(token)}, timeout=30)
        assert response.status_code == 303, response.text
        return at

    @property
    def server_log(self) -> str:
        return self.server.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def house(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    model = model_path(Settings(var_dir=trained))
    console_var, server_var, staff = (tmp_path_factory.mktemp(name) for name in ("console", "server", "staff"))
    make_bundle(model, CONTENT, Settings(var_dir=console_var, secret=SECRET))
    with Console(console_var, IMH_SECRET=SECRET, IMH_CONSOLE_TOKEN=TOKEN, IMH_STAFF_DIR=str(staff)) as console, \
            Server(server_var, environment={"IMH_SECRET": SECRET, "IMH_CONSOLE_TOKEN": TOKEN,
                                            "IMH_CONSOLE_URL": console.address}) as server:
        yield House(console, server, staff, model)


@pytest.fixture(scope="module")
def talker(house: House) -> Iterator[Talker]:
    """Talks while all that is below happens; in the end nothing was lost and nothing failed."""
    with Talker(str(house.server.client.base_url), message=QUESTION, sender="talker") as talker:
        yield talker
    assert {turn.status for turn in talker.turns} == {200}, [turn for turn in talker.turns if turn.status != 200]
    with sqlite3.connect(house.server.var_dir / "conversations.db") as connection:
        (kept,) = connection.execute("SELECT count(*) FROM events WHERE type_name = 'user' AND sender_id LIKE 'talker-%'"
                                     ).fetchone()
    assert kept == len(talker.turns)
    took = sorted(turn.took_s for turn in talker.turns)
    print(f"\n{len(took)} turns: median {statistics.median(took):.3f} s, p95 {took[int(len(took) * .95)]:.3f} s, "
          f"longest {took[-1]:.3f} s")


def test_a_changed_content_is_said_within_fifteen_seconds(house: House, talker: Talker) -> None:
    """Edited, released with one button, said: without training and without a restart."""
    house.edits("Gladly, any time.")
    time.sleep(1)
    assert all("Gladly" not in turn.text for turn in talker.turns)
    at = house.posts("/releases")
    print(f"\ncontent: {talker.first('Gladly, any time.', after=at, within_s=WITHIN_S):.1f} s")


def test_another_model_answers_within_twenty_seconds(house: House, talker: Talker) -> None:
    """It is loaded beside the one that answers, and both answer nobody wrongly."""
    bundle = version(house.model, "With another model.", house.settings, number=1)
    at = time.time()
    make_current(bundle.name, house.settings)
    print(f"\nmodel: {talker.first('With another model.', after=at, within_s=MODEL_WITHIN_S):.1f} s")
    assert current_name(Settings(var_dir=house.server.var_dir)) == bundle.name


def test_one_button_takes_it_back_within_fifteen_seconds(house: House, talker: Talker) -> None:
    """To the version before, which was released by the console."""
    at = house.posts("/releases/back")
    print(f"\ntake back: {talker.first('Gladly, any time.', after=at, within_s=WITHIN_S):.1f} s")


def test_no_turn_is_half_old_and_half_new(house: House, talker: Talker) -> None:
    """Every answer is one of those that were released, in the order in which they were."""
    said = [turn.text.split("\n")[0] for turn in sorted(talker.turns, key=lambda turn: turn.at)]
    order = [text for position, text in enumerate(said) if position == 0 or said[position - 1] != text]
    assert order == [THANKS, "Gladly, any time.", "With another model.", "Gladly, any time."]


def test_with_the_console_killed_the_server_answers_and_takes_the_next_release(house: House, talker: Talker) -> None:
    """Killed with -9 and started again: what was live goes on, is what the console still serves, and the next arrives."""
    house.console.stop(signal.SIGKILL)
    time.sleep(8)
    assert house.server_log.count("the console does not answer") == 1
    assert talker.turns[-1].status == 200 and "Gladly" in talker.turns[-1].text
    house.edits("Back again.")
    house.console.start()
    at = house.posts("/releases")
    print(f"\nafter a kill: {talker.first('Back again.', after=at, within_s=WITHIN_S):.1f} s")


def test_new_words_are_listened_for_with_the_release(house: House, talker: Talker) -> None:
    """A new word for danger and a new name to mask: in the running server, and not before somebody released them."""
    danger = "a zorgle recipe please"
    for name, old, new in (("crisis_lexicon.yml", "\nrules:\n", f"\nrules:\n  of_this_test: {{kind: poison, says: [{danger}]}}\n"),
                           ("names.txt", "\n= given\n", "\n= given\nzorglina\n")):
        text = (CONTENT / name).read_text(encoding="utf-8")
        (house.staff / "bot/content" / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    time.sleep(3)
    assert house.server.say(danger, sender="before")[0]["custom"]["kind"] != "crisis"
    at = house.posts("/releases")
    while house.server.say(danger, sender=f"after-{time.monotonic_ns()}")[0]["custom"]["kind"] != "crisis":
        assert time.time() < at + WITHIN_S
        time.sleep(0.5)
    print(f"\nlexicons: {time.time() - at:.1f} s")
    house.server.say("my zorglina bites and cries a lot", sender="named")
    with sqlite3.connect(house.server.var_dir / "conversations.db") as connection:
        kept = " ".join(data for (data,) in connection.execute("SELECT data FROM events WHERE sender_id = 'named'"))
    assert "zorglina" not in kept and "[name]" in kept


def test_a_broken_list_of_words_is_not_released(house: House, talker: Talker) -> None:
    """The page says which file, what was live goes on, and danger is heard."""
    path = house.staff / "bot/content/crisis_lexicon.yml"
    before = path.read_text(encoding="utf-8")
    path.write_text("rules: [", encoding="utf-8")
    with pytest.raises(AssertionError, match="crisis_lexicon.yml"):
        house.posts("/releases")
    path.write_text(before, encoding="utf-8")
    assert house.server.say("my baby is not breathing", sender="still")[0]["custom"]["kind"] == "crisis"


def test_a_restart_without_the_console_goes_on_with_the_last_release(house: House, talker: Talker) -> None:
    """From what was fetched, though the server's own project would say something else."""
    var, environment = house.server.var_dir, {"IMH_SECRET": SECRET, "IMH_CONSOLE_TOKEN": TOKEN,
                                              "IMH_CONSOLE_URL": "http://127.0.0.1:9"}
    with Server(var, environment={**environment, "IMH_DB_URL": f"sqlite:///{var / 'other.db'}"}) as alone:
        assert alone.say(QUESTION, sender="after-restart")[0]["custom"]["plain"].startswith("Back again.")
        assert alone.log.read_text(encoding="utf-8").count("the console does not answer") >= 1


class TestBadBundles:
    """A server that starts before its console does, and a console that then hands out what cannot be used."""

    @pytest.fixture(scope="class")
    def away(self) -> Iterator[FakeConsole]:
        """It has an address and does not answer yet."""
        with FakeConsole() as console:
            console.status, console.etag = 500, "0" * 16
            yield console

    @pytest.fixture(scope="class")
    def server(self, trained: Path, away: FakeConsole, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with Server(tmp_path_factory.mktemp("var"), environment={
                "IMH_SECRET": SECRET, "IMH_CONSOLE_TOKEN": TOKEN, "IMH_CONSOLE_URL": away.url}) as server:
            yield server

    @pytest.fixture(scope="class")
    def press(self, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
        return model_path(Settings(var_dir=trained)), Settings(var_dir=tmp_path_factory.mktemp("press"), secret=SECRET)

    def until(self, server: Server, words: str, *, within_s: float = WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        while words not in server.log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, server.log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)

    def test_it_starts_without_the_console(self, server: Server, away: FakeConsole) -> None:
        """Ready, from the version of its own project; what is wrong with the console is in the log."""
        assert server.say(QUESTION, sender="alone")[0]["custom"]["plain"].startswith(THANKS)
        self.until(server, "status 500")

    @pytest.mark.parametrize("harm", ["corrupt", "unsigned", "incompatible"])
    def test_what_cannot_be_used_is_refused_once(self, server: Server, away: FakeConsole, press: tuple[Path, Settings],
                                                 harm: str) -> None:
        """Fetched once, named once in the log, and the old one goes on."""
        model, settings = press
        bundle = version(model, f"Evil: {harm}.", settings, number=len(harm))
        words = {"corrupt": "was altered", "unsigned": "has no manifest.sig",
                 "incompatible": "cannot be used"}[harm]
        if harm == "corrupt":
            (bundle.content / "phrases.yml").write_text("evil")
        elif harm == "unsigned":
            (bundle.folder / "manifest.sig").unlink()
        else:  # signed, whole, and no model that this code could load
            broken = settings.var_dir / "0123abcd.tar.gz"
            broken.write_bytes(b"no model")
            bundle = version(broken, f"Evil: {harm}.", settings)
        away.status, away.etag, away.archive, away.sent = 200, bundle.name, b"".join(archive.pack(bundle.folder)), 0
        self.until(server, f"{bundle.name} {words}")
        time.sleep(7)
        assert away.sent == 1
        assert server.log.read_text(encoding="utf-8").count(bundle.name) == 1
        assert server.say(QUESTION, sender=harm)[0]["custom"]["plain"].startswith(THANKS)

    def test_the_next_good_one_is_taken(self, server: Server, away: FakeConsole, press: tuple[Path, Settings]) -> None:
        """A refusal is of one version, not of the console."""
        bundle = version(press[0], "Good again.", press[1], number=77)
        away.etag, away.archive = bundle.name, b"".join(archive.pack(bundle.folder))
        self.until(server, f"{bundle.name} is live")
        assert server.say(QUESTION, sender="good")[0]["custom"]["plain"].startswith("Good again.")


def test_ten_models_later_nothing_has_piled_up(trained: Path, tmp_path: Path) -> None:
    """One after the other into a running server by the pointer of its own var folder: neither memory nor threads grow,
    and whoever talks to it meanwhile is answered each time."""
    model, settings = model_path(Settings(var_dir=trained)), Settings(var_dir=tmp_path, secret=SECRET)
    make_bundle(model, CONTENT, settings)
    with Server(tmp_path, environment={"IMH_SECRET": SECRET}) as server:
        assert server.process is not None
        process, sizes, took = psutil.Process(server.process.pid), [], []
        with Talker(str(server.client.base_url), message=QUESTION, sender="swaps") as talker:
            for number in range(1, 11):
                bundle = version(model, f"Number {number}.", settings, number=number)
                at = time.time()
                make_current(bundle.name, settings)
                took.append(talker.first(f"Number {number}.", after=at, within_s=MODEL_WITHIN_S))
                time.sleep(2)
                sizes.append((process.memory_info().rss / 1e6, process.num_threads()))
        assert {turn.status for turn in talker.turns} == {200}
    print(f"\n{sizes[0][0]:.0f} MB after one model, {sizes[-1][0]:.0f} after ten; "
          f"longest turn {max(turn.took_s for turn in talker.turns):.3f} s; each live after at most {max(took):.1f} s")
    assert sizes[-1][0] - sizes[1][0] < MAX_GROWTH_MB
    assert sizes[-1][1] <= sizes[1][1]


def test_a_trial_that_nobody_uses_ends_by_itself(trained: Path, tmp_path: Path) -> None:
    """Without a word to it, with code 0; its folder, and all that was said in it, is gone."""
    folder = tmp_path / "trial"
    make_bundle(model_path(Settings(var_dir=trained)), CONTENT, Settings(var_dir=folder))
    with subprocess.Popen([sys.executable, "-c", "import sys; from pathlib import Path; from bot.trial import serve; "
                           "serve(Path(sys.argv[1]), idle_s=2)", str(folder)], cwd=PROJECT, stdin=subprocess.PIPE) as trial:
        assert trial.wait(timeout=90) == 0
    assert not folder.exists()
