"""A running server takes over what is released; what cannot be used is refused once, and what was live goes on."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import logging
import shutil
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator, Mapping

import pytest

from bot import archive, updates
from bot.canary import Canary, Step, end_canary, write_canary
from bot.errors import ReleaseError
from bot.knowledge import CONTENT, current, load_knowledge, one_knowledge, use
from bot.lexicons import current_lexicons, load_lexicons, use_lexicons
from bot.privacy import shared_masker
from bot.release import Bundle, build_bundle, current_name, make_current, open_bundle
from bot.running import Running, load
from bot.safety import shared_screen
from bot.settings import Settings
from bot.sms.keywords import Wish, shared_keywords
from bot.updates import Updates
from tests.support.fake_console import TOKEN, FakeConsole

KEY = "k" * 64
THANKS = "You are welcome. Ask me more any time."


class Models:
    """Stands for loading a model: a bundle's engine is its name. Content is loaded for real."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load(self, bundle: Bundle, stores: Any, beside: Running | None = None) -> Running:
        if beside and beside.bundle.model_hash == bundle.model_hash:
            return load(bundle, stores, beside)
        if bundle.model.read_bytes() == b"broken":
            raise ReleaseError(f"Bundle {bundle.name} cannot be used: it is broken.", bundle=bundle.name)
        self.loaded.append(bundle.name)
        return Running(bundle, f"engine of {bundle.name}", load_knowledge(bundle.content),
                       load_lexicons(bundle.content))


class Server:
    """A server's application with its updates, looked at between one look and the next."""

    def __init__(self, settings: Settings, first: Bundle | None) -> None:
        self.app: Any = SimpleNamespace(ctx=SimpleNamespace(agent=None))
        self.updates = Updates(settings)
        self.first = first

    def looks(self, times: int = 1) -> None:
        """Start, look so many times, end."""
        async def run() -> None:
            with ThreadPoolExecutor(1) as thread:
                async with self.updates._source:
                    for _ in range(times):
                        await self.updates._look(self.app, thread)

        if self.updates.running is None:
            self.updates.start(self.app)
        asyncio.run(run())

    @property
    def version(self) -> str:
        assert self.updates.running is not None
        return self.updates.running.bundle.name


