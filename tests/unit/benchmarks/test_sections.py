"""docs/performance.md is written by several verbs: each exchanges its own section and leaves the others alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sections import put_section, with_section


def test_a_section_written_anew_leaves_the_others_as_they_are() -> None:
    """What another verb measured, hours of it, stays."""
    page = with_section(with_section("", "load", "## Load\n\nold load"), "soak", "## Soak\n\n| a | b |")
    page = with_section(page, "load", "## Load\n\nnew load\n")
    assert "new load" in page and "old load" not in page and "## Soak\n\n| a | b |" in page


def test_sections_stand_in_one_order_whoever_was_first() -> None:
    """The page reads the same whichever verb ran last."""
    one = with_section(with_section("", "chaos", "## Chaos"), "speed", "## Speed")
    other = with_section(with_section("", "speed", "## Speed"), "chaos", "## Chaos")
    assert one == other
    assert one.index("## Speed") < one.index("## Chaos")


def test_writing_the_same_section_again_changes_nothing() -> None:
    """A run with the same figures makes no difference that git would show."""
    page = with_section("", "load", "## Load\n\ntext\n")
    assert with_section(page, "load", "## Load\n\ntext\n") == page


def test_a_page_from_before_there_were_sections_is_begun_anew() -> None:
    """Such a page was written over as a whole; it has one title afterwards."""
    page = with_section("# Performance\n\n| old | table |\n", "speed", "## Speed")
    assert page.count("# Performance\n") == 1 and "old" not in page


def test_a_section_without_a_place_is_refused() -> None:
    """A misspelt name would be lost with the next run."""
    with pytest.raises(ValueError):
        with_section("", "sped", "## Speed")


def test_the_page_is_made_where_there_is_none(tmp_path: Path) -> None:
    """The first run of all."""
    put_section("soak", "## Soak", tmp_path / "performance.md")
    assert "## Soak" in (tmp_path / "performance.md").read_text(encoding="utf-8")
