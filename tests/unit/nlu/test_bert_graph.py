"""The graph of an encoder against the same network worked out word by word in numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
import onnxruntime
import pytest

from nlu.encoders.bert_graph import build
from tests.support.networks import HEADS, HIDDEN, LAYERS, TINY_BERT, Weights, bert_weights

TOLERANCE = 1e-5
SENTENCES = [[1, 2], [1, 3, 2], [1, 6, 5, 4, 8, 9, 2], [1, 3, 3, 3, 2],
             [1, 9, 8, 7, 6, 5, 4, 3, 3, 4, 5, 6, 7, 8, 9, 2]]


# --- The network, word by word ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Network:
    """A loop for each head and each pair of words."""

    weights: Weights

    def __call__(self, tokens: Sequence[int]) -> np.ndarray:
        x = np.stack([self.weights["embeddings.word_embeddings.weight"][token]
                      + self.weights["embeddings.position_embeddings.weight"][place]
                      for place, token in enumerate(tokens)]).astype(np.float64)
        x += self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for number in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)
        return mean / math.sqrt(sum(value * value for value in mean))

    def _layer(self, x: np.ndarray, layer: str) -> np.ndarray:
        q, k, v = (self._linear(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        width = HIDDEN // HEADS
        mixed = np.zeros_like(x)
        for head in range(HEADS):
            columns = slice(head * width, (head + 1) * width)
            for place in range(len(x)):
                scores = [q[place, columns] @ k[other, columns] / math.sqrt(width) for other in range(len(x))]
                shares = np.exp(scores) / np.exp(scores).sum()
                mixed[place, columns] = shares @ v[:, columns]
        x = self._norm(x + self._linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        widened = self._linear(x, f"{layer}.intermediate.dense")
        gelu = np.vectorize(lambda number: number * (1 + math.erf(number / math.sqrt(2))) / 2)
        return self._norm(x + self._linear(gelu(widened), f"{layer}.output.dense"), f"{layer}.output.LayerNorm")

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred ** 2).mean(axis=1, keepdims=True))
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


# --- The graph --------------------------------------------------------------------------------------------------------


class Graph:
    """A graph as onnxruntime runs it."""

    def __init__(self, weights: Weights) -> None:
        self._session = onnxruntime.InferenceSession(build(weights, TINY_BERT).SerializeToString(),
                                                     providers=["CPUExecutionProvider"])

    def __call__(self, tokens: Sequence[int]) -> np.ndarray:
        (vectors,) = self._session.run(None, {"input_ids": np.array([tokens], np.int64)})
        assert vectors.shape == (1, HIDDEN)
        return vectors[0]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph(bert_weights())


@pytest.mark.parametrize("tokens", SENTENCES, ids=lambda tokens: f"{len(tokens)} tokens")
def test_graph_computes_the_network(graph: Graph, tokens: list[int]) -> None:
    """From two tokens to as many as the table of positions has, number by number."""
    assert graph(tokens) == pytest.approx(Network(bert_weights())(tokens), abs=TOLERANCE)


def test_vectors_are_of_length_one(graph: Graph) -> None:
    """Float32, so that a product of two vectors is the cosine between them."""
    vectors = np.stack([graph(tokens) for tokens in SENTENCES])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(SENTENCES)), abs=TOLERANCE)


def test_order_of_the_words_counts(graph: Graph) -> None:
    """The same words in another order are another sentence."""
    assert np.abs(graph([1, 3, 4, 5, 2]) - graph([1, 5, 4, 3, 2])).max() > 0.01


def test_weights_of_half_precision_are_read() -> None:
    """A checkpoint may be stored in 16 bits; the graph computes in 32."""
    halved = {name: value.astype(np.float16) for name, value in bert_weights().items()}
    network = Network({name: value.astype(np.float32) for name, value in halved.items()})
    assert Graph(halved)(SENTENCES[2]) == pytest.approx(network(SENTENCES[2]), abs=TOLERANCE)


@pytest.mark.parametrize("name", ["embeddings.LayerNorm.bias", "encoder.layer.1.attention.self.key.weight"])
def test_missing_weight_is_named(name: str) -> None:
    """A checkpoint of another network does not become a graph."""
    with pytest.raises(KeyError, match=name):
        build({other: value for other, value in bert_weights().items() if other != name}, TINY_BERT)
