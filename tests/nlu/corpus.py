"""The utterances of the training data and of the held-out set, as the tests of this folder read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import yaml

from bot.settings import PROJECT

TRAINING = PROJECT / "nlu" / "data"
HELD_OUT = PROJECT / "tests" / "nlu" / "held_out"


@dataclass(frozen=True)
class Utterance:
    """One line, where it stands, and what it is marked with."""

    text: str
    intent: str
    file: str
    marks: Mapping[str, str]


def utterances(folder: Path) -> list[Utterance]:
    """All lines of all files of a folder; double questions are passed over, they have no one intent."""
    found = []
    for path in sorted(folder.rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            lines = [line.strip()[2:] for line in block["examples"].splitlines() if line.strip().startswith("- ")]
            found += [Utterance(line, block["intent"], path.stem, block.get("metadata", {})) for line in lines]
    return found
