"""The voices of nlu/data that no encoder was tuned on: strangers to every part of the bot, as tomorrow's askers are."""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

VOICES = Path(__file__).with_name("unseen.yml")


@functools.lru_cache(maxsize=None)
def unseen_voices() -> frozenset[str]:
    """Their names, as `nlu/data` marks them."""
    return frozenset(yaml.safe_load(VOICES.read_text(encoding="utf-8"))["unseen"])
