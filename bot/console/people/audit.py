"""What was done, by whom, with before and after. Rows are added and never changed: the database refuses."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from bot.console.people import tables

if TYPE_CHECKING:
    from bot.console.people.accounts import Person


def record(connection: Connection, person: Person | None, action: str, subject: str, before: Any = None,
           after: Any = None) -> None:
    """Write down an action, in the transaction of the change itself: both are there, or neither.

    `action` is a dotted key such as `people.invited`, `subject` what was acted on; `before` and `after` are anything
    that JSON can hold. `actions` in texts.yml says what the action is called in the log.
    """
    connection.execute(tables.audit.insert().values(
        at=time.time(), person_id=person.id if person else None, person=person.name if person else None, action=action,
        subject=subject[:255], before=_json(before), after=_json(after)))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
