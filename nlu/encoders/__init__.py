"""Sentence encoders: text -> unit vectors, offline, on one thread.

`load(name)` gives an encoder that was prepared by `python -m nlu.encoders.install`. Each has `width` (numbers a vector),
`fingerprint` (changes with the weights and with how text is prepared) and `encode(texts)`.
"""

from nlu.encoders.registry import Encoder, load

__all__ = ["Encoder", "load"]
