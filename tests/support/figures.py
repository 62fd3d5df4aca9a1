"""Messages as the collector would have put them in the table, for figures and for load."""

from __future__ import annotations

import datetime
import itertools
import random
from typing import Any, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.tables import messages

_ids = itertools.count(1)
_SECONDS = 86_400
_BATCH = 5_000
# How often each comes, of a thousand.
_KINDS = {"answer": 640, "smalltalk": 90, "clarify": 130, "out_of_scope": 110, "crisis": 30}
_TOPICS = ("define_imh", "about_nmaimh", "strategic_plan", "purpose_of_brief", "social_emotional", "daily_interactions",
           "relationship_central", "environmental_risk", "biological_risk", "risk_or_protective", "brain_development",
           "relationship_effects", "professional_interactions", "indicators", "school_readiness",
           "everyone_can_promote", "training_supervision", "contact", "references")
_ASKED = ("does she need", "where do I get", "who pays for", "how much is", "is it safe to use", "should we buy",
          "dónde consigo", "quién paga")
_OF = ("vaccines", "a crib", "formula", "a passport", "a stroller", "day care", "a lawyer", "diapers", "vitamins",
       "a car seat", "fever drops", "baby shoes", "a babysitter", "una cuna", "pañales", "a dentist")
_WHEN = ("now", "this year", "in winter", "at four months", "before the trip", "for twins", "again", "on Medicaid",
         "without papers", "in Santa Fe")


def message(day: str = "2026-11-28", **changes: Any) -> dict[str, Any]:
    """A row of `messages`: an answered one, unless `changes` say otherwise."""
    number = changes.get("id") or next(_ids)
    at = datetime.datetime.fromisoformat(day).timestamp() + number % _SECONDS
    row = {"id": number, "sender_id": f"person-{number}", "at": at, "day": day, "channel": "web", "language": "en",
           "audience": "parent", "text": f"question {number}", "kind": "answer", "topic": "indicators",
           "intent": "ask_indicators", "confidence": 0.9, "took_ms": 40.0, "helped": None,
           "state": None, "group_id": None}
    if changes.get("kind", "answer") != "answer":
        row["topic"] = None
    return {**row, **changes}


def put(engine: Engine, *rows: dict[str, Any]) -> None:
    """Insert these messages."""
    with engine.begin() as connection:
        connection.execute(messages.insert(), list(rows))


def many(number: int, *, last: datetime.date, days: int) -> Iterator[dict[str, Any]]:
    """So many different messages over the days up to `last`, as a season of use might bring; the same every time."""
    chance = random.Random(7)
    for one in range(number):
        kind = chance.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
        day = (last - datetime.timedelta(chance.randrange(days))).isoformat()
        text = f"{chance.choice(_ASKED)} {chance.choice(_OF)} {chance.choice(_WHEN)}?"
        yield message(day, channel=chance.choices(["web", "sms"], [7, 3])[0], kind=kind, text=text,
                      language=chance.choices(["en", "es"], [7, 3])[0], sender_id=f"person-{one // 4}",
                      audience=chance.choices(["parent", "provider"], [6, 4])[0],
                      took_ms=chance.lognormvariate(3.6, 0.7),
                      topic=chance.choice(_TOPICS) if kind == "answer" else None,
                      helped=chance.choices([None, "up", "down"], [90, 7, 3])[0])


def fill(engine: Engine, number: int, *, last: datetime.date, days: int) -> None:
    """Put `many` messages in the table."""
    rows = many(number, last=last, days=days)
    while batch := list(itertools.islice(rows, _BATCH)):
        put(engine, *batch)


def erase(engine: Engine, *ids: int) -> None:
    """Delete messages, as an erasure and the end of their time do."""
    with engine.begin() as connection:
        connection.execute(sa.delete(messages).where(messages.c.id.in_(ids)))
