"""The graph of an encoder against the same network worked out word by word in numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
import onnxruntime
import pytest

from nlu.encoders.bert_graph import Shape, build, distance_buckets
from tests.support.networks import (
    BERT_PARTS,
    BUCKETS,
    HEADS,
    HIDDEN,
    LAYERS,
    MAX_TOKENS,
    MPNET_PARTS,
    TINY_BERT,
    TINY_MPNET,
    Weights,
    bert_weights,
    mpnet_weights,
)

TOLERANCE = 1e-5
SENTENCES = [[1, 2], [1, 3, 2], [1, 6, 5, 4, 8, 9, 2], [1, 3, 3, 3, 2],
             [1, 9, 8, 7, 6, 5, 4, 3, 3, 4, 5, 6, 7, 8, 9, 2]]


# --- The network, word by word ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Network:
    """One sentence at a time, nothing padded, nothing masked, a loop for each head and each pair of words."""

    weights: Weights
    parts: Sequence[str]
    first_position: int

    def __call__(self, tokens: Sequence[int]) -> np.ndarray:
        x = np.stack([self.weights["embeddings.word_embeddings.weight"][token]
                      + self.weights["embeddings.position_embeddings.weight"][self.first_position + place]
                      for place, token in enumerate(tokens)]).astype(np.float64)
        if "embeddings.token_type_embeddings.weight" in self.weights:
            x += self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for number in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)
        return mean / math.sqrt(sum(value * value for value in mean))

    def _layer(self, x: np.ndarray, layer: str) -> np.ndarray:
        query, key, value, attended, norm = self.parts
        q, k, v = (self._linear(x, f"{layer}.{part}") for part in (query, key, value))
        width = HIDDEN // HEADS
        mixed = np.zeros_like(x)
        for head in range(HEADS):
            columns = slice(head * width, (head + 1) * width)
            for place in range(len(x)):
                scores = [q[place, columns] @ k[other, columns] / math.sqrt(width) + self._bias(other - place, head)
                          for other in range(len(x))]
                shares = np.exp(scores) / np.exp(scores).sum()
                mixed[place, columns] = shares @ v[:, columns]
        x = self._norm(x + self._linear(mixed, f"{layer}.{attended}"), f"{layer}.{norm}")
        widened = self._linear(x, f"{layer}.intermediate.dense")
        gelu = np.vectorize(lambda number: number * (1 + math.erf(number / math.sqrt(2))) / 2)
        return self._norm(x + self._linear(gelu(widened), f"{layer}.output.dense"), f"{layer}.output.LayerNorm")

    def _bias(self, ahead: int, head: int) -> float:
        """What a head adds for a word so many places `ahead`; nothing in BERT."""
        table = self.weights.get("encoder.relative_attention_bias.weight")
        if table is None:
            return 0.0
        half, near = BUCKETS // 2, BUCKETS // 4
        bucket = abs(ahead)
        if bucket >= near:
            doublings = math.log2(bucket / near) / math.log2(128 / near)
            bucket = min(half - 1, near + math.floor(doublings * (half - near)))
        return float(table[bucket + (half if ahead > 0 else 0), head])

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred ** 2).mean(axis=1, keepdims=True))
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


# --- The graph --------------------------------------------------------------------------------------------------------


class Graph:
    """A graph as onnxruntime runs it."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        self._session = onnxruntime.InferenceSession(build(weights, shape).SerializeToString(),
                                                     providers=["CPUExecutionProvider"])

    def __call__(self, ids: Sequence[Sequence[int]], mask: Sequence[Sequence[int]]) -> np.ndarray:
        """Vectors of one batch, (n_sentences, hidden)."""
        (vectors,) = self._session.run(None, {"input_ids": np.array(ids, np.int64),
                                              "attention_mask": np.array(mask, np.int64)})
        return vectors

    def alone(self, tokens: Sequence[int]) -> np.ndarray:
        return self([tokens], [[1] * len(tokens)])[0]


BERT = pytest.param((bert_weights, TINY_BERT, BERT_PARTS), id="BERT")
MPNET = pytest.param((mpnet_weights, TINY_MPNET, MPNET_PARTS), id="MPNet")


@pytest.fixture(scope="module", params=[BERT, MPNET])
def both(request: pytest.FixtureRequest) -> tuple[Graph, Network]:
    """A graph, and the same network in numpy."""
    make, shape, parts = request.param
    return Graph(make(), shape), Network(make(), parts, shape.first_position)


