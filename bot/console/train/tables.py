"""Trainings, and the models that came of them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import metadata

jobs = sa.Table(
    "console_training_jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(128), nullable=False),  # as they were called then
    sa.Column("state", sa.String(16), nullable=False),  # running, done, failed, cancelled
    # 1 while the job runs, null afterwards: the database itself lets only one be.
    sa.Column("running", sa.Integer, unique=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer),  # of the process that works, once it has taken the job over
    sa.Column("beat_at", sa.Float, nullable=False),  # the last sign of life
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("step_at", sa.Float, nullable=False),  # since when
    sa.Column("share", sa.Float),  # 0-1 of the step, where the step can tell
    sa.Column("seconds", sa.Text, nullable=False),  # JSON: what each step took
    sa.Column("expected", sa.Text, nullable=False),  # JSON: what each was to take, from the last job
    sa.Column("candidate", sa.String(24)),
    sa.Column("reason", sa.Text),  # JSON: key in texts.yml and values, of a job that failed
)

# A model that was trained and judged to the end. The card itself lies beside the model.
candidates = sa.Table(
    "console_candidates",
    metadata,
    sa.Column("name", sa.String(24), primary_key=True),  # the key of what it was trained on
    sa.Column("made_at", sa.Float, nullable=False, index=True),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(128), nullable=False),
    sa.Column("job_id", sa.Integer, nullable=False),
)
