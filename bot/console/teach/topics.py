"""What a message can be put under, and what an example needs to know beside its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot import wiring
from bot.overlay import staff_root
from bot.safety import KINDS, shared_screen
from bot.settings import PROJECT, Settings

CRISIS, OUT_OF_SCOPE = "crisis", "out_of_scope"
# What an example of these two is marked with; the first counts where nobody says and nothing tells.
MARKS = {CRISIS: ("kind", tuple(sorted(KINDS, key=lambda kind: kind != "self_harm"))), OUT_OF_SCOPE: ("distance", ("near", "far"))}
# Set by components, not learnt from examples.
_NOT_LEARNT = {"nlu_fallback", "choose"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def intents(settings: Settings) -> tuple[str, ...]:
    """The intents that are learnt from examples: the program's in the domain's order, then those that staff added."""
    domain: dict[str, Any] = yaml.load((PROJECT / "domain.yml").read_text(encoding="utf-8"), _Loader)
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in domain["intents"]]
    return tuple(dict.fromkeys(name for name in (*names, *_added(staff_root(settings))) if name not in _NOT_LEARNT))


def _added(root: Path) -> list[str]:
    path = root / "domain.yml"
    if root == PROJECT or not path.is_file():
        return []
    try:
        return wiring.intents_of("domain.yml", path.read_text(encoding="utf-8"))
    except (wiring.WiringError, yaml.YAMLError, UnicodeDecodeError):
        return []  # `check` tells what is wrong with it


def marks(intent: str, text: str, mark: str = "") -> dict[str, str]:
    """What an example of an intent is marked with beside who speaks: nothing for most.

    Raises KeyError where `mark` is not one of MARKS for the intent.
    """
    if intent not in MARKS:
        if mark:
            raise KeyError(mark)
        return {}
    key, known = MARKS[intent]
    if not mark:
        heard = shared_screen().screen(text).kinds if intent == CRISIS else ()
        mark = heard[0] if heard else known[0]
    if mark not in known:
        raise KeyError(mark)
    return {key: mark}
