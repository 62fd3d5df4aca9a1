"""Writes a BERT or MPNet sentence encoder as an ONNX graph, from nothing but its weights.

The published package of the encoder carries PyTorch-style weights (safetensors). PyTorch itself would add two
gigabytes to run a 22-million-parameter network, so the graph is laid out here once, at set-up, and onnxruntime runs it.
Architectures: Devlin et al. (2019), https://arxiv.org/abs/1810.04805; Song et al. (2020), https://arxiv.org/abs/2004.09297
(positions as in Raffel et al. 2020); pooling: Reimers & Gurevych (2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20  # the first with a Gelu operator; LayerNormalization came with 17
LAYER_NORM_EPSILON = 1e-12


@dataclass(frozen=True)
class Names:
    """What the weights of a layer are called, behind the layer's prefix."""

    query: str
    key: str
    value: str
    attended: str
    attended_norm: str


BERT = Names("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
             "attention.output.LayerNorm")
MPNET = Names("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm")


@dataclass(frozen=True)
class Shape:
    """How an encoder is built; `heads` divides `hidden`.

    `first_position` is the row of the position table that the first token takes. `max_tokens` bounds a sentence where
    `relative_buckets` says that attention is biased by distance, in so many buckets.
    """

    layers: int
    hidden: int
    heads: int
    names: Names = BERT
    first_position: int = 0
    relative_buckets: int = 0
    max_tokens: int = 128

    @property
    def head_width(self) -> int:
        return self.hidden // self.heads


def build(weights: Mapping[str, np.ndarray], shape: Shape) -> onnx.ModelProto:
    """The encoder as a graph: token ids to one unit vector a sentence.

    Inputs `input_ids` and `attention_mask`, int64 (n_sentences, n_tokens); output `embedding`, float32
    (n_sentences, hidden), mean over the tokens that are not masked, scaled to length 1.
    Raises KeyError where `weights` lacks a tensor that `shape` implies.
    """
    graph = _Graph(weights)
    hidden = _embed_tokens(graph, shape)
    blocked = _attention_penalty(graph)
    if shape.relative_buckets:
        blocked = graph.op("Add", blocked, _distance_bias(graph, shape))
    for index in range(shape.layers):
        hidden = _layer(graph, hidden, blocked, prefix=f"encoder.layer.{index}", shape=shape)
    _mean_pool(graph, hidden)
    return graph.model()


