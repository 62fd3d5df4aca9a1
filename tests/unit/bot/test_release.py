"""Bundles: model, content and a signed manifest, taken as a whole or not at all."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
from pathlib import Path
from typing import Callable

import pytest

from bot import release
from bot.errors import ReleaseError
from bot.inputs import answering_key, trainer_key
from bot.release import (Bundle, build_bundle, changed_since, current_bundle, good_bundles, keep_bundles, make_bundle,
                         make_current, open_bundle, training_key)
from bot.settings import Settings

TRAINED_ON = ("config.yml", "domain.yml", "nlu/data/topics/indicators.yml", "nlu/components/scope.py",
              "stories/answers.yml", "bot/safety/words.py", "bot/content/crisis_lexicon.yml")
SAID = ("bot/content/topics/indicators.yml", "bot/content/contacts.yml", "bot/content/crisis.yml")


class Press:
    """A var folder, a model and a content folder; makes bundles a minute apart."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(var_dir=folder / "var", secret="k" * 64)
        self.releases = folder / "var" / "releases"
        self.model = folder / "0123abcd.tar.gz"
        self.model.write_bytes(b"a trained model")
        self.content = folder / "content"
        (self.content / "topics").mkdir(parents=True)
        self._minutes = itertools.count(1)

    def make(self, text: str) -> Bundle:
        """The bundle of a content that says `text`."""
        (self.content / "topics" / "indicators.yml").write_text(text, encoding="utf-8")
        before = set(self.releases.glob("*"))
        bundle = make_bundle(self.model, self.content, self.settings)
        if self.releases / bundle.name not in before:
            # File systems may date several folders alike within one tick of the clock.
            made_at = 60 * next(self._minutes)
            os.utime(self.releases / bundle.name, (made_at, made_at))
        return bundle

    def names(self) -> list[str]:
        """The bundles that would be tried, in order."""
        return [bundle.name for bundle in good_bundles(self.settings) if isinstance(bundle, Bundle)]


@pytest.fixture
def press(tmp_path: Path) -> Press:
    return Press(tmp_path)


def test_a_bundle_holds_model_and_content_and_is_current(press: Press) -> None:
    """A snapshot: what is edited later is not in it."""
    bundle = press.make("one")
    press.make("two")
    assert bundle.model.read_bytes() == b"a trained model"
    assert (bundle.content / "topics" / "indicators.yml").read_text(encoding="utf-8") == "one"
    assert open_bundle(press.releases / bundle.name, press.settings) == bundle


def test_the_same_content_makes_the_same_bundle(press: Press) -> None:
    """Starting again without a change leaves one folder, not two."""
    assert press.make("one").name == press.make("one").name
    assert len(press.names()) == 1


def test_changed_content_makes_a_new_bundle_with_the_same_model(press: Press) -> None:
    """A new answer needs no training."""
    old, new = press.make("one"), press.make("two")
    assert old.name != new.name
    assert old.model.read_bytes() == new.model.read_bytes()


