"""Which model is taken: the one that is there, the one that the repository keeps, or a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import release, training
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
