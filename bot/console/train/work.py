"""The work of a training, in a process of its own: `python -m bot.console.train.work JOB`, settings on standard input.

    record    labels that wait for it are committed
    check     the project as it is now, which nothing changes from here on, holds together
    leaks     held-out lines that the training data gives away: the gate refuses over them
    train     unless there is a model for these data already
    before    the model in production is asked the lines that it was not asked yet, with the content that is live
    evaluate  the new model is asked all of them
    card      the quality card is put beside the model, and the model is a candidate
"""

from __future__ import annotations

import dataclasses
import os
import pickle
import shutil
import sys
import time
import traceback
from pathlib import Path

from bot.check import check
from bot.console import record
from bot.console.people.accounts import Person
from bot.console.train import judging
from bot.console.train.candidates import forget_old
from bot.console.train.card import QualityCard, model_of, read_card
from bot.console.train.running import Running
from bot.errors import ContentError, ImhError
from bot.evaluation.leaks import leaks
from bot.inputs import CONTENT, trainer_key, training_key
from bot.overlay import live_project
from bot.release import current_bundle, kept_model
from bot.settings import Settings
from bot.store.database import open_database
from bot.training import train

# People who chat are served first.
_NICE = 5


def work(running: Running, person: Person) -> None:
    """All steps. Raises ContentError where the project does not hold together, ImhError where a step fails."""
    settings = running.settings
    running.step("record")
    try:
        record.flush(running.engine, settings)
    except record.RecordError as error:  # the labels wait on; the record room tells why
        print(error, file=sys.stderr)
    running.step("check")
    project = unchanging_project(settings)
    check(project)
    running.step("leaks")
    given_away = tuple((line.key, line.intent, other.intent) for line, other in leaks(project))
    running.step("train")
    name = training_key(project)
    model = model_of(settings, name)
    ensure_model(model, project, running.folder)
    with running.engine.connect() as connection:
        also = judging.open_messages(connection)
    running.step("before")
    _ask_production(running, project, name, also)
    running.step("evaluate")
    items = judging.ask(settings, model, project, running.folder, content=project / CONTENT, also=also, told=running.tell)
    running.step("card")
    QualityCard(name, time.time(), person.shown, items, given_away, judging.sizes(model, project),
                running.seconds, trainer_key(project)).write(settings)
    running.finish(name, person)
    with running.engine.begin() as connection:
        forget_old(connection, settings)


def unchanging_project(settings: Settings) -> Path:
    """The project as it is at this moment. Where staff write into the repository itself, a copy of it: they go on."""
    nothing = settings.var_dir / "training" / "nothing"
    nothing.mkdir(parents=True, exist_ok=True)
    return live_project(dataclasses.replace(settings, staff_dir=settings.staff_dir or nothing))


def ensure_model(model: Path, project: Path, scratch: Path) -> None:
    """A model for the project at `model`: what is there, what the repository keeps, or a new one; never half of it."""
    if model.is_file():
        return
    made, kept = scratch / "model.tar.gz", kept_model(project)
    if kept.is_file():
        shutil.copyfile(kept, made)
    else:
        train(made, project)
    model.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, model)


def _ask_production(running: Running, project: Path, name: str, also: dict[str, str]) -> None:
    """Its card gets what becomes of every line now, so that the new model's is compared line by line."""
    settings, live = running.settings, current_bundle(running.settings)
    if live is None or live.training == name:
        return
    items = judging.ask(settings, live.model, project, running.folder, content=judging.content_of(live, project),
                        also=also, told=running.tell)
    card = read_card(settings, live.training) or QualityCard(live.training, time.time(), "", items)
    dataclasses.replace(card, items=items).write(settings)


def main() -> None:
    """Take the job over and work on it; whatever goes wrong ends it with a sentence."""
    settings: Settings = pickle.load(sys.stdin.buffer)
    os.nice(_NICE)
    running = Running(open_database(settings.database_url), settings, int(sys.argv[1]))
    person = running.take()
    if person is None:
        return
    try:
        work(running, person)
    except ContentError as error:
        running.fail("train.failed.check", problems="\n".join(map(str, error.problems)))
    except ImhError as error:
        print(error, file=sys.stderr)
        running.fail("train.failed.step", step=running.step_name)
    except Exception:
        traceback.print_exc()
        running.fail("train.failed.step", step=running.step_name)
        raise
    finally:
        shutil.rmtree(running.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
