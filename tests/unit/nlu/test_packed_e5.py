"""The packed encoder: what is in the file comes out under other names, cut down to what people here write."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import safetensors.numpy
from tokenizers import Tokenizer

from nlu.encoders.bert_graph import Shape, build
from nlu.encoders.packed_e5 import unpack

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 1, 2, 64, 16
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("▁mi", -3.0), ("ñ", -5.0), ("ni", -4.0),
          ("o", -4.0), ("бе", -3.0), ("🙂", -6.0), ("▁niño", -7.0), ("好", -3.0)]
KEPT = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]


def matrix(rows: int, width: int, seed: int) -> tuple[bytes, np.ndarray]:
    """A matrix in blocks of 32 four-bit weights, and what it means."""
    random = np.random.default_rng(seed)
    steps = random.integers(0, 16, size=(rows, width))
    scales = random.choice(np.array([0.25, 0.5, 1.0], np.float16), size=(rows, width // 32))
    packed = b""
    for row in range(rows):
        for block in range(width // 32):
            part = steps[row, 32 * block:32 * block + 32]
            packed += scales[row, block].tobytes() + bytes(int(part[j]) | int(part[j + 16]) << 4 for j in range(16))
    return packed, (steps - 8) * np.repeat(scales.astype(np.float32), 32, axis=1)


def floats(count: int, seed: int) -> tuple[bytes, np.ndarray]:
    values = np.random.default_rng(seed).normal(size=count).astype("<f4")
    return values.tobytes(), values


def file() -> tuple[bytes, dict[str, np.ndarray]]:
    """A small encoder as the package packs it, and its tensors under the package's names."""
    tensors = {"emb.word": matrix(len(PIECES), HIDDEN, 1), "emb.pos": floats(POSITIONS * HIDDEN, 2),
               "emb.type": floats(2 * HIDDEN, 3), "emb.ln.w": floats(HIDDEN, 4), "emb.ln.b": floats(HIDDEN, 5)}
    for seed, (name, rows, width) in enumerate([("q", HIDDEN, HIDDEN), ("k", HIDDEN, HIDDEN), ("v", HIDDEN, HIDDEN),
                                                ("ao", HIDDEN, HIDDEN), ("fi", INNER, HIDDEN), ("fo", HIDDEN, INNER)], 10):
        tensors[f"l0.{name}.w"], tensors[f"l0.{name}.b"] = matrix(rows, width, seed), floats(rows, seed + 10)
    for seed, name in enumerate(("aln", "oln"), 40):
        tensors[f"l0.{name}.w"], tensors[f"l0.{name}.b"] = floats(HIDDEN, seed), floats(HIDDEN, seed + 2)
    letters = [piece.encode("utf-8") for piece, _ in PIECES]
    ends = np.cumsum([0, *map(len, letters)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(letters))) + ends.tobytes()
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + b"".join(letters)
    head += struct.pack("<iI", 1, 9) + b"123456789" + struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 1 + 4 + 8 + 8 for name in tensors)
    body = b""
    for name, (packed, _) in tensors.items():
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, start + len(body), len(packed))
        body += packed
    return head + body, {name: value for name, (_, value) in tensors.items()}


def test_weights_are_what_was_packed() -> None:
    """Matrices out of their blocks, vectors as they are, words only of the pieces that are kept."""
    raw, packed = file()
    weights = safetensors.numpy.load(unpack(raw)[0])
    assert np.array_equal(weights["embeddings.word_embeddings.weight"], packed["emb.word"][KEPT])
    assert np.array_equal(weights["encoder.layer.0.attention.self.key.weight"], packed["l0.k.w"])
    assert np.array_equal(weights["encoder.layer.0.output.dense.weight"], packed["l0.fo.w"])
    assert np.array_equal(weights["encoder.layer.0.output.LayerNorm.bias"], packed["l0.oln.b"])
    assert weights["embeddings.position_embeddings.weight"].shape == (POSITIONS, HIDDEN)


def test_weights_make_a_graph() -> None:
    """Nothing that the encoder is built of is missing or too much."""
    weights = safetensors.numpy.load(unpack(file()[0])[0])
    build(weights, Shape(layers=LAYERS, hidden=HIDDEN, heads=HEADS))
    assert len(weights) == 5 + 16


def test_tokenizer_cuts_into_the_likeliest_pieces() -> None:
    """Between the two ends; scripts that nobody writes here are unknown, pictures are not."""
    tokenizer = Tokenizer.from_str(unpack(file()[0])[1].decode("utf-8"))
    assert tokenizer.encode("mi  niño 🙂").tokens == ["<s>", "▁mi", "▁niño", "▁", "🙂", "</s>"]
    assert tokenizer.encode("бе").ids == [0, 4, 3, 2]
    assert tokenizer.get_vocab_size() == len(KEPT)


def test_two_readings_are_the_same_to_the_byte() -> None:
    """What comes out is hashed."""
    raw, _ = file()
    assert unpack(raw) == unpack(raw)


def test_another_file_is_refused() -> None:
    """By its first bytes, with what to do."""
    with pytest.raises(ValueError, match="install the locked packages again"):
        unpack(b"PK\x03\x04" + file()[0][4:])
