"""One model's outcomes on everything that is held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

from bot.evaluation import figures
from bot.evaluation.held_out import Outcome
from bot.evaluation.stats import Share


@dataclass(frozen=True)
class Quality:
    """Outcomes in the order of the held-out lines, double questions and dialogues; `also`: of what else was asked."""

    outcomes: Sequence[Outcome]
    doubles: Sequence[bool]
    dialogues: Sequence[bool]
    also: Sequence[Outcome] = ()

    @property
    def shares(self) -> dict[str, Share]:
        return {**figures.summary(self.outcomes), "two questions, both answered": Share.of(self.doubles),
                "follow-ups that need context": Share.of(self.dialogues)}

    def to_dict(self) -> dict[str, Any]:
        """What the next model is compared with; missed danger by a hash of the line, not its words."""
        topics = figures.by_topic(self.outcomes)
        crisis = [o for o in self.outcomes if o.question.intent == "crisis"]
        return {
            "shares": {name: [share.hits, share.total] for name, share in self.shares.items()},
            "calibration_error": round(figures.calibration(self.outcomes)[0], 4),
            "latency": {name: round(value, 1) for name, value in figures.latency(self.outcomes).items()},
            "topics": {name: [one.recall.hits, one.recall.total] for name, one in topics.items()},
            "missed_danger": sorted(o.key for o in crisis if not o.right),
        }
