"""The sections of docs/performance.md that are about load: what was measured, its bound, and whether that holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from benchmarks.load.capacity import ASSUMPTIONS, Measured, Service
from benchmarks.load.chaos import AT_ONCE as CHAOS_AT_ONCE
from benchmarks.load.chaos import WORKERS, Away, Killed
from benchmarks.load.driver import GENERATOR, WARM_UP, Run
from benchmarks.load.measure import AT_ONCE, AT_ONCE_SHARED, Load, rate
from benchmarks.load.records import Latency, latency, outcomes
from benchmarks.load.soak import AT_ONCE as SOAK_AT_ONCE
from benchmarks.load.soak import Soak, after_warm_up, growth, in_the_end
from benchmarks.results import Provenance
from benchmarks.sections import PERFORMANCE
from bot.settings import PROJECT

_GENERATOR_AT_MOST = 0.10


@dataclass(frozen=True)
class Bound:
    """A figure beside its bound, both in words."""

    figure: str
    measured: str
    bound: str
    holds: bool


def table(bounds: Iterable[Bound]) -> list[str]:
    """The lines of a table in Markdown."""
    return ["| figure | measured | bound | |", "|---|---|---|---|",
            *(f"| {one.figure} | {one.measured} | {one.bound} | {'holds' if one.holds else '**missed**'} |" for one in bounds)]


def load_section(load: Load, origin: Provenance, picture: Path) -> str:
    """What one worker and two do, and what must not cost more."""
    crowd, alone = latency(load.crowd.records), latency(load.alone.records)
    both = [record for runs in (load.one, load.two) for run in runs for record in run.records]
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
        Bound("two workers with PostgreSQL and Redis against one", f"{load.gain:.2f} times", "1.6 times", load.gain >= 1.6),
        Bound(f"message {sizes.turns} of a conversation against message 5, medians",
              f"{old[0]:.1f} against {old[1]:.1f} ms: {load.old.ratio:.2f} times", "1.2 times", load.old.ratio <= 1.2),
        Bound(f"a database with {sizes.events:,} events against an empty one, medians",
              f"{large[0]:.1f} against {large[1]:.1f} ms: {load.large.ratio:.2f} times", "1.2 times",
              load.large.ratio <= 1.2),
        Bound(f"start to ready, median of {len(load.starts_s)}", f"{load.ready_s:.1f} s", "12 s", load.ready_s <= 12),
        Bound("memory, PSS over the process tree: the first worker", f"{load.memory_one_mb:.0f} MB", "1,100 MB",
              load.memory_one_mb <= 1100),
        Bound("memory: a further worker", f"{further:.0f} MB", "500 MB", further <= 500),
        Bound("messages not answered with 200, all runs", str(_failed([load.crowd, load.doubles, load.alone, *load.one,
                                                                       *load.two])), "0",
              not _failed([load.crowd, load.doubles, load.alone]) and all(record.status == 200 for record in both)),
    ]
    runs: list[tuple[str, Sequence[Run]]] = [
        ("one worker, SQLite, one at a time", [load.alone]),
        (f"one worker, SQLite, {AT_ONCE} at a time", [load.crowd]),
        ("the same, two questions in each message", [load.doubles]),
        (f"one worker, PostgreSQL and Redis, {AT_ONCE_SHARED} at a time", load.one),
        (f"two workers, PostgreSQL and Redis, {AT_ONCE_SHARED} at a time", load.two)]
    return "\n".join([
        "## Load", "", origin.line(), "",
        f"Every message is a different text that nobody trained on, from a sender and an address of its own; the limits are "
        f"on, as shipped, except for the long conversations. Each server is new, and was warmed up with {WARM_UP} other "
        "texts. PostgreSQL waits for the disk with each commit.", "", *table(bounds), "",
        "| | messages a second | mean | p50 | p95 | p99 | longest (ms) | shares of a core |", "|---|---|---|---|---|---|---|---|",
        *(_run_row(name, some) for name, some in runs), "",
        "Memory after these runs: "
        f"{load.memory_one_mb:.0f} MB for one worker on SQLite, {load.memory_one_shared_mb:.0f} MB for one and "
        f"{load.memory_two_mb:.0f} MB for two on PostgreSQL. A message takes {load.bytes_a_message / 1000:.1f} kB in "
        f"PostgreSQL, indexes included. Starts: {', '.join(f'{one:.1f}' for one in load.starts_s)} s.", "",
        f"![throughput and latency]({_link(picture)})", ""])


def _run_row(name: str, runs: Sequence[Run]) -> str:
    found: Latency = latency(record for run in runs for record in run.records)
    seconds = sum(run.seconds for run in runs)
    shares = {part: sum(run.cpu_s.get(part, 0.0) for run in runs) / seconds for part in runs[0].cpu_s}
    return (f"| {name} | {rate(runs):.0f} | {found.mean_ms:.1f} | {found.p50_ms:.1f} | {found.p95_ms:.1f} | "
            f"{found.p99_ms:.1f} | {found.longest_ms:.0f} | "
            f"{', '.join(f'{part} {share:.0%}' for part, share in shares.items())} |")


def _failed(runs: Iterable[Run]) -> int:
    return sum(record.status != 200 for run in runs for record in run.records)


def capacity_section(measured: Measured, service: Service, assumed: Mapping[str, Any], cores: int) -> str:
    """The model, what it says of a national service, and what it says of the two workers that were measured."""
    expected = measured.expected(2, cores)
    off = measured.two_per_second / expected - 1
    people = "; ".join(
        f"{group['people']:,} {name}, of whom {group['share']:.0%} use it in a month, {group['conversations']} conversations "
        f"each, {group['messages']} messages in one" for name, group in assumed["people"].items())
    file = os.path.relpath(ASSUMPTIONS, PERFORMANCE.parent)
    return "\n".join([
        "## Capacity", "",
        f"From the figures above (`python -m benchmarks capacity` reckons anew) and the assumptions in [{ASSUMPTIONS.name}]"
        f"({file}), which nobody measured: {people}. The busiest hour holds {assumed['busiest_hour']:.0%} of a day, the "
        f"busiest day is {assumed['busiest_day']:g} times the mean one, a minute in that hour {assumed['burst']:g} times its "
        f"mean; nothing is more than {assumed['utilisation']:.0%} busy then; {assumed['spare_workers']} workers to spare; "
        f"words are kept for {assumed['retention_days']} days.", "",
        "| a national service | |", "|---|---|",
        f"| messages a month | {service.messages_a_month:,.0f} |",
        f"| messages a second in the busiest minute | {service.busiest_per_second:.1f} |",
        f"| workers, a core each | {service.workers} |",
        f"| machines with {assumed['workers_a_machine']} workers | {service.machines} |",
        f"| memory of such a machine, for the bot | {service.memory_a_machine_gb:.1f} GB |",
        f"| cores for PostgreSQL | {service.database_cores:.2f} |",
        f"| cores for Redis | {service.redis_cores:.2f} |",
        f"| PostgreSQL's disk for what is kept | {service.database_gb:.0f} GB |", "",
        "It stands on these: one worker on PostgreSQL and Redis answers "
        f"{measured.worker_per_second:.0f} messages a second, for each of which it uses {measured.worker_ms:.1f} ms of a "
        f"processor, PostgreSQL {measured.database_ms:.1f} ms, Redis {measured.redis_ms:.2f} ms and the load generator "
        f"{measured.generator_ms:.2f} ms.", "",
        f"**Checked against the two workers**: on {cores} cores that they share with all the rest, the model expects "
        f"{expected:.0f} messages a second ({_why(measured, cores)}); measured were {measured.two_per_second:.0f}, "
        f"{abs(off):.0%} {'more' if off > 0 else 'less'}. It knows nothing of networks, of a proxy, or of what more workers "
        "than two do to one PostgreSQL.", ""])


def _why(measured: Measured, cores: int) -> str:
    doubled = 2 * measured.worker_per_second
    return ("two times one worker" if measured.expected(2, cores) >= doubled
            else f"all processors used up; with cores of their own it would be {doubled:.0f}")


def soak_section(soak: Soak, origin: Provenance, picture: Path) -> str:
    """Very many messages, and the memory."""
    more, found = growth(soak.samples), latency(soak.run.records)
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
    early = ["", "It was ended early."] if soak.interrupted else []
    return "\n".join([
        "## Soak", "", origin.line(), *early, "",
        f"One worker on SQLite, {SOAK_AT_ONCE} people at a time, five messages each, every message a different text: the "
        "held-out questions, then two in one message.", "", *table(bounds), "",
        f"{soak.run.seconds / 60:.0f} minutes, {soak.run.per_second:.0f} messages a second; p50 {found.p50_ms:.0f} ms, p95 "
        f"{found.p95_ms:.0f} ms, longest {found.longest_ms:.0f} ms. Outcomes: {_told(outcomes(soak.run.records))}. The "
        f"database holds {soak.database_bytes / 1e6:,.0f} MB in the end. Load generator: "
        f"{soak.run.cpu_share.get(GENERATOR, 0.0):.1%} of a core.", "", f"![memory and speed]({_link(picture)})", ""])


def chaos_section(killed: Killed, away: Away, origin: Provenance, pictures: tuple[Path, Path]) -> str:
    """Workers killed, and the database away."""
    failures, lasted = killed.failures, killed.states[-1].at - killed.began
    kills = [
        Bound("acknowledged and not in the history", str(killed.audit.missing), "0", not killed.audit.missing),
        Bound("in the history twice", str(killed.audit.doubled), "0", not killed.audit.doubled),
        Bound("errors while a worker was up, beside the connections that a killed one held", str(failures.others), "0",
              not failures.others),
    ]
    failed = len(away.failed)
    outage = [
        Bound("failed attempts that carried the crisis lines", f"{away.with_lines} of {failed}", "all",
              away.with_lines == failed),
        Bound("failures before it was stopped", str(away.early), "0", not away.early),
        Bound("recovery: from when it took connections to the end of the last failure", f"{away.recovered_s:.1f} s", "5 s",
              away.recovered_s <= 5),
        Bound("acknowledged and not in the history, in it twice", f"{away.audit.missing}, {away.audit.doubled}", "0, 0",
              away.audit.clean),
    ]
    return "\n".join([
        "## Chaos", "", origin.line(), "",
        f"{WORKERS} workers on PostgreSQL and Redis, {CHAOS_AT_ONCE} people who talk without a pause, five messages over a "
        "connection. Whoever gets no answer sends the same message again under the same id.", "",
        f"### A worker is killed (kill -9), {len(killed.kills)} times in {lasted:.0f} s", "", *table(kills), "",
        f"{killed.audit.acknowledged:,} messages were acknowledged, {killed.run.per_second:.0f} a second. "
        f"{failures.with_the_killed} attempts failed with the worker that was killed, {failures.none_up} while no worker took "
        f"messages; {killed.audit.unacknowledged} messages had no answer yet when it ended. No worker took messages for "
        f"{killed.none_up_s:.1f} s in all; the longest time without any answer was {killed.silence_s:.1f} s. Outcomes: "
        f"{_told(outcomes(killed.run.records))}.", "", f"![answers and kills]({_link(pictures[0])})", "",
        f"### PostgreSQL is stopped for {away.started - away.stopped:.0f} s", "", *table(outage), "",
        f"{away.audit.acknowledged:,} messages were acknowledged, the first one {away.first_answer_s:.1f} s after it was "
        f"back; {away.audit.unacknowledged} had no answer yet when it ended. An error took {away.longest_failure_s:.1f} s at "
        f"most. Outcomes: {_told(outcomes(away.run.records))}.", "", f"![answers and the outage]({_link(pictures[1])})", ""])


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count:,} times" for what, count in counts.items())


def _link(picture: Path) -> str:
    """The way from the page to a picture."""
    return os.path.relpath(picture, PROJECT / "docs")
