"""Trainings: one at a time, watched, cancelled, and whole or not at all whatever is killed when."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.people import tables as people_tables
from bot.console.people.accounts import Person, Role
from bot.console.train import candidates, card, jobs, processes
from bot.console.train.progress import FIRST_S, STEPS
from bot.console.train.tables import jobs as table
from bot.settings import PROJECT, Settings
from tests.support.console import console
from tests.support.training import NAME, WORK

PATIENCE_S = 90


class Room:
    """A console's database and var folder, and a person who trains."""

    def __init__(self, tmp_path: Path) -> None:
        self.client = console(tmp_path, Role.EDITOR)
        self.settings: Settings = self.client.app.state.settings
        self.engine: Engine = self.client.app.state.database
        self.person: Person = self.client.person
        self.stop_at = self.settings.var_dir / "stop_at"

    def start(self, stop_at: str = "") -> int:
        """A training that stays in a step."""
        self.stop_at.write_text(stop_at)
        return jobs.start(self.engine, self.settings, self.person, command=WORK)

    def state(self, job: int) -> jobs.JobState:
        found = jobs.state(self.engine, self.settings, job)
        assert found is not None
        return found

    def reaches(self, job: int, step: str) -> int:
        """Waits until the job is in a step; the number of its process."""
        until(lambda: self.state(job).step == step or not self.state(job).running)
        assert self.state(job).running and self.state(job).step == step, self.state(job)
        with self.engine.connect() as connection:
            return connection.execute(sa.select(table.c.pid).where(table.c.id == job)).scalar_one()

    def ends(self, job: int) -> jobs.JobState:
        self.stop_at.unlink(missing_ok=True)
        until(lambda: not self.state(job).running)
        return self.state(job)

    def members(self, job: int) -> list[int]:
        return list(processes._members(self.settings, job))

    def files(self) -> set[str]:
        folder = self.settings.var_dir / "models"
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def candidate(self) -> candidates.Candidate | None:
        with self.engine.connect() as connection:
            return candidates.find(connection, self.settings, NAME)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    if (job := jobs.running(made.engine)) is not None:
        jobs.cancel(made.engine, made.settings, made.person, job)


def test_a_training_goes_through_its_steps_to_a_candidate(room: Room) -> None:
    """With a log, a share that grows to the whole, and an entry in the record at its begin and end."""
    job = room.start("train")
    room.reaches(job, "train")
    now = room.state(job)
    assert 0 < now.share < 1 and now.person == room.person.shown
    assert "checked" in now.log_tail and now.log_tail[-1].endswith("training the model")
    done = room.ends(job)
    assert (done.state, done.candidate, done.share) == ("done", NAME, 1.0), done.log_tail
    found = room.candidate()
    assert found is not None and found.by == room.person.shown and found.objections == ()
    assert room.files() == {f"{NAME}.tar.gz", f"{NAME}.card.json"}
    with room.engine.connect() as connection:
        actions = connection.execute(sa.select(people_tables.audit.c.action)).scalars().all()
    assert {"train.started", "train.done"} <= set(actions)
    until(lambda: not processes.folder_of(room.settings, job).exists())


def test_only_one_runs_whoever_asks(room: Room) -> None:
    """A second one is refused by the database, also to a console that has not seen the first; after it there may be."""
    job = room.start("train")
    with pytest.raises(jobs.AlreadyRunning) as refused:
        room.start("train")
    assert refused.value.job == job
    with pytest.raises(sa.exc.IntegrityError), room.engine.begin() as connection:
        connection.execute(table.insert().values(
            person_id=1, person="", state="running", running=1, host="other", beat_at=0, started_at=0, step=STEPS[0],
            step_at=0, seconds="{}", expected=json.dumps(FIRST_S)))
    jobs.cancel(room.engine, room.settings, room.person, job)
    again = room.start()
    assert room.ends(again).state == "done"


def test_cancelling_ends_every_process_of_it(room: Room) -> None:
    """The one that works and the one that it started; nothing is left of the job but its row and log."""
    job = room.start("train")
    room.reaches(job, "train")
    until(lambda: len(room.members(job)) >= 2)
    assert jobs.cancel(room.engine, room.settings, room.person, job)
    assert room.members(job) == []
    assert room.state(job).state == "cancelled"
    assert room.files() == set() and room.candidate() is None
    assert not processes.folder_of(room.settings, job).exists()
    assert not jobs.cancel(room.engine, room.settings, room.person, job)