@pytest.mark.parametrize("tokens", SENTENCES, ids=lambda tokens: f"{len(tokens)} tokens")
def test_graph_computes_the_network(both: tuple[Graph, Network], tokens: list[int]) -> None:
    """From two tokens to as many as the shape allows, number by number."""
    graph, network = both
    assert graph.alone(tokens) == pytest.approx(network(tokens), abs=TOLERANCE)


@pytest.mark.parametrize("filler", [0, 9], ids=["first word", "last word"])
def test_padding_changes_nothing(both: tuple[Graph, Network], filler: int) -> None:
    """Sentences of several lengths in one batch get the vectors that they get alone, whatever word pads them."""
    graph, network = both
    padded = [tokens + [filler] * (MAX_TOKENS - len(tokens)) for tokens in SENTENCES]
    mask = [[1] * len(tokens) + [0] * (MAX_TOKENS - len(tokens)) for tokens in SENTENCES]
    assert graph(padded, mask) == pytest.approx(np.stack([network(tokens) for tokens in SENTENCES]), abs=TOLERANCE)


def test_vectors_are_of_length_one(both: tuple[Graph, Network]) -> None:
    """Float32, so that a product of two vectors is the cosine between them."""
    graph, _ = both
    vectors = np.stack([graph.alone(tokens) for tokens in SENTENCES])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(SENTENCES)), abs=TOLERANCE)


def test_order_of_the_words_counts(both: tuple[Graph, Network]) -> None:
    """The same words in another order are another sentence."""
    graph, _ = both
    assert np.abs(graph.alone([1, 3, 4, 5, 2]) - graph.alone([1, 5, 4, 3, 2])).max() > 0.01


def test_weights_of_half_precision_are_read() -> None:
    """A checkpoint may be stored in 16 bits; the graph computes in 32."""
    halved = {name: value.astype(np.float16) for name, value in bert_weights().items()}
    network = Network({name: value.astype(np.float32) for name, value in halved.items()}, BERT_PARTS, 0)
    assert Graph(halved, TINY_BERT).alone(SENTENCES[2]) == pytest.approx(network(SENTENCES[2]), abs=TOLERANCE)


@pytest.mark.parametrize(("weights", "shape", "name"), [
    pytest.param(bert_weights(), TINY_BERT, "embeddings.LayerNorm.bias", id="norm"),
    pytest.param(bert_weights(), TINY_BERT, "encoder.layer.1.attention.self.key.weight", id="layer of BERT"),
    pytest.param(mpnet_weights(), TINY_MPNET, "encoder.layer.0.attention.attn.o.bias", id="layer of MPNet"),
    pytest.param(mpnet_weights(), TINY_MPNET, "encoder.relative_attention_bias.weight", id="distances of MPNet"),
])
def test_missing_weight_is_named(weights: Weights, shape: Shape, name: str) -> None:
    """A checkpoint of another network does not become a graph."""
    with pytest.raises(KeyError, match=name):
        build({other: value for other, value in weights.items() if other != name}, shape)


# --- Distances --------------------------------------------------------------------------------------------------------

# With 32 buckets: 16 for what follows, and of each 16, 8 for distances 0 to 7 and 8 for the four doublings from 8 to
# 128, which is two a doubling: the second of 8 to 16 begins at 8 * sqrt(2) = 11.3, the last at 64 * sqrt(2) = 90.5.
BY_HAND = {0: 0, 1: 1, 7: 7, 8: 8, 11: 8, 12: 9, 15: 9, 16: 10, 22: 10, 23: 11, 31: 11, 32: 12, 45: 12, 46: 13, 63: 13,
           64: 14, 90: 14, 91: 15, 127: 15, 128: 15, 511: 15}


@pytest.mark.parametrize(("distance", "bucket"), BY_HAND.items())
def test_distances_fall_into_their_buckets(distance: int, bucket: int) -> None:
    """Near ones each their own, far ones by logarithm, and what follows in the other half."""
    behind, ahead = distance_buckets(np.array([-distance, distance]), 32)
    assert (behind, ahead) == (bucket, bucket + 16 if distance else 0)


def test_buckets_have_the_shape_of_the_distances() -> None:
    """One a pair of words."""
    distances = np.arange(6).reshape(2, 3)
    assert distance_buckets(distances, 32).tolist() == [[0, 17, 18], [19, 20, 21]]


def test_other_number_of_buckets() -> None:
    """With 8: 2 for distances 0 and 1, 2 for the six doublings from 2 to 128, so the last begins at 16."""
    assert distance_buckets(-np.array([0, 1, 2, 15, 16, 127, 500]), 8).tolist() == [0, 1, 2, 2, 3, 3, 3]
    assert distance_buckets(np.array([1, 2, 15, 16, 500]), 8).tolist() == [5, 6, 6, 7, 7]
