"""What only text messages have."""

from __future__ import annotations

import datetime

from sqlalchemy.engine import Engine

from bot.console.see.period import Period
from bot.console.see.texting import Texting, read_texting
from bot.store.tables import sms_deliveries, sms_opt_outs

PERIOD = Period.ending(datetime.date(2026, 11, 28), 7)


def at(day: str) -> float:
    return datetime.datetime.fromisoformat(day).timestamp()


def test_opt_outs_and_deliveries_of_the_period_are_counted(engine: Engine) -> None:
    """Its last day is in it to midnight; whoever is silent from before is silent still."""
    with engine.begin() as connection:
        connection.execute(sms_opt_outs.insert(), [
            {"sender_id": name, "key_id": "k", "since": at(day)} for name, day in
            (("a", "2026-11-21T23:59"), ("b", "2026-11-22T00:00"), ("c", "2026-11-28T23:59"))])
        connection.execute(sms_deliveries.insert(), [
            {"gateway": "twilio", "message_id": name, "status": status, "updated_at": at(day)} for name, status, day in
            (("a", "failed", "2026-11-28"), ("b", "delivered", "2026-11-22"), ("c", "delivered", "2026-11-28T23:00"),
             ("d", "delivered", "2026-11-21"))])
    with engine.connect() as connection:
        found = read_texting(connection, PERIOD)
    assert found == Texting(2, 3, {"delivered": 2, "failed": 1}) and list(found.deliveries) == ["delivered", "failed"]
    assert found


def test_where_nobody_texts_there_is_nothing_to_tell(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not read_texting(connection, PERIOD)
