"""A copy of the project that a test may break, and run."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.server import PROJECT

# What checking, training and serving read.
_PARTS = ("bot", "actions", "nlu", "stories", "config.yml", "domain.yml", "tests/nlu/held_out")
# Of the examples of a copy that is thinned out, one in so many stays.
_KEPT_OF = 8


def copy_project(target: Path, *, to_train: bool = False) -> Path:
    """The project's code and data at `target`; the encoders are shared, everything that is written is its own.

    A copy `to_train` gets the embeddings of what was read before: without them a training takes minutes.
    """
    for part in _PARTS:
        source, copy = PROJECT / part, target / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copyfile(source, copy)
    (target / "var").mkdir()
    (target / "var" / "encoders").symlink_to(PROJECT / "var" / "encoders")
    if to_train and (PROJECT / "var" / "embeddings").is_dir():
        shutil.copytree(PROJECT / "var" / "embeddings", target / "var" / "embeddings")
    return target


def thin_out(folder: Path) -> None:
    """Keep one of eight examples of each file, and of each block one at least: to be trained, or asked, sooner."""
    for path in folder.rglob("*.yml"):
        kept, seen = [], 0
        for line in path.read_text(encoding="utf-8").splitlines():
            example = line.startswith("    - ")
            seen = seen + 1 if example else 0
            if not example or seen % _KEPT_OF == 1:
                kept.append(line)
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    """Put `new` for the first `old`; fails where there is none, so that nobody tests an unbroken file by accident."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
