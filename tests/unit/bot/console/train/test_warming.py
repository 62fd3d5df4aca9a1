"""The training data is read before anybody waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
import pytest

from bot.console.train import warming
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
