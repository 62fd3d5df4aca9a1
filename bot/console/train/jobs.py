"""Trainings as jobs: one at a time, watched by anybody, ended by whoever may, and never half done.

A job is a row and a process of its own (`work.py`), which outlives the console. Whatever is killed at whatever moment:
a model, its card and its row are put in their places in one step each, the row last; a job whose process is gone is
found by `repair` and told to have failed.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bot.console.people import audit
from bot.console.people.accounts import Person
from bot.console.train import processes
from bot.console.train.progress import STEPS, expected_of, share_of
from bot.console.train.tables import jobs
from bot.errors import ImhError
from bot.settings import Settings

WORK = (sys.executable, "-W", "ignore", "-m", "bot.console.train.work")
# A process that cannot be looked for (it has not begun, or is another machine's) counts as gone after so long without a
# sign of life; it gives one every few seconds.
LOST_S = 60
LOG_LINES = 20
_LOG_BYTES = 16 * 1024
_KEPT_LOGS = 10


class AlreadyRunning(ImhError):
    """There is a job; `job` is its number."""

    def __init__(self, job: int) -> None:
        super().__init__(f"Training {job} is running.")
        self.job = job


@dataclass(frozen=True)
class JobState:
    """A job as the page shows it. `share` (0-1) of the whole is an estimate by what the last job took.

    `state` is running, done, failed or cancelled; `reason` the key and values of the sentence for one that failed.
    """

    id: int
    person: str
    state: str
    step: str
    share: float
    started_at: float
    elapsed_s: float
    log_tail: tuple[str, ...]
    candidate: str | None
    reason: tuple[str, dict[str, Any]] | None

    @property
    def running(self) -> bool:
        return self.state == "running"


def start(engine: Engine, settings: Settings, person: Person, *, command: Sequence[str] = WORK) -> int:
    """Begin a training and return its number. Raises AlreadyRunning; the database refuses a second one."""
    repair(engine, settings)
    now = time.time()
    try:
        with engine.begin() as connection:
            key = connection.execute(jobs.insert().values(
                person_id=person.id, person=person.shown, state="running", running=1, host=socket.gethostname(),
                beat_at=now, started_at=now, step=STEPS[0], step_at=now, seconds="{}",
                expected=json.dumps(expected_of(connection)))).inserted_primary_key
            job = int(key[0])
            audit.record(connection, person, "train.started", str(job))
    except IntegrityError as error:
        current = running(engine)
        if current is None:  # it ended in this very moment
            return start(engine, settings, person, command=command)
        raise AlreadyRunning(current) from error
    processes.spawn(settings, job, command)
    return job


def cancel(engine: Engine, settings: Settings, person: Person, job: int) -> bool:
    """End a job; whether it was running. What was there before it is there still."""
    with engine.begin() as connection:
        ended = _end(connection, job, "cancelled")
        if ended:
            audit.record(connection, person, "train.cancelled", str(job))
    if ended:
        _clear(settings, job)
    return ended


def running(engine: Engine) -> int | None:
    """The number of the job that runs, if one does."""
    with engine.connect() as connection:
        return connection.execute(sa.select(jobs.c.id).where(jobs.c.running == 1)).scalar()


def state(engine: Engine, settings: Settings, job: int) -> JobState | None:
    """How a job stands; None where there is none of this number."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job)).first()
    return _state(row, settings, time.time()) if row else None


def latest(engine: Engine, settings: Settings, count: int) -> list[JobState]:
    """The last jobs, the newest first."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(jobs).order_by(jobs.c.id.desc()).limit(count)).all()
    return [_state(row, settings, time.time()) for row in rows]


def _state(row: Any, settings: Settings, now: float) -> JobState:
    reason = json.loads(row.reason) if row.reason else None
    share = share_of(row.step, row.share, now - row.step_at, json.loads(row.seconds), json.loads(row.expected))
    return JobState(row.id, row.person, row.state, row.step, 1.0 if row.state == "done" else share, row.started_at,
                    (row.ended_at or now) - row.started_at, _tail(settings, row.id), row.candidate,
                    (reason[0], reason[1]) if reason else None)


def _tail(settings: Settings, job: int) -> tuple[str, ...]:
    path = processes.log_of(settings, job)
    if not path.is_file():
        return ()
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _LOG_BYTES))
        return tuple(log.read().decode("utf-8", "replace").splitlines()[-LOG_LINES:])


def repair(engine: Engine, settings: Settings) -> None:
    """Tell a job whose process is gone to have failed, and clear away what it left."""
    processes.reap()
    with engine.connect() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.running == 1)).first()
    if row and _is_gone(row, settings):
        with engine.begin() as connection:
            gone = _end(connection, row.id, "failed", reason=json.dumps(["train.failed.gone", {}]))
        if gone:
            _clear(settings, row.id)
    _sweep(engine, settings)


def _is_gone(row: Any, settings: Settings) -> bool:
    alive = processes.alive(settings, row.id, row.pid) if row.host == socket.gethostname() else None
    return time.time() - row.beat_at > LOST_S if alive is None else not alive


def _sweep(engine: Engine, settings: Settings) -> None:
    """Take away what jobs left that were killed as they ended."""
    left = [int(path.name) for path in (settings.var_dir / "training").glob("*/") if path.name.isdigit()]
    if left:
        with engine.connect() as connection:
            ended = connection.execute(sa.select(jobs.c.id).where(jobs.c.id.in_(left), jobs.c.running.is_(None)))
            for job in ended.scalars().all():
                shutil.rmtree(processes.folder_of(settings, job), ignore_errors=True)


def _end(connection: Connection, job: int, how: str, **values: Any) -> bool:
    """Whether it was still running: of two that end a job one does, and what it says stays."""
    return connection.execute(jobs.update().where(jobs.c.id == job, jobs.c.running == 1).values(
        state=how, running=None, ended_at=time.time(), **values)).rowcount == 1


def _clear(settings: Settings, job: int) -> None:
    processes.end(settings, job)
    shutil.rmtree(processes.folder_of(settings, job), ignore_errors=True)
    logs = sorted((settings.var_dir / "training").glob("*.log"), key=lambda path: path.stat().st_mtime)
    for old in logs[:-_KEPT_LOGS]:
        old.unlink(missing_ok=True)
