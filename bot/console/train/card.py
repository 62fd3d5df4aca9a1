"""The quality card of a model: what became of every line that it was asked, beside the model and whole or not at all.

    var/models/<training key>.tar.gz
    var/models/<training key>.card.json

Lines and messages stand here under their keys and numbers only; their words are looked up where they are kept, so that
what is erased there is gone here too.
"""

from __future__ import annotations

import functools
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Mapping

from bot.evaluation.items import from_items
from bot.evaluation.quality import Quality
from bot.settings import Settings

NAME = "[0-9a-f]{24}"


@dataclass(frozen=True)
class QualityCard:
    """`name` is the key of what the model was trained on, `made_at` seconds since 1970, `by` who had it trained.

    `items` is what `bot.evaluation.items.to_items` gives; `leaks` has the keys of held-out lines that the training data
    gives away, each with the intent that it is held out for and the one that is trained; `sizes` counts lines and
    bytes; `seconds` is what each step of the training took; `code` is the hash of the code that trained and judged it,
    empty on cards that are older than that.
    """

    name: str
    made_at: float
    by: str
    items: Mapping[str, Mapping[str, Any]]
    leaks: tuple[tuple[str, str, str], ...] = ()
    sizes: Mapping[str, int] | None = None
    seconds: Mapping[str, float] | None = None
    code: str = ""

    @functools.cached_property
    def quality(self) -> Quality:
        """The outcomes, for everything that counts them."""
        return from_items(self.items)

    def only(self, other: QualityCard) -> QualityCard:
        """This card, with those lines alone that the other one has under the same intent."""
        kept: dict[str, Mapping[str, Any]] = {
            "lines": {key: item for key, item in self.items["lines"].items()
                      if other.items["lines"].get(key, {}).get("intent") == item["intent"]}}
        for part in ("doubles", "dialogues", "also"):
            kept[part] = {key: item for key, item in self.items[part].items() if key in other.items[part]}
        return replace(self, items=kept)

    def write(self, settings: Settings) -> None:
        """Put the card beside its model."""
        path = card_path(settings, self.name)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            written = Path(scratch) / path.name
            written.write_text(json.dumps(asdict(self)), encoding="utf-8")
            os.replace(written, path)


def card_path(settings: Settings, name: str) -> Path:
    """Where the card of a model is. ValueError where no model can have the name."""
    return _beside(settings, name, "card.json")


def model_of(settings: Settings, name: str) -> Path:
    """Where a model is. ValueError where no model can have the name."""
    return _beside(settings, name, "tar.gz")


def _beside(settings: Settings, name: str, ending: str) -> Path:
    if not re.fullmatch(NAME, name):
        raise ValueError("That is no name of a model.")
    return settings.var_dir / "models" / f"{name}.{ending}"


def read_card(settings: Settings, name: str) -> QualityCard | None:
    """The card of a model, None where it has none, whatever the name leads to."""
    if not re.fullmatch(NAME, name):
        return None
    path, changed = card_path(settings, name), changed_at(settings, name)
    return _read(path, changed) if changed else None


def changed_at(settings: Settings, name: str) -> int:
    """When the card of a model was written, in nanoseconds since 1970; 0 where it has none."""
    path = card_path(settings, name)
    return path.stat().st_mtime_ns if path.is_file() else 0


# The one in production and the one that is looked at; each is some megabytes.
@functools.lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> QualityCard:
    stored = json.loads(path.read_text(encoding="utf-8"))
    return QualityCard(**{**stored, "leaks": tuple(map(tuple, stored["leaks"]))})
