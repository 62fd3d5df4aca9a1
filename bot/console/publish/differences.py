"""What a release would change of what is said: the content in production beside the content as it is now."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from bot.inputs import file_digest, files_below

# Of one file; a longer one is shown in the editor.
MAX_LINES = 200
_AROUND = 2


@dataclass(frozen=True)
class Difference:
    """One file that differs. `lines` are pairs of mark (`+`, `-`, a blank, or `…` where unchanged lines were left out)
    and text; `more` counts those beyond the first `MAX_LINES`."""

    file: str
    lines: tuple[tuple[str, str], ...]
    more: int


def differences(live: Path, now: Path) -> list[Difference]:
    """The files of two content folders that are not the same, by name."""
    before, after = _files(live), _files(now)
    return [_difference(name, before.get(name), after.get(name)) for name in sorted({*before, *after})
            if not (name in before and name in after and file_digest(before[name]) == file_digest(after[name]))]


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in files_below(folder)}


def _difference(name: str, before: Path | None, after: Path | None) -> Difference:
    texts = [path.read_text(encoding="utf-8", errors="replace").splitlines() if path else [] for path in (before, after)]
    lines = [("…", "") if line.startswith("@@") else (line[0], line[1:])
             for line in list(difflib.unified_diff(*texts, lineterm="", n=_AROUND))[2:]]
    return Difference(name, tuple(lines[:MAX_LINES]), max(0, len(lines) - MAX_LINES))
