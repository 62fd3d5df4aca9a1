"""One row, in a process of its own: `python -m benchmarks.peers.row PIPELINE SET` trains, asks, and prints its figures as JSON.

A process of its own, so that the memory is the pipeline's and what one leaves behind does not slow the next.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Sequence

from benchmarks.peers.pipelines import Pipeline, in_scope, pipelines
from benchmarks.peers.sets import OUT_OF_SCOPE, IntentSet, load_set
from bot.evaluation.stats import percentile

ACCEPTED = 0.95
_WARM_UP = 20


def figures(pipeline: Pipeline, chosen: IntentSet, folder: Path) -> dict[str, object]:
    """Accuracy in scope, share of what is out of scope that is recognised, milliseconds a text, megabytes, seconds to train.

    `out_of_scope_at_95` is the share (0-1) of texts out of scope that are refused where the bar lets 95 % of the others pass;
    `out_of_scope` the share whose decided intent is that.
    """
    trained_s = train(pipeline, chosen, folder)
    pipeline.load(chosen, folder)
    for line in chosen.test[:_WARM_UP]:
        pipeline.ask(line.text)
    times, hits, inside, beyond, refused = [], 0, [], [], 0
    for line in chosen.test:
        start = time.perf_counter()
        decided, confidences = pipeline.ask(line.text)
        times.append((time.perf_counter() - start) * 1000)
        if line.intent == OUT_OF_SCOPE:
            beyond.append(in_scope(confidences))
            refused += decided == OUT_OF_SCOPE
        else:
            inside.append(in_scope(confidences))
            hits += decided == line.intent
    return {"train_s": round(trained_s, 1), "epochs": pipeline.epochs, "hits": hits, "asked": len(inside),
            "out_of_scope": [refused, len(beyond)], "out_of_scope_at_95": [_refused_at(inside, beyond), len(beyond)],
            "p50_ms": round(percentile(times, 0.5), 2), "p95_ms": round(percentile(times, 0.95), 2),
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def train(pipeline: Pipeline, chosen: IntentSet, folder: Path) -> float:
    """Seconds that training took; what was trained stays in `folder`, and is not trained twice."""
    told = folder / "train_s"
    if not told.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        pipeline.train(chosen, folder)
        apart = folder / "tuning_s"
        took = time.monotonic() - start + (float(apart.read_text()) if apart.is_file() else 0.0)
        told.write_text(str(took), encoding="ascii")
    return float(told.read_text(encoding="ascii"))


def latencies(pipeline: Pipeline, chosen: IntentSet, folder: Path, texts: Sequence[str]) -> list[float]:
    """Milliseconds for each text, of a pipeline that was trained before."""
    pipeline.load(chosen, folder)
    found = []
    for text in [*texts[:_WARM_UP], *texts]:
        start = time.perf_counter()
        pipeline.ask(text)
        found.append((time.perf_counter() - start) * 1000)
    return found[len(texts[:_WARM_UP]):]


def _refused_at(inside: Sequence[float], beyond: Sequence[float]) -> int:
    bar = percentile(inside, 1 - ACCEPTED)
    return sum(value < bar for value in beyond)


def main(name: str, set_name: str, folder: str, vectors: str, models: str, timed: str = "") -> None:
    chosen = load_set(set_name, Path(folder))
    pipeline = pipelines(chosen, Path(vectors))[name]
    kept = Path(models)
    if timed:
        found: object = latencies(pipeline, chosen, kept, [line.text for line in chosen.test[:int(timed)]])
    else:
        found = figures(pipeline, chosen, kept)
    print(json.dumps(found), file=_told)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # Rasa and TensorFlow talk on both streams; the figures go out alone.
    _told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main(*sys.argv[1:])
