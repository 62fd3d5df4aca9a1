"""A console in which a model was really trained and judged: once for all tests that look at what comes of it."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import httpx
from sqlalchemy.engine import Engine

from bot.console.people import accounts, sessions
from bot.console.people.accounts import Person, Role
from bot.console.train import jobs
from bot.knowledge import CONTENT
from bot.release import make_bundle, model_path
from bot.settings import Settings
from bot.store.database import open_database
from tests.support.console_process import Console
from tests.support.inbox import put_message
from tests.support.project import copy_project, thin_out
from tests.support.server import share_answers

PATIENCE_S = 1800
TAUGHT = "she keeps licking the window of our bus"
HELD_OUT = "why does my girl lick every window she meets"
OPEN = {1: "he cries whenever I leave the room", 2: "and what of the moon"}
_STAFF = """version: "3.1"

nlu:
- intent: ask_indicators
  metadata: {{asker: mixed, voice: staff, language: en}}
  examples:
  - text: {text}
    metadata: {{by: maria, at: "2026-11-28", message: {message}}}
"""


@dataclass(frozen=True)
class Judged:
    """The console, its database, and the number of the training while it runs and after."""

    console: Console
    engine: Engine
    settings: Settings
    person: Person
    job: int

    def state(self) -> jobs.JobState:
        """How the training stands."""
        found = jobs.state(self.engine, self.settings, self.job)
        assert found is not None
        return found

    def done(self) -> jobs.JobState:
        """Waits for the end of the training; it has to be a good one."""
        deadline = time.monotonic() + PATIENCE_S
        while self.state().running:
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.5)
        assert self.state().state == "done", self.state()
        return self.state()

    def token(self) -> str:
        """A new session of the administrator."""
        with self.engine.begin() as connection:
            return sessions.begin(connection, self.person)


@contextmanager
def judged(trained: Path, folder: Path) -> Iterator[Judged]:
    """A training on an eighth of the data, with the project's whole model in production.

    It has to come out worse: all but one of the examples of one topic stand under another.
    """
    project = copy_project(folder / "project", to_train=True)
    for part in ("nlu/data", "tests/nlu/held_out"):
        thin_out(project / part)
    wrong = project / "nlu" / "data" / "topics" / "indicators.yml"
    wrong.write_text(wrong.read_text(encoding="utf-8").replace("ask_indicators", "ask_school_readiness"))
    for part, text, message in (("nlu/data", TAUGHT, 101), ("tests/nlu/held_out", HELD_OUT, 102)):
        (project / part / "staff").mkdir(exist_ok=True)
        (project / part / "staff" / "indicators.yml").write_text(_STAFF.format(text=text, message=message))
    settings = Settings(var_dir=project / "var")
    whole = folder / model_path(Settings(var_dir=trained)).name
    shutil.copyfile(model_path(Settings(var_dir=trained)), whole)
    make_bundle(whole, CONTENT, settings)
    share_answers(settings.var_dir)
    engine = open_database(settings.database_url)
    with engine.begin() as connection:
        person = accounts.add(connection, None, name="ana", shown="Ana", email="ana@example.org",
                              role=Role.ADMINISTRATOR)
    for number, text in OPEN.items():
        put_message(engine, text, id=number)
    with Console(settings.var_dir, project=project) as console:
        job = _started(console, engine, settings, person)
        try:
            yield Judged(console, engine, settings, person, job)
        finally:
            jobs.cancel(engine, settings, person, job)


def _started(console: Console, engine: Engine, settings: Settings, person: Person) -> int:
    """Presses the button, as a browser does."""
    with engine.begin() as connection:
        token = sessions.begin(connection, person)
    answer = httpx.post(f"{console.address}/training", cookies={"imh_session": token}, timeout=30, trust_env=False,
                        headers={"X-CSRF-Token": sessions.csrf_of(token)})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rsplit("/", 1)[1])
