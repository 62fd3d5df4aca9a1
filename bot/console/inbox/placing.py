"""Where messages that are in no group yet belong: an open group, or a new one. Numbers only, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, Mapping, Sequence

import numpy as np

from bot.console.inbox.clusters import clusters, copies, nearest
from bot.console.inbox.rules import Rules


@dataclass(frozen=True)
class Some:
    """Messages by id, with their folded texts and vectors (n, width)."""

    ids: Sequence[int]
    texts: Sequence[str]
    vectors: np.ndarray

    def only(self, rows: Sequence[int]) -> Some:
        """Those that stand in these places."""
        return Some([self.ids[row] for row in rows], [self.texts[row] for row in rows], self.vectors[rows])

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Placed:
    """The group of each message, what it is a copy of, and the central message of each new group."""

    group_of: dict[int, int] = field(default_factory=dict)
    copy_of: dict[int, int] = field(default_factory=dict)
    centre_of: dict[int, int] = field(default_factory=dict)


def join(loose: Some, groups: Sequence[int], centres: np.ndarray,
         rules: Rules) -> tuple[dict[int, list[int]], list[int]]:
    """For each open group, whose central vector is given, the places of the messages that come to it; and the rest."""
    found = nearest(loose.vectors, centres, rules.same_group_from)
    joining: dict[int, list[int]] = {}
    for row in np.flatnonzero(found >= 0):
        joining.setdefault(groups[found[row]], []).append(int(row))
    return joining, np.flatnonzero(found < 0).tolist()


def fold_into(placed: Placed, group: int, members: Some, coming: Some, rules: Rules) -> None:
    """Put messages into a group; one that all but repeats a member, or another that comes, is folded under it."""
    both = Some([*members.ids, *coming.ids], [*members.texts, *coming.texts],
                np.concatenate([members.vectors, coming.vectors]) if len(members) else coming.vectors)
    of = copies(both.texts, both.vectors, rules.near_copy_from)
    for row in range(len(members), len(both)):
        placed.group_of[both.ids[row]] = group
        if of[row] != row:
            placed.copy_of[both.ids[row]] = both.ids[of[row]]


def found_groups(placed: Placed, left: Some, before: Mapping[int, int], numbers: Iterator[int], rules: Rules) -> None:
    """Groups among messages that no open group takes. A group that has members of an old one keeps its number."""
    if not len(left):
        return
    of = copies(left.texts, left.vectors, rules.near_copy_from)
    firsts, weights = np.unique(of, return_counts=True)
    cluster, centres = clusters(left.vectors[firsts], rules.same_group_from, weights.astype(float))
    place = {first: cluster[row] for row, first in enumerate(firsts)}
    old: dict[int, set[int]] = {}
    for row, message in enumerate(left.ids):
        if message in before:
            old.setdefault(int(place[of[row]]), set()).add(before[message])
    taken: set[int] = set()
    number_of: dict[int, int] = {}
    for index, centre in enumerate(centres):
        kept = min(old.get(index, set()) - taken, default=None)
        number_of[index] = next(numbers) if kept is None else kept
        taken.add(number_of[index])
        placed.centre_of[number_of[index]] = left.ids[firsts[centre]]
    for row, message in enumerate(left.ids):
        placed.group_of[message] = number_of[int(place[of[row]])]
        if of[row] != row:
            placed.copy_of[message] = left.ids[of[row]]