class Site:
    """A var folder and bundles for it; `said` is what a bundle answers to thanks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(var_dir=folder / "var", secret=KEY)

    def bundle(self, said: str = THANKS, model: bytes = b"model", settings: Settings | None = None,
               files: Mapping[str, str] | None = None) -> Bundle:
        """`files` take the place of those of their name in the content."""
        content = Path(shutil.copytree(CONTENT, self.folder / "content", dirs_exist_ok=True))
        for name, text in (files or {}).items():
            (content / name).write_text(text, encoding="utf-8")
        phrases = (CONTENT / "phrases.yml").read_text(encoding="utf-8")
        (content / "phrases.yml").write_text(phrases.replace(THANKS, said), encoding="utf-8")
        (self.folder / "0123abcd.tar.gz").write_bytes(model)
        return build_bundle(self.folder / "0123abcd.tar.gz", content, settings or self.settings)


def said() -> str:
    """What thanks are answered with now."""
    return current().phrase("thanks", "en")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Models:
    models = Models()
    monkeypatch.setattr(updates, "load", models.load)
    monkeypatch.setattr(updates, "open_stores", lambda settings: None)
    monkeypatch.setattr(updates, "gc", SimpleNamespace(collect=lambda: 0, freeze=lambda: None))
    monkeypatch.setattr(updates, "give_back_memory", lambda: None)

    def load_first(settings: Settings, stores: Any) -> tuple[Running | None, tuple[str, ...]]:
        name = current_name(settings)
        return (models.load(open_bundle(settings.var_dir / "releases" / name, settings), stores) if name else None), ()

    monkeypatch.setattr(updates, "load_first", load_first)
    return models


@pytest.fixture(autouse=True)
def knowledge_stays() -> Iterator[None]:
    """Other tests find the knowledge and the lexicons that they had."""
    before, lexicons = current(), current_lexicons()
    yield
    use(before)
    use_lexicons(lexicons)


# --- From the var folder ----------------------------------------------------------------------------------------------


@pytest.fixture
def server(site: Site, models: Models) -> Server:
    """Answers from a first bundle, and watches the var folder."""
    first = site.bundle()
    make_current(first.name, site.settings)
    server = Server(site.settings, first)
    server.looks()
    return server


def test_what_is_made_current_is_taken_over(server: Server, site: Site) -> None:
    """Model and content, together."""
    assert server.version == server.first.name
    bundle = site.bundle("You are.", b"another model")
    make_current(bundle.name, site.settings)
    server.looks()
    assert server.app.ctx.agent == f"engine of {bundle.name}"
    assert said() == "You are."


def test_a_new_content_needs_no_other_model(server: Server, site: Site, models: Models) -> None:
    """The engine stays the one that it was; what it says is new."""
    bundle = site.bundle("You are.")
    make_current(bundle.name, site.settings)
    server.looks()
    assert models.loaded == [server.first.name]
    assert server.app.ctx.agent == f"engine of {server.first.name}" and server.version == bundle.name
    assert said() == "You are."


def test_what_is_taken_back_is_taken_back(server: Server, site: Site) -> None:
    """Going back is a release like another."""
    make_current(site.bundle("You are.", b"another model").name, site.settings)
    server.looks()
    make_current(server.first.name, site.settings)
    server.looks()
    assert server.version == server.first.name
    assert said() == THANKS


def altered(bundle: Bundle) -> None:
    (bundle.content / "contacts.yml").write_text("evil")


def unsigned(bundle: Bundle) -> None:
    (bundle.folder / "manifest.sig").unlink()


def of_other_code(bundle: Bundle) -> None:
    signed(bundle, code="0" * 24)


def signed(bundle: Bundle, **changes: object) -> None:
    text = json.dumps({**bundle.manifest, **changes})
    (bundle.folder / "manifest.json").write_text(text)
    (bundle.folder / "manifest.sig").write_text(hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest())


HARMS = {"altered": (altered, "was altered"), "unsigned": (unsigned, "has no manifest.sig"),
         "incompatible": (of_other_code, "made for other code")}


@pytest.mark.parametrize(("harm", "words"), HARMS.values(), ids=HARMS)
def test_what_cannot_be_used_is_refused_once(server: Server, site: Site, caplog: pytest.LogCaptureFixture,
                                             harm: Callable[[Bundle], None], words: str) -> None:
    """In words, in the log; and what was live goes on, with its own content."""
    bundle = site.bundle("You are.", b"another model")
    harm(bundle)
    make_current(bundle.name, site.settings)
    with caplog.at_level(logging.ERROR):
        server.looks(5)
    assert [words in record.getMessage() for record in caplog.records] == [True]
    assert server.app.ctx.agent == f"engine of {server.first.name}"
    assert said() == THANKS


def test_a_model_that_cannot_be_loaded_is_refused_once(server: Server, site: Site, models: Models,
                                                       caplog: pytest.LogCaptureFixture) -> None:
    """And the next release is taken as ever."""
    make_current(site.bundle(model=b"broken").name, site.settings)
    with caplog.at_level(logging.ERROR):
        server.looks(3)
    assert len(caplog.records) == 1 and server.version == server.first.name
    make_current(site.bundle(model=b"mended").name, site.settings)
    server.looks()
    assert server.version != server.first.name


def test_content_that_does_not_hold_together_is_refused(server: Server, site: Site,
                                                        caplog: pytest.LogCaptureFixture) -> None:
    """Signed by us, and yet nothing that could be said: as any other that cannot be used."""
    (site.folder / "content" / "crisis.yml").write_text("lines: []")
    bundle = build_bundle(site.folder / "0123abcd.tar.gz", site.folder / "content", site.settings)
    make_current(bundle.name, site.settings)
    with caplog.at_level(logging.ERROR):
        server.looks(3)
    assert len(caplog.records) == 1 and "crisis.yml" in caplog.records[0].getMessage()
    assert current().crisis.lines


def of_the_content(name: str) -> str:
    return (CONTENT / name).read_text(encoding="utf-8")


def with_more_words() -> dict[str, str]:
    """Each lexicon with something that it did not know before."""
    return {
        "crisis_lexicon.yml": of_the_content("crisis_lexicon.yml").replace(
            "\nrules:\n", "\nrules:\n  of_this_test: {kind: poison, says: [zorgle the frumious]}\n", 1),
        "sms_keywords.yml": of_the_content("sms_keywords.yml").replace("en: [stop, stopall,", "en: [stop, zorgle, stopall,", 1),
        "names.txt": of_the_content("names.txt").replace("\n= given\n", "\n= given\nzorglina\n", 1)}


def hears_the_new_words() -> list[bool]:
    keyword = shared_keywords().read("zorgle")
    return [shared_screen().screen("zorgle the frumious").kinds == ("poison",),
            keyword is not None and keyword.wish is Wish.STOP, "[name]" in shared_masker().mask("zorglina bites")]


def test_new_words_are_listened_for_without_a_restart(server: Server, site: Site, models: Models) -> None:
    """Danger, STOP and names: by a content-only release, in the running server; and no longer once it is taken back."""
    assert hears_the_new_words() == [False, False, False]
    make_current(site.bundle(files=with_more_words()).name, site.settings)
    server.looks()
    assert hears_the_new_words() == [True, True, True] and models.loaded == [server.first.name]
    make_current(server.first.name, site.settings)
    server.looks()
    assert hears_the_new_words() == [False, False, False]


def test_a_lexicon_that_did_not_change_is_not_built_again(server: Server, site: Site) -> None:
    """It takes a second and 20 MB."""
    screen = shared_screen()
    make_current(site.bundle("You are.").name, site.settings)
    server.looks()
    assert said() == "You are." and shared_screen() is screen


@pytest.mark.parametrize(("name", "text"), [
    ("crisis_lexicon.yml", "rules: ["), ("sms_keywords.yml", "words: {stop: []}"), ("privacy_lexicon.yml", "masks: {}"),
    ("names.txt", "= given\n")], ids=["crisis", "text messages", "masks", "names"])
def test_a_broken_lexicon_is_never_loaded(server: Server, site: Site, caplog: pytest.LogCaptureFixture, name: str,
                                          text: str) -> None:
    """Signed by us, and yet refused, once: danger is heard, STOP obeyed and names masked as before."""
    before = current_lexicons()
    make_current(site.bundle("You are.", files={name: text}).name, site.settings)
    with caplog.at_level(logging.ERROR):
        server.looks(3)
    assert len(caplog.records) == 1 and name in caplog.records[0].getMessage()
    assert current_lexicons() is before and said() == THANKS
    assert shared_screen().screen("my baby is not breathing") and shared_keywords().read("STOP")


def test_danger_is_heard_at_every_moment_of_a_release(server: Server, site: Site) -> None:
    """While the lexicons change, there and back, no message finds none."""
    deaf: list[str] = []
    looking = threading.Event()

    def listen() -> None:
        while not looking.is_set():
            if not shared_screen().screen("my baby is not breathing") or not shared_keywords().read("STOP"):
                deaf.append("a message")

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        for name in (site.bundle(files=with_more_words()).name, server.first.name):
            make_current(name, site.settings)
            server.looks()
    finally:
        looking.set()
        listener.join()
    assert deaf == [] and server.version == server.first.name


def test_a_worker_tells_what_it_answers_from(server: Server, site: Site) -> None:
    """In a file that the console reads while the worker lives, and no longer."""
    bundle = site.bundle(model=b"broken")
    make_current(bundle.name, site.settings)
    notes = []

    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:
            async with server.updates._source:
                for _ in range(2):
                    await server.updates._look(server.app, thread)
                notes.extend(json.loads(path.read_text()) for path in (site.settings.var_dir / "workers").iterdir())

    asyncio.run(run())
    assert notes == [{"bundle": server.first.name, "refused": bundle.name, "canary": ""}]
    assert list((site.settings.var_dir / "workers").iterdir()) == []


# --- A version on trial -----------------------------------------------------------------------------------------------


def tries(site: Site, bundle: Bundle, percent: int = 10) -> None:
    """Give a bundle to a share of the senders, beside what is live."""
    write_canary(Canary(bundle.name, current_name(site.settings), (Step(1.0, percent),), "model", "Ana"), site.settings)


def on_trial(server: Server) -> tuple[Any, int] | None:
    """The engine that a share is answered from, and the share."""
    trial = server.app.ctx.on_trial
    return (trial.running.engine, trial.share.percent) if trial else None


def test_a_version_on_trial_stays_beside_production(server: Server, site: Site, models: Models) -> None:
    """Loaded once, however often is looked; widened without loading; and production is what it was."""
    bundle = site.bundle("You are.", b"another model")
    tries(site, bundle)
    server.looks(3)
    assert on_trial(server) == (f"engine of {bundle.name}", 10)
    tries(site, bundle, 50)
    server.looks()
    assert on_trial(server) == (f"engine of {bundle.name}", 50)
    assert models.loaded == [server.first.name, bundle.name]
    assert server.app.ctx.agent == f"engine of {server.first.name}" and said() == THANKS
    assert current_name(site.settings) == server.first.name


def test_a_content_on_trial_needs_no_other_model(server: Server, site: Site, models: Models) -> None:
    """Two contents, one engine."""
    tries(site, site.bundle("You are."))
    server.looks()
    assert on_trial(server) == (f"engine of {server.first.name}", 10) and models.loaded == [server.first.name]
    assert server.app.ctx.on_trial.running.knowledge.phrase("thanks", "en") == "You are."


def test_what_is_taken_back_from_its_share_is_let_go(server: Server, site: Site) -> None:
    """Everybody is answered from production again."""
    tries(site, site.bundle("You are.", b"another model"))
    server.looks()
    end_canary(site.settings)
    server.looks()
    assert on_trial(server) is None and server.version == server.first.name


def test_what_was_on_trial_is_released_without_loading_it_again(server: Server, site: Site, models: Models) -> None:
    """It goes from the share to all in one step."""
    bundle = site.bundle("You are.", b"another model")
    tries(site, bundle)
    server.looks()
    make_current(bundle.name, site.settings)
    server.looks()
    assert on_trial(server) is None and server.app.ctx.agent == f"engine of {bundle.name}" and said() == "You are."
    assert models.loaded == [server.first.name, bundle.name]


def test_any_other_release_ends_a_trial(server: Server, site: Site) -> None:
    """A corrected crisis line reaches everybody, the share too."""
    tries(site, site.bundle("You are.", b"another model"))
    server.looks()
    make_current(site.bundle("Corrected.").name, site.settings)
    server.looks()
    assert on_trial(server) is None and said() == "Corrected."


def test_a_version_on_trial_that_cannot_be_used_is_refused_once(server: Server, site: Site,
                                                                caplog: pytest.LogCaptureFixture) -> None:
    """And nobody is answered from it."""
    tries(site, site.bundle(model=b"broken"))
    with caplog.at_level(logging.ERROR):
        server.looks(4)
    assert len(caplog.records) == 1 and on_trial(server) is None and server.version == server.first.name


# --- A turn -----------------------------------------------------------------------------------------------------------


def test_a_turn_ends_on_the_content_that_it_began_with(site: Site) -> None:
    """Whatever goes live while it waits for a model or a lock; the next turn is on the new one."""
    old, new = load_knowledge(), replace(load_knowledge())
    use(old)

    async def turn(begun: asyncio.Event, go_on: asyncio.Event) -> list[bool]:
        with one_knowledge():
            seen = [current() is old]
            begun.set()
            await go_on.wait()
            return [*seen, current() is old, await asyncio.create_task(reads()) is old]

    async def reads() -> Any:
        return current()

    async def run() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(turn(begun, go_on))
        await begun.wait()
        use(new)
        assert current() is new
        go_on.set()
        assert await task == [True, True, True]

    asyncio.run(run())


# --- From a console ---------------------------------------------------------------------------------------------------


@pytest.fixture
def console() -> Iterator[FakeConsole]:
    with FakeConsole() as console:
        yield console


@pytest.fixture
def elsewhere(tmp_path: Path) -> Site:
    """The console's own var folder, with the same key."""
    (tmp_path / "console").mkdir()
    return Site(tmp_path / "console")


