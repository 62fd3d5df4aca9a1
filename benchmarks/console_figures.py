"""`python -m benchmarks console-figures`: figures over 100,000 messages, into docs/performance-console-figures.md."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Callable

import sqlalchemy as sa

from bot.console.people.accounts import Role
from bot.console.see.counting import count, rebuild
from bot.console.see.histogram import ERROR
from bot.evaluation.stats import percentile
from bot.settings import PROJECT
from bot.store.tables import messages
from tests.support.console import console
from tests.support.figures import fill, message, put
from tests.support.postgres import Postgres

REPORT = PROJECT / "docs" / "performance-console-figures.md"
MESSAGES, DAYS, TIMES = 100_000, 180, 20
_PAGES = {
    "`/figures`, 30 days": "/figures",
    "`/figures`, 90 days beside the 90 before: all 100,000 messages": "/figures?days=90",
    "`/figures`, 90 days, every table open": "/figures?days=90&tables=open",
    "`/figures/uncovered`, 90 days": "/figures/uncovered?days=90",
    "`/figures/uncovered.csv`, 90 days": "/figures/uncovered.csv?days=90",
}


def main() -> None:
    """Measure on a file and on PostgreSQL, and write the report."""
    with tempfile.TemporaryDirectory() as folder:
        on_file = _measured(Path(folder), {})
        with Postgres() as postgres:
            on_postgres = _measured(Path(folder), {"db_url": postgres.database()})
    lines = [
        "# The console's figures under load",
        "",
        f"Written by `python -m benchmarks console-figures` on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores "
        f"({platform.machine()}), load average {os.getloadavg()[1]:.1f} at the end. {MESSAGES:,} messages over {DAYS} "
        f"days in the store; each page {TIMES} times, in full, from the request to its last byte, without a network in "
        "between. The promise is 500 ms for the dashboard. The last number of a cell is the processor time that one took "
        "(of PostgreSQL's own processes, nothing is in it): where other work takes the cores away, as the load average "
        "tells, the rest was waiting.",
        "",
        "| what | SQLite | PostgreSQL |",
        "|---|---|---|",
        *(f"| {what} | {on_file[what]} | {on_postgres[what]} |" for what in on_file),
        "",
        f"Percentiles of response times come from a histogram a day and are at most {ERROR:.1%} off.",
        "",
    ]
    REPORT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _measured(folder: Path, changes: dict[str, str]) -> dict[str, str]:
    """What was measured -> the times, in words."""
    client, today = console(folder, Role.REVIEWER, **changes), datetime.date.today()
    engine = client.app.state.database
    fill(engine, MESSAGES, last=today, days=DAYS)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")  # as its own housekeeping does within minutes
    found = {"counting all days for the first time": _once(lambda: count(engine))}
    for what, path in _PAGES.items():
        found[what] = _often(lambda path=path: client.get(path))  # type: ignore[misc]
    recent = (today - datetime.timedelta(7)).isoformat()
    found["counting every minute, nothing new in the last 7 days"] = _often(lambda: count(engine, recent))
    found["counting every minute, a new message"] = _often(
        lambda: (put(engine, message(today.isoformat())), count(engine, recent)))
    found["counting every hour, all days, nothing new"] = _often(lambda: count(engine))
    with engine.begin() as connection:
        connection.execute(sa.delete(messages).where(messages.c.id % 10 == 0))
    found["counting after a tenth of all messages was erased"] = _once(lambda: count(engine))
    found["`python -m bot recount`"] = _once(lambda: rebuild(engine))
    engine.dispose()
    return found


def _once(work: Callable[[], object]) -> str:
    return f"{_seconds(work):.1f} s"


def _often(work: Callable[[], object]) -> str:
    """Median and longest of several; the first, which prepares what is kept, is among them."""
    busy = time.process_time()
    times = [_seconds(work) * 1000 for _ in range(TIMES)]
    busy = (time.process_time() - busy) * 1000 / TIMES
    return (f"median {statistics.median(times):.0f} ms, p95 {percentile(times, 0.95):.0f}, longest {max(times):.0f}; "
            f"{busy:.0f} ms of a processor")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
