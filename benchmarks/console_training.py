"""`python -m benchmarks console-training`: a training in the console, alone and while people chat, step by step."""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy.engine import Engine

from bot.console.people import accounts
from bot.console.people.accounts import Person, Role
from bot.console.train import jobs, processes
from bot.console.train.card import read_card
from bot.evaluation.held_out import questions
from bot.evaluation.stats import percentile
from bot.knowledge import CONTENT
from bot.release import make_bundle
from bot.settings import PROJECT, Settings
from bot.store.database import open_database
from bot.training import ensure_model
from tests.support.server import Server

REPORT = PROJECT / "docs" / "performance-console-training.md"
_EVERY_S = 0.5
_LOOK_EVERY_S = 0.5
# Makes the data of each training other than those before.
_STAFF = """version: "3.1"

nlu:
- intent: ask_indicators
  metadata: {{asker: mixed, voice: staff, language: en}}
  examples:
  - text: my boy number {number} bites the curtain
    metadata: {{by: bench, at: "2026-11-28", message: {number}}}
"""


@dataclass
class Chat:
    """Somebody who sends two messages a second: how long each answer took, in seconds, and what was no answer."""

    server: Server
    took_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        texts = [line.text for line in questions()]
        begun = time.monotonic()
        for number in range(len(texts)):
            if self.stop.wait(max(0.0, begun + number * _EVERY_S - time.monotonic())):
                return
            start = time.monotonic()
            try:
                self.server.say(texts[number], sender=f"bench-{number}")
            except (AssertionError, httpx.HTTPError) as error:
                self.failed.append(type(error).__name__)
            self.took_s.append(time.monotonic() - start)


@dataclass(frozen=True)
class Took:
    """Seconds of a training by step, and the processor's seconds of all of it."""

    steps: dict[str, float]
    processor_s: float


def main() -> None:
    """Train twice and write the report."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var_dir=Path(folder) / "var", staff_dir=Path(folder) / "staff")
        make_bundle(ensure_model(Settings()), CONTENT, settings)
        engine = open_database(settings.database_url)
        with engine.begin() as connection:
            person = accounts.add(connection, None, name="bench", shown="Bench", email="b@example.org",
                                  role=Role.EDITOR)
        # The first one also asks the model in production everything; the second one is compared with what it said.
        first, alone = (_train(engine, settings, person, number) for number in (1, 2))
        with Server(settings.var_dir) as server:
            chat = Chat(server)
            thread = threading.Thread(target=chat.run)
            thread.start()
            beside = _train(engine, settings, person, 3)
            chat.stop.set()
            thread.join()
    REPORT.write_text(_report(first, alone, beside, chat), encoding="utf-8")


def _train(engine: Engine, settings: Settings, person: Person, number: int) -> Took:
    assert settings.staff_dir is not None
    staff = settings.staff_dir / "nlu" / "data" / "staff"
    staff.mkdir(parents=True, exist_ok=True)
    (staff / "indicators.yml").write_text(_STAFF.format(number=number), encoding="utf-8")
    before = _processor_s()
    job = jobs.start(engine, settings, person)
    while (state := jobs.state(engine, settings, job)) and state.running:
        time.sleep(_LOOK_EVERY_S)
        jobs.repair(engine, settings)
    assert state and state.candidate, state
    while processes.alive(settings, job, None) is not False:  # its processor time is told once it has ended
        time.sleep(_LOOK_EVERY_S)
    card = read_card(settings, state.candidate)
    assert card and card.seconds
    return Took({**card.seconds, "all": round(state.elapsed_s, 1)}, _processor_s() - before)


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _report(first: Took, alone: Took, beside: Took, chat: Chat) -> str:
    rows = [(name, first.steps[name], alone.steps[name], beside.steps[name]) for name in first.steps]
    waits = [1000 * percentile(chat.took_s, share) for share in (0.5, 0.95, 1.0)]
    return "\n".join([
        "# A training in the console",
        "",
        f"Written by `python -m benchmarks console-training` on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores "
        f"({platform.machine()}), load average {os.getloadavg()[1]:.1f} at the end. All of the project's training "
        f"data, one example of staff that is new each time, {len(questions()):,} test questions. The first one also "
        "asks the model in production everything; later ones only what is new. Beside it somebody sends two messages a "
        "second. The embeddings of the training lines were at hand: reading them for the first time takes two minutes of "
        "the processor, which the console has done when it starts.",
        "",
        "| seconds | first | again | again, with somebody who chats |",
        "|---|---|---|---|",
        *(f"| {name} | {one:.1f} | {two:.1f} | {three:.1f} |" for name, one, two, three in rows),
        f"| of the processor | {first.processor_s:.0f} | {alone.processor_s:.0f} | {beside.processor_s:.0f} |",
        "",
        f"The chat meanwhile: {len(chat.took_s)} messages, {len(chat.failed)} without an answer; median {waits[0]:.0f} "
        f"ms, 95th percentile {waits[1]:.0f} ms, longest {waits[2]:.0f} ms.",
        "",
    ])
