"""The pictures of the performance page, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from benchmarks.load.chaos import Away, Killed
from benchmarks.load.driver import Run
from benchmarks.load.measure import AT_ONCE, AT_ONCE_SHARED, Load, rate
from benchmarks.load.records import Record, per_second
from benchmarks.load.soak import AFTER_UNTIL, WARM_UNTIL, Soak
from benchmarks.plots import pyplot, save_svg
from bot.evaluation.stats import percentile
from bot.settings import PROJECT

FOLDER = PROJECT / "docs" / "performance"
# The last hundredth would make the scale: the table names the longest.
_SHARES = [number / 100 for number in range(100)]
_GOOD, _BAD, _PLAIN = "tab:blue", "tab:red", "tab:grey"


def draw_load(load: Load) -> Path:
    """Throughput as bars; latency as the share of messages that were answered by then."""
    runs: dict[str, Sequence[Run]] = {
        "one at a time": (load.alone,), f"{AT_ONCE} at a time": (load.crowd,),
        f"{AT_ONCE} at a time, two questions each": (load.doubles,),
        f"PostgreSQL, Redis: {AT_ONCE_SHARED} at a time": load.one, "the same, two workers": load.two}
    figure, (bars, curves) = pyplot.subplots(1, 2, figsize=(11, 4))
    rates = [rate(some) for some in runs.values()]
    bars.barh(list(runs), rates, color=_GOOD)
    bars.invert_yaxis()
    for place, value in enumerate(rates):
        bars.text(value, place, f" {value:.0f}", va="center", size=8)
    bars.set(xlabel="messages a second", xlim=(0, max(rates) * 1.15))
    for name, some in runs.items():
        times = [record.took_s * 1000 for run in some for record in run.answered]
        curves.plot([percentile(times, share) for share in _SHARES], _SHARES, label=name)
    curves.set(xlabel="milliseconds", ylabel="share answered", xlim=(0, None), ylim=(0, 1.02))
    curves.legend(fontsize=7, loc="lower right")
    return _saved(figure, "load.svg")


def draw_soak(soak: Soak) -> Path:
    """Memory, messages a second and response time, over the time."""
    figure, (memory, speed) = pyplot.subplots(2, 1, figsize=(9, 6), sharex=True)
    minutes = [sample.at_s / 60 for sample in soak.samples]
    memory.plot(minutes, [sample.memory_mb for sample in soak.samples], color=_GOOD)
    length = minutes[-1]
    memory.axvspan(WARM_UNTIL * length, AFTER_UNTIL * length, color=_PLAIN, alpha=0.2, label="after the warm-up")
    memory.set(ylabel="memory, PSS (MB)", ylim=(0, max(sample.memory_mb for sample in soak.samples) * 1.15))
    memory.legend(fontsize=8, loc="lower right")
    parts = _parts(soak.run.records, soak.began, parts=120)
    times, counts, p95s = zip(*((at / 60, count, p95) for at, count, p95 in parts))
    speed.plot(times, counts, color=_GOOD, label="messages a second")
    speed.plot(times, p95s, color=_PLAIN, label="p95, milliseconds")
    speed.set(xlabel="minutes", ylim=(0, None))
    speed.legend(fontsize=8)
    return _saved(figure, "soak.svg")


def draw_kills(found: Killed) -> Path:
    """Answers and failures a second, when a worker was killed, and how many took messages."""
    until = max(record.ended for record in found.run.records)
    figure, (answers, workers) = pyplot.subplots(2, 1, figsize=(9, 5), sharex=True,
                                                 gridspec_kw={"height_ratios": (3, 1)})
    _seconds(answers, found.run.records, found.began, until)
    for kill in found.kills:
        answers.axvline(kill - found.began, color="black", linestyle=":", linewidth=1)
    workers.step([state.at - found.began for state in found.states], [state.serving for state in found.states],
                 where="post", color=_GOOD)
    workers.set(ylabel="workers that\ntake messages", xlabel="seconds; dotted: a worker is killed", ylim=(-0.2, 2.4))
    return _saved(figure, "kills.svg")


def draw_outage(found: Away) -> Path:
    """Answers and failures a second, and when the database was away."""
    until = max(record.ended for record in found.run.records)
    figure, axes = pyplot.subplots(figsize=(9, 3.5))
    _seconds(axes, found.run.records, found.began, until)
    axes.axvspan(found.stopped - found.began, found.started - found.began, color=_PLAIN, alpha=0.25,
                 label="PostgreSQL is stopped")
    axes.set(xlabel="seconds")
    axes.legend(fontsize=8, loc="upper right")
    return _saved(figure, "outage.svg")


def _seconds(axes: pyplot.Axes, records: Sequence[Record], began: float, until: float) -> None:
    good = per_second([record for record in records if record.status == 200], since=began, until=until)
    bad = per_second([record for record in records if record.status != 200], since=began, until=until)
    edges, total = range(len(good) + 1), [one + other for one, other in zip(good, bad)]
    axes.stairs(good, edges, fill=True, color=_GOOD, label="answered")
    axes.stairs(total, edges, baseline=good, fill=True, color=_BAD, label="failed, then sent again")
    axes.set(ylabel="a second", xlim=(0, len(good)), ylim=(0, 1.25 * max(total)))
    axes.legend(fontsize=8, loc="upper right")


def _parts(records: Sequence[Record], began: float, *, parts: int) -> list[tuple[float, float, float]]:
    """Of equal parts of the time: its beginning in seconds, answered messages a second, p95 in milliseconds."""
    length = (max(record.ended for record in records) - began) / parts
    inside: list[list[float]] = [[] for _ in range(parts)]
    for record in records:
        if record.status == 200:
            inside[min(parts - 1, max(0, int((record.ended - began) / length)))].append(record.took_s * 1000)
    return [(number * length, len(times) / length, percentile(times, 0.95))
            for number, times in enumerate(inside) if times]


def _saved(figure: pyplot.Figure, name: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_svg(figure, FOLDER / name)
    return FOLDER / name
