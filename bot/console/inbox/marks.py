"""How far background work has come, by name, as a number."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.tables import marks
from bot.store.database import insert_new, upsert


def mark(connection: Connection, name: str) -> float:
    """The number kept under a name; 0 where there is none."""
    return float(connection.execute(sa.select(marks.c.value).where(marks.c.name == name)).scalar() or 0)


def set_mark(connection: Connection, name: str, value: float) -> None:
    upsert(connection, marks, {"name": name}, {"value": float(value)})


def leased(engine: Engine, name: str, seconds: float, now: float) -> bool:
    """Whether work of this name may be done now, by this console and no other; nobody may for so many seconds then."""
    with engine.begin() as connection:
        insert_new(connection, marks, {"name": name, "value": 0.0})
        return connection.execute(sa.update(marks).where(marks.c.name == name, marks.c.value <= now - seconds)
                                  .values(value=now)).rowcount == 1
