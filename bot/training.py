"""Trains where there is no model for the present data, and makes the release that the server runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bot import release
from bot.errors import ImhError
from bot.knowledge import CONTENT
from bot.settings import PROJECT, Settings


def ensure_release(settings: Settings) -> release.Bundle:
    """The bundle of the present data and content; trains only what changed. Raises ImhError where training fails."""
    model = release.model_path(settings)
    if not model.is_file():
        train(model)
    return release.make_bundle(model, CONTENT, settings)


def train(model: Path, project: Path = PROJECT) -> None:
    """Train on the project's data and put the model at `model`, whole or not at all. Raises ImhError with the reason."""
    # Imported here: Rasa takes five seconds to import, which a server that needs no training should not wait for.
    from rasa.model_training import train as rasa_train

    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        result = rasa_train(domain=str(project / "domain.yml"), config=str(project / "config.yml"),
                            training_files=[str(project / "nlu" / "data"), str(project / "stories")],
                            output=scratch, fixed_model_name="model")
        if result.code != 0 or not result.model:
            raise ImhError("Training failed; the lines above say where.")
        os.replace(result.model, model)
