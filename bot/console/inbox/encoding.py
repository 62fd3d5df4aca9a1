"""Which open messages are grouped, and their vectors: each message is encoded once, while it is open."""

from __future__ import annotations

import zlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.inbox.marks import mark, set_mark
from bot.console.inbox.reasons import REASONS
from bot.console.inbox.vectors import Meaning, packed
from bot.store.tables import messages

# A write holds SQLite's one lock, for which a person's turn waits.
_AT_ONCE = 32
_MARK = "encoder"


def in_groups() -> Any:
    """The condition that a message is shown in a group: open, and not of the danger queue."""
    return sa.and_(messages.c.state == "new", messages.c.reason.in_(REASONS))


def encode_new(engine: Engine, meaning: Meaning, most: int) -> int:
    """Give up to `most` messages their vector, newest first; how many were encoded. A changed encoder begins anew."""
    fingerprint = float(zlib.crc32(meaning.fingerprint.encode()))
    with engine.begin() as connection:
        if mark(connection, _MARK) != fingerprint:
            connection.execute(sa.update(messages).where(messages.c.vector.isnot(None)).values(vector=None))
            set_mark(connection, _MARK, fingerprint)
        rows = connection.execute(sa.select(messages.c.id, messages.c.text).where(
            in_groups(), messages.c.vector.is_(None)).order_by(messages.c.at.desc(), messages.c.id.desc())
            .limit(most)).all()
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start:start + _AT_ONCE]
        vectors = packed(meaning.encode([row.text for row in some]))
        with engine.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.id == sa.bindparam("of")).values(
                vector=sa.bindparam("means")), [{"of": row.id, "means": one} for row, one in zip(some, vectors)])
    return len(rows)

