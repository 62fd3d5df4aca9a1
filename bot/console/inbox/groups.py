"""Open messages in groups that mean the same. A message is encoded once; a group keeps its number while it has members.

A pass puts what is new to the group whose central message it is near; only what is near none, and groups of one, are
clustered among themselves. So a reviewer's page does not jump, and a pass costs what is new.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, Iterator, Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.console.inbox.clusters import central
from bot.console.inbox.encoding import in_groups
from bot.console.inbox.marks import mark, set_mark
from bot.console.inbox.placing import Placed, Some, fold_into, found_groups, join
from bot.console.inbox.ranking import Asked, help_of
from bot.console.inbox.rules import Rules
from bot.console.inbox.tables import groups
from bot.console.inbox.vectors import folded, unpacked
from bot.store.database import insert_missing
from bot.store.tables import messages

# What is clustered at once; what is over waits for the next pass, the newest come first.
MOST_AT_ONCE = 5000
# Members of a group that new ones are held against.
_MOST_MEMBERS = 500
_CHUNK = 500  # numbers in one statement
_NEXT = "next_group"

_COLUMNS = (messages.c.id, messages.c.group_id, messages.c.copy_of, messages.c.reason, messages.c.at,
            messages.c.first_confidence, messages.c.second_confidence)


def regroup(engine: Engine, rules: Rules, now: float | None = None) -> int:
    """One pass over the open messages that have a vector; how many groups there are then."""
    now = time.time() if now is None else now
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*_COLUMNS).where(in_groups(), messages.c.vector.isnot(None)).order_by(
            messages.c.at.desc(), messages.c.id.desc())).all()
        centre_of = dict(connection.execute(sa.select(groups.c.id, groups.c.central)).all())
        numbers = itertools.count(max(int(mark(connection, _NEXT)), 1))
        state = _State.of(rows, centre_of)
        placed = _place(connection, state, numbers, rules)
    _store(engine, state, placed, next(numbers), rules, now)
    return len({*state.settled, *placed.group_of.values()})


@dataclass(frozen=True)
class _State:
    """What stands: the open messages, the members of groups that stay, and the messages to find a place for."""

    rows: Sequence[Any]
    settled: dict[int, list[int]]
    centre_of: dict[int, int]
    loose: Sequence[int]

    @classmethod
    def of(cls, rows: Sequence[Any], centre_of: dict[int, int]) -> _State:
        present = {row.id for row in rows}
        sizes = Counter(row.group_id for row in rows)
        settled: dict[int, list[int]] = defaultdict(list)
        loose = []
        for row in rows:
            # What repeats a message that somebody has dealt with stands for itself now.
            orphan = row.copy_of is not None and row.copy_of not in present
            if row.group_id in centre_of and sizes[row.group_id] > 1 and not orphan:
                settled[row.group_id].append(row.id)
            else:
                loose.append(row.id)
        return cls(rows, dict(settled), centre_of, loose[:MOST_AT_ONCE])


def _place(connection: Connection, state: _State, numbers: Iterator[int], rules: Rules) -> Placed:
    placed = Placed()
    loose = _some(connection, state.loose)
    for group, members in state.settled.items():
        if state.centre_of[group] not in members:  # somebody has dealt with it: another message gives the name
            some = _some(connection, members[:_MOST_MEMBERS])
            placed.centre_of[group] = some.ids[central(some.vectors)]
    centres = {group: placed.centre_of.get(group, state.centre_of[group]) for group in state.settled}
    vector_of = _vectors(connection, list(centres.values()))
    known = [group for group, centre in centres.items() if centre in vector_of]
    joining, left = join(loose, known, _stacked([vector_of[centres[group]] for group in known], loose), rules)
    for group, places in joining.items():
        fold_into(placed, group, _some(connection, state.settled[group][:_MOST_MEMBERS]), loose.only(places), rules)
    before = {row.id: row.group_id for row in state.rows
              if row.group_id is not None and row.group_id not in state.settled}
    found_groups(placed, loose.only(left), before, numbers, rules)
    return placed


def _stacked(vectors: Sequence[np.ndarray], like: Some) -> np.ndarray:
    return np.stack(vectors) if vectors else np.empty((0, like.vectors.shape[1]), np.float32)


def _some(connection: Connection, ids: Sequence[int]) -> Some:
    """Messages with their texts and vectors, in this order; one that was erased meanwhile is left out."""
    found = {row.id: row for row in _read(connection, ids, messages.c.text)}
    there = [found[message] for message in ids if message in found]
    vectors = unpacked([row.vector for row in there]) if there else np.empty((0, 1), np.float32)
    return Some([row.id for row in there], [folded(row.text) for row in there], vectors)


def _vectors(connection: Connection, ids: Sequence[int]) -> dict[int, np.ndarray]:
    rows = list(_read(connection, ids))
    return dict(zip((row.id for row in rows), unpacked([row.vector for row in rows]))) if rows else {}


def _read(connection: Connection, ids: Sequence[int], *more: Any) -> Iterator[Any]:
    for start in range(0, len(ids), _CHUNK):
        yield from connection.execute(sa.select(messages.c.id, messages.c.vector, *more).where(
            messages.c.id.in_(ids[start:start + _CHUNK]), messages.c.vector.isnot(None)))


def _store(engine: Engine, state: _State, placed: Placed, following: int, rules: Rules, now: float) -> None:
    """Write what changed of messages, and every group with its size and score."""
    members: dict[int, list[Any]] = defaultdict(list)
    moved = []
    for row in state.rows:
        group = placed.group_of.get(row.id, row.group_id)
        copy_of = placed.copy_of.get(row.id) if row.id in placed.group_of else row.copy_of
        members[group].append((row, copy_of))
        if (group, copy_of) != (row.group_id, row.copy_of):
            moved.append({"of": row.id, "group": group, "copy": copy_of})
    members.pop(None, None)
    centre_of = {**state.centre_of, **placed.centre_of}
    for start in range(0, len(moved), _CHUNK):  # a person's turn waits for each of them, not for all
        with engine.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.id == sa.bindparam("of")).values(
                group_id=sa.bindparam("group"), copy_of=sa.bindparam("copy")), moved[start:start + _CHUNK])
    with engine.begin() as connection:
        connection.execute(sa.delete(groups))
        insert_missing(connection, groups, [
            {"id": group, "central": centre_of.get(group, some[0][0].id), "size": len(some),
             "score": help_of(_asked(some, now), rules)} for group, some in members.items()])
        set_mark(connection, _NEXT, following)


def _asked(members: Sequence[tuple[Any, int | None]], now: float) -> Iterator[Asked]:
    """The messages of a group, each with its copies."""
    repeated: dict[int, list[Any]] = defaultdict(list)
    for row, copy_of in members:
        repeated[row.id if copy_of is None else copy_of].append(row)
    for rows in repeated.values():
        yield Asked(rows[0].reason, rows[0].first_confidence or 0.0, rows[0].second_confidence or 0.0,
                    now - max(row.at for row in rows), len(rows))
