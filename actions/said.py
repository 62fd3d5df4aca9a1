"""What a reply leaves for the next turn: kept with its last message, in the event's metadata, and sent to nobody."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Iterable, Mapping

from actions.reply import Reply
from bot.knowledge import Kind

KEY = "said"
# What one can ask to hear again; small talk is not, and leaves what was said before it.
_HELD = {Kind.ANSWER, Kind.CRISIS, Kind.CLARIFY, Kind.OUT_OF_SCOPE}


@dataclass(frozen=True)
class Said:
    """The reply before, by its last message: its `kind`, its `phrase` (of an answer, the one that opened it), and whether
    it `offers` choices; all empty where there was none, in a new session say.

    `answered` is topic, language and audience of that message; `held` what one can ask to hear again: "answer",
    "crisis", "clarify", "out_of_scope", "feeling" or nothing; `times` how often each phrase was said since the last answer.
    """

    kind: str | None = None
    phrase: str | None = None
    answered: tuple[str | None, ...] = ()
    offers: bool = False
    held: str | None = None
    times: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> Said:
        """Reads it from the events of a conversation."""
        uttered = next((event for event in reversed([*events]) if event["event"] == "bot"), {})
        kept = (uttered.get("metadata") or {}).get(KEY) or {}
        # During an upgrade the reply may be one of another version.
        known = {one.name: kept[one.name] for one in fields(cls) if one.name in kept}
        return cls(**{**known, "answered": tuple(kept.get("answered", ()))})

    def after(self, reply: Reply) -> Said:
        """What this reply leaves, given what the one before it left."""
        last = reply.messages[-1]
        held = "feeling" if last.phrase == "feeling" else last.kind.value if last.kind in _HELD else self.held
        if "last_topic" in reply.slots and reply.slots["last_topic"] is None:
            held = None
        answers = any(message.kind is Kind.ANSWER for message in reply.messages)
        times = Counter({} if answers else self.times)
        times.update(message.phrase for message in reply.messages if message.phrase and message.kind is not Kind.ANSWER)
        return Said(last.kind.value, last.phrase, (last.topic, last.language, last.audience), bool(last.buttons), held,
                    dict(times))

    def to_dict(self) -> Dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)
