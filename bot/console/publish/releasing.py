"""Release and take back: one step, before which nothing has happened and after which all of it has.

    the bundle is built -> the intention is noted in the database -> `current` names it -> the intention is a fact,
    on the record and in the log

Only the third step is seen by the servers, and it is one rename. Whoever comes after a console that was killed between
the second and the fourth finds the intention, looks at `current`, and makes it a fact or forgets it.
"""

from __future__ import annotations

import fcntl
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from sqlalchemy.engine import Engine

from bot import lexicons
from bot.check import check
from bot.console.people.accounts import Person, Role
from bot.console.publish import hearing, noting, versions
from bot.console.publish.versions import Release
from bot.console.texts import say
from bot.console.train import candidates as gate
from bot.errors import ContentError, ImhError, ReleaseError
from bot.inputs import CONTENT, training_key
from bot.knowledge import load_knowledge
from bot.overlay import live_project
from bot.release import (BUNDLE_NAME, BY_CONSOLE, Bundle, build_bundle, current_bundle, current_name, keep_bundles,
                         make_current, open_bundle)
from bot.settings import Settings
from bot.staff_files import held

MAX_REASON_CHARACTERS = 2000
_LOCK = "release.lock"


class Refused(ImhError):
    """Nothing goes live; `sentences` say why. `overridable`: an administrator may, with a reason."""

    def __init__(self, sentences: list[str], *, overridable: bool = False) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.overridable = overridable


@dataclass(frozen=True)
class Ready:
    """What can go live: a bundle, what it will be in the history, why, and what the gate said that was overruled."""

    bundle: Bundle
    kind: str
    reason: str = ""
    overruled: tuple[str, ...] = ()


def release(engine: Engine, settings: Settings, person: Person, candidate: str | None, reason: str = "") -> Release:
    """Let a candidate's model and the content as it is now go live; of `None`, the content alone.

    Raises Refused where the gate holds it back and the person may not, or does not say why they, overrule it.
    """
    noting.leave(engine, settings)  # what waits is a commit of its own
    with alone(engine, settings):
        ready = prepared(engine, settings, person, candidate, reason)
        done = go_live(engine, settings, person, ready)
    noting.leave(engine, settings)
    return done


def take_back(engine: Engine, settings: Settings, person: Person, to: str | None = None, reason: str = "") -> Release:
    """Go back to the version before the one in production, or to another one that is kept.

    Raises Refused; also where another one than the version before went live against the gate, and the person may not let
    it go live again, or does not say why they do.
    """
    reason = reason.strip()[:MAX_REASON_CHARACTERS]
    with alone(engine, settings):
        with engine.connect() as connection:
            before = versions.before(connection, current_name(settings))
            name, known = to or before, versions.kept(connection)
            overruled = versions.overruled(connection, name) if name else ()
        if name is None:
            raise Refused([say("publish.refused.nothing_before")])
        if not re.fullmatch(BUNDLE_NAME, name) or name not in known:
            raise Refused([say("publish.refused.unknown")])
        # The version before was good enough until a moment ago, and who takes back is in a hurry.
        if overruled and name != before and (person.role < Role.ADMINISTRATOR or not reason):
            raise Refused([say("publish.refused.overruled"), *overruled], overridable=True)
        try:
            bundle = open_bundle(settings.var_dir / "releases" / name, settings)
        except ReleaseError as error:
            raise Refused([str(error)]) from error
        done = go_live(engine, settings, person, Ready(bundle, versions.BACK, reason, overruled))
    noting.leave(engine, settings)
    return done


def repair(engine: Engine, settings: Settings) -> None:
    """End what a console that was killed has begun."""
    with alone(engine, settings):
        pass


@contextmanager
def alone(engine: Engine, settings: Settings) -> Iterator[None]:
    """One release at a time; the kernel takes the lock back from whoever dies."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (settings.var_dir / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with held(settings), engine.begin() as connection:
            versions.finish(connection, settings)
            versions.note_found(connection, settings)
        yield


def prepared(engine: Engine, settings: Settings, person: Person, candidate: str | None, reason: str) -> Ready:
    """A candidate's model and the content as it is now, built and signed; of `None`, the content alone.

    The caller is `alone`. Raises Refused where the gate holds it back and the person may not, or does not say why they,
    overrule it.
    """
    reason = reason.strip()[:MAX_REASON_CHARACTERS]
    project, model, training = parts(engine, settings, candidate)
    doubts = _doubts(engine, settings, project, candidate)
    if doubts and (person.role < Role.ADMINISTRATOR or not reason):
        raise Refused(doubts, overridable=True)
    bundle = build_bundle(model, project / CONTENT, settings, origin=BY_CONSOLE, training=training)
    if bundle.name == current_name(settings):
        raise Refused([say("publish.refused.same")])
    return Ready(bundle, versions.MODEL if candidate else versions.CONTENT, reason, tuple(doubts))


def parts(engine: Engine, settings: Settings, candidate: str | None) -> tuple[Path, Path, str]:
    """What a release would be made of: the project, the model, and the key of what that was trained on. Raises Refused."""
    try:
        project = live_project(settings)
        load_knowledge(project / CONTENT)  # what the servers would refuse is not even tried
        if broken := lexicons.problems(project / CONTENT):
            raise ContentError(broken)
    except ContentError as error:
        raise Refused([str(problem) for problem in error.problems]) from error
    if candidate is None:
        running = current_bundle(settings)
        if running is None:
            raise Refused([say("publish.refused.no_model")])
        return project, running.model, running.training
    with engine.connect() as connection:
        found = gate.find(connection, settings, candidate)
    if found is None:
        raise Refused([say("publish.refused.unknown")])
    return project, found.model, found.name


def _doubts(engine: Engine, settings: Settings, project: Path, candidate: str | None) -> list[str]:
    """Why this should not go live."""
    doubts = []
    try:
        check(project)
    except ContentError as error:
        doubts = [str(problem) for problem in error.problems]
    if candidate is not None:
        with engine.connect() as connection:
            doubts += gate.objections(connection, settings, candidate)
    # A card tells of the lexicon that its model was trained with; any other speaks for itself.
    if candidate != training_key(project) and (running := current_bundle(settings)):
        doubts += hearing.doubts(running.content, project)
    return doubts


def go_live(engine: Engine, settings: Settings, person: Person, ready: Ready) -> Release:
    """Let a bundle answer everybody; a canary is over with that. The caller is `alone`. Raises Refused."""
    bundle = ready.bundle
    if bundle.name == current_name(settings):
        raise Refused([say("publish.refused.same")])
    with engine.begin() as connection:
        versions.begin(connection, person, bundle, ready.kind, reason=ready.reason, overruled=ready.overruled)
        names = versions.kept(connection)
    keep_bundles([bundle.name, *names], settings)
    make_current(bundle.name, settings)
    with held(settings), engine.begin() as connection:
        done = versions.finish(connection, settings)
    if done is None:  # `make train` made another one current in this very moment
        raise Refused([say("publish.refused.overtaken")])
    return done
