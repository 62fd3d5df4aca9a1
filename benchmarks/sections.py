"""docs/performance.md: sections that several verbs write, each its own; the others stay as they are.

Their text is in wording/.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

from bot.settings import PROJECT

PERFORMANCE = PROJECT / "docs" / "performance.md"
ORDER = ("speed", "load", "capacity", "soak", "chaos")
_HEAD = ("# Performance\n\nEach section is written by the command that it names, on the machine and the day that it "
         "names, and stays as it is when another one is written anew. What misses its bound says so. The raw figures "
         "are in `benchmarks/results/`.\n")
_SECTION = re.compile(r"<!-- (\w+): begin -->\n(.*?)\n<!-- \1: end -->", re.DOTALL)
_TEXTS = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).with_name("wording")), trim_blocks=True,
                            undefined=jinja2.StrictUndefined)
_TEXTS.filters["form"] = format


def worded(name: str, **values: Any) -> str:
    """The text of a section, with these values put in."""
    return _TEXTS.get_template(f"{name}.md").render(values)


def put_section(name: str, text: str, path: Path = PERFORMANCE) -> None:
    """Write a section, in its place among the others, into the page on the disk."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(with_section(page, name, text), encoding="utf-8")


def with_section(page: str, name: str, text: str) -> str:
    """The page with a section exchanged or added; a page that has no sections yet is begun anew.

    Raises ValueError for a section that has no place.
    """
    if name not in ORDER:
        raise ValueError(f"{name} has no place on the page")
    sections = {**dict(_SECTION.findall(page)), name: text.strip()}
    return "\n".join([_HEAD, *(f"<!-- {known}: begin -->\n{sections[known]}\n<!-- {known}: end -->\n"
                               for known in ORDER if known in sections)])
