"""Who works in the console, and as what: invited, given a role, disabled; and what each of these leaves in the log."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.people import audit
from bot.console.people.tables import links, people, sessions

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]")
_EMAIL = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[^@\s<>\"',;:\\]{1,185}\.[^@\s<>\"',;:\\.]{2,}")
MAX_SHOWN_CHARACTERS = 100


class Role(IntEnum):
    """What somebody may do; each may do what those below may."""

    REVIEWER = 1
    EDITOR = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True)
class Person:
    """A member of staff. `name` is typed to sign in, `shown` is what others read."""

    id: int
    name: str
    shown: str
    email: str
    role: Role


@dataclass(frozen=True)
class Account:
    """A person and how they stand: `joined` once they have a password or have come through the provider."""

    person: Person
    enabled: bool
    joined: bool


class LastAdministratorError(Exception):
    """Nobody would be left who can invite, change roles or read the log."""


class TakenError(Exception):
    """The name or the e-mail belongs to another account."""


def person_of(row: Any) -> Person:
    """The person in a row of the table."""
    return Person(row.id, row.name, row.shown, row.email, Role(row.role))


def wrong_fields(name: str, shown: str, email: str) -> dict[str, str]:
    """What cannot be taken: the field, and the key of the sentence that says why."""
    wrong = {}
    if not _NAME.fullmatch(name.strip().lower()):
        wrong["name"] = "people.wrong.name"
    if not 1 <= len(shown.strip()) <= MAX_SHOWN_CHARACTERS or not shown.strip().isprintable():
        wrong["shown"] = "people.wrong.shown"
    if not _EMAIL.fullmatch(email.strip().lower()) or not email.strip().isprintable():
        wrong["email"] = "people.wrong.email"
    return wrong


def add(connection: Connection, by: Person | None, *, name: str, shown: str, email: str, role: Role) -> Person:
    """A new account, without a password yet. Raises TakenError; the transaction can then only be given up."""
    values = {"name": name.strip().lower(), "shown": shown.strip(), "email": email.strip().lower(), "role": int(role)}
    insert = people.insert().values(**values, enabled=True, made_at=time.time())
    try:
        key = connection.execute(insert).inserted_primary_key[0]
    except sa.exc.IntegrityError as error:
        raise TakenError from error
    audit.record(connection, by, "people.invited", values["name"], after={**values, "role": role.name.lower()})
    return Person(key, values["name"], values["shown"], values["email"], role)


def find(connection: Connection, person_id: int) -> Account | None:
    """The account of this number, or None."""
    row = connection.execute(sa.select(people).where(people.c.id == person_id)).first()
    return _account(row) if row else None


def every(connection: Connection) -> list[Account]:
    """All accounts, by name."""
    return [_account(row) for row in connection.execute(sa.select(people).order_by(people.c.name))]


def change_role(connection: Connection, by: Person, account: Account, role: Role) -> None:
    """Give somebody another role, from their next click on. Raises LastAdministratorError."""
    if role is not Role.ADMINISTRATOR:
        keep_an_administrator(connection, but=account.person)
    connection.execute(people.update().where(people.c.id == account.person.id).values(role=int(role)))
    audit.record(connection, by, "people.role", account.person.name, before=account.person.role.name.lower(),
                 after=role.name.lower())


def enable(connection: Connection, by: Person, account: Account, enabled: bool) -> None:
    """Let somebody in again, or no longer: then their sessions and links end now. Raises LastAdministratorError."""
    if not enabled:
        keep_an_administrator(connection, but=account.person)
        for table in (sessions, links):
            connection.execute(table.delete().where(table.c.person_id == account.person.id))
    connection.execute(people.update().where(people.c.id == account.person.id).values(enabled=enabled))
    audit.record(connection, by, "people.enabled" if enabled else "people.disabled", account.person.name,
                 before=account.enabled, after=enabled)


def keep_an_administrator(connection: Connection, *, but: Person) -> None:
    """Raise LastAdministratorError unless somebody else can administer; two at once wait for each other."""
    administrators = people.c.role == int(Role.ADMINISTRATOR)
    # Changes nothing, but holds these rows (on SQLite, the database) until the transaction ends: otherwise each of two
    # administrators could take the other's role away at the same moment.
    connection.execute(people.update().where(administrators).values(role=people.c.role))
    if not any(account.enabled and account.joined and account.person.id != but.id
               for account in map(_account, connection.execute(sa.select(people).where(administrators)))):
        raise LastAdministratorError


def _account(row: Any) -> Account:
    return Account(person_of(row), row.enabled, row.password is not None or row.subject is not None)
