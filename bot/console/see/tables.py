"""The tables of the figures: counts by day, without a word and without a sender.

    figures_days      how many messages of a day had the same channel, language, audience, outcome and topic, and the
                      thumbs they got
    figures_times     how many messages of a day and channel were answered in about the same time
    figures_counted   which messages are in these counts, and as what; a row goes when its message is gone

`kept` tells two shares of a day's counts apart: what can be counted anew from `messages` (False), and what stays of
messages that were erased or whose time was up (True). No counting touches the second, it only grows.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

days = sa.Table(
    "figures_days",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("kept", sa.Boolean, primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("language", sa.String(8), primary_key=True),
    sa.Column("audience", sa.String(16), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("topic", sa.String(64), primary_key=True),  # empty where none was answered
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("up", sa.Integer, nullable=False),
    sa.Column("down", sa.Integer, nullable=False),
    # In SQLite the rows of a day then lie side by side, in the order of the key.
    sqlite_with_rowid=False,
)

times = sa.Table(
    "figures_times",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("kept", sa.Boolean, primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("bucket", sa.Integer, primary_key=True),  # see histogram.py
    sa.Column("messages", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

counted = sa.Table(
    "figures_counted",
    metadata,
    # With the time, since SQLite gives the number of the last event anew once that event is erased.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, primary_key=True),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("audience", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("helped", sa.String(8), nullable=False),
    sa.Column("bucket", sa.Integer),
    sqlite_with_rowid=False,
)
