"""What the verbs load, capacity, soak and chaos do: measure, write the results and the page's section, say it."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any, Callable

from benchmarks.load import drawings, pages
from benchmarks.load.capacity import Measured, load_assumptions, plan
from benchmarks.load.chaos import chaos
from benchmarks.load.measure import FULL, SHORT, measure
from benchmarks.load.soak import soak
from benchmarks.results import last_result, provenance, write_result
from benchmarks.sections import put_section
from bot.errors import ImhError

Tell = Callable[[str], None]


def run_load(tell: Tell, *, short: bool, write: bool) -> str:
    """Measure one worker and two; the section, which is on the page then if it is to be written."""
    origin = provenance("make load")
    found = measure(SHORT if short else FULL, tell)
    measured = found.measured()
    section = pages.load_section(found, origin, drawings.FOLDER / "load.svg")
    if write:
        write_result("load", origin, {**found.to_dict(), "measured": asdict(measured)})
        put_section("load", section)
        put_section("capacity", capacity(measured))
        drawings.draw_load(found)
    return f"{section}\n{capacity(measured)}"


def run_capacity() -> str:
    """Reckon anew with the figures that `make load` wrote last. Raises ImhError where there are none."""
    last = last_result("load")
    if last is None:
        raise ImhError("There are no measured figures in benchmarks/results yet; run `make load`.")
    section = capacity(Measured(**last["measured"]))
    put_section("capacity", section)
    return section


def capacity(measured: Measured) -> str:
    """The section on a national service."""
    assumed = load_assumptions()
    return pages.capacity_section(measured, plan(assumed, measured), assumed, os.cpu_count() or 1)


def run_soak(tell: Tell, *, messages: int, write: bool) -> str:
    """Send so many messages; the section, which is on the page then if it is to be written."""
    origin = provenance(_command("make soak", MESSAGES=messages if messages != 100_000 else None))
    found = soak(messages, tell)
    section = pages.soak_section(found, origin, drawings.FOLDER / "soak.svg")
    if write:
        write_result("soak", origin, found.to_dict())
        put_section("soak", section)
        drawings.draw_soak(found)
    return section


def run_chaos(tell: Tell, *, seconds: float, every: float, outage: float, write: bool) -> str:
    """Kill workers, take the database away; the section, which is on the page then if it is to be written."""
    origin = provenance(_command("make chaos", FOR=f"{seconds:g}" if seconds != 180 else None,
                                 OUTAGE=f"{outage:g}" if outage != 30 else None))
    killed, away = chaos(seconds, every, outage, tell)
    section = pages.chaos_section(killed, away, origin, (drawings.FOLDER / "kills.svg", drawings.FOLDER / "outage.svg"))
    if write:
        write_result("chaos", origin, {"killed": killed.to_dict(), "database_away": away.to_dict()})
        put_section("chaos", section)
        drawings.draw_kills(killed)
        drawings.draw_outage(away)
    return section


def _command(verb: str, **options: Any) -> str:
    return " ".join([verb, *(f"{name}={value}" for name, value in options.items() if value is not None)])
