"""Where two people agree on each change of the answers: topics that one of them proposes to make or to withdraw, until a
second one does.

Nothing of a proposal is in any file before a second person agreed; then it is made or withdrawn as by its author alone, in
one transaction with the agreement.
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.people import accounts, audit
from bot.console.people.accounts import Person, Role
from bot.console.teach.new_topic import NewTopic
from bot.console.teach.tables import proposals
from bot.settings import Settings

MAKE, WITHDRAW = "make", "withdraw"
WAITING, AGREED, ENDED = "waiting", "agreed", "ended"
Agreed = Callable[[Connection], None]
"""Notes the agreement in the transaction of what was agreed on. Raises Stale."""


class Stale(Exception):
    """The proposal is not any more what was seen: changed, agreed on, or taken back meanwhile; or it is one's own."""


@dataclass(frozen=True)
class Proposal:
    """What is to be done with the topic `name`: `form` is a NewTopic's fields for MAKE, `fate` for WITHDRAW."""

    id: int
    deed: str
    name: str
    form: Mapping[str, Any]
    state: str
    version: int
    author: Person
    at: float

    @property
    def topic(self) -> NewTopic:
        """The topic that is to be made; messages by number again, which JSON keeps as text."""
        chosen = {int(number): version for number, version in self.form["chosen"].items()}
        return NewTopic(**{**self.form, "chosen": chosen})

    def may_be_agreed_by(self, person: Person) -> bool:
        return self.state == WAITING and self.author.id != person.id

    def may_be_ended_by(self, person: Person) -> bool:
        return self.state == WAITING and (self.author.id == person.id or person.role >= Role.ADMINISTRATOR)


def needed(settings: Settings) -> bool:
    """Whether a second person has to agree."""
    return settings.approvals > 1


def propose(engine: Engine, person: Person, deed: str, name: str, form: Mapping[str, Any],
            instead: Proposal | None = None) -> int:
    """Ask for a second person's agreement; the proposal's number. `instead` is an own one before, which ends. Raises
    Stale."""
    now = time.time()
    with engine.begin() as connection:
        if instead:
            _end(connection, person, instead)
        made = connection.execute(proposals.insert().values(
            deed=deed, name=name, form=json.dumps(form, ensure_ascii=False), state=WAITING, version=1, by_id=person.id,
            begun_at=now, changed_at=now))
        key = int(made.inserted_primary_key[0])
        audit.record(connection, person, "teach.proposed", f"{deed} {name}", after={"proposal": key, "form": form})
    return key


def propose_topic(engine: Engine, person: Person, topic: NewTopic, instead: Proposal | None = None) -> int:
    """Propose to make a topic. Raises Stale."""
    return propose(engine, person, MAKE, topic.name, dataclasses.asdict(topic), instead)


def find(engine: Engine, number: int) -> Proposal | None:
    """The proposal of this number; None where there is none."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(proposals).where(proposals.c.id == number)).first()
        return _proposal(connection, row) if row else None


def waiting(engine: Engine) -> list[Proposal]:
    """Those that wait for a second person, newest first."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(proposals).where(proposals.c.state == WAITING).order_by(
            proposals.c.changed_at.desc())).all()
        return [_proposal(connection, row) for row in rows]


def agreement(person: Person, seen: Proposal) -> Agreed:
    """That a second person agrees to what they saw."""
    def agree(connection: Connection) -> None:
        if seen.author.id == person.id or not _moved(connection, person, seen, AGREED):
            raise Stale
        audit.record(connection, person, "teach.agreed", f"{seen.deed} {seen.name}",
                     after={"proposal": seen.id, "by": seen.author.name})
    return agree


def end(engine: Engine, person: Person, seen: Proposal) -> None:
    """Take a proposal back; what it said stays in the log. Raises Stale."""
    with engine.begin() as connection:
        _end(connection, person, seen)


def _end(connection: Connection, person: Person, seen: Proposal) -> None:
    if not seen.may_be_ended_by(person) or not _moved(connection, person, seen, ENDED):
        raise Stale
    audit.record(connection, person, "teach.ended", f"{seen.deed} {seen.name}", before={"proposal": seen.id})


def _moved(connection: Connection, person: Person, seen: Proposal, state: str) -> bool:
    return connection.execute(proposals.update().values(
        state=state, decided_by=person.id, version=seen.version + 1, changed_at=time.time()).where(
        proposals.c.id == seen.id, proposals.c.version == seen.version, proposals.c.state == WAITING)).rowcount == 1


def _proposal(connection: Connection, row: Any) -> Proposal:
    account = accounts.find(connection, row.by_id)
    assert account is not None  # accounts are disabled, never deleted
    return Proposal(row.id, row.deed, row.name, json.loads(row.form), row.state, row.version, account.person, row.begun_at)
