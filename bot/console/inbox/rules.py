"""What rules.yml says: which messages staff are asked to look at, and in what order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Mapping

import yaml

RULES = Path(__file__).with_name("rules.yml")


@dataclass(frozen=True)
class Rules:
    """Confidences and cosines 0-1; `weights` by reason; each is explained in rules.yml."""

    unsure_below: float
    danger_from: float
    sample_one_in: int
    weights: Mapping[str, float]
    half_life_days: float
    near_copy_from: float
    same_group_from: float


def load_rules(path: Path = RULES) -> Rules:
    """The rules. Raises ValueError that names what is missing or too much."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    wanted = {field.name for field in fields(Rules)}
    if wrong := wanted ^ set(data):
        raise ValueError(f"{path.name}: has to hold exactly {', '.join(sorted(wanted))}; "
                         f"see to {', '.join(sorted(wrong))}.")
    return Rules(**data)
