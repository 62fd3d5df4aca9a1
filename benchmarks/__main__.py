"""`python -m benchmarks VERB`; without one, as `make bench` says it: speed, widget, then quality."""

from __future__ import annotations

import os
import platform
import sys
import time
import warnings
from dataclasses import asdict
from typing import Optional

import typer
from rich.console import Console

from benchmarks.load import verbs
from benchmarks.results import provenance, write_result
from benchmarks.sections import put_section
from bot.errors import ImhError, SettingsError
from bot.logs import configure_logging
from bot.settings import PROJECT, Settings, load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, invoke_without_command=True)
console = Console(highlight=False)
WIDGET = PROJECT / "docs" / "widget.md"
CONSOLE = PROJECT / "docs" / "performance-console.md"


@app.callback()
def everything(context: typer.Context) -> None:
    """Speed, the widget, then quality, which may say that something got worse."""
    if context.invoked_subcommand is None:
        speed(epochs=None)
        widget()
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
def speed(epochs: Optional[int] = typer.Option(None, min=1, help="The peer trains for so many of its epochs.")) -> None:
    """Ours beside Rasa's default, into docs/performance.md and benchmarks/results."""
    from benchmarks.speed import measure, own_epochs, report
    from bot.training import ensure_release

    ensure_release(Settings())
    origin = provenance(f"python -m benchmarks speed --epochs {epochs}" if epochs else "make bench")
    epochs = epochs or own_epochs()
    with console.status("Measuring (the peer alone trains for several minutes, with all its epochs for hours) …"):
        speeds = measure(epochs)
    section = report(speeds, origin, epochs)
    put_section("speed", section)
    write_result("speed", origin, {"epochs_of_the_peer": epochs, "speeds": [asdict(one) for one in speeds]})
    console.print(section, markup=False)


for verb in (verbs.load, verbs.capacity, verbs.soak, verbs.chaos):
    app.command()(verb)


def _need_browser() -> None:
    from tests.support.browser import MISSING, chromium

    if chromium() is None:
        console.print(MISSING, style="bold red", markup=False)
        raise typer.Exit(1)


@app.command()
def widget() -> None:
    """The widget on a slow link and an old phone, into docs/widget.md; needs Chromium. Fails where a bound is missed."""
    _need_browser()
    from benchmarks.widget import measure, missed, table
    from bot.training import ensure_release

    ensure_release(Settings())
    with console.status("Measuring (about three minutes) …"):
        measured = measure()
    figures = table(measured)
    machine = f"{os.cpu_count()} cores, {platform.system()}"
    WIDGET.write_text(
        "# What the widget costs\n\nChromium and the real server on one machine "
        f"({machine}, {time.strftime('%Y-%m-%d')}), each run a visitor with an empty cache. The link is throttled by the "
        "browser: 400 kbit/s, 400 ms for each request. \"Usable\" is when the field can be written in, counted from the "
        "start of the navigation. \"Painted\" is the first frame that shows the message, counted from the last byte of "
        "the response; of the slowed processor nothing is asked there, the row says what an old phone adds. "
        f"Written by `make bench`.\n\n{figures}\n", encoding="utf-8")
    console.print(figures, markup=False)
    if missed(measured):
        console.print("Missed:\n" + "\n".join(missed(measured)), markup=False)
        raise typer.Exit(1)


@app.command()
def shots() -> None:
    """Pictures of every state of the widget, into var/shots; needs Chromium."""
    _need_browser()
    from benchmarks.shots import SHOTS, take
    from bot.training import ensure_release

    ensure_release(Settings())
    with console.status("Taking pictures (about three minutes) …"):
        taken = take()
    console.print(f"{len(taken)} pictures in {SHOTS.relative_to(PROJECT)}.")


@app.command()
def console_figures() -> None:
    """The console's figures over 100,000 messages, into docs/performance-console-figures.md."""
    from benchmarks.console_figures import main

    with console.status("Measuring (about two minutes) …"):
        main()


@app.command()
def peers() -> None:
    """Ours beside other pipelines, on our own and on public sets, into docs/peers.md; takes hours, and up where it stopped."""
    from benchmarks.peers.page import PAGE, measure, page, time_together

    settings = load_settings()
    if settings.benchmarks_dir is None:
        raise SettingsError("IMH_BENCHMARKS_DIR: is needed; it names the folder with the public sets (docs/peers.md).")
    rows = measure(settings, settings.benchmarks_dir, lambda line: console.print(line, markup=False))
    PAGE.write_text(page(rows, time_together(settings, settings.benchmarks_dir, rows)), encoding="utf-8")


@app.command()
def data() -> None:
    """How varied the training data is, and whether more of it still helps: the tables of docs/data.md."""
    from benchmarks.data import tables

    for line in tables():
        print(line, flush=True)


@app.command()
def strangers() -> None:
    """How well messages of writers who never saw the data are understood, into docs/strangers.md."""
    from benchmarks.strangers import page
    from bot.release import model_path
    from bot.training import ensure_release

    settings = Settings()
    ensure_release(settings)
    written = page(model_path(settings))
    (PROJECT / "docs" / "strangers.md").write_text(written, encoding="utf-8")
    console.print(written, markup=False)


@app.command()
def thresholds() -> None:
    """What the numbers of config.yml were chosen by."""
    from benchmarks.thresholds import table

    for line in table():
        print(line, flush=True)


@app.command()
def context() -> None:
    """What the numbers of actions/context.py were chosen by."""
    from benchmarks.context import table
    from bot.release import model_path
    from bot.training import ensure_release

    settings = Settings()
    ensure_release(settings)
    for line in table(model_path(settings)):
        print(line, flush=True)


@app.command(name="console-training")
def console_training() -> None:
    """A training in the console, alone and while somebody chats, into docs/performance-console-training.md."""
    from benchmarks.console_training import REPORT, main

    with console.status("Measuring (about ten minutes) …"):
        main()
    console.print(REPORT.read_text(encoding="utf-8"), markup=False)


@app.command(name="console")
def staff_console() -> None:
    """The staff console with 100,000 messages, on SQLite and PostgreSQL, into docs/performance-console.md."""
    from benchmarks.console import measure

    with console.status("Measuring (some minutes, most of them reading 10,000 messages for the first time) …"):
        page = measure()
    CONSOLE.write_text(page, encoding="utf-8")
    console.print(page, markup=False)


@app.command()
def privacy() -> None:
    """How much of what must not be kept is masked, into docs/privacy.md."""
    from benchmarks.privacy import write

    console.print(write(), markup=False)


@app.command()
def words() -> None:
    """The ordinary words of the training data, which the masking takes for no names, into bot/privacy/words.txt."""
    from benchmarks.ordinary import write

    console.print(f"{write()} words", markup=False)


@app.command()
def fuzz() -> None:
    """20,000 random inputs to a real server; fails where one of them gets a 5xx."""
    from benchmarks.fuzz import measure
    from bot.training import ensure_release

    ensure_release(Settings())
    with console.status("Sending (some minutes) …"):
        statuses = measure()
    console.print(", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())), markup=False)
    if any(status >= 500 for status in statuses):
        raise typer.Exit(1)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    configure_logging()
    try:
        app()
    except ImhError as error:
        console.print(str(error), style="bold red", markup=False)
        sys.exit(1)
