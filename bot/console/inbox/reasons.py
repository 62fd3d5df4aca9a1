"""Why a message should be looked at: one reason each, the one that tells most."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.console.inbox.rules import Rules

# As in the column's comment (bot/store/tables.py), the one that tells most first. Danger has a queue of its own.
DANGER = "danger"
REASONS = ("thumbs_down", "said_no", "asked_back", "refused", "unsure", "sample")
_RANK = {reason: rank for rank, reason in enumerate((DANGER, *REASONS))}

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Judged:
    """What a reason is told by. `confidence` is of the intent decided for, `danger` of danger, both 0-1."""

    id: int
    kind: str
    intent: str
    confidence: float
    danger: float = 0.0
    helped: str | None = None
    said_no: bool = False


def reason_of(message: Judged, rules: Rules) -> str | None:
    """Why staff should look at a message; None where they need not."""
    if message.kind == "crisis" or message.danger >= rules.danger_from:
        return DANGER
    if message.helped == "down":
        return "thumbs_down"
    if message.said_no:
        return "said_no"
    if message.kind == "clarify":
        return "asked_back"
    if message.kind == "out_of_scope":
        return "refused"
    if message.intent == FALLBACK or message.confidence < rules.unsure_below:
        return "unsure"
    return "sample" if message.kind == "answer" and in_sample(message.id, rules.sample_one_in) else None


def in_sample(message_id: int, one_in: int) -> bool:
    """Whether a message is of the sample: by hash, so that two consoles, and the same one tomorrow, choose the same."""
    return int.from_bytes(hashlib.sha256(str(message_id).encode()).digest()[:8], "big") % one_in == 0


def tells_more(reason: str, than: str | None) -> bool:
    """Whether a reason tells more than the one that a message has."""
    return than is None or _RANK[reason] < _RANK[than]
