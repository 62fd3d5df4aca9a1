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
    sa.Column("subject", sa.String(600), unique=True),  # at the provider of sign-in, from the first sign-in there on
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

# One-time links: to choose a first password, or another one where it was forgotten. Used ones are gone.
links = sa.Table(
    "console_links",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.Integer, sa.ForeignKey("console_people.id"), nullable=False, index=True),
    sa.Column("ends_at", sa.Float, nullable=False),
)

# Wrong passwords of late: `key` is a name or an address, hashed, for a password is sometimes typed where the name
# belongs.
attempts = sa.Table(
    "console_attempts",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Float, nullable=False, index=True),
)

# The log is added to and never changed, whoever asks: the database itself refuses.
_REFUSALS = {
    "sqlite": [
        "CREATE TRIGGER console_audit_no_update BEFORE UPDATE ON console_audit "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
        "CREATE TRIGGER console_audit_no_delete BEFORE DELETE ON console_audit "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
        # INSERT OR REPLACE deletes without a DELETE trigger unless recursive triggers are on.
        "CREATE TRIGGER console_audit_no_replace BEFORE INSERT ON console_audit "
        "WHEN EXISTS (SELECT 1 FROM console_audit WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION console_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'console_audit is append-only'; END $$",
        "CREATE TRIGGER console_audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON console_audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION console_audit_refuse()",
    ],
}
for _dialect, _statements in _REFUSALS.items():
    for _statement in _statements:
        sa.event.listen(audit, "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))
