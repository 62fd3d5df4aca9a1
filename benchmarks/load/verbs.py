"""The verbs load, capacity, soak and chaos of `python -m benchmarks`."""

from __future__ import annotations

from typing import Callable

import typer
from rich.console import Console

_console = Console(highlight=False)


def load(short: bool = typer.Option(False, help="Little of everything, to try whether it runs; writes nothing."),
         write: bool = typer.Option(True, help="Write the page and the results.")) -> None:
    """One worker and two under load, flat cost, start, memory, into docs/performance.md; about ten minutes."""
    from benchmarks.load.commands import run_load

    _measured(lambda tell: run_load(tell, short=short, write=write and not short))


def capacity() -> None:
    """What a national service would take, from the last measured figures and benchmarks/load/capacity.yml."""
    from benchmarks.load.commands import run_capacity

    _console.print(run_capacity(), markup=False, soft_wrap=True)


def soak(messages: int = typer.Option(100_000, min=1, help="How many; Ctrl-C ends it earlier, with results."),
         write: bool = typer.Option(True, help="Write the page and the results.")) -> None:
    """Very many messages to one worker, and its memory, into docs/performance.md."""
    from benchmarks.load.commands import run_soak

    _measured(lambda tell: run_soak(tell, messages=messages, write=write))


def chaos(seconds: float = typer.Option(180, min=1, help="How long workers are killed."),
          every: float = typer.Option(10, min=1, help="Seconds between two kills."),
          outage: float = typer.Option(30, min=1, help="Seconds that PostgreSQL is stopped."),
          write: bool = typer.Option(True, help="Write the page and the results.")) -> None:
    """One of two workers killed again and again, then the database away, into docs/performance.md; five minutes."""
    from benchmarks.load.commands import run_chaos

    _measured(lambda tell: run_chaos(tell, seconds=seconds, every=every, outage=outage, write=write))


def _measured(run: Callable[[Callable[[str], None]], str]) -> None:
    """Run what needs a trained release, show how far it is, and print what came of it."""
    from bot.settings import Settings
    from bot.training import ensure_release

    ensure_release(Settings())
    with _console.status("Measuring …") as status:
        section = run(lambda line: status.update(f"Measuring: {line} …"))
    _console.print(section, markup=False, soft_wrap=True)
