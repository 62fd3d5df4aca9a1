"""Releases on the record: one small file each, which leaves as a commit of whoever released, or as a patch.

    <staff folder>/releases/<when>-<version>-<what>.yml

The file is written and put in line in the transaction that makes the release a fact; a commit that git refuses is tried
again by the record room, which tells why, and holds no release up.
"""

from __future__ import annotations

import datetime
from typing import Any, Mapping

import yaml
from sqlalchemy.engine import Connection, Engine

from bot.console import record
from bot.console.people.accounts import Person
from bot.console.texts import say
from bot.settings import Settings
from bot.staff_files import NOTES, change


def note(connection: Connection, settings: Settings, person: Person | None, deed: str, bundle: str, at: float,
         facts: Mapping[str, Any]) -> None:
    """Write down what became of a version; `at` in seconds since 1970. The caller holds the staff files.

    Nothing is written of somebody whose account is gone: a commit has an author.
    """
    if person is None:
        return
    moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    name = f"{NOTES}{moment:%Y%m%dT%H%M%SZ}-{bundle}-{deed}.yml"
    entry = {"version": bundle, "deed": deed, "at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "by": person.shown, **facts}
    change(settings, {name: yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=120).encode()})
    record.later(connection, person, [name], say(f"record.released.{deed}", version=bundle[:8]))


def leave(engine: Engine, settings: Settings) -> None:
    """Let what waits for the record leave now; what git refuses waits on."""
    try:
        record.flush(engine, settings)
    except record.RecordError:  # the record room tries again, and the page of releases tells why
        pass