@pytest.mark.parametrize("step", ["check", "train", "before", "evaluate", "card"])
def test_killed_in_any_step_it_is_nothing_or_whole(room: Room, step: str) -> None:
    """The job is told to have failed, its other processes end, no candidate is half there, and the next one works."""
    job = room.start(step)
    os.kill(room.reaches(job, step), signal.SIGKILL)
    until(lambda: jobs.repair(room.engine, room.settings) or not room.state(job).running)
    failed = room.state(job)
    assert (failed.state, failed.reason) == ("failed", ("train.failed.gone", {}))
    assert room.candidate() is None and room.members(job) == []
    assert room.files() <= {f"{NAME}.tar.gz"}  # a whole model that nobody judged yet: it need not be trained again
    assert not processes.folder_of(room.settings, job).exists()
    assert room.ends(room.start()).state == "done"
    assert room.candidate() is not None


def test_it_goes_on_when_the_console_is_killed(room: Room) -> None:
    """And the next console watches it to its end."""
    room.stop_at.write_text("train")
    starting = (f"import pickle, sys; from bot.console.train import jobs; from bot.store.database import open_database; "
                f"settings, person = pickle.load(sys.stdin.buffer); "
                f"jobs.start(open_database(settings.database_url), settings, person, command={WORK!r}); "
                f"print('started', flush=True); import time; time.sleep(600)")
    with subprocess.Popen([sys.executable, "-c", starting], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          start_new_session=True) as first:
        first.stdin.write(pickle.dumps((room.settings, room.person)))
        first.stdin.close()
        assert first.stdout.readline() == b"started\n"
        os.killpg(first.pid, signal.SIGKILL)
    job = jobs.running(room.engine)
    room.reaches(job, "train")
    jobs.repair(room.engine, room.settings)
    assert room.ends(job).state == "done" and room.candidate() is not None


def test_a_job_that_never_began_is_found(room: Room) -> None:
    """The console was killed between writing it down and starting its process."""
    with room.engine.begin() as connection:
        connection.execute(table.insert().values(
            id=7, person_id=1, person="", state="running", running=1, host="gone", beat_at=time.time() - jobs.LOST_S + 30,
            started_at=0, step=STEPS[0], step_at=0, seconds="{}", expected=json.dumps(FIRST_S)))
    jobs.repair(room.engine, room.settings)
    assert room.state(7).running
    with room.engine.begin() as connection:
        connection.execute(table.update().values(beat_at=time.time() - jobs.LOST_S - 1))
    jobs.repair(room.engine, room.settings)
    assert room.state(7).reason == ("train.failed.gone", {})


def test_a_number_that_was_given_to_another_process_is_not_killed(room: Room) -> None:
    """After a restart of the machine the number of the job's process may be anybody's."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with room.engine.begin() as connection:
            connection.execute(table.insert().values(
                id=7, person_id=1, person="", state="running", running=1, host=socket.gethostname(), pid=stranger.pid,
                beat_at=time.time(), started_at=0, step=STEPS[0], step_at=0, seconds="{}", expected=json.dumps(FIRST_S)))
        jobs.repair(room.engine, room.settings)
        assert room.state(7).state == "failed"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_that_ends_before_it_begins_is_found_at_once(room: Room) -> None:
    """Nobody waits for a sign of life from what cannot give one."""
    job = jobs.start(room.engine, room.settings, room.person, command=(sys.executable, "-c", "raise SystemExit(3)"))
    until(lambda: jobs.repair(room.engine, room.settings) or not room.state(job).running)
    assert (room.state(job).state, room.state(job).elapsed_s < jobs.LOST_S) == ("failed", True)


def test_a_card_is_whole_or_as_it_was(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies while writing leaves the old one."""
    (room.settings.var_dir / "models").mkdir()
    old = card.QualityCard(NAME, 1.0, "A", {"lines": {}, "doubles": {}, "dialogues": {}, "also": {}})
    old.write(room.settings)

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        card.QualityCard(NAME, 2.0, "B", old.items).write(room.settings)
    assert card.read_card(room.settings, NAME) == old
    assert room.files() == {f"{NAME}.card.json"}


@pytest.mark.parametrize("name", ["../secret", "..%2fsecret", "0123", NAME.upper(), f"{NAME}/..", f"{NAME}\n", ""])
def test_names_that_no_model_can_have_lead_nowhere(room: Room, name: str) -> None:
    """Not out of the folder of models, whatever lies there."""
    (room.settings.var_dir / "secret.card.json").write_text("{}")
    assert card.read_card(room.settings, name) is None
    with pytest.raises(ValueError):
        card.model_of(room.settings, name)
    with room.engine.connect() as connection:
        assert candidates.find(connection, room.settings, name) is None
