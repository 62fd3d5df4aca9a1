"""A job from within its process: taking it over, telling how far it is, ending it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from bot.console.people import accounts, audit
from bot.console.people.accounts import Person
from bot.console.texts import say
from bot.console.train import processes
from bot.console.train.tables import candidates, jobs
from bot.settings import Settings
from bot.store.database import upsert

_BEAT_S = 5.0
_PATIENCE_S = 60.0
_Result = TypeVar("_Result")


class Running:
    """The job that this process works on."""

    def __init__(self, engine: Engine, settings: Settings, job: int) -> None:
        self.engine = engine
        self.settings = settings
        self.job = job
        self.folder: Path = processes.folder_of(settings, job)
        self.step_name = ""
        self._since = time.time()
        self._ended = False
        # What each finished step took.
        self.seconds: dict[str, float] = {}

    def take(self) -> Person | None:
        """Take the job over, and give signs of life from now on; who started it. None where it runs no more."""
        person = self._patiently(self._take)
        if person:
            threading.Thread(target=self._beat, daemon=True).start()
        return person

    def _take(self, connection: Connection) -> Person | None:
        taken = connection.execute(jobs.update().where(
            jobs.c.id == self.job, jobs.c.running == 1, jobs.c.pid.is_(None)).values(
                pid=os.getpid(), beat_at=time.time())).rowcount == 1
        starter = connection.execute(sa.select(jobs.c.person_id).where(jobs.c.id == self.job)).scalar()
        account = accounts.find(connection, starter) if taken else None
        return account.person if account else None

    def step(self, name: str) -> None:
        """Begin a step."""
        self._end_step()
        print(time.strftime("%H:%M:%S"), say(f"train.steps.{name}"), flush=True)
        self.step_name = name
        self._write(step=name, step_at=self._since, share=None, seconds=json.dumps(self.seconds))

    def _end_step(self) -> None:
        now = time.time()
        if self.step_name:
            self.seconds[self.step_name] = round(now - self._since, 1)
        self._since = now

    def tell(self, share: float) -> None:
        """Say how much (0-1) of the step is done."""
        self._write(share=share)

    def finish(self, candidate: str, person: Person) -> None:
        """Make the model a candidate and the job one that is done, both at once."""
        self._ended = True
        self._end_step()
        self._patiently(partial(self._finish, candidate, person))

    def _finish(self, candidate: str, person: Person, connection: Connection) -> None:
        if self._update(connection, state="done", running=None, ended_at=self._since, candidate=candidate,
                        seconds=json.dumps(self.seconds)):
            upsert(connection, candidates, {"name": candidate}, {
                "made_at": self._since, "person_id": person.id, "person": person.shown, "job_id": self.job})
            audit.record(connection, person, "train.done", str(self.job), after={"candidate": candidate})

    def fail(self, key: str, **values: Any) -> None:
        """End the job with the sentence of `key`."""
        self._ended = True
        self._write(state="failed", running=None, ended_at=time.time(), reason=json.dumps([key, values]))

    def _write(self, **values: Any) -> bool:
        return self._patiently(lambda connection: self._update(connection, **values))

    def _update(self, connection: Connection, **values: Any) -> bool:
        """Whether the job still runs; only then is anything written of it."""
        return connection.execute(jobs.update().where(jobs.c.id == self.job, jobs.c.running == 1).values(
            beat_at=time.time(), **values)).rowcount == 1

    def _patiently(self, act: Callable[[Connection], _Result]) -> _Result:
        """Minutes of work is not lost over a database that others keep busy for a moment."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with self.engine.begin() as connection:
                    return act(connection)
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(1)

    def _beat(self) -> None:
        """A sign of life every few seconds; where somebody else has ended the job, its processes end too."""
        while self._write():
            time.sleep(_BEAT_S)
        if not self._ended:
            os.killpg(0, signal.SIGKILL)