@pytest.fixture
def pulling(site: Site, models: Models, console: FakeConsole) -> Server:
    """A server with a first bundle of its own that asks the console."""
    first = site.bundle()
    make_current(first.name, site.settings)
    return Server(replace(site.settings, console_url=console.url, console_token=TOKEN), first)


def hand_out(console: FakeConsole, bundle: Bundle) -> None:
    console.etag, console.archive = bundle.name, b"".join(archive.pack(bundle.folder))


def test_what_the_console_releases_is_taken_over(pulling: Server, console: FakeConsole, elsewhere: Site,
                                                 site: Site) -> None:
    """It is fetched once, has its place among the bundles, and is what the next start begins with."""
    bundle = elsewhere.bundle("You are.", b"another model")
    hand_out(console, bundle)
    pulling.looks(4)
    assert console.sent == 1
    assert pulling.version == bundle.name == current_name(site.settings)
    assert pulling.app.ctx.agent == f"engine of {bundle.name}" and said() == "You are."
    assert [path.name for path in (site.settings.var_dir / "releases").glob("scratch-*")] == []


def test_the_console_is_told_who_asks_and_what_runs(pulling: Server, console: FakeConsole, elsewhere: Site) -> None:
    """Under the token, by ETag."""
    hand_out(console, elsewhere.bundle("You are."))
    pulling.looks(2)
    first, second = console.asked
    assert first["authorization"] == f"Bearer {TOKEN}"
    assert first["if-none-match"] == f'"{pulling.first.name}"' and console.etag in second["if-none-match"]
    worker, _, running = second["x-imh-running"].partition(" ")
    assert worker and running == console.etag


