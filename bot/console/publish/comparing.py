"""How a version on trial does beside the one in production: counts of messages, no word of them.

Who had which version is not stored: it follows from the sender's pseudonym and the share at that moment. So a message of
the share counts for the version on trial also where production answered it, because it heard danger or because a worker
did not have the other version yet; both groups stay comparable that way.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.canary import Canary, Share, belongs
from bot.evaluation.stats import Share as Part
from bot.store.tables import messages

# A share of fewer messages says more about chance, and about single people, than about a version.
FEWEST = 5
# In the order of the page: what is counted, by the reply's kind or the thumb; what it is a share of, None for a count.
ANSWERED, ASKED_BACK, REFUSED, CRISIS, UP, DOWN = "answered", "asked_back", "refused", "crisis", "up", "down"
_OF_KIND = {"answer": ANSWERED, "clarify": ASKED_BACK, "out_of_scope": REFUSED, "crisis": CRISIS}
RATES = (ANSWERED, ASKED_BACK, REFUSED, CRISIS, DOWN, UP)
_THUMBS = {UP, DOWN}


@dataclass(frozen=True)
class Group:
    """The senders of one version since the canary began."""

    senders: int
    messages: int
    counts: Mapping[str, int]

    def rate(self, what: str) -> Part:
        """A kind of reply as a share of all messages; a thumb as a share of the answers and refusals that could get one."""
        whole = self.messages - self.counts.get(CRISIS, 0) if what in _THUMBS else self.messages
        return Part(self.counts.get(what, 0), whole)


@dataclass(frozen=True)
class Rate:
    """One line of the comparison. `differs` where chance alone would seldom make it so."""

    what: str
    trial: Part
    production: Part

    @property
    def known(self) -> bool:
        """Whether there is enough of both to speak of shares."""
        return min(self.trial.total, self.production.total) >= FEWEST

    @property
    def differs(self) -> bool:
        """Whether the 95 % intervals of the two shares leave each other out: a strict measure, for many looks."""
        (low, high), (other_low, other_high) = self.trial.interval, self.production.interval
        return self.known and (low > other_high or other_low > high)


@dataclass(frozen=True)
class Comparison:
    """Both groups, and the lines that set them beside each other."""

    trial: Group
    production: Group

    @property
    def rates(self) -> tuple[Rate, ...]:
        return tuple(Rate(what, self.trial.rate(what), self.production.rate(what)) for what in RATES)


def compare(connection: Connection, canary: Canary, until: float | None = None) -> Comparison:
    """What was collected since the canary began, up to `until` (seconds since 1970; now)."""
    until = time.time() if until is None else until
    ends = [*(step.at for step in canary.steps[1:]), until]
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    senders: dict[bool, set[str]] = {True: set(), False: set()}
    for step, end in zip(canary.steps, ends):
        share = Share(canary.bundle, step.percent)
        for row in connection.execute(_alike(step.at, end)):
            group = belongs(row.sender_id, share)
            senders[group].add(row.sender_id)
            counts[group].update({"messages": row.messages, _OF_KIND.get(row.kind, "other"): row.messages,
                                  UP: int(row.up), DOWN: int(row.down)})
    trial, production = (Group(len(senders[group]), counts[group].pop("messages", 0), counts[group])
                         for group in (True, False))
    return Comparison(trial, production)


def _alike(begin: float, end: float) -> sa.sql.Select:
    """The messages of a stretch, counted by sender and kind of reply."""
    return sa.select(
        messages.c.sender_id, messages.c.kind, sa.func.count().label("messages"),
        *(sa.func.sum(sa.case((messages.c.helped == thumb, 1), else_=0)).label(thumb) for thumb in (UP, DOWN)),
    ).where(messages.c.at >= begin, messages.c.at < end).group_by(messages.c.sender_id, messages.c.kind)
