"""The operator's verbs on what people left behind: delete what is past its time, write out or erase what is one person's."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console

from bot.errors import SettingsError
from bot.settings import load_settings, pseudonym_key

console = Console(stderr=True, highlight=False)
_PERSON = "The conversation's id, as it stands in the database, or the telephone number that wrote."
_TO = "With a telephone number: the programme's number that it wrote to, unless that is IMH_SMS_NUMBER."


def retain() -> None:
    """Delete now what is past IMH_RETENTION_DAYS, beside a running server or without one."""
    from bot.store.database import open_database
    from bot.store.retention import retain as run

    settings = load_settings()
    with console.status(f"Deleting what is older than {settings.retention_days} days …"):
        gone = run(open_database(settings.database_url), settings.retention_days)
    console.print(", ".join(f"{table}: {rows}" for table, rows in sorted(gone.items())) or "There was nothing to delete.")


def export(person: str = typer.Argument(..., help=_PERSON), to: str = typer.Option("", help=_TO)) -> None:
    """Write everything stored about one person to standard output, as JSON."""
    from bot.store import personal

    engine, senders = _stored_of(person, to)
    print(json.dumps({"conversations": {sender: personal.export(engine, sender) for sender in senders}},
                     ensure_ascii=False, indent=1))


def erase(person: str = typer.Argument(..., help=_PERSON), to: str = typer.Option("", help=_TO)) -> None:
    """Delete everything stored about one person; a request for silence stays."""
    from bot.store import personal

    engine, senders = _stored_of(person, to)
    for sender in senders:
        personal.erase(engine, sender)
    console.print("What was stored is deleted.")


def _stored_of(person: str, to: str) -> tuple[Any, tuple[str, ...]]:
    """The database, and the ids under which it may know somebody. Raises SettingsError where a number cannot be used."""
    from bot.sms.numbers import Kind, read_number
    from bot.store.database import open_database
    from bot.store.keys import open_pseudonyms

    settings = load_settings()
    engine = open_database(settings.database_url)
    number = read_number(person)
    if number.kind is not Kind.PHONE:
        return engine, (person,)
    programme = to or settings.sms_number
    if not programme:
        raise SettingsError("IMH_SMS_NUMBER: is needed for a telephone number, or --to with the number that was written "
                            "to: a conversation is kept under both.")
    pseudonyms = open_pseudonyms(engine, pseudonym_key(settings))
    return engine, (person, pseudonyms.of(number.text, read_number(programme).text))