def damage(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Write `content` into a file of a bundle, or delete the file."""
    def do(folder: Path) -> None:
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    return do


DAMAGES = {
    "altered answer": damage("content/topics/indicators.yml", b"evil"),
    "altered model": damage("model.tar.gz", b"evil"),
    "lost model": damage("model.tar.gz", None),
    "file added": damage("content/topics/added.yml", b"evil"),
    "altered manifest": damage("manifest.json", b'{"files": {}}'),
    "manifest that is no text": damage("manifest.json", b"\xff\xfe"),
    "altered signature": damage("manifest.sig", b"0" * 64),
    "signature that is no text": damage("manifest.sig", b"\xff\xfe"),
    "lost signature": damage("manifest.sig", None),
    "lost manifest": damage("manifest.json", None),
}


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_bundle_is_refused(press: Press, harm: Callable[[Path], None]) -> None:
    """Whatever was altered, lost or added since it was signed."""
    folder = press.releases / press.make("one").name
    harm(folder)
    with pytest.raises(ReleaseError, match=folder.name):
        open_bundle(folder, press.settings)


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_after_a_damaged_bundle_comes_the_one_before_it(press: Press, harm: Callable[[Path], None]) -> None:
    """The reason stands in its place, for the log; then the older one is served."""
    old, new = press.make("one"), press.make("two")
    harm(press.releases / new.name)
    refused, served = good_bundles(press.settings)
    assert isinstance(refused, ReleaseError) and new.name in str(refused)
    assert served == old


def test_a_bundle_of_another_key_is_refused(press: Press) -> None:
    """Content that somebody else signed is not ours to say."""
    bundle = press.make("one")
    other = Settings(var_dir=press.settings.var_dir, secret="x" * 64)
    with pytest.raises(ReleaseError, match="not signed with this server's key"):
        open_bundle(press.releases / bundle.name, other)


def test_a_new_key_signs_the_same_content_anew(press: Press) -> None:
    """An operator who changes IMH_SECRET starts again and is served."""
    press.make("one")
    press.settings = Settings(var_dir=press.settings.var_dir, secret="x" * 64)
    bundle = press.make("one")
    assert open_bundle(press.releases / bundle.name, press.settings) == bundle


def test_a_damaged_bundle_is_made_anew_from_intact_parts(press: Press) -> None:
    """Model and content are at hand: starting again mends the release."""
    bundle = press.make("one")
    DAMAGES["altered answer"](press.releases / bundle.name)
    assert (press.make("one").content / "topics" / "indicators.yml").read_text(encoding="utf-8") == "one"


def test_the_current_bundle_comes_first_then_newer_before_older(press: Press) -> None:
    """Going back to an earlier content makes it current again, whatever its age."""
    one, two, three = (press.make(text).name for text in ("one", "two", "three"))
    assert press.names() == [three, two, one]
    press.make("two")
    assert press.names() == [two, three, one]


def test_old_bundles_are_forgotten(press: Press) -> None:
    """Three stay; their models are large."""
    names = [press.make(text).name for text in ("one", "two", "three", "four", "five")]
    assert press.names() == names[:1:-1]


def test_the_bundle_that_was_live_before_stays(press: Press) -> None:
    """Also where it was an old one that somebody had gone back to."""
    one, _, _ = (press.make(text).name for text in ("one", "two", "three"))
    press.make("one")
    press.make("four")
    assert one in press.names()


def test_nothing_was_released_yet(tmp_path: Path) -> None:
    """A new machine has no bundle, which is no error here."""
    assert list(good_bundles(Settings(var_dir=tmp_path, secret="k" * 64))) == []


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """One file of each kind that a model is, or is not, trained on."""
    for name in (*TRAINED_ON, *SAID):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", TRAINED_ON)
def test_a_changed_training_file_asks_for_another_model(sources: Path, name: str) -> None:
    """Examples, rules, configuration, components."""
    before = training_key(sources)
    (sources / name).write_text("after", encoding="utf-8")
    assert training_key(sources) != before


def test_a_renamed_training_file_asks_for_another_model(sources: Path) -> None:
    """The names count as well as the words."""
    before = training_key(sources)
    (sources / TRAINED_ON[2]).rename(sources / "nlu/data/topics/signs.yml")
    assert training_key(sources) != before


@pytest.mark.parametrize("name", SAID)
def test_a_changed_answer_asks_for_no_training(sources: Path, name: str) -> None:
    """What is said is not what is learnt."""
    before = training_key(sources)
    (sources / name).write_text("after", encoding="utf-8")
    assert training_key(sources) == before


@pytest.mark.parametrize(("name", "counts"), [("config.yml", True), ("nlu/components/scope.py", True),
                                              ("bot/training.py", True), ("bot/evaluation/items.py", True),
                                              ("nlu/data/topics/indicators.yml", False), ("bot/content/crisis.yml", False)])
def test_code_that_trains_is_told_from_what_it_trains_on(tmp_path: Path, name: str, counts: bool) -> None:
    """The card's hash of the code stays the same over other examples, and no change of the code hides in it."""
    before = trainer_key(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x", encoding="utf-8")
    assert (trainer_key(tmp_path) != before) == counts


@pytest.mark.parametrize(("name", "counts"), [
    ("actions/answer.py", True), ("bot/channels/exchange.py", True), ("nlu/components/scope.py", True),
    ("bot/content/crisis_lexicon.yml", True), ("live/topics/indicators.yml", True),
    ("bot/content/topics/indicators.yml", False), ("bot/console/web.py", False), ("bot/channels/widget/chat.js", False),
    ("nlu/data/topics/indicators.yml", False), ("domain.yml", False)])
def test_what_an_answer_follows_from(tmp_path: Path, name: str, counts: bool) -> None:
    """A model's answers are known again while it, the content that is live, and the code that answers stay as they are;
    labels, drafts and the console's own pages change none of them."""
    live = tmp_path / "live"
    live.mkdir()
    before = answering_key("a" * 64, live, tmp_path)
    assert answering_key("b" * 64, live, tmp_path) != before
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x", encoding="utf-8")
    assert (answering_key("a" * 64, live, tmp_path) != before) == counts


def test_compiled_bytecode_asks_for_no_training(sources: Path) -> None:
    """Running the bot must not make its model stale."""
    before = training_key(sources)
    (sources / "nlu/components/__pycache__").mkdir()
    (sources / "nlu/components/__pycache__/scope.pyc").write_bytes(b"\0")
    assert training_key(sources) == before


def test_old_bundles_that_one_can_go_back_to_are_kept(press: Press) -> None:
    """However many newer ones there are; the others go."""
    one, two = press.make("one"), press.make("two")
    keep_bundles([one.name], press.settings)
    for text in ("three", "four", "five", "six"):
        press.make(text)
    assert (press.releases / one.name).is_dir() and not (press.releases / two.name).exists()


def test_a_bundle_is_built_without_going_live(press: Press) -> None:
    """Until somebody makes it current; then the one before is named as such by its place."""
    one = press.make("one")
    (press.content / "topics" / "indicators.yml").write_text("two", encoding="utf-8")
    two = build_bundle(press.model, press.content, press.settings, origin="console")
    assert current_bundle(press.settings) == one
    make_current(two.name, press.settings)
    assert current_bundle(press.settings) == two
    assert (one.manifest["origin"], two.manifest["origin"]) == ("project", "console")


def sign_anew(folder: Path, settings: Settings, **changes: object) -> None:
    """Change a manifest as somebody could who has the key, or another version of this program."""
    manifest = {**json.loads((folder / "manifest.json").read_text()), **changes}
    text = json.dumps({key: value for key, value in manifest.items() if value is not None})
    (folder / "manifest.json").write_text(text)
    (folder / "manifest.sig").write_text(hmac.new(settings.secret.encode(), text.encode(), hashlib.sha256).hexdigest())


@pytest.mark.parametrize(("changes", "words"), [
    ({"code": "0" * 24}, "made for other code"), ({"format": 99}, "newer format"),
], ids=["other code", "newer format"])
def test_a_bundle_that_does_not_fit_is_refused_in_words(press: Press, changes: dict[str, object], words: str) -> None:
    """Signed and whole, and yet nothing that this version could run."""
    bundle = press.make("one")
    sign_anew(bundle.folder, press.settings, **changes)
    with pytest.raises(ReleaseError, match=words) as caught:
        open_bundle(bundle.folder, press.settings)
    assert caught.value.bundle == bundle.name


def test_a_bundle_of_an_older_version_is_taken(press: Press) -> None:
    """Its manifest names neither format nor code nor origin."""
    bundle = press.make("one")
    sign_anew(bundle.folder, press.settings, format=None, code=None, origin=None)
    assert open_bundle(bundle.folder, press.settings).name == bundle.name


def test_a_manifest_deeper_down_is_a_file_like_others(press: Press) -> None:
    """Nothing unsigned comes in under the name of what carries the signature."""
    bundle = press.make("one")
    (bundle.content / "manifest.json").write_text("{}")
    with pytest.raises(ReleaseError, match="was altered: content/manifest.json"):
        open_bundle(bundle.folder, press.settings)


@pytest.mark.parametrize("name", ["../../etc", "/etc", "0123", "0123456789abcdef/../x", ""])
def test_a_pointer_to_elsewhere_names_no_bundle(press: Press, name: str) -> None:
    """Whoever writes `current`, it leads to a bundle or nowhere."""
    press.make("one")
    (press.releases / "current").write_text(name)
    assert current_bundle(press.settings) is None


class TestChangedSince:
    """What a restart asks: is the project the one that the live bundle went live with?"""

    @pytest.fixture
    def files(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """The project's own files with their hashes; a test changes them."""
        files = {"config.yml": "1", "nlu/data/staff/contact.yml": "1"}
        monkeypatch.setattr(release, "project_files", lambda: dict(files))
        return files

    @pytest.fixture
    def staff(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
        """What staff wrote into the project."""
        staff: dict[str, str | None] = {}
        monkeypatch.setattr(release, "written_by_staff", lambda settings: staff)
        return staff

    def test_nothing(self, press: Press, files: dict[str, str], staff: dict[str, str | None]) -> None:
        """The same files."""
        assert changed_since(press.make("one"), press.settings) == []

    def test_an_upgrade(self, press: Press, files: dict[str, str], staff: dict[str, str | None]) -> None:
        """A file that is another one, a new one and one that went."""
        bundle = press.make("one")
        files.update({"config.yml": "2", "domain.yml": "1"})
        del files["nlu/data/staff/contact.yml"]
        assert changed_since(bundle, press.settings) == ["config.yml", "domain.yml", "nlu/data/staff/contact.yml"]

    def test_what_staff_wrote_has_to_wait(self, press: Press, files: dict[str, str],
                                          staff: dict[str, str | None]) -> None:
        """Until it is released; somebody else's change of the same file has not."""
        bundle = press.make("one")
        staff.update({"nlu/data/staff/contact.yml": "2", "nlu/data/staff/gone.yml": None})
        files["nlu/data/staff/contact.yml"] = "2"
        assert changed_since(bundle, press.settings) == []
        files["nlu/data/staff/contact.yml"] = "3"
        assert changed_since(bundle, press.settings) == ["nlu/data/staff/contact.yml"]

    def test_a_bundle_of_an_older_version(self, press: Press, files: dict[str, str],
                                          staff: dict[str, str | None]) -> None:
        """Nobody wrote down what it was made from."""
        bundle = press.make("one")
        (press.releases / f"{bundle.name}.project").unlink()
        assert changed_since(bundle, press.settings) == sorted(files)

    def test_a_bundle_that_is_gone_back_to(self, press: Press, files: dict[str, str],
                                           staff: dict[str, str | None]) -> None:
        """After an upgrade: a restart does not undo what somebody decided since."""
        one = press.make("one")
        files["config.yml"] = "2"
        press.make("two")
        assert changed_since(one, press.settings) == ["config.yml"]
        make_current(one.name, press.settings)
        assert changed_since(one, press.settings) == []
