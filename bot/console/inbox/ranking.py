"""How much it would help to put the messages of a group where they belong.

    help = sum over what people asked of
               weight(reason) · (1 + margin's lack) / 2 · 2^(-age / half-life) · (1 + ln copies)

- the sum: a label on a group helps as many people as asked;
- the weight of the reason: a thumb down or a "no" is a person saying that the bot was wrong, a low confidence only the
  bot's own doubt, a sample most likely right (rules.yml);
- the lack of margin between the two best topics: examples next to the border move it, examples far from it do not
  (margin sampling: Scheffer et al. 2001); it counts half, for a wrong answer that was given surely matters as well;
- age: what people ask now comes first, and what nobody asks any more sinks without anybody ignoring it;
- copies count by logarithm: the same words a hundred times are one example to learn from, though not one person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable

from bot.console.inbox.rules import Rules

_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Asked:
    """One message that stands for `copies` of the same words; confidences 0-1, `age_s` of the newest of them."""

    reason: str
    first_confidence: float
    second_confidence: float
    age_s: float
    copies: int = 1


def help_of(asked: Iterable[Asked], rules: Rules) -> float:
    """How much labelling these messages would help, above 0, comparable between groups."""
    return sum(_help(one, rules) for one in asked)


def _help(one: Asked, rules: Rules) -> float:
    margin = min(1.0, max(0.0, one.first_confidence - one.second_confidence))
    fresh = 2 ** (-max(0.0, one.age_s) / (rules.half_life_days * _DAY_S))
    return rules.weights.get(one.reason, 1.0) * (2 - margin) / 2 * fresh * (1 + math.log(one.copies))
