"""Prepares the encoders, once, at set-up: `python -m nlu.encoders.install`.

The English encoder comes as a package of float weights. They are checked against a recorded hash, laid out as an ONNX
graph, quantised to int8 (84 MB -> 23 MB, 3.2 ms -> 1.2 ms a sentence), and what came out is checked again.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from nlu.encoders.bert_graph import BertShape, build
from nlu.encoders.minilm import MiniLM, package_file
from nlu.encoders.registry import ENCODER_DIR, file_hash

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH_SHA256 = "9cbc387f8261bab670e4dd83a216e02e0735254eba5a4b9223cccfb54c8beeff"
SHAPE = BertShape(layers=6, hidden=384, heads=12)


def install(directory: Path = ENCODER_DIR) -> Path:
    """The quantised graph's path; built where it is missing or not the one expected.

    Raises RuntimeError where the package's weights or the graph made of them differ from what was measured.
    """
    graph = directory / "minilm-int8.onnx"
    if graph.is_file() and file_hash(graph) == GRAPH_SHA256:
        return graph
    weights = package_file("model.safetensors")
    _expect(weights, WEIGHTS_SHA256, "is not the encoder that was measured; install the locked packages again")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        floats, quantised = Path(scratch) / "floats.onnx", Path(scratch) / graph.name
        onnx.save(build(load_file(weights), SHAPE), floats)
        quantize_dynamic(floats, quantised, weight_type=QuantType.QInt8, per_channel=True,
                         extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
        _expect(quantised, GRAPH_SHA256, "came out different from the graph that was measured")
        os.replace(quantised, graph)  # whole or not at all, also when two set-ups run at once
    return graph


def _expect(path: Path, sha256: str, complaint: str) -> None:
    found = file_hash(path)
    if found != sha256:
        raise RuntimeError(f"{path.name} {complaint} (SHA-256 {found}, expected {sha256}).")


def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser advises a preparation that our graph does not need
    graph = install()
    vector = MiniLM(graph).encode(["Is everything in its place?"])[0]
    if not np.isclose(np.linalg.norm(vector), 1.0, atol=1e-3):
        sys.exit(f"{graph.name} does not give unit vectors; delete it and run 'make setup' again.")


if __name__ == "__main__":
    main()
