"""What the figures know of other rooms: by the names of their tables, since rooms do not import each other.

A console without one of these rooms has figures all the same.
"""

from __future__ import annotations

import datetime
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.see.period import Period
from bot.console.see.sheets import Name, Table
from bot.store.tables import messages, metadata

RELEASES, LABELS = "console_releases", "console_labels"
_OUT_OF_SCOPE = "out_of_scope"
_SHORT = 8


def not_covered_by_label() -> sa.sql.ColumnElement[bool]:
    """Whether staff left it at "not covered": not so where they put the message under a topic that the brief has."""
    labels = metadata.tables.get(LABELS)
    if labels is None:
        return sa.true()
    return ~sa.exists().where(labels.c.message_id == messages.c.id, labels.c.undone_at.is_(None),
                              labels.c.topic != _OUT_OF_SCOPE)


def releases(connection: Connection, period: Period) -> Table:
    """What was live in a period, first to last: the release that it began under, and those that came in it."""
    columns = ("live_from", "model", "content", "release", "by")
    table = metadata.tables.get(RELEASES)
    if table is None:
        return Table("releases", columns, ())
    begin = datetime.datetime.combine(period.first, datetime.time()).timestamp()
    end = datetime.datetime.combine(period.last + datetime.timedelta(1), datetime.time()).timestamp()
    done = sa.select(table).where(table.c.done.is_(True))
    before = connection.execute(
        done.where(table.c.at < begin).order_by(table.c.at.desc(), table.c.id.desc()).limit(1)).all()
    within = connection.execute(
        done.where(table.c.at >= begin, table.c.at < end).order_by(table.c.at, table.c.id)).all()
    return Table("releases", columns, tuple(
        (time.strftime("%Y-%m-%d %H:%M", time.localtime(row.at)), row.training[:_SHORT], row.content[:_SHORT],
         Name("release", row.kind), row.person or "") for row in (*before, *within)))
