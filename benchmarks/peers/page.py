"""`make bench-peers`: every pipeline on every set, a result file each, kept and taken up again; the page docs/peers.md."""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

import yaml

from benchmarks.peers.pipelines import pipelines
from benchmarks.peers.sets import NAMES, OWN, IntentSet, load_set
from bot.evaluation.stats import Share, percentile
from bot.settings import PROJECT, Settings

RESULTS = PROJECT / "benchmarks" / "results" / "peers"
PAGE = PROJECT / "docs" / "peers.md"
_TEXTS = Path(__file__).with_name("page.yml")
# What a row stands on beside pipeline and data: how it is measured.
_CODE = ("benchmarks/peers/pipelines.py", "benchmarks/peers/row.py", "nlu/components/softmax_regression.py",
         "nlu/components/linear.py", "nlu/encoders/install.py")
_TIMED = 200


@dataclass(frozen=True)
class Row:
    """One pipeline on one set, with the key of what it was measured on."""

    pipeline: str
    set: str
    key: str

    @property
    def path(self) -> Path:
        return RESULTS / f"{self.set}--{_slug(self.pipeline)}.json"

    @property
    def figures(self) -> Mapping[str, Any] | None:
        """What was measured, None where nothing was or on something else."""
        if not self.path.is_file():
            return None
        kept = json.loads(self.path.read_text(encoding="utf-8"))
        return kept if kept["key"] == self.key else None


def measure(settings: Settings, folder: Path, say: Callable[[str], None]) -> list[Row]:
    """Measure what was not measured yet, one process a row; a row that fails says so and the others go on."""
    rows = []
    for name in NAMES:
        chosen = load_set(name, folder)
        for row in _rows(chosen, settings):
            rows.append(row)
            if row.figures is not None:
                continue
            say(f"{row.set}: {row.pipeline} …")
            done = _run(row, folder, settings)
            if done.returncode:
                say(f"{row.set}: {row.pipeline} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
                continue
            RESULTS.mkdir(parents=True, exist_ok=True)
            row.path.write_text(json.dumps(
                {"key": row.key, "pipeline": row.pipeline, "set": row.set, "machine": _machine(),
                 "date": time.strftime("%Y-%m-%d"), **json.loads(done.stdout)}, indent=1) + "\n", encoding="utf-8")
    return rows


def time_together(settings: Settings, folder: Path, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Milliseconds a text at the median and the 95th percentile, of all pipelines on our own set, in one run."""
    found = {}
    mine = [row for row in rows if row.set == OWN and row.figures is not None]
    for row in random.Random(1).sample(mine, len(mine)):
        done = _run(row, folder, settings, str(_TIMED))
        if done.returncode == 0:
            times = json.loads(done.stdout)
            found[row.pipeline] = percentile(times, 0.5), percentile(times, 0.95)
    return found


def page(rows: Sequence[Row], together: Mapping[str, tuple[float, float]]) -> str:
    """docs/peers.md."""
    texts = yaml.safe_load(_TEXTS.read_text(encoding="utf-8"))
    parts = [texts["head"].format(machine=_machine(), date=time.strftime("%Y-%m-%d"))]
    for name in NAMES:
        parts += [f"## {texts['sets'][name]['title']}", texts["sets"][name]["text"].strip(),
                  "\n".join(_table(rows, name, texts["sets"][name].get("published") or {}))]
    parts += [f"## {texts['latency']['title']}", texts["latency"]["text"].strip(), "\n".join(
        ["| pipeline | median (ms) | 95th percentile (ms) |", "|---|---|---|",
         *(f"| {name} | {p50:.1f} | {p95:.1f} |" for name, (p50, p95) in sorted(together.items(), key=lambda e: e[1]))])]
    parts.append(texts["tail"].strip())
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row], name: str, published: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield ("| pipeline | accuracy in scope | out of scope refused where 95 % of the rest pass | decided to be out of scope | "
           "training (s) | epochs | memory (MB) |")
    yield "|---|---|---|---|---|---|---|"
    measured = [(row, row.figures) for row in rows if row.set == name and row.figures is not None]
    for row, found in sorted(measured, key=lambda entry: -entry[1]["hits"]):
        beyond = [str(Share(*found[key])) if found[key][1] else "" for key in ("out_of_scope_at_95", "out_of_scope")]
        yield (f"| {row.pipeline} | {Share(found['hits'], found['asked'])} | {beyond[0]} | {beyond[1]} "
               f"| {found['train_s']:.0f} | {found['epochs'] or ''} | {found['memory_mb']} |")
    for pipeline, (accuracy, refused) in published.items():
        yield f"| *{pipeline}* | *{accuracy}* | | *{refused}* | | | |"


def _rows(chosen: IntentSet, settings: Settings) -> Iterator[Row]:
    code = sha256(b"".join((PROJECT / name).read_bytes() for name in _CODE)).hexdigest()
    for name, pipeline in pipelines(chosen, _vectors(settings)).items():
        yield Row(name, chosen.name, sha256(f"{chosen.digest} {pipeline.version} {code}".encode()).hexdigest()[:16])


def _run(row: Row, folder: Path, settings: Settings, timed: str = "") -> subprocess.CompletedProcess[str]:
    models = settings.var_dir / "peers" / "models" / f"{row.set}--{_slug(row.pipeline)}--{row.key}"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.peers.row", row.pipeline, row.set, str(folder),
         str(_vectors(settings)), str(models), timed], cwd=PROJECT, capture_output=True, text=True)


def _vectors(settings: Settings) -> Path:
    return settings.var_dir / "peers" / "vectors"


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