def try_out(console: FakeConsole, bundle: Bundle, percent: int) -> None:
    """Let the console give a bundle to a share of the senders."""
    console.trial_name, console.trial = bundle.name, b"".join(archive.pack(bundle.folder))
    console.headers["X-IMH-Canary"] = f"{bundle.name} {percent}"


def test_the_console_s_version_on_trial_is_fetched_once(pulling: Server, console: FakeConsole, elsewhere: Site) -> None:
    """Under the token, verified, and the console is told; what is in production stays it."""
    live = elsewhere.bundle("You are.")
    hand_out(console, live)
    bundle = elsewhere.bundle("Tried.", b"another model")
    try_out(console, bundle, 25)
    pulling.looks(4)
    assert on_trial(pulling) == (f"engine of {bundle.name}", 25) and console.trials_sent == 1
    assert pulling.version == live.name and console.asked[-1]["x-imh-canary"] == bundle.name
    console.headers.clear()
    pulling.looks()
    assert on_trial(pulling) is None


def test_a_console_that_is_away_ends_no_trial(pulling: Server, console: FakeConsole, elsewhere: Site) -> None:
    """People keep the version that they have until it can be asked again."""
    hand_out(console, elsewhere.bundle("You are."))
    try_out(console, elsewhere.bundle("Tried.", b"another model"), 25)
    pulling.looks(2)
    console.status, console.headers = 502, {}
    pulling.looks(2)
    assert on_trial(pulling) is not None


