"""Embeddings of utterances that were read before, kept on disk between trainings.

Training reads thousands of lines of which a handful are new. Conversations never come here: a message is encoded each
time, so that what is measured is what a person waits for.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Sequence

import numpy as np

from nlu.encoders.registry import ENCODER_DIR, Encoder

CACHE_DIR = ENCODER_DIR.parent / "embeddings"


def encode_cached(encoder: Encoder, texts: Sequence[str], directory: Path = CACHE_DIR) -> np.ndarray:
    """What `encoder.encode(texts)` gives, float32 (n_texts, width); only unseen texts are encoded."""
    path = directory / f"{encoder.fingerprint}.npz"
    known = _read(path, encoder.width)
    keys = [_key(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts) if key not in known}
    if new:
        known.update(zip(new, encoder.encode(list(new.values()))))
        _write(path, known)
    return np.stack([known[key] for key in keys]) if keys else np.empty((0, encoder.width), np.float32)


def _key(text: str) -> str:
    # A hash, not the text: a folder of embeddings is not where utterances are kept.
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _read(path: Path, width: int) -> dict[str, np.ndarray]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        keys, vectors = stored["keys"], stored["vectors"]
    return dict(zip(keys.tolist(), vectors)) if vectors.shape[1:] == (width,) else {}


def _write(path: Path, vectors: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".npz")
    with os.fdopen(handle, "wb") as file:
        np.savez(file, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
    os.replace(scratch, path)
