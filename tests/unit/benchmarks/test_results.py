"""Raw figures are kept with where they come from, and the last of a verb can be found again."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

from benchmarks.results import last_result, provenance, write_result

ORIGIN = dataclasses.replace(provenance("make load"), date="2026-11-29", commit="abc1234+")


def test_a_result_names_machine_commit_date_and_command(tmp_path: Path) -> None:
    """What somebody needs to measure it again."""
    path = write_result("load", ORIGIN, {"x": 1.5}, tmp_path)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "2026-11-29-abc1234-load.json"
    assert written["figures"] == {"x": 1.5} and written["command"] == "make load" and written["commit"] == "abc1234+"
    assert written["cores"] == os.cpu_count() and written["memory_gb"] > 0


def test_the_last_result_is_that_of_the_latest_day_and_of_the_verb(tmp_path: Path) -> None:
    """Whichever file was written first, and whatever other verbs wrote since."""
    write_result("load", dataclasses.replace(ORIGIN, date="2026-12-01"), {"x": 2}, tmp_path)
    write_result("load", ORIGIN, {"x": 1}, tmp_path)
    write_result("soak", dataclasses.replace(ORIGIN, date="2026-12-02"), {"x": 3}, tmp_path)
    assert last_result("load", tmp_path) == {"x": 2}


def test_there_is_none_before_the_first_run(tmp_path: Path) -> None:
    """Nor is one of another verb taken for it."""
    write_result("soak", ORIGIN, {"x": 3}, tmp_path)
    assert last_result("load", tmp_path) is None
