"""A sentence encoder that onnxruntime runs: tokens in, one unit vector out, one thread a sentence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from nlu.encoders import text as preparation
from nlu.encoders.registry import file_hash

# Training reads thousands of sentences: two are encoded at once, each on its own thread. A message comes alone.
_AT_ONCE = 2
_MANY = 64


class OnnxEncoder:
    """An `Encoder` made of a graph and its tokenizer."""

    def __init__(self, name: str, graph: Path, tokenizer: Path, *, width: int, max_tokens: int, prefix: str = "") -> None:
        """`prefix` is what the encoder was trained to find before a sentence."""
        for needed in (graph, tokenizer):
            if not needed.is_file():
                raise FileNotFoundError(f"{needed.name} is missing; run 'make setup'.")
        self.name = name
        self.width = width
        self._prefix = prefix
        self.fingerprint = f"{name}-{file_hash(graph)[:16]}-{preparation.VERSION}"
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # A longer message is read up to what the encoder was tuned on.
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        # One sentence is too little work to share: a second thread doubles the time when two workers run.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 (n_texts, width)."""
        # One by one: int8 ranges are taken over a whole batch, so a sentence's neighbours would change its vector.
        if len(texts) < _MANY:
            rows = [self._encode_one(text) for text in texts]
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                rows = list(pool.map(self._encode_one, texts))
        return np.concatenate(rows) if rows else np.empty((0, self.width), np.float32)

    def _encode_one(self, text: str) -> np.ndarray:
        ids = np.array([self._tokenizer.encode(self._prefix + preparation.prepare(text)).ids], np.int64)
        return self._session.run(None, {"input_ids": ids})[0]
