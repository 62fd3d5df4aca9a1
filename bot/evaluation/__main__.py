"""`python -m bot.evaluation MODEL OUT.json --project DIR`: asks a model what is held out, in a process of its own.

While it asks, it writes the share done (0-1) to standard output, a line each time. OUT.json, what became of each line
(`to_items`), is written at the end, whole or not at all.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import typer

from bot.evaluation.held_out import dialogues, double_questions, key_of, questions, staff_keys
from bot.evaluation.items import to_items
from bot.logs import configure_logging
from bot.settings import PROJECT
from nlu.corpus import Utterance

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(model: Path, out: Path, project: Path = PROJECT, content: Path | None = None,
             known: Path | None = None, also: Path | None = None) -> None:
    """Ask MODEL; answers come out of the project's content or the folder CONTENT.

    KNOWN names a JSON list of keys that need not be asked again; ALSO a JSON object of keys and texts that are asked
    beside, without a right answer.
    """
    from bot.evaluation.asking import Asked, measure

    spared = set(_read(known)) if known else set()
    doubles = {key: one for one in double_questions(project) if (key := key_of(one[0])) not in spared}
    played = {key: one for one in dialogues(project) if (key := key_of(*one["turns"])) not in spared}
    asked = Asked([line for line in questions(project) if line.key not in spared], list(doubles.values()),
                  list(played.values()),
                  [Utterance(text, "", "", {"key": key}) for key, text in (_read(also) if also else {}).items()])
    quality = measure(model, asked, content=content or project / "bot" / "content",
                      told=lambda share: print(f"{share:.3f}", flush=True))
    _write_whole(out, to_items(quality, doubles, played, staff_keys(project)))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_whole(out: Path, result: object) -> None:
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        written = Path(scratch) / out.name
        written.write_text(json.dumps(result), encoding="utf-8")
        os.replace(written, out)


if __name__ == "__main__":
    # Rasa's dependencies announce their retirement at every start, past any filter (bot/cli.py).
    warnings.showwarning = lambda *_, **__: None
    configure_logging()
    app()
