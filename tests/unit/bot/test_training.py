"""Which model is taken: the one that is there, the one that the repository keeps, or a new one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bot import release, staff_files, training
from bot.inputs import project_files
from bot.settings import PROJECT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", secret="k" * 64)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the repository would keep its model; nothing is there yet."""
    path = tmp_path / "trained" / "0123abcd.tar.gz"
    monkeypatch.setattr(release, "kept_model", lambda project=PROJECT: path)
    return path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was trained instead of Rasa's half a minute."""
    made: list[Path] = []

    def train(model: Path, project: Path) -> None:
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(b"new")
        made.append(model)

    monkeypatch.setattr(training, "train", train)
    return made


def test_clean_checkout_takes_the_model_that_the_repository_keeps(settings: Settings, kept: Path,
                                                                  trained: list[Path]) -> None:
    """It starts without training."""
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    assert training.ensure_model(settings).read_bytes() == b"kept"
    assert trained == []


def test_changed_data_is_trained_on(settings: Settings, kept: Path, trained: list[Path]) -> None:
    """The model that the repository keeps is named by the data that it knows; for other data there is none."""
    assert training.ensure_model(settings).read_bytes() == b"new"
    assert trained == [release.model_path(settings)]


def test_model_that_is_there_stays(settings: Settings, kept: Path, trained: list[Path]) -> None:
    """Neither trained again nor replaced."""
    training.ensure_model(settings)
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    assert training.ensure_model(settings).read_bytes() == b"new"
    assert len(trained) == 1


def test_keeping_replaces_the_older_model(settings: Settings, kept: Path, trained: list[Path]) -> None:
    """One model is kept, that of the present data."""
    kept.parent.mkdir()
    older = kept.with_name("ffff.tar.gz")
    older.write_bytes(b"older")
    assert training.keep_model(settings) == kept
    assert kept.read_bytes() == b"new"
    assert list(kept.parent.iterdir()) == [kept]


def test_tuning_an_encoder_asks_for_another_model_only_by_its_graph(tmp_path: Path) -> None:
    """The scripts of nlu/encoders/tuning change nothing in a model; what they make does, through the graph's hash."""
    for part in ("nlu/encoders/tuning", "nlu/encoders"):
        (tmp_path / part).mkdir(parents=True, exist_ok=True)
        (tmp_path / part / "some.py").write_text("before", encoding="utf-8")
    before = release.training_key(tmp_path)
    (tmp_path / "nlu/encoders/tuning/some.py").write_text("after", encoding="utf-8")
    assert release.training_key(tmp_path) == before
    (tmp_path / "nlu/encoders/some.py").write_text("after", encoding="utf-8")
    assert release.training_key(tmp_path) != before


class TestRestart:
    """What `make serve` goes on with."""

    @pytest.fixture
    def live(self, settings: Settings, kept: Path, trained: list[Path]) -> release.Bundle:
        """What an earlier start made of the project."""
        return training.ensure_release(settings)

    def test_the_same_project_keeps_what_is_live(self, settings: Settings, live: release.Bundle) -> None:
        """Also where somebody went back to it."""
        assert training.released(settings) == (live, [])

    def test_labels_that_nobody_released_do_not_go_live(self, settings: Settings, live: release.Bundle,
                                                        tmp_path: Path) -> None:
        """Staff's own folder is not the project: a restart looks at the project alone."""
        staff = tmp_path / "staff" / "nlu" / "data" / "staff"
        staff.mkdir(parents=True)
        (staff / "contact.yml").write_text("nlu: []")
        assert training.released(replace(settings, staff_dir=tmp_path / "staff")) == (live, [])

    def test_an_upgrade_asks_for_a_new_release(self, settings: Settings, live: release.Bundle,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
        """And says which files made it so."""
        monkeypatch.setattr(release, "project_files", lambda: {**project_files(), "config.yml": "another"})
        assert training.released(settings) == (None, ["config.yml"])

    def test_nothing_was_released_yet(self, settings: Settings) -> None:
        """The first start makes the first release."""
        assert training.released(settings) == (None, [])

    def test_a_damaged_release_is_made_anew(self, settings: Settings, live: release.Bundle) -> None:
        """What cannot be served is not kept."""
        live.model.write_bytes(b"evil")
        assert training.released(settings)[0] is None


def test_what_staff_write_into_the_project_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its hash, so that a restart can tell it from an upgrade; nothing is noted of a folder of their own."""
    monkeypatch.setattr(staff_files, "PROJECT", tmp_path / "project")
    for settings, noted in ((Settings(var_dir=tmp_path / "a"), True),
                            (Settings(var_dir=tmp_path / "b", staff_dir=tmp_path / "staff"), False)):
        with staff_files.held(settings):
            staff_files.change(settings, {"nlu/data/staff/contact.yml": b"nlu: []", "nlu/data/staff/old.yml": None})
        assert staff_files.written_by_staff(settings) == ({
            "nlu/data/staff/contact.yml": hashlib.sha256(b"nlu: []").hexdigest(), "nlu/data/staff/old.yml": None}
            if noted else {})
