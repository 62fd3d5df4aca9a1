"""Trains where there is no model for the present data, and makes the release that the server runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot import release
from bot.errors import ImhError
from bot.inputs import CONTENT
from bot.overlay import live_project
from bot.settings import PROJECT, Settings

# Of a failed training's output, what is shown.
LAST_LINES = 15


def ensure_release(settings: Settings) -> release.Bundle:
    """The bundle of the present data and content; trains only what changed. Raises ImhError where training fails."""
    project = live_project(settings)
    model = ensure_model(settings, project)
    return release.make_bundle(model, project / CONTENT, settings)


def released(settings: Settings) -> tuple[release.Bundle | None, list[str]]:
    """The bundle that a restart goes on with, None where a new one has to be made; and the files that made it so.

    What staff wrote since and nobody released has to wait; what changed in the project itself, an upgrade, has not.
    """
    bundle = release.current_bundle(settings)
    changed = release.changed_since(bundle, settings) if bundle else []
    return (None if changed else bundle), changed


def ensure_model(settings: Settings, project: Path = PROJECT) -> Path:
    """The model for the present data: the one that is there, the one that the repository keeps, or a new one."""
    model, kept = release.model_path(settings, project), release.kept_model(project)
    if not model.is_file() and kept.is_file():
        _copy(kept, model)
    elif not model.is_file():
        train(model, project)
    return model


def keep_model(settings: Settings) -> Path:
    """Put the model for the present data into the repository, in place of an older one."""
    kept = release.kept_model()
    _copy(ensure_model(settings), kept)
    for older in set(kept.parent.glob("*.tar.gz")) - {kept}:
        older.unlink()
    return kept


def _copy(model: Path, to: Path) -> None:
    """Whole or not at all."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as scratch:
        os.replace(shutil.copyfile(model, Path(scratch) / to.name), to)


def train(model: Path, project: Path = PROJECT) -> None:
    """Train on the project's data and put the model at `model`, whole or not at all. Raises ImhError with the reason."""
    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        # A process of its own: what training leaves in memory would stay with the server for as long as it runs.
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml",
             "--data", "nlu/data", "stories", "--out", scratch, "--fixed-model-name", "model",
             # Whatever Rasa kept of earlier trainings: it sees changes of a component's own source only.
             "--force",
             # `bot.check` has compared data, domain and stories before; Rasa's own comparison takes 14 s.
             "--skip-validation"],
            cwd=project, capture_output=True, text=True)
        trained = Path(scratch) / "model.tar.gz"
        if done.returncode != 0 or not trained.is_file():
            raise ImhError("Training failed:\n" + "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:]))
        os.replace(trained, model)
