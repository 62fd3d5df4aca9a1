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


def prepared(name: str) -> tuple[Path, Path]:
    """Where set-up puts the graph and the tokenizer of an encoder."""
    return ENCODER_DIR / f"{name}-int8.onnx", ENCODER_DIR / f"{name}-tokenizer.json"


@functools.lru_cache(maxsize=None)
def load(name: str) -> Encoder:
    """The encoder called `name`, loaded once in a process. KeyError where there is none of that name."""
    return _LOADERS[name]()


def _e5() -> Encoder:
    """multilingual-e5-small (MIT), tuned to what is asked here: English and Spanish."""
    from nlu.encoders.onnx_encoder import OnnxEncoder
    from nlu.encoders.packed_e5 import PREFIX

    return OnnxEncoder("e5", *prepared("e5"), width=384, max_tokens=128, prefix=PREFIX)


# Imported when asked for: an encoder that config.yml does not name costs neither time nor memory.
_LOADERS: dict[str, Callable[[], Encoder]] = {"e5": _e5}


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
