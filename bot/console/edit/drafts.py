"""Drafts: who may do what with one, and in which order.

    open --> waiting --> approved --> publishing --> published        (two must agree)
    open ------------------------> publishing --> published        (the author alone decides)

Whatever the author changes makes it open again; withdrawn ends it. A draft that was seen in another version than it has
by now is left as it is, and who acted on it is told.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console import record
from bot.console.edit.fields import Value
from bot.console.edit.subjects import Subject
from bot.console.edit.tables import drafts
from bot.console.people import audit
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import people
from bot.console.texts import say

LIVING = ("open", "waiting", "approved", "publishing")
_EDITABLE = ("open", "waiting", "approved")


class Refused(Exception):
    """Something that may not be done with a draft now, or not by this person; `key` is that of the sentence."""

    def __init__(self, key: str, status: int = 409) -> None:
        super().__init__(key)
        self.key = f"edit.refused.{key}"
        self.status = status


@dataclass(frozen=True)
class Draft:
    """A change of one subject. `base` is the file's text when it was begun, `changes` field name -> new value."""

    id: int
    subject: Subject
    deed: str
    base: str
    base_hash: str
    changes: Mapping[str, Value]
    state: str
    version: int
    by_id: int
    by: str
    begun_at: float
    changed_at: float
    approved_by: int | None
    approver: str | None
    published_by: int | None
    result_hash: str | None

    def may_be_edited_by(self, person: Person) -> bool:
        return self.state in _EDITABLE and self.by_id == person.id

    def may_be_withdrawn_by(self, person: Person) -> bool:
        return self.state in _EDITABLE and (self.by_id == person.id or person.role >= Role.ADMINISTRATOR)

    def may_be_approved_by(self, person: Person) -> bool:
        return self.state == "waiting" and self.by_id != person.id

    def may_be_published_by(self, person: Person, approvals: int) -> bool:
        """The author alone where one is enough; anybody who may edit once a second person agreed where two must."""
        if approvals < 2:
            return self.state in _EDITABLE and self.by_id == person.id
        return self.state == "approved" and self.approved_by not in (None, self.by_id)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def begin(engine: Engine, person: Person, subject: Subject, deed: str, base: str) -> Draft:
    """A new draft, or the one of this subject that the person has begun already."""
    with engine.begin() as connection:
        own = _selected().where(drafts.c.by_id == person.id, drafts.c.kind == subject.kind,
                                drafts.c.name == subject.name, drafts.c.deed == deed, drafts.c.state.in_(_EDITABLE))
        if row := connection.execute(own).first():
            return _draft(row)
        now = time.time()
        made = connection.execute(drafts.insert().values(
            file=subject.file, kind=subject.kind, name=subject.name, deed=deed, base=base, base_hash=hash_of(base),
            changes="{}", state="open", version=1, by_id=person.id, begun_at=now, changed_at=now))
        key = made.inserted_primary_key[0]
        audit.record(connection, person, "draft.begun", subject.key, after={"draft": key, "deed": deed})
        return _found(connection, key)


def find(engine: Engine, draft_id: int) -> Draft | None:
    """The draft of this number, or None."""
    with engine.connect() as connection:
        row = connection.execute(_selected().where(drafts.c.id == draft_id)).first()
    return _draft(row) if row else None


def living(engine: Engine, *, file: str = "") -> list[Draft]:
    """Drafts that may still be published, newest first; of one file where it is given."""
    query = _selected().where(drafts.c.state.in_(LIVING)).order_by(drafts.c.changed_at.desc())
    with engine.connect() as connection:
        return [_draft(row) for row in connection.execute(query.where(drafts.c.file == file) if file else query)]


def of_others(engine: Engine, subject: Subject, person: Person) -> list[Draft]:
    """Drafts of the same subject that other people are at."""
    return [draft for draft in living(engine, file=subject.file)
            if draft.subject == subject and draft.by_id != person.id]


def save(engine: Engine, person: Person, draft: Draft, changes: Mapping[str, Value]) -> Draft:
    """Keep what was typed; an approval that was given to other words is gone. Raises Refused."""
    if not draft.may_be_edited_by(person):
        raise Refused("not_yours", 403)
    if dict(draft.changes) == dict(changes):
        return draft
    return _moved(engine, person, draft, "draft.saved", changes=_json(changes), state="open", approved_by=None,
                  before=draft.changes, after=changes)


