"""Where encoders are found by name."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Callable, Protocol, Sequence

import numpy as np

ENCODER_DIR = Path(__file__).resolve().parent.parent.parent / "var" / "encoders"


class Encoder(Protocol):
    """Text to unit vectors."""

    name: str
    width: int
    fingerprint: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 (n_texts, width); a text without any word gives an arbitrary one."""


@functools.lru_cache(maxsize=None)
def load(name: str) -> Encoder:
    """The encoder called `name`, loaded once in a process. KeyError where there is none of that name."""
    return _LOADERS[name]()


def _minilm() -> Encoder:
    from nlu.encoders.minilm import MiniLM

    return MiniLM(ENCODER_DIR / "minilm-int8.onnx")


def _use() -> Encoder:
    from nlu.encoders.use import MultilingualUse

    return MultilingualUse()


# Imported when asked for: an encoder that config.yml does not name costs neither time nor memory.
_LOADERS: dict[str, Callable[[], Encoder]] = {"minilm": _minilm, "use": _use}


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