@pytest.mark.parametrize("told", ["", "x", "../../etc 10", f"{'a' * 16}", f"{'a' * 16} 0", f"{'a' * 16} 101", f"{'a' * 16} 1e1"])
def test_a_share_that_makes_no_sense_is_none(pulling: Server, console: FakeConsole, elsewhere: Site, told: str) -> None:
    """Nothing is fetched for it."""
    hand_out(console, elsewhere.bundle("You are."))
    console.headers["X-IMH-Canary"] = told
    pulling.looks(2)
    assert console.trials_sent == 0 and on_trial(pulling) is None


def test_nothing_was_released_yet(pulling: Server, console: FakeConsole, caplog: pytest.LogCaptureFixture) -> None:
    """The console has nothing: that is no trouble."""
    pulling.looks(2)
    assert pulling.version == pulling.first.name and caplog.records == []


def cut_off(data: bytes) -> bytes:
    return data[: len(data) // 2 // 512 * 512]


def with_a_link(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("content")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    return out.getvalue()


def with_another_byte(data: bytes) -> bytes:
    where = data.index(b"You are.")
    return data[:where] + b"You ate." + data[where + 8:]


@pytest.mark.parametrize("harm", [cut_off, with_a_link, with_another_byte, lambda data: b"noise" * 1000],
                         ids=["cut off", "a link inside", "another word", "noise"])
def test_a_bad_archive_is_fetched_once(pulling: Server, console: FakeConsole, elsewhere: Site, site: Site,
                                       caplog: pytest.LogCaptureFixture, harm: Callable[[bytes], bytes]) -> None:
    """Not again until the console has another; nothing of it stays, and what was live goes on."""
    hand_out(console, elsewhere.bundle("You are."))
    console.archive = harm(console.archive)
    with caplog.at_level(logging.ERROR):
        pulling.looks(4)
    assert console.sent == 1 and len(caplog.records) == 1
    assert pulling.version == pulling.first.name == current_name(site.settings)
    assert said() == THANKS
    assert not (site.settings.var_dir / "releases" / console.etag).exists()
    hand_out(console, elsewhere.bundle("Welcome."))
    pulling.looks(1)
    assert said() == "Welcome."


@pytest.mark.parametrize("harm", [cut_off, with_a_link, lambda data: b"noise" * 1000, None],
                         ids=["cut off", "a link inside", "noise", "without a name"])
def test_a_bad_version_on_trial_is_fetched_once(pulling: Server, console: FakeConsole, elsewhere: Site,
                                                caplog: pytest.LogCaptureFixture, harm: Any) -> None:
    """And nobody is answered from it."""
    hand_out(console, elsewhere.bundle("You are."))
    try_out(console, elsewhere.bundle("Tried.", b"another model"), 25)
    if harm:
        console.trial = harm(console.trial)
    else:
        console.trial_name = "../../etc/passwd"
    pulling.looks(1)
    with caplog.at_level(logging.ERROR):
        pulling.looks(4)
    assert console.trials_sent == 1 and on_trial(pulling) is None and said() == "You are."


def test_a_bundle_of_another_key_is_refused(pulling: Server, console: FakeConsole, elsewhere: Site,
                                            caplog: pytest.LogCaptureFixture) -> None:
    """Whoever stands between console and server cannot speak for the console."""
    hand_out(console, elsewhere.bundle("Call us.", settings=replace(elsewhere.settings, secret="x" * 64)))
    pulling.looks(2)
    assert "not signed with this server's key" in caplog.text and said() == THANKS


def test_a_bundle_under_another_ones_name_is_refused(pulling: Server, console: FakeConsole, elsewhere: Site,
                                                     caplog: pytest.LogCaptureFixture) -> None:
    """A good one, but not the one that was said to be released."""
    hand_out(console, elsewhere.bundle("You are."))
    console.etag = "0" * 16
    pulling.looks(2)
    assert "another one by its manifest" in caplog.text and pulling.version == pulling.first.name


def test_a_download_without_end_is_broken_off(pulling: Server, console: FakeConsole, elsewhere: Site,
                                              caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what arrived, not by what was announced."""
    hand_out(console, elsewhere.bundle("You are."))
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000)
    pulling.looks(3)
    assert console.sent == 1 and "larger than a bundle may be" in caplog.text


@pytest.mark.parametrize("etag", ["../../../../etc/passwd", "x" * 16, "0123", "\u00e9" * 16])
def test_a_name_that_no_bundle_has_is_refused(pulling: Server, console: FakeConsole, elsewhere: Site, etag: str,
                                              caplog: pytest.LogCaptureFixture) -> None:
    """It would be a path."""
    hand_out(console, elsewhere.bundle("You are."))
    console.etag = etag
    pulling.looks(2)
    assert pulling.version == pulling.first.name and "without a name" in caplog.text


def test_the_token_is_given_to_nobody_else(pulling: Server, console: FakeConsole, elsewhere: Site) -> None:
    """A console that sends one elsewhere is not followed."""
    hand_out(console, elsewhere.bundle("You are."))
    with FakeConsole() as other:
        console.status, console.headers = 302, {"Location": f"{other.url}/bundle"}
        pulling.looks(2)
        assert other.asked == []
    assert pulling.version == pulling.first.name


def test_a_console_that_is_away_is_told_once(site: Site, models: Models, caplog: pytest.LogCaptureFixture,
                                             elsewhere: Site) -> None:
    """The server starts and runs from the last good bundle; once the console is back, it is asked again."""
    with FakeConsole() as console:
        url = console.url
    first = site.bundle()
    make_current(first.name, site.settings)
    server = Server(replace(site.settings, console_url=url, console_token=TOKEN), first)
    server.looks(3)
    assert server.version == first.name
    assert [record.getMessage() for record in caplog.records] == [
        "No release could be looked for (the console does not answer); what is live goes on."]


def test_a_wrong_token_is_told_in_words(pulling: Server, console: FakeConsole, elsewhere: Site,
                                        caplog: pytest.LogCaptureFixture) -> None:
    """Which setting to mend."""
    hand_out(console, elsewhere.bundle("You are."))
    console.status = 403
    pulling.looks(2)
    console.status = 200
    pulling.looks(1)
    assert [("IMH_CONSOLE_TOKEN" in record.getMessage(), "again" in record.getMessage())
            for record in caplog.records][:1] == [(True, False)]
    assert pulling.version == console.etag
