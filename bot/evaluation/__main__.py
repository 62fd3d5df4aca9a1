"""`python -m bot.evaluation MODEL OUT.json --project DIR`: asks a model what is held out, in a process of its own.

While it asks, it writes the share done (0-1) to standard output, a line each time. OUT.json is written at the end, whole
or not at all: what `Quality.to_dict` gives, and what became of each line (`Quality.items`).
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import typer

from bot.logs import configure_logging
from bot.settings import PROJECT
from nlu.corpus import Utterance

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(model: Path, out: Path, project: Path = PROJECT, content: Path | None = None,
             also: Path | None = None) -> None:
    """Ask MODEL; `--also` names a JSON object of keys and texts that it is asked too, without a right answer."""
    from bot.evaluation.asking import measure

    texts = json.loads(also.read_text(encoding="utf-8")) if also else {}
    asked = [Utterance(text, "", "also", {"key": key}) for key, text in texts.items()]
    quality = measure(model, project, content=content, also=asked, told=lambda share: print(f"{share:.3f}", flush=True))
    _write_whole(out, {**quality.to_dict(), "items": quality.items(project)})


def _write_whole(out: Path, result: object) -> None:
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        written = Path(scratch) / out.name
        written.write_text(json.dumps(result), encoding="utf-8")
        os.replace(written, out)


if __name__ == "__main__":
    configure_logging()
    app()
