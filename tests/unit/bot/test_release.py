"""Bundles: model, content and a signed manifest, taken as a whole or not at all."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Callable

import pytest

from bot.errors import ReleaseError
from bot.release import Bundle, good_bundles, make_bundle, open_bundle, training_key
from bot.settings import Settings

TRAINED_ON = ("config.yml", "domain.yml", "nlu/data/topics/indicators.yml", "nlu/components/scope.py",
              "stories/answers.yml", "bot/safety/words.py", "bot/content/crisis_lexicon.yml")
SAID = ("bot/content/topics/indicators.yml", "bot/content/contacts.yml", "bot/content/crisis.yml")


class Press:
    """A var folder, a model and a content folder; makes bundles a minute apart."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(var_dir=folder / "var", secret="k" * 64)
        self.releases = folder / "var" / "releases"
        self._model = folder / "0123abcd.tar.gz"
        self._model.write_bytes(b"a trained model")
        self._content = folder / "content"
        (self._content / "topics").mkdir(parents=True)
        self._minutes = itertools.count(1)

    def make(self, text: str) -> Bundle:
        """The bundle of a content that says `text`."""
        (self._content / "topics" / "indicators.yml").write_text(text, encoding="utf-8")
        before = set(self.releases.glob("*"))
        bundle = make_bundle(self._model, self._content, self.settings)
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


def test_compiled_bytecode_asks_for_no_training(sources: Path) -> None:
    """Running the bot must not make its model stale."""
    before = training_key(sources)
    (sources / "nlu/components/__pycache__").mkdir()
    (sources / "nlu/components/__pycache__/scope.pyc").write_bytes(b"\0")
    assert training_key(sources) == before
