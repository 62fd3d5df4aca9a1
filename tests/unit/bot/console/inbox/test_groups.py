"""Open messages in groups: what is new finds its place, what stands stays."""

from __future__ import annotations

import time
from typing import Any, Sequence

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.inbox import encoding
from bot.console.inbox.encoding import encode_new
from bot.console.inbox.groups import regroup
from bot.console.inbox.marks import leased
from bot.console.inbox.rules import Rules
from bot.console.inbox.tables import groups
from bot.store.tables import messages
from tests.support.inbox import message_row, put_message


class Angles:
    """An encoder that reads a text as an angle in degrees: "40 ana" lies at 40."""

    fingerprint = "angles"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded.extend(texts)
        angles = np.radians([float(text.split()[0]) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture
def angles() -> Angles:
    return Angles()


def grouped(engine: Engine, rules: Rules, angles: Angles) -> dict[str, set[int]]:
    """The groups after a pass: the title of each, with its open messages."""
    encode_new(engine, angles, 1000)
    regroup(engine, rules)
    with engine.connect() as connection:
        titles = dict(connection.execute(sa.select(groups.c.id, messages.c.text).join(
            messages, messages.c.id == groups.c.central)).all())
        rows = connection.execute(sa.select(messages.c.id, messages.c.group_id).where(messages.c.state == "new")).all()
    found: dict[str, set[int]] = {title: set() for title in titles.values()}
    for row in rows:
        if row.group_id is not None:
            found[titles[row.group_id]].add(row.id)
    return found


def set_state(engine: Engine, state: str, *numbers: int) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(messages).where(messages.c.id.in_(numbers)).values(state=state))


def test_what_means_the_same_is_one_group_with_the_name_of_its_centre(engine: Engine, rules: Rules,
                                                                      angles: Angles) -> None:
    """cos 37° = 0.8."""
    a, b, c, far = (put_message(engine, text) for text in ("0 a", "30 b", "60 c", "170 far"))
    assert grouped(engine, rules, angles) == {"30 b": {a, b, c}, "170 far": {far}}


def test_each_message_is_encoded_once(engine: Engine, rules: Rules, angles: Angles) -> None:
    """However many passes there are; an encoder that changed begins anew."""
    put_message(engine, "0 a")
    for _ in range(3):
        grouped(engine, rules, angles)
    put_message(engine, "30 b")
    grouped(engine, rules, angles)
    assert angles.encoded == ["0 a", "30 b"]
    other = Angles()
    other.fingerprint = "other"
    grouped(engine, rules, other)
    assert sorted(other.encoded) == ["0 a", "30 b"]


def test_groups_keep_their_numbers_and_their_messages(engine: Engine, rules: Rules, angles: Angles) -> None:
    """A reviewer's page does not jump when messages come and go, nor when the one that gave the name is dealt with."""
    numbers = [put_message(engine, text) for text in ("0 a", "20 b", "33 c", "100 d")]
    grouped(engine, rules, angles)
    before = {number: message_row(engine, number).group_id for number in numbers}
    new = put_message(engine, "25 e"), put_message(engine, "110 f")
    set_state(engine, "done", numbers[1])
    found = grouped(engine, rules, angles)
    assert {number: message_row(engine, number).group_id for number in numbers} == before
    assert [message_row(engine, number).group_id for number in new] == [before[numbers[0]], before[numbers[3]]]
    assert set(map(frozenset, found.values())) == {frozenset({numbers[0], numbers[2], new[0]}),
                                                   frozenset({numbers[3], new[1]})}


def test_a_number_is_never_given_twice(engine: Engine, rules: Rules, angles: Angles) -> None:
    """An address that somebody kept does not show other messages one day."""
    first = put_message(engine, "0 a")
    grouped(engine, rules, angles)
    gone = message_row(engine, first).group_id
    set_state(engine, "ignored", first)
    grouped(engine, rules, angles)
    second = put_message(engine, "100 b")
    grouped(engine, rules, angles)
    assert message_row(engine, second).group_id not in {None, gone}


def test_near_copies_are_folded(engine: Engine, rules: Rules, angles: Angles) -> None:
    """cos 14° = 0.97; whether they come together or later."""
    first, same, near, apart = (put_message(engine, text) for text in ("0 a", "0 A!", "10 b", "30 c"))
    grouped(engine, rules, angles)
    later = put_message(engine, "31 d")
    grouped(engine, rules, angles)
    copies = {number: message_row(engine, number).copy_of for number in (first, same, near, apart, later)}
    stands = [number for number, of in copies.items() if of is None]
    assert len(stands) == 2 and {of for of in copies.values() if of} <= set(stands)
    assert copies[apart] == later or copies[later] == apart


def test_what_repeats_a_message_that_is_gone_stands_for_itself(engine: Engine, rules: Rules, angles: Angles) -> None:
    """The one that stood for it was erased."""
    first, second, third = (put_message(engine, text) for text in ("0 a", "1 b", "30 c"))
    grouped(engine, rules, angles)
    stands = message_row(engine, first).copy_of or first
    with engine.begin() as connection:
        connection.execute(sa.delete(messages).where(messages.c.id == stands))
    grouped(engine, rules, angles)
    left = ({first, second} - {stands}).pop()
    assert message_row(engine, left).copy_of is None and message_row(engine, left).group_id is not None


@pytest.mark.parametrize("values", [{"state": "done"}, {"state": None, "reason": None}, {"reason": "danger"}], ids=str)
def test_only_open_messages_are_grouped(values: dict[str, Any], engine: Engine, rules: Rules, angles: Angles) -> None:
    """Danger has a queue of its own."""
    put_message(engine, "0 a", **values)
    assert grouped(engine, rules, angles) == {} and angles.encoded == []


def test_the_group_that_would_help_most_scores_highest(engine: Engine, rules: Rules, angles: Angles) -> None:
    """By what people said of the answers, when, and how often."""
    put_message(engine, "0 sample", reason="sample")
    put_message(engine, "90 thumb", reason="thumbs_down")
    grouped(engine, rules, angles)
    with engine.connect() as connection:
        first = connection.execute(sa.select(messages.c.text).join(groups, groups.c.central == messages.c.id).order_by(
            groups.c.score.desc())).scalar()
    assert first == "90 thumb"


def test_more_than_can_be_encoded_at_once_waits(engine: Engine, angles: Angles,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest first, and in portions, between which the bot may write."""
    monkeypatch.setattr(encoding, "_AT_ONCE", 2)
    for number in range(5):
        put_message(engine, f"{number} a", at=1000.0 + number)
    assert encode_new(engine, angles, 3) == 3
    assert angles.encoded == ["4 a", "3 a", "2 a"]
    assert encode_new(engine, angles, 3) == 2


def test_one_console_groups_at_a_time(engine: Engine) -> None:
    """The others leave it to the one that was first, until it has had its time."""
    now = time.time()
    assert leased(engine, "grouping", 10, now)
    assert not leased(engine, "grouping", 10, now + 5)
    assert leased(engine, "grouping", 10, now + 10)
