"""`python -m benchmarks [quality|speed|data|thresholds]`: what `make bench` runs; without a word, quality and speed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
import warnings
from dataclasses import asdict

import typer
from rich.console import Console

from bot.logs import configure_logging
from bot.settings import PROJECT, Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, invoke_without_command=True)
console = Console(highlight=False)
RESULTS = PROJECT / "benchmarks" / "results"
PERFORMANCE = PROJECT / "docs" / "performance.md"


@app.callback()
def everything(context: typer.Context) -> None:
    """Speed, then quality, which may say that something got worse."""
    if context.invoked_subcommand is None:
        speed()
        quality()


@app.command()
def quality() -> None:
    """The held-out tables and pictures, into docs/quality.md; fails where the last committed result was better."""
    from benchmarks.quality import write_report
    from bot.training import ensure_release

    settings = Settings()
    ensure_release(settings)
    page, worse = write_report(settings)
    console.print(page, markup=False)
    if worse:
        console.print("Worse than the last result:\n" + "\n".join(worse), markup=False)
        raise typer.Exit(1)


@app.command()
def speed() -> None:
    """Ours beside Rasa's default, into docs/performance.md and benchmarks/results."""
    from benchmarks.speed import measure, report
    from bot.training import ensure_release

    ensure_release(Settings())
    with console.status("Measuring (the peer alone trains for several minutes) …"):
        speeds = measure()
    table = report(speeds)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    day = time.strftime("%Y-%m-%d")
    PERFORMANCE.write_text(
        "# Performance\n\nOurs beside Rasa's default pipeline: the same domain, training data and actions, one run, one "
        f"machine ({machine}, {day}). The peer runs as Rasa comes, with its REST channel, SQLite and an action server of "
        "its own. Every timed message is a different text that nobody trained on. The last column says how many times "
        "better ours is. Written by `make bench`; the raw figures are in `benchmarks/results/`.\n\n"
        f"{table}\n", encoding="utf-8")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{day}-{commit.stdout.strip() or 'none'}.json").write_text(
        json.dumps({"machine": machine, "date": day, "speeds": [asdict(one) for one in speeds]}, indent=1) + "\n")
    console.print(table, markup=False)


@app.command()
def data() -> None:
    """How varied the training data is, and whether more of it still helps: the tables of docs/data.md."""
    from benchmarks.data import tables

    for line in tables():
        print(line, flush=True)


@app.command()
def thresholds() -> None:
    """What the numbers of config.yml were chosen by."""
    from benchmarks.thresholds import table

    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    configure_logging()
    app()
