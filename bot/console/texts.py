"""The console's words: sentences out of texts.yml, pages out of templates."""

from __future__ import annotations

import datetime
import functools
from pathlib import Path
from typing import Any, Iterator, Mapping

import jinja2
import yaml

FOLDER = Path(__file__).resolve().parent


@functools.lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Every sentence of texts.yml by its dotted key."""
    return dict(_flat(yaml.safe_load((FOLDER / "texts.yml").read_text(encoding="utf-8"))))


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def say(key: str, **values: Any) -> str:
    """The sentence of a key, with `{names}` in it replaced. Raises KeyError where there is none."""
    return sentences()[key].format(**values)


@functools.lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    """The templates. What is put into them is escaped; a name that nobody gave is an error."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["say"] = say
    environment.filters["moment"] = lambda seconds: _local(seconds).strftime("%Y-%m-%d %H:%M")
    environment.filters["iso"] = lambda seconds: _local(seconds).isoformat(timespec="seconds")
    return environment


def _local(seconds: float) -> datetime.datetime:
    """A moment by the server's clock, which is that of the staff."""
    return datetime.datetime.fromtimestamp(seconds).astimezone()
