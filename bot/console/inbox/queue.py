"""What the inbox shows: groups, their messages, searches, the danger queue, a message among its neighbours.

Every list is read along an index from where the page before ended, and never more than a bounded number of rows, so
that a page costs the same with a hundred messages and with a hundred thousand. A search looks through so many rows and
says how far it came; "search on" goes on from there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.inbox.collect import events
from bot.console.inbox.cursors import Cursor, read_cursor
from bot.console.inbox.filters import UNDECIDED, Filters
from bot.console.inbox.reasons import DANGER
from bot.console.inbox.states import NEW
from bot.console.inbox.tables import groups, pending
from bot.console.inbox.turns import BOT, USER
from bot.store.tables import messages

PAGE = 20
# Rows that one search looks at: some 50 ms.
WINDOW = 3000
# Of a conversation before and after the message.
AROUND = 8

_ALARM = "crisis"  # of the reply: the lines were given
_SHOWN = tuple(column for column in messages.c if column.name != "vector")
# What a search compares.
_COMPARED = (messages.c.id, messages.c.at, messages.c.text, messages.c.reason, messages.c.channel, messages.c.language,
             messages.c.audience, messages.c.topic, messages.c.first, messages.c.second, messages.c.kind)


@dataclass(frozen=True)
class Page:
    """Rows, and where the next page begins (None: this is the last); `searched_to` (seconds since 1970) where a search
    ended before it had looked at everything."""

    rows: Sequence[Any]
    next: str | None
    searched_to: float | None = None


def group_list(connection: Connection, cursor: str) -> Page:
    """Groups of open messages, those first whose labelling would help most: `group`, `size`, and the columns of one
    message that stands for all."""
    # Where the central message was erased or dealt with since, the oldest that is open stands for it meanwhile.
    central, member = messages.alias("central"), messages.alias("member")
    still = sa.exists().where(central.c.id == groups.c.central, central.c.state == NEW)
    other = sa.select(sa.func.min(member.c.id)).where(member.c.group_id == groups.c.id, member.c.state == NEW)
    stands = sa.case((still, groups.c.central), else_=other.correlate(groups).scalar_subquery())
    query = sa.select(groups.c.id.label("group"), groups.c.size, groups.c.score, *_SHOWN).select_from(
        groups.join(messages, messages.c.id == stands)).where(groups.c.size > 0)
    if after := read_cursor(cursor, float, int):
        query = query.where(sa.tuple_(groups.c.score, groups.c.id) < sa.tuple_(*after))
    rows = connection.execute(query.order_by(groups.c.score.desc(), groups.c.id.desc()).limit(PAGE + 1)).all()
    return _page(rows, lambda row: Cursor(row.score, row.group))


def group_page(connection: Connection, group_id: int, cursor: str) -> Page:
    """The open messages of a group, each once however often it was repeated: `copies` says how often."""
    query = _message().where(
        messages.c.group_id == group_id, messages.c.state == NEW, messages.c.copy_of.is_(None))
    if after := read_cursor(cursor, int):
        query = query.where(messages.c.id > after[0])
    rows = connection.execute(query.order_by(messages.c.id).limit(PAGE + 1)).all()
    return _page(rows, lambda row: Cursor(row.id))


def danger_page(connection: Connection, *, alarms: bool, cursor: str) -> Page:
    """The messages about danger on which nothing is decided, newest first, what was put off among them: those that the
    bot took for danger (`alarms`), or did not."""
    return search(connection, Filters(state=UNDECIDED, reason=DANGER), cursor,
                  lambda columns: [columns.kind == _ALARM if alarms else columns.kind != _ALARM])


def search(connection: Connection, filters: Filters, cursor: str,
           also: Callable[[Any], Sequence[Any]] = lambda columns: ()) -> Page:
    """Messages that the filters let through, newest first; `also` gives more conditions on the columns of a row."""
    window = sa.select(*_COMPARED).where(*filters.along_the_index())
    if after := read_cursor(cursor, float, int):
        window = window.where(sa.tuple_(messages.c.at, messages.c.id) < sa.tuple_(*after))
    window = window.order_by(messages.c.at.desc(), messages.c.id.desc())
    edge = window.with_only_columns(messages.c.at, messages.c.id).offset(WINDOW - 1).limit(1)
    last = connection.execute(edge).first()
    seen = window.limit(WINDOW).subquery("seen")
    found = connection.execute(sa.select(seen.c.id, seen.c.text).where(*filters.beside(seen.c), *also(seen.c)).order_by(
        seen.c.at.desc(), seen.c.id.desc()))
    ids = [row.id for row in found if filters.reads(row.text)]
    rows = connection.execute(_message().where(messages.c.id.in_(ids[:PAGE + 1])).order_by(
        messages.c.at.desc(), messages.c.id.desc())).all()
    page = _page(rows, lambda row: Cursor(row.at, row.id))
    if page.next is None and last is not None:
        return Page(page.rows, str(Cursor(last.at, last.id)), searched_to=last.at)
    return page


def message(connection: Connection, message_id: int) -> Any | None:
    """One message as the lists show it; None where it was erased."""
    return connection.execute(_message().where(messages.c.id == message_id)).first()


@dataclass(frozen=True)
class Said:
    """A line of a conversation, masked as it was stored; `ours` is what the bot said, `here` the message itself."""

    text: str
    at: float
    ours: bool
    here: bool


def conversation(connection: Connection, row: Any) -> list[Said]:
    """What was said around a message, in order."""
    told = sa.select(events.c.id, events.c.type_name, events.c.timestamp, events.c.data).where(
        events.c.sender_id == row.sender_id, events.c.type_name.in_((USER, BOT)))
    before = connection.execute(told.where(events.c.id < row.id).order_by(events.c.id.desc()).limit(AROUND)).all()
    after = connection.execute(told.where(events.c.id >= row.id).order_by(events.c.id).limit(AROUND + 1)).all()
    return [Said(_words(json.loads(line.data)), line.timestamp, line.type_name == BOT, line.id == row.id)
            for line in (*reversed(before), *after)]


def _words(event: dict[str, Any]) -> str:
    custom = (event.get("data") or {}).get("custom") or {}
    return str(custom.get("plain") or event.get("text") or "")


def _message() -> Any:
    """A message, how many open ones all but repeat it, and what waits on it for a second person."""
    repeats = messages.alias("repeats")
    copies = sa.select(sa.func.count()).where(repeats.c.copy_of == messages.c.id, repeats.c.state == NEW)
    return sa.select(
        *_SHOWN, copies.correlate(messages).scalar_subquery().label("copies"), pending.c.topic.label("proposed"),
        pending.c.person.label("proposed_by"), pending.c.person_id.label("proposed_by_id"),
    ).select_from(messages.outerjoin(pending, pending.c.message_id == messages.c.id))


def _page(rows: Sequence[Any], cursor: Any) -> Page:
    return Page(rows[:PAGE], str(cursor(rows[PAGE - 1])) if len(rows) > PAGE else None)