class _Graph:
    """Collects nodes and constants; every method returns the name of the tensor that it made."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        output = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self._constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def __contains__(self, name: str) -> bool:
        return name in self._weights

    def raw(self, name: str) -> np.ndarray:
        return self._weights[name].astype(np.float32)

    def weight(self, name: str, *, transposed: bool = False) -> str:
        value = self.raw(name)
        return self.constant(name, value.T if transposed else value)

    def linear(self, x: str, prefix: str) -> str:
        product = self.op("MatMul", x, self.weight(f"{prefix}.weight", transposed=True))
        return self.op("Add", product, self.weight(f"{prefix}.bias"))

    def layer_norm(self, x: str, prefix: str) -> str:
        scale, shift = self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def axes(self, *values: int) -> str:
        return self.constant("axes_" + "_".join(str(v).replace("-", "m") for v in values), np.array(values, np.int64))

    def model(self) -> onnx.ModelProto:
        tokens = [helper.make_tensor_value_info(n, TensorProto.INT64, ["n_sentences", "n_tokens"])
                  for n in ("input_ids", "attention_mask")]
        vector = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n_sentences", "hidden"])]
        graph = helper.make_graph(self._nodes, "sentence_encoder", tokens, vector, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def _length(graph: _Graph) -> str:
    return graph.op("Slice", graph.op("Shape", "input_ids"), graph.axes(1), graph.axes(2))


def _embed_tokens(graph: _Graph, shape: Shape) -> str:
    words = graph.op("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    first = graph.axes(shape.first_position)
    last = graph.op("Add", _length(graph), first)
    table = graph.weight("embeddings.position_embeddings.weight")
    summed = graph.op("Add", words, graph.op("Slice", table, first, last, graph.axes(0)))
    if "embeddings.token_type_embeddings.weight" in graph:
        # A sentence encoder reads one segment, so only the first row of the segment table is ever used.
        segment = graph.raw("embeddings.token_type_embeddings.weight")[0]
        summed = graph.op("Add", summed, graph.constant("segment_zero", segment))
    return graph.layer_norm(summed, "embeddings.LayerNorm")


def _distance_bias(graph: _Graph, shape: Shape) -> str:
    """What each head adds for the distance of two tokens, (1, heads, n_tokens, n_tokens)."""
    places = np.arange(shape.max_tokens)
    buckets = distance_buckets(places[np.newaxis, :] - places[:, np.newaxis], shape.relative_buckets)
    table = graph.raw("encoder.relative_attention_bias.weight")[buckets].transpose(2, 0, 1)[np.newaxis]
    length = _length(graph)
    return graph.op("Slice", graph.constant("distance_bias", table), graph.axes(0, 0),
                    graph.op("Concat", length, length, axis=0), graph.axes(2, 3))


def distance_buckets(distances: np.ndarray, count: int, furthest: int = 128) -> np.ndarray:
    """The bucket of each distance, same shape: half for what follows; near ones each their own, far ones by logarithm."""
    half = count // 2
    exact = half // 2
    apart = np.abs(distances)
    far = exact + (np.log(np.maximum(apart, 1) / exact) / np.log(furthest / exact) * (half - exact)).astype(np.int64)
    return np.where(distances > 0, half, 0) + np.where(apart < exact, apart, np.minimum(far, half - 1))


def _attention_penalty(graph: _Graph) -> str:
    """0 where a token may be looked at and -10,000 where it is padding, (n_sentences, 1, 1, n_tokens)."""
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    wide = graph.op("Unsqueeze", mask, graph.axes(1, 2))
    absent = graph.op("Sub", graph.constant("one", np.array(1.0, np.float32)), wide)
    return graph.op("Mul", absent, graph.constant("penalty", np.array(-1e4, np.float32)))


def _layer(graph: _Graph, x: str, blocked: str, *, prefix: str, shape: Shape) -> str:
    heads = graph.constant("split_heads", np.array([0, 0, shape.heads, shape.head_width], np.int64))

    def project(part: str, order: list[int]) -> str:
        flat = graph.linear(x, f"{prefix}.{part}")
        return graph.op("Transpose", graph.op("Reshape", flat, heads), perm=order)

    names = shape.names
    query, value = project(names.query, [0, 2, 1, 3]), project(names.value, [0, 2, 1, 3])
    scores = graph.op("MatMul", query, project(names.key, [0, 2, 3, 1]))
    scale = graph.constant("head_scale", np.array(shape.head_width ** -0.5, np.float32))
    weights = graph.op("Softmax", graph.op("Add", graph.op("Mul", scores, scale), blocked), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", weights, value), perm=[0, 2, 1, 3])
    merged = graph.op("Reshape", mixed, graph.constant("merge_heads", np.array([0, 0, shape.hidden], np.int64)))
    attended = graph.linear(merged, f"{prefix}.{names.attended}")
    x = graph.layer_norm(graph.op("Add", attended, x), f"{prefix}.{names.attended_norm}")

    widened = graph.op("Gelu", graph.linear(x, f"{prefix}.intermediate.dense"))
    narrowed = graph.linear(widened, f"{prefix}.output.dense")
    return graph.layer_norm(graph.op("Add", narrowed, x), f"{prefix}.output.LayerNorm")


def _mean_pool(graph: _Graph, hidden: str) -> None:
    mask = graph.op("Unsqueeze", graph.op("Cast", "attention_mask", to=TensorProto.FLOAT), graph.axes(2))
    summed = graph.op("ReduceSum", graph.op("Mul", hidden, mask), graph.axes(1), keepdims=0)
    # Dividing by the token count would be undone by the scaling to length 1, so the sum is scaled directly.
    length = graph.op("ReduceL2", summed, graph.axes(1), keepdims=1)
    graph._nodes.append(helper.make_node("Div", [summed, length], ["embedding"]))