def send(engine: Engine, person: Person, draft: Draft) -> Draft:
    """Ask for a second person's approval. Raises Refused."""
    if not draft.may_be_edited_by(person):
        raise Refused("not_yours", 403)
    if draft.state != "open":
        raise Refused("not_open")
    return _moved(engine, person, draft, "draft.sent", state="waiting")


def approve(engine: Engine, person: Person, draft: Draft) -> Draft:
    """Agree to somebody else's draft, as it was seen. Raises Refused."""
    if draft.by_id == person.id:
        raise Refused("own", 403)
    if not draft.may_be_approved_by(person):
        raise Refused("not_waiting")
    return _moved(engine, person, draft, "draft.approved", state="approved", approved_by=person.id)


def withdraw(engine: Engine, person: Person, draft: Draft) -> Draft:
    """End it; what was typed stays on the record. Raises Refused."""
    if draft.state not in _EDITABLE:
        raise Refused("ended")
    if not draft.may_be_withdrawn_by(person):
        raise Refused("not_yours", 403)
    return _moved(engine, person, draft, "draft.withdrawn", state="withdrawn", before=draft.changes)


def rebase(engine: Engine, person: Person, draft: Draft, base: str, changes: Mapping[str, Value]) -> Draft:
    """Go on from the file as it is now; what was given up stays on the record. Raises Refused."""
    if not draft.may_be_edited_by(person):
        raise Refused("not_yours", 403)
    return _moved(engine, person, draft, "draft.taken_up", base=base, base_hash=hash_of(base), changes=_json(changes),
                  state="open", approved_by=None, before=draft.changes, after=changes)


def publishing(engine: Engine, person: Person, draft: Draft, result_hash: str) -> Draft:
    """Note what the file is about to become, so that a restart can tell whether it did. Raises Refused."""
    return _moved(engine, person, draft, "", state="publishing", published_by=person.id, result_hash=result_hash)


def published(engine: Engine, person: Person | None, draft: Draft, before: Any, after: Any) -> Draft:
    """The file holds it; it leaves for the record, under the name of whoever published it, as long as there is one."""
    def recorded(connection: Connection) -> None:
        if person:
            record.later(connection, person, [draft.subject.file],
                         say("edit.commit", deed=say(f"edit.deed.{draft.deed}"), subject=draft.subject.key))
    return _moved(engine, person, draft, "content.published", also=recorded, before=before, after=after,
                  state="published")


def unpublished(engine: Engine, draft: Draft) -> Draft:
    """The file does not hold it: as before it was to be published."""
    return _moved(engine, None, draft, "", state="approved" if draft.approved_by else "open", published_by=None,
                  result_hash=None)


def _moved(engine: Engine, person: Person | None, draft: Draft, action: str, *, before: Any = None, after: Any = None,
           also: Callable[[Connection], None] = lambda _: None, **values: Any) -> Draft:
    """The draft with new values, unless somebody changed it meanwhile; in the log where there is an action."""
    with engine.begin() as connection:
        moved = connection.execute(
            drafts.update().values(version=draft.version + 1, changed_at=time.time(), **values)
            .where(drafts.c.id == draft.id, drafts.c.version == draft.version, drafts.c.state == draft.state)).rowcount
        if not moved:
            raise Refused("changed_meanwhile")
        if action:
            audit.record(connection, person, action, draft.subject.key, before=before,
                         after={"draft": draft.id, **({"values": after} if after is not None else {})})
        also(connection)
        return _found(connection, draft.id)


def _selected() -> Any:
    author, approver = people.alias("author"), people.alias("approver")
    return (sa.select(drafts, author.c.shown.label("by"), approver.c.shown.label("approver"))
            .join(author, author.c.id == drafts.c.by_id).outerjoin(approver, approver.c.id == drafts.c.approved_by))


def _found(connection: Connection, draft_id: int) -> Draft:
    return _draft(connection.execute(_selected().where(drafts.c.id == draft_id)).one())


def _draft(row: Any) -> Draft:
    changes = {name: tuple(value) if isinstance(value, list) else value
               for name, value in json.loads(row.changes).items()}
    return Draft(row.id, Subject(row.kind, row.name), row.deed, row.base, row.base_hash, changes, row.state,
                 row.version, row.by_id, row.by, row.begun_at, row.changed_at, row.approved_by, row.approver,
                 row.published_by, row.result_hash)


def _json(changes: Mapping[str, Value]) -> str:
    return json.dumps(changes, ensure_ascii=False)
