"""How far a training is: by what each step took the last time, and never further than that until the step is done."""

from __future__ import annotations

import json
from typing import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.train.tables import jobs

# In their order, with the seconds that they took when they were first measured: what the first job goes by. What the
# model in production answers is mostly known by then (warming.py).
FIRST_S = {"record": 1.0, "check": 2.0, "leaks": 12.0, "train": 50.0, "before": 10.0, "evaluate": 85.0, "card": 1.0}
STEPS = tuple(FIRST_S)
# A step that takes longer than the last time stays short of its end until it is there.
_MOST = 0.95


def expected_of(connection: Connection) -> dict[str, float]:
    """Seconds that each step is to take: what it took in the last job that was done."""
    done = sa.select(jobs.c.seconds).where(jobs.c.state == "done").order_by(jobs.c.id.desc())
    last = connection.execute(done).scalar()
    return {**FIRST_S, **(json.loads(last) if last else {})}


def share_of(step: str, known: float | None, elapsed_s: float, seconds: Mapping[str, float],
             expected: Mapping[str, float]) -> float:
    """The share (0-1) of a whole job that is done.

    `known` is what the step itself tells (0-1), None where it cannot; `seconds` what the steps before took.
    """
    whole = sum(expected.values())
    done = sum(expected[name] for name in seconds if name in expected)
    mine = expected.get(step, 0.0)
    within = known if known is not None else min(_MOST, elapsed_s / max(mine, 0.1))
    return min(1.0, (done + mine * within) / whole) if whole else 0.0
