"""The training data is read, and the model in production asked, before anybody waits for it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Sequence

import numpy as np
import pytest

from bot.console.train import judging, warming
from bot.knowledge import CONTENT
from bot.release import build_bundle, make_bundle
from bot.settings import Settings
from nlu.corpus import utterances

DATA = 'version: "3.1"\nnlu:\n- intent: ask_x\n  examples: |\n    - one\n    - two\n    - three\n'


def test_every_line_is_read_for_every_encoder_that_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few at a time, so that what was read is kept when the console ends."""
    read: list[tuple[str, list[str]]] = []

    def keep(encoder: str, texts: Sequence[str]) -> np.ndarray:
        read.append((encoder, list(texts)))
        return np.empty((len(texts), 1))

    monkeypatch.setattr(warming, "load", lambda name: name)
    monkeypatch.setattr(warming, "encode_cached", keep)
    monkeypatch.setattr(warming, "_BATCH", 2)
    (tmp_path / "nlu" / "data").mkdir(parents=True)
    (tmp_path / "nlu" / "data" / "x.yml").write_text(DATA)
    (tmp_path / "config.yml").write_text("pipeline:\n- name: A\n- name: B\n  encoders: [small, large]\n")
    warming.read(tmp_path)
    assert read == [("small", ["one", "two"]), ("small", ["three"]), ("large", ["one", "two"]), ("large", ["three"])]
    assert len(utterances(tmp_path / "nlu" / "data")) == 3


def test_the_encoders_are_those_of_the_project() -> None:
    """Named in its config.yml."""
    assert warming._encoders(warming.PROJECT) == ["e5"]


def test_what_reads_becomes_what_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process, so that ending it ends both; without a model in production it only reads."""
    done: list[object] = []
    monkeypatch.setattr(warming, "read", lambda: done.append("read"))
    monkeypatch.setattr(warming.os, "nice", lambda by: None)
    monkeypatch.setattr(warming.os, "execv", lambda program, arguments: done.append(arguments))
    warming.main([])
    warming.main(["python", "-m", "ask"])
    assert done == ["read", "read", ["python", "-m", "ask"]]


def test_it_asks_the_model_that_is_live_and_keeps_it_where_a_training_looks(tmp_path: Path) -> None:
    """Under the same name for as long as model and content are the same, wherever they stand; another one for others."""
    settings = Settings(var_dir=tmp_path / "var")
    assert warming._asking(warming.PROJECT, settings) == []
    model, content = tmp_path / "0123456789abcdef01234567.tar.gz", tmp_path / "content"
    model.write_bytes(b"a model")
    shutil.copytree(CONTENT, content)
    live = make_bundle(model, content, settings)
    asking = warming._asking(warming.PROJECT, settings)
    kept = judging.kept_file(settings, model, content, warming.PROJECT)
    assert str(live.model) in asking and str(kept) in asking and kept.parent.is_dir()
    (content / "topics" / "indicators.yml").write_text((content / "topics" / "contact.yml").read_text())
    assert str(judging.kept_file(settings, model, content, warming.PROJECT)) not in asking
    other = build_bundle(model, content, settings)
    assert judging.kept_file(settings, other.model, other.content, warming.PROJECT) == judging.kept_file(
        settings, model, content, warming.PROJECT)


def test_content_that_an_upgrade_cannot_read_keeps_nobody_from_training(tmp_path: Path) -> None:
    """What is live lacks a file that the code needs by now: its model is asked with the project's content."""
    model, content = tmp_path / "0123456789abcdef01234567.tar.gz", tmp_path / "content"
    model.write_bytes(b"a model")
    shutil.copytree(CONTENT, content)
    whole = make_bundle(model, content, Settings(var_dir=tmp_path / "var"))
    assert judging.content_of(whole, warming.PROJECT) == whole.content
    (content / "phrases.yml").unlink()
    old = make_bundle(model, content, Settings(var_dir=tmp_path / "var"))
    assert judging.content_of(old, warming.PROJECT) == CONTENT
