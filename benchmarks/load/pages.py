"""The sections of docs/performance.md that are about load: what was measured, its bound, and whether that holds.

Their text is in benchmarks/wording.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from benchmarks.load.capacity import ASSUMPTIONS, Measured, Service
from benchmarks.load.chaos import AT_ONCE as CHAOS_AT_ONCE
from benchmarks.load.chaos import WORKERS, Away, Killed
from benchmarks.load.driver import GENERATOR, WARM_UP, Run
from benchmarks.load.generator import AFTER_ERROR_S
from benchmarks.load.measure import AT_ONCE, AT_ONCE_SHARED, Load, rate
from benchmarks.load.records import Latency, latency, outcomes
from benchmarks.load.soak import Soak, after_warm_up, growth, in_the_end
from benchmarks.results import Provenance
from benchmarks.sections import PERFORMANCE, worded

_GENERATOR_AT_MOST = 0.10


@dataclass(frozen=True)
class Bound:
    """A figure beside its bound, both in words."""

    figure: str
    measured: str
    bound: str
    holds: bool


def table(bounds: Iterable[Bound]) -> str:
    """A table in Markdown."""
    return "\n".join(["| figure | measured | bound | |", "|---|---|---|---|",
                      *(f"| {one.figure} | {one.measured} | {one.bound} | {'holds' if one.holds else '**missed**'} |"
                        for one in bounds)])


def load_section(load: Load, origin: Provenance, picture: Path) -> str:
    """What one worker and two do, and what must not cost more."""
    crowd, alone = latency(load.crowd.records), latency(load.alone.records)
    every = (load.crowd, load.doubles, load.alone, *load.one, *load.two)
    failed = sum(record.status != 200 for run in every for record in run.records)
    old, large = load.old.medians_ms, load.large.medians_ms
    further = load.memory_two_mb - load.memory_one_shared_mb
    share = load.crowd.cpu_share.get(GENERATOR, 0.0)
    sizes = load.sizes
    bounds = [
        Bound(f"one worker, SQLite, {AT_ONCE} at a time: messages a second", f"{load.crowd.per_second:.0f}", "aim: 100",
              load.crowd.per_second >= 100),
        Bound("the same: 95 % are answered within", f"{crowd.p95_ms:.0f} ms", "150 ms", crowd.p95_ms < 150),
        Bound("the same: the load generator's share of a core", f"{share:.1%}", f"small: {_GENERATOR_AT_MOST:.0%}",
              share <= _GENERATOR_AT_MOST),
        Bound("one message at a time, p50", f"{alone.p50_ms:.1f} ms", "12 ms", alone.p50_ms <= 12),
        Bound("two workers with PostgreSQL and Redis against one", f"{load.gain:.2f} times", "1.6 times",
              load.gain >= 1.6),
        Bound(f"message {sizes.turns} of a conversation against message 5, medians",
              f"{old[0]:.1f} against {old[1]:.1f} ms: {load.old.ratio:.2f} times", "1.2 times", load.old.ratio <= 1.2),
        Bound(f"a database with {sizes.events:,} events against an empty one, medians",
              f"{large[0]:.1f} against {large[1]:.1f} ms: {load.large.ratio:.2f} times", "1.2 times",
              load.large.ratio <= 1.2),
        Bound(f"start to ready, median of {len(load.starts_s)}", f"{load.ready_s:.1f} s", "12 s", load.ready_s <= 12),
        Bound("memory, PSS over the process tree: the first worker", f"{load.memory_one_mb:.0f} MB", "1,100 MB",
              load.memory_one_mb <= 1100),
        Bound("memory: a further worker", f"{further:.0f} MB", "500 MB", further <= 500),
        Bound("messages not answered with 200, all runs", str(failed), "0", not failed),
    ]
    runs: list[tuple[str, Sequence[Run]]] = [
        ("one worker, SQLite, one at a time", [load.alone]),
        (f"one worker, SQLite, {AT_ONCE} at a time", [load.crowd]),
        ("the same, two questions in each message", [load.doubles]),
        (f"one worker, PostgreSQL and Redis, {AT_ONCE_SHARED} at a time", load.one),
        (f"two workers, PostgreSQL and Redis, {AT_ONCE_SHARED} at a time", load.two)]
    return worded("load", load=load, origin=origin, bounds=table(bounds), warm_up=WARM_UP, picture=_link(picture),
                   runs="\n".join(_run_row(name, some) for name, some in runs),
                   starts=", ".join(f"{one:.1f}" for one in load.starts_s))


def _run_row(name: str, runs: Sequence[Run]) -> str:
    found: Latency = latency(record for run in runs for record in run.records)
    seconds = sum(run.seconds for run in runs)
    shares = {part: sum(run.cpu_s.get(part, 0.0) for run in runs) / seconds for part in runs[0].cpu_s}
    return (f"| {name} | {rate(runs):.0f} | {found.mean_ms:.1f} | {found.p50_ms:.1f} | {found.p95_ms:.1f} | "
            f"{found.p99_ms:.1f} | {found.longest_ms:.0f} | "
            f"{', '.join(f'{part} {share:.0%}' for part, share in shares.items())} |")


def capacity_section(measured: Measured, service: Service, assumed: Mapping[str, Any], cores: int) -> str:
    """The model, what it says of a national service, and what it says of the two workers that were measured."""
    expected = measured.expected(2, cores)
    return worded("capacity", measured=measured, service=service, assumed=assumed, cores=cores, expected=expected,
                   file=_link(ASSUMPTIONS), off=measured.two_per_second / expected - 1,
                   used_up=expected < 2 * measured.worker_per_second)


def soak_section(soak: Soak, origin: Provenance, picture: Path) -> str:
    """Very many messages, and the memory."""
    more = growth(soak.samples)
    bounds = [
        Bound("messages acknowledged", f"{soak.audit.acknowledged:,} of {soak.asked:,}", "100,000",
              soak.audit.acknowledged >= 100_000),
        Bound("answers with 5xx", str(soak.server_errors), "0", not soak.server_errors),
        Bound("connections that ended without a response", str(soak.lost_connections), "0", not soak.lost_connections),
        Bound("memory in the end against after the warm-up",
              f"{in_the_end(soak.samples):.0f} against {after_warm_up(soak.samples):.0f} MB: {more:+.1%}", "+5 %",
              more <= 0.05),
        Bound("acknowledged and not stored, stored twice", f"{soak.audit.missing}, {soak.audit.doubled}", "0, 0",
              soak.audit.clean),
    ]
    return worded("soak", soak=soak, origin=origin, bounds=table(bounds), found=latency(soak.run.records),
                   outcomes=_told(soak.run), generator=soak.run.cpu_share.get(GENERATOR, 0.0), picture=_link(picture))


def chaos_section(killed: Killed, away: Away, origin: Provenance, pictures: tuple[Path, Path]) -> str:
    """Workers killed, and the database away."""
    kills = [
        Bound("acknowledged and not in the history", str(killed.audit.missing), "0", not killed.audit.missing),
        Bound("in the history twice", str(killed.audit.doubled), "0", not killed.audit.doubled),
        Bound("errors while a worker was up, beside the connections that a killed one held",
              str(killed.failures.others), "0", not killed.failures.others),
    ]
    failed = len(away.failed)
    outage = [
        Bound("failed attempts that carried the crisis lines", f"{away.with_lines} of {failed}", "all",
              away.with_lines == failed),
        Bound("failures before it was stopped", str(away.early), "0", not away.early),
        Bound("recovery: from when it took connections until all were answered again", _seconds(away.recovered_s),
              "5 s", away.recovered_s <= 5),
        Bound("acknowledged and not in the history, in it twice", f"{away.audit.missing}, {away.audit.doubled}", "0, 0",
              away.audit.clean),
    ]
    return worded("chaos", killed=killed, away=away, origin=origin, kill_bounds=table(kills),
                   away_bounds=table(outage), workers=WORKERS, pause=f"{AFTER_ERROR_S:g}", at_once=CHAOS_AT_ONCE,
                   lasted=killed.states[-1].at - killed.began, killed_outcomes=_told(killed.run),
                   away_outcomes=_told(away.run), first=_seconds(away.first_answer_s),
                   kills_picture=_link(pictures[0]), outage_picture=_link(pictures[1]))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if math.isfinite(seconds) else "never"


def _told(run: Run) -> str:
    return ", ".join(f"{what} {count:,} times" for what, count in outcomes(run.records).items())


def _link(path: Path) -> str:
    """The way from the page to a file."""
    return os.path.relpath(path, PERFORMANCE.parent)
