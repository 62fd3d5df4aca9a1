"""The raw figures of a run: benchmarks/results/<date>-<commit>-<verb>.json, with the machine and the command."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from bot.settings import PROJECT

FOLDER = PROJECT / "benchmarks" / "results"


@dataclass(frozen=True)
class Provenance:
    """Where figures come from. `commit` is short, with a + where what was measured differs from it; `load_average` of
    the minute before, other work included."""

    command: str
    date: str
    commit: str
    cores: int
    processor: str
    memory_gb: float
    python: str
    system: str
    load_average: float

    def line(self) -> str:
        """For a reader of the page."""
        return (f"Written by `{self.command}` on {self.date} at commit {self.commit}: {self.cores} cores "
                f"({self.processor}), {self.memory_gb:.0f} GB, Python {self.python}, {self.system}; load "
                f"average {self.load_average:.1f} when it began. Servers, databases and load generator share this "
                "machine.")


def provenance(command: str) -> Provenance:
    """Of a run that begins now."""
    return Provenance(
        command=command, date=time.strftime("%Y-%m-%d"), commit=_commit(), cores=os.cpu_count() or 1,
        processor=_processor(), memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        python=platform.python_version(), system=platform.system(), load_average=round(os.getloadavg()[0], 2))


def write_result(verb: str, origin: Provenance, figures: Mapping[str, Any], folder: Path = FOLDER) -> Path:
    """Write the figures of a verb; an earlier run of the same day and commit is written over."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{origin.date}-{origin.commit.rstrip('+')}-{verb}.json"
    path.write_text(json.dumps({**origin.__dict__, "figures": figures}, indent=1) + "\n", encoding="utf-8")
    return path


def last_result(verb: str, folder: Path = FOLDER) -> Mapping[str, Any] | None:
    """The figures that a verb wrote last, by date and then by time on this disk; None where there are none."""
    found = sorted(folder.glob(f"*-{verb}.json"), key=lambda path: (path.name[:10], path.stat().st_mtime))
    return json.loads(found[-1].read_text(encoding="utf-8"))["figures"] if found else None


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD")
    # What this page and these figures change is not what was measured.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs", ":!benchmarks/results")
    return f"{commit}{'+' if changed else ''}" if commit else "none"


def _git(*words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True).stdout.strip()
    except OSError:  # no git here
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
