"""The tables as they were when migrations began. Never changed: what came later is in `versions`."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

sa.Table(
    "console_attempts", metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "console_audit", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("person_id", sa.Integer, index=True),
    sa.Column("person", sa.String(64)),
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
)
sa.Table(
    "console_candidates", metadata,
    sa.Column("name", sa.String(24), primary_key=True),
    sa.Column("made_at", sa.Float, nullable=False, index=True),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(128), nullable=False),
    sa.Column("job_id", sa.Integer, nullable=False),
)
sa.Table(
    "console_drafts", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file", sa.String(255), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("deed", sa.String(8), nullable=False),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("base_hash", sa.String(64), nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("by_id", sa.Integer, nullable=False, index=True),
    sa.Column("begun_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False, index=True),
    sa.Column("approved_by", sa.Integer),
    sa.Column("published_by", sa.Integer),
    sa.Column("result_hash", sa.String(64)),
)
sa.Table(
    "console_labels", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("message_id", sa.Integer, nullable=False, index=True),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("mark", sa.String(32), nullable=False),
    sa.Column("use", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("asker", sa.String(16), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("state_before", sa.String(16)),
    sa.Column("undone_by", sa.String(64)),
    sa.Column("undone_at", sa.Float),
    sa.Index("console_labels_live", "message_id", unique=True, sqlite_where=sa.text("undone_at IS NULL"),
             postgresql_where=sa.text("undone_at IS NULL")),
)
sa.Table(
    "console_people", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("shown", sa.String(128), nullable=False),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("role", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("password", sa.String(255)),
    sa.Column("subject", sa.String(600), unique=True),
    sa.Column("made_at", sa.Float, nullable=False),
)
sa.Table(
    "console_releases", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("bundle", sa.String(16), nullable=False),
    sa.Column("training", sa.String(64), nullable=False),
    sa.Column("content", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("person_id", sa.Integer),
    sa.Column("person", sa.String(128)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("overruled", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
)
sa.Table(
    "console_training_jobs", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(128), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("running", sa.Integer, unique=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer),
    sa.Column("beat_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("step_at", sa.Float, nullable=False),
    sa.Column("share", sa.Float),
    sa.Column("seconds", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("candidate", sa.String(24)),
    sa.Column("reason", sa.Text),
)
sa.Table(
    "console_unrecorded", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("shown", sa.String(128), nullable=False),
    sa.Column("email", sa.String(254), nullable=False),
    sa.Column("files", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
sa.Table(
    "conversations", metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("slots", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "feedback", metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("answer_id", sa.String(128), primary_key=True),
    sa.Column("value", sa.String(8), nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "figures_counted", metadata,
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
sa.Table(
    "figures_days", metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("kept", sa.Boolean, primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("language", sa.String(8), primary_key=True),
    sa.Column("audience", sa.String(16), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("topic", sa.String(64), primary_key=True),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("up", sa.Integer, nullable=False),
    sa.Column("down", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "figures_times", metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("kept", sa.Boolean, primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("bucket", sa.Integer, primary_key=True),
    sa.Column("messages", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "inbox_changes", metadata,
    sa.Column("message_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
sa.Table(
    "inbox_groups", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("central", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Index("ix_inbox_groups_score", "score", "id"),
)
sa.Table(
    "inbox_marks", metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)
sa.Table(
    "inbox_pending", metadata,
    sa.Column("message_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("reason_before", sa.String(16), nullable=False),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
sa.Table(
    "lock_places", metadata,
    sa.Column("place", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("conversation", sa.BigInteger, nullable=False),
    sa.Column("ticket", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Integer, nullable=False, index=True),
    sa.Index("ix_lock_places_conversation_place", "conversation", "place"),
)
sa.Table(
    "messages", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("audience", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("topic", sa.String(64)),
    sa.Column("intent", sa.String(64), nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("first", sa.String(64)),
    sa.Column("first_confidence", sa.Float),
    sa.Column("second", sa.String(64)),
    sa.Column("second_confidence", sa.Float),
    sa.Column("took_ms", sa.Float),
    sa.Column("answer_id", sa.String(128), index=True),
    sa.Column("helped", sa.String(8)),
    sa.Column("chosen", sa.String(64)),
    sa.Column("reason", sa.String(16)),
    sa.Column("state", sa.String(16)),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("group_id", sa.Integer),
    sa.Column("copy_of", sa.Integer),
    sa.Column("vector", sa.LargeBinary),
    sa.Index("ix_messages_at_id", "at", "id"),
    sa.Index("ix_messages_copy_of", "copy_of", sqlite_where=sa.text("copy_of IS NOT NULL"),
             postgresql_where=sa.text("copy_of IS NOT NULL")),
    sa.Index("ix_messages_group_state_id", "group_id", "state", "id"),
    sa.Index("ix_messages_sender_id", "sender_id", "id"),
    sa.Index("ix_messages_state_at_id", "state", "at", "id"),
    sa.Index("ix_messages_state_reason_at_id", "state", "reason", "at", "id"),
)
sa.Table(
    "replies", metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "sms_claims", metadata,
    sa.Column("gateway", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("texts", sa.Text),
    sa.Column("claimed_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "sms_deliveries", metadata,
    sa.Column("gateway", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("error", sa.String(32)),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "sms_keys", metadata,
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)
sa.Table(
    "sms_opt_outs", metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("key_id", sa.String(16), nullable=False, index=True),
    sa.Column("since", sa.Float, nullable=False),
)
sa.Table(
    "sms_pages", metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("page", sa.Integer, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)
sa.Table(
    "console_links", metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.Integer, sa.ForeignKey("console_people.id"), nullable=False, index=True),
    sa.Column("ends_at", sa.Float, nullable=False),
)
sa.Table(
    "console_sessions", metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.Integer, sa.ForeignKey("console_people.id"), nullable=False, index=True),
    sa.Column("made_at", sa.Float, nullable=False, index=True),
    sa.Column("used_at", sa.Float, nullable=False),
    sa.Column("said", sa.Text),
)

# What goes with a table, by dialect: the log of what staff did is added to and never changed, whoever asks; and who
# answers what at this moment need not outlive the database.
_WITH = {
    ("console_audit", "sqlite"): [
        "CREATE TRIGGER console_audit_no_update BEFORE UPDATE ON console_audit "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
        "CREATE TRIGGER console_audit_no_delete BEFORE DELETE ON console_audit "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
        "CREATE TRIGGER console_audit_no_replace BEFORE INSERT ON console_audit "
        "WHEN EXISTS (SELECT 1 FROM console_audit WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'console_audit is append-only'); END",
    ],
    ("console_audit", "postgresql"): [
        "CREATE OR REPLACE FUNCTION console_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'console_audit is append-only'; END $$",
        "CREATE TRIGGER console_audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON console_audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION console_audit_refuse()",
    ],
    ("lock_places", "postgresql"): ["ALTER TABLE lock_places SET UNLOGGED"],
}
for (_table, _dialect), _statements in _WITH.items():
    for _statement in _statements:
        sa.event.listen(metadata.tables[_table], "after_create", sa.DDL(_statement).execute_if(dialect=_dialect))
