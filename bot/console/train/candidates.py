"""The models that were trained and judged, and what speaks against releasing each."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.texts import say
from bot.console.train import card as cards
from bot.console.train.gate import Verdict, gate
from bot.console.train.tables import candidates as table
from bot.evaluation.compare import BOUNDS, load_bounds
from bot.release import current_bundle
from bot.settings import Settings

# So many models stay beside the one in production.
KEPT = 10


@dataclass(frozen=True)
class Candidate:
    """A trained and judged model. `name` is the key of what it was trained on, `made_at` seconds since 1970."""

    name: str
    made_at: float
    by: str
    model: Path
    verdicts: tuple[Verdict, ...]

    @property
    def objections(self) -> tuple[str, ...]:
        """Why it should not be released, in sentences."""
        return tuple(say(one.key, **one.values) for one in self.verdicts if one.blocks)


def candidates(connection: Connection, settings: Settings) -> list[Candidate]:
    """The candidates whose model and card are there, the latest first."""
    rows = connection.execute(sa.select(table).order_by(table.c.made_at.desc(), table.c.job_id.desc())).all()
    return [found for row in rows if (found := _candidate(row, settings))]


def find(connection: Connection, settings: Settings, name: str) -> Candidate | None:
    """The candidate of this name; None where there is none, whatever the name leads to."""
    if not re.fullmatch(cards.NAME, name):
        return None
    row = connection.execute(sa.select(table).where(table.c.name == name)).first()
    return _candidate(row, settings) if row else None


def objections(connection: Connection, settings: Settings, name: str) -> list[str]:
    """Why a candidate should not be released, in sentences; none where nothing speaks against it."""
    found = find(connection, settings, name)
    return list(found.objections) if found else []


def production(settings: Settings) -> str | None:
    """The name of the model in production, None where nothing was released yet."""
    bundle = current_bundle(settings)
    return bundle.training if bundle else None


def verdicts(settings: Settings, name: str) -> tuple[Verdict, ...]:
    """What there is to say of a model that has a card, against the one that is in production now."""
    live = production(settings)
    before = live if live and live != name else None
    return _verdicts(settings, before, cards.changed_at(settings, before) if before else 0,
                     name, cards.changed_at(settings, name), BOUNDS.stat().st_mtime_ns)


# A list of candidates asks for all of them, each time it is shown.
@functools.lru_cache(maxsize=4 * KEPT)
def _verdicts(settings: Settings, before: str | None, _before_at: int, name: str, _at: int,
              _bounds_at: int) -> tuple[Verdict, ...]:
    card = cards.read_card(settings, name)
    if card is None:  # forgotten in this very moment
        return ()
    return tuple(gate(cards.read_card(settings, before) if before else None, card, load_bounds()))


def forget_old(connection: Connection, settings: Settings) -> None:
    """Keep the latest candidates and the one in production; others go, row first."""
    names = connection.execute(sa.select(table.c.name).order_by(table.c.made_at.desc())).scalars().all()
    for name in names[KEPT:]:
        if name != production(settings):
            connection.execute(table.delete().where(table.c.name == name))
            for path in (cards.card_path(settings, name), cards.model_of(settings, name)):
                path.unlink(missing_ok=True)


def _candidate(row: sa.engine.Row, settings: Settings) -> Candidate | None:
    model = cards.model_of(settings, row.name)
    if not (cards.changed_at(settings, row.name) and model.is_file()):
        return None
    return Candidate(row.name, row.made_at, row.person, model, verdicts(settings, row.name))
