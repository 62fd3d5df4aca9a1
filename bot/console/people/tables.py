"""The tables of accounts and of what was done. Tokens stand here as hashes only."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

people = sa.Table(
    "console_people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),  # that is typed to sign in; lower case
    sa.Column("shown", sa.String(128), nullable=False),
    sa.Column("email", sa.String(254), nullable=False, unique=True),  # lower case
    sa.Column("role", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("password", sa.String(255)),  # Argon2id, with its parameters; null until one is chosen
    sa.Column("subject", sa.String(255), unique=True),  # at the provider of sign-in, from the first sign-in there on
    sa.Column("made_at", sa.Float, nullable=False),
)

sessions = sa.Table(
    "console_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.Integer, sa.ForeignKey("console_people.id"), nullable=False, index=True),
    sa.Column("made_at", sa.Float, nullable=False, index=True),
    sa.Column("used_at", sa.Float, nullable=False),
    sa.Column("said", sa.Text),  # a sentence for the next page
)

audit = sa.Table(
    "console_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("person_id", sa.Integer, index=True),  # null: a command, or the console itself
    sa.Column("person", sa.String(64)),  # the name at that time
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("before", sa.Text),  # JSON
    sa.Column("after", sa.Text),  # JSON
)
