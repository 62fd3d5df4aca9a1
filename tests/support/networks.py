"""Sentence encoders of two layers with random weights: laid out, quantised and run in milliseconds."""

from __future__ import annotations

import json
from typing import Iterator

import numpy as np

from nlu.encoders.bert_graph import MPNET, Shape

LAYERS, HIDDEN, HEADS, INNER = 2, 8, 2, 12
WORDS = ("[UNK]", "[CLS]", "[SEP]", "baby", "cries", "she", "why", "sleeps", "so", "much")
MAX_TOKENS = 16
BUCKETS = 16

TINY_BERT = Shape(layers=LAYERS, hidden=HIDDEN, heads=HEADS, max_tokens=MAX_TOKENS)
TINY_MPNET = Shape(layers=LAYERS, hidden=HIDDEN, heads=HEADS, names=MPNET, first_position=2, relative_buckets=BUCKETS,
                   max_tokens=MAX_TOKENS)

# As the published checkpoints call the parts of a layer: query, key, value, what attention gives, and its norm.
BERT_PARTS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
              "attention.output.LayerNorm")
MPNET_PARTS = ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm")

Weights = dict[str, np.ndarray]


def bert_weights(seed: int = 1) -> Weights:
    """float32 weights under the names of a BERT checkpoint."""
    random = np.random.default_rng(seed)
    return {**_common(random, BERT_PARTS), "embeddings.token_type_embeddings.weight": _normal(random, 2, HIDDEN)}


def mpnet_weights(seed: int = 2) -> Weights:
    """float32 weights under the names of an MPNet checkpoint."""
    random = np.random.default_rng(seed)
    return {**_common(random, MPNET_PARTS), "encoder.relative_attention_bias.weight": _normal(random, BUCKETS, HEADS)}


def tokenizer_json() -> bytes:
    """A tokenizer of whole words between [CLS] and [SEP], as packages carry one."""
    ids = {word: number for number, word in enumerate(WORDS)}
    marks = {mark: {"id": mark, "ids": [ids[mark]], "tokens": [mark]} for mark in ("[CLS]", "[SEP]")}
    piece = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"}, "decoder": None,
        "post_processor": {"type": "TemplateProcessing", "single": piece, "pair": piece, "special_tokens": marks},
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": "[UNK]"}}).encode()


def _common(random: np.random.Generator, parts: tuple[str, ...]) -> Weights:
    return dict(_named(random, parts))


def _named(random: np.random.Generator, parts: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    yield "embeddings.word_embeddings.weight", _normal(random, len(WORDS), HIDDEN)
    yield "embeddings.position_embeddings.weight", _normal(random, MAX_TOKENS + 4, HIDDEN)
    yield from _norm(random, "embeddings.LayerNorm")
    *projections, norm = parts
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for part in projections:
            yield from _linear(random, f"{layer}.{part}", HIDDEN, HIDDEN)
        yield from _norm(random, f"{layer}.{norm}")
        yield from _linear(random, f"{layer}.intermediate.dense", HIDDEN, INNER)
        yield from _linear(random, f"{layer}.output.dense", INNER, HIDDEN)
        yield from _norm(random, f"{layer}.output.LayerNorm")


def _linear(random: np.random.Generator, name: str, inputs: int, outputs: int) -> Iterator[tuple[str, np.ndarray]]:
    yield f"{name}.weight", _normal(random, outputs, inputs)
    yield f"{name}.bias", _normal(random, outputs)


def _norm(random: np.random.Generator, name: str) -> Iterator[tuple[str, np.ndarray]]:
    yield f"{name}.weight", 1 + _normal(random, HIDDEN) / 4
    yield f"{name}.bias", _normal(random, HIDDEN)


def _normal(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.normal(0, 0.7, shape).astype(np.float32)
