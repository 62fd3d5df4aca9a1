"""What the training room says of a candidate: which there are, and what speaks against each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from bot.settings import Settings

_KEY = "[0-9a-f]{24}"


@dataclass(frozen=True)
class Candidate:
    """A trained and judged model. `name` is the key of what it was trained on, `made_at` seconds since 1970."""

    name: str
    made_at: float
    by: str
    model: Path
    objections: tuple[str, ...]


def candidates(connection: Connection, settings: Settings) -> list[Candidate]:
    """The candidates whose model is there, the latest first."""
    return []


def find(connection: Connection, settings: Settings, name: str) -> Candidate | None:
    """The candidate of this name; None where there is none, whatever the name leads to."""
    if not re.fullmatch(_KEY, name):
        return None
    return next((candidate for candidate in candidates(connection, settings) if candidate.name == name), None)


def objections(connection: Connection, settings: Settings, name: str) -> list[str]:
    """Why a candidate should not be released, in sentences; none where nothing speaks against it."""
    found = find(connection, settings, name)
    return list(found.objections) if found else []
