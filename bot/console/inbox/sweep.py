"""Nothing here outlives the events: rows whose conversation was deleted elsewhere go too."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.inbox.collect import events
from bot.console.inbox.marks import mark, set_mark
from bot.console.inbox.tables import changes, pending
from bot.store.tables import messages

AT_ONCE = 5000
_MARK = "sweep"


def sweep(engine: Engine) -> int:
    """Look at the next rows, round and round, and delete those whose event is gone; how many went."""
    if not sa.inspect(engine).has_table(events.name):
        return 0
    with engine.begin() as connection:
        first = int(mark(connection, _MARK))
        ids = connection.execute(sa.select(messages.c.id).where(messages.c.id > first)
                                 .order_by(messages.c.id).limit(AT_ONCE)).scalars().all()
        last = ids[-1] if ids else first
        gone = connection.execute(sa.delete(messages).where(
            messages.c.id > first, messages.c.id <= last,
            ~sa.exists().where(events.c.id == messages.c.id))).rowcount
        for table in (changes, pending):
            connection.execute(sa.delete(table).where(
                table.c.message_id > first, table.c.message_id <= last,
                ~sa.exists().where(messages.c.id == table.c.message_id)))
        set_mark(connection, _MARK, last if len(ids) == AT_ONCE else 0)
    return int(gone)
