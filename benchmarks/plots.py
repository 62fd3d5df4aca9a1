"""The pictures of the quality page: confusion matrix, calibration, risk against coverage. SVG, so that a diff shows;
load/drawings.py has those of the performance page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import matplotlib
import numpy as np

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "quality"  # the same figures give the same file
from matplotlib import pyplot  # noqa: E402  the backend has to be chosen first

_NO_DATE = {"Date": None}


def draw_confusion(columns: Sequence[str], counts: np.ndarray, path: Path) -> None:
    """`counts` (n_topics, n_columns): what was asked against what was answered; what never happened stays blank."""
    figure, axes = pyplot.subplots(figsize=(9.5, 8))
    axes.imshow(counts, cmap="Blues", aspect="auto")
    for row, column in zip(*np.nonzero(counts)):
        dark = counts[row, column] > counts.max() / 2
        axes.text(column, row, counts[row, column], ha="center", va="center", size=7, color="white" if dark else "black")
    axes.set_xticks(range(len(columns)), columns, rotation=90, size=8)
    axes.set_yticks(range(len(counts)), columns[:len(counts)], size=8)
    axes.set(xlabel="answered", ylabel="asked")
    save_svg(figure, path)


def draw_calibration(rows: Sequence[tuple[float, float, int]], error: float, path: Path) -> None:
    """`rows` of mean confidence, share right and count."""
    figure, axes = pyplot.subplots(figsize=(5, 4))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="as sure as right")
    axes.plot([sure for sure, _, _ in rows], [right for _, right, _ in rows], marker="o", label="measured")
    for sure, right, count in rows:
        axes.annotate(str(count), (sure, right), textcoords="offset points", xytext=(4, -10), size=7)
    axes.set(xlabel="confidence", ylabel="share right", title=f"expected calibration error {error:.3f}",
             xlim=(0, 1), ylim=(0, 1.02))
    axes.legend()
    save_svg(figure, path)


def draw_risk(curve: Sequence[tuple[float, float]], path: Path) -> None:
    """`curve` of (share of content accepted, share of out of scope accepted)."""
    figure, axes = pyplot.subplots(figsize=(5, 4))
    axes.plot([covered for covered, _ in curve], [risked for _, risked in curve])
    axes.set(xlabel="content accepted", ylabel="out of scope accepted", xlim=(0.5, 1.0), ylim=(0, 1))
    save_svg(figure, path)


def save_svg(figure: pyplot.Figure, path: Path) -> None:
    """Write a picture, the same file for the same figures, and forget it."""
    figure.tight_layout()
    figure.savefig(path, metadata=_NO_DATE)
    pyplot.close(figure)
