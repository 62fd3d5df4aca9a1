"""At the machine itself, by a command: the first administrator, who invites the others, and the way back in for one who is
alone and forgot the password."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.people import accounts, audit, links, sessions
from bot.console.people.accounts import Role
from bot.console.people.tables import people
from bot.console.people.tables import links as links_table
from bot.console.texts import say
from bot.errors import SettingsError


def first_administrator(engine: Engine, name: str, email: str) -> str:
    """The token of the link with which `name` becomes the administrator.

    Raises SettingsError once there is an administrator, or where the name or the e-mail cannot be taken. Until the link
    was used the command can be given again; the link before it then ends.
    """
    if wrong := accounts.wrong_fields(name, name, email):
        raise SettingsError("\n".join(say(key) for key in wrong.values()))
    waiting = sa.and_(people.c.role == int(Role.ADMINISTRATOR), people.c.password.is_(None), people.c.subject.is_(None))
    with engine.begin() as connection:
        connection.execute(people.update().where(people.c.role == int(Role.ADMINISTRATOR)).values(role=people.c.role))
        standing = sa.select(people.c.name).where(people.c.role == int(Role.ADMINISTRATOR), sa.not_(waiting))
        if there := connection.execute(standing).scalar():
            raise SettingsError(say("people.first.there_is_one", name=there))
        # Whom an earlier try invited: their links end, and their names are free again.
        before = [row.id for row in connection.execute(sa.select(people.c.id).where(waiting))]
        connection.execute(links_table.delete().where(links_table.c.person_id.in_(before)))
        connection.execute(people.delete().where(people.c.id.in_(before)))
        try:
            person = accounts.add(connection, None, name=name, shown=name, email=email, role=Role.ADMINISTRATOR)
        except accounts.TakenError as error:
            raise SettingsError(say("people.wrong.taken")) from error
        audit.record(connection, None, "people.first", person.name)
        return links.make(connection, person, links.FIRST_S)


def reset_administrator(engine: Engine, name: str) -> str:
    """The token of a link with which the administrator `name` chooses another password; their sessions end now.

    The password before goes on until the link was used: a command given by mistake locks nobody out. Raises SettingsError
    where nobody of this name may administer; whoever else forgot a password is helped by an administrator.
    """
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.name == name.strip().lower())).first()
        if row is None or row.role != Role.ADMINISTRATOR or not row.enabled:
            standing = sa.select(people.c.name).where(people.c.role == int(Role.ADMINISTRATOR), people.c.enabled)
            names = ", ".join(sorted(connection.execute(standing).scalars())) or say("people.first.nobody")
            raise SettingsError(say("people.first.no_such", name=name.strip(), names=names))
        person = accounts.person_of(row)
        ended = sessions.end_all(connection, person)
        audit.record(connection, None, "people.reset", person.name, after={"sessions_ended": ended})
        return links.make(connection, person, links.FIRST_S)
