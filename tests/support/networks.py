"""Sentence encoders of two layers with random weights: laid out, quantised and run in milliseconds."""

from __future__ import annotations

import json
from typing import Iterator

import numpy as np

from nlu.encoders.bert_graph import Shape

LAYERS, HIDDEN, HEADS, INNER = 2, 8, 2, 12
WORDS = ("[UNK]", "[CLS]", "[SEP]", "baby", "cries", "she", "why", "sleeps", "so", "much")
MAX_TOKENS = 16

TINY_BERT = Shape(layers=LAYERS, hidden=HIDDEN, heads=HEADS)

Weights = dict[str, np.ndarray]


def bert_weights(seed: int = 1) -> Weights:
    """float32 weights under the names of a BERT checkpoint."""
    return dict(_named(np.random.default_rng(seed)))


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


def _named(random: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    yield "embeddings.word_embeddings.weight", _normal(random, len(WORDS), HIDDEN)
    yield "embeddings.position_embeddings.weight", _normal(random, MAX_TOKENS, HIDDEN)
    yield "embeddings.token_type_embeddings.weight", _normal(random, 2, HIDDEN)
    yield from _norm(random, "embeddings.LayerNorm")
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            yield from _linear(random, f"{layer}.attention.{part}", HIDDEN, HIDDEN)
        yield from _norm(random, f"{layer}.attention.output.LayerNorm")
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
