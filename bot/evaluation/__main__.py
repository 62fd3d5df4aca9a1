"""`python -m bot.evaluation MODEL [OUT.json] --project DIR`: asks a model what is held out, in a process of its own.

While it asks, it writes the share done (0-1) to standard output, a line each time. OUT.json, what became of each line
(`to_items`), is written at the end, whole or not at all; without it, what is asked is kept for the next time alone.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import typer

from bot.errors import ImhError
from bot.evaluation.items import to_items
from bot.evaluation.kept import KeptAnswers, Lines, write_whole
from bot.logs import configure_logging
from bot.settings import PROJECT

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evaluate(model: Path, out: Path | None = typer.Argument(None), project: Path = PROJECT, content: Path | None = None,
             kept: Path | None = None, also: Path | None = None) -> None:
    """Ask MODEL; answers come out of the project's content or the folder CONTENT.

    KEPT is the file of what this very model answered before with this content and code: that is not asked again, and what
    is asked is kept there, some hundred lines at a time. ALSO names a JSON object of keys and texts that are asked beside,
    without a right answer.
    """
    lines = Lines(project, json.loads(also.read_text(encoding="utf-8")) if also else {})
    answers = KeptAnswers(kept)
    if also:
        answers.forget_messages(lines)
    _ask(model, lines, answers, content or project / "bot" / "content")
    if out:
        write_whole(out, answers.items(lines))


def _ask(model: Path, lines: Lines, answers: KeptAnswers, content: Path) -> None:
    """Ask what is not known; where that is nothing, the engine is not even loaded."""
    doubles, played = answers.missing("doubles", lines), answers.missing("dialogues", lines)
    questions, also = answers.missing("lines", lines), answers.missing("also", lines)
    if not (doubles or played or questions or also):
        return
    from bot.evaluation.asking import Asked, measure
    from bot.evaluation.quality import Quality

    # In their order, those of each portion take their keys.
    double_keys, played_keys = iter(doubles), iter(played)

    def keep(asked: Asked, quality: Quality) -> None:
        answers.add(to_items(quality, [next(double_keys) for _ in asked.doubles],
                             [next(played_keys) for _ in asked.dialogues], lines.staff), lines)

    measure(model, Asked([lines.lines[key] for key in questions], [lines.doubles[key] for key in doubles],
                         [lines.dialogues[key] for key in played], [lines.also[key] for key in also]),
            content=content, told=lambda share: print(f"{share:.3f}", flush=True), kept=keep)


if __name__ == "__main__":
    # Rasa's dependencies announce their retirement at every start, past any filter (bot/cli.py).
    warnings.showwarning = lambda *_, **__: None
    configure_logging()
    try:
        app()
    except ImhError as error:
        sys.exit(str(error))
