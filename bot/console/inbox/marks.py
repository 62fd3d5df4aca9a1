"""How far background work has come, by name, as a number."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.inbox.tables import marks
from bot.store.database import upsert


def mark(connection: Connection, name: str) -> float:
    """The number kept under a name; 0 where there is none."""
    return float(connection.execute(sa.select(marks.c.value).where(marks.c.name == name)).scalar() or 0)


def set_mark(connection: Connection, name: str, value: float) -> None:
    upsert(connection, marks, {"name": name}, {"value": float(value)})
