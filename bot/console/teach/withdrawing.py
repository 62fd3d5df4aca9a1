"""A topic that staff made is withdrawn: its content, examples and wiring go as one change, once the check has passed on
what is left.

What the program came with stays: its topics carry the brief, whose every passage is quoted by one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot import wiring
from bot.check import check
from bot.console import record
from bot.console.edit import drafts
from bot.console.edit.publishing import text_of
from bot.console.edit.yaml_text import REMOVED, changed
from bot.console.inbox import states
from bot.console.people import audit
from bot.console.people.accounts import Person
from bot.console.teach import examples, proposals
from bot.console.teach.examples import EVALUATION, TRAINING
from bot.console.teach.staff import StaffFiles
from bot.console.teach.tables import labels
from bot.console.texts import say
from bot.errors import ContentError, ImhError, StaffFileError
from bot.knowledge import Knowledge, Topic
from bot.knowledge.values import FALLBACK_LANGUAGE
from bot.overlay import live_files, trial
from bot.settings import PROJECT, Settings
from bot.staff_files import FILES, held, staff_root
from bot.store.tables import messages

OFFERED, DROPPED = "offered", "dropped"
FATES = (OFFERED, DROPPED)
"""What becomes of the messages that were the topic's examples: back into the inbox, or ignored."""
_FOLDER = "bot/content/topics"
_CURATED = "nlu/data/topics"


@dataclass(frozen=True)
class Leaving:
    """A topic that could be withdrawn: `labels` messages are its examples, `links` the titles of the topics that lead to
    it, `against` why it cannot go, in words."""

    topic: Topic
    labels: int
    links: Sequence[str]
    against: Sequence[str]


def made(settings: Settings, knowledge: Knowledge) -> list[str]:
    """The topics that staff made, by name: their content stands in the staff folder and nowhere else, and nobody curated
    examples of them."""
    curated = {PurePosixPath(name).stem for name in live_files(settings, _CURATED)}
    return [name for name in knowledge.topics if name not in curated
            and (staff_root(settings) / _content(name)).is_file()
            and (settings.staff_dir is None or not (PROJECT / _content(name)).is_file())]


def leaving(engine: Engine, settings: Settings, name: str, knowledge: Knowledge) -> Leaving:
    """What would go with a topic, and what speaks against it. KeyError where there is none of this name."""
    topic = knowledge.topics[name]
    with engine.connect() as connection:
        count = connection.execute(sa.select(sa.func.count()).where(*_labelled(topic.intent))).scalar() or 0
    return Leaving(topic, count, [other.title[FALLBACK_LANGUAGE] for other in _leading_to(name, knowledge)],
                   list(_against(engine, settings, name, knowledge)))


def withdraw(engine: Engine, settings: Settings, person: Person, name: str, fate: str, knowledge: Knowledge, *,
             only_try: bool = False, agreed: proposals.Agreed | None = None) -> list[str]:
    """Take the topic away, or say everything that speaks against it: then nothing was changed. Empty where it is gone.

    `knowledge` is what is live now, `fate` one of FATES. What was released goes on being answered until the next release.
    `agreed` and `only_try` as for a topic that is made.
    """
    if proposals.needed(settings) and not (agreed or only_try):
        return [say("teach.second")]
    if against := list(_against(engine, settings, name, knowledge)):
        return against
    intent = knowledge.topics[name].intent
    with held(settings), StaffFiles(settings) as staff, engine.begin() as connection:
        content = staff.read(_content(name))
        if content is None:
            return [say("teach.withdrawing.gone")]
        try:
            files = {**_own(staff, name), **_unwired(staff, intent), **_unlinked(settings, name, knowledge)}
            with trial(settings, files) as scratch:
                check(scratch)
        except ContentError as error:
            return [str(problem) for problem in error.problems]
        except ImhError as error:
            return [str(error)]
        if only_try:
            return []
        if agreed:
            agreed(connection)
        freed = _free(connection, person, intent, fate)
        audit.record(connection, person, "teach.withdrawn", intent, before={"content": content, "files": sorted(files)},
                     after={"messages": freed, "fate": fate})
        record.later(connection, person, sorted(files), say("record.withdrawn", topic=intent))
        staff.write(files)
    return []


def _against(engine: Engine, settings: Settings, name: str, knowledge: Knowledge) -> Iterator[str]:
    """Whatever of the form's own can be told before anything is tried."""
    if name not in made(settings, knowledge):
        yield say("teach.withdrawing.curated")
    topic = knowledge.topics[name]
    passages = knowledge.briefs[topic.brief].passages
    elsewhere = {passage for other in knowledge.topics.values() if other.name != name and other.brief == topic.brief
                 for passage in other.passages}
    for passage in topic.passages:
        if passage not in elsewhere:
            yield say("teach.withdrawing.unquoted", passage=passage, words=passages[passage].printed)
    if name in knowledge.starters:
        yield say("teach.withdrawing.starter")
    for draft in drafts.living(engine, file=_content(name)):
        yield say("teach.withdrawing.draft", by=draft.by)


def _own(staff: StaffFiles, name: str) -> dict[str, bytes | None]:
    """The topic's files, to be taken away."""
    names = (_content(name), *(examples.file_of(name, use) for use in (TRAINING, EVALUATION)))
    return {file: None for file in names if staff.read(file) is not None}


def _unwired(staff: StaffFiles, intent: str) -> dict[str, bytes | None]:
    """Domain and rules without the intent. Raises StaffFileError where they are not of the right shape."""
    files: dict[str, bytes | None] = {}
    for name in FILES:
        if (text := staff.read(name)) is None:
            continue
        try:
            rest = wiring.without_intents(name, text, [intent])
        except wiring.WiringError as error:
            raise StaffFileError(f"{name}: {error}") from error
        if rest != text:
            files[name] = None if rest is None else rest.encode()
    return files


def _unlinked(settings: Settings, name: str, knowledge: Knowledge) -> dict[str, bytes | None]:
    """The topics that led to this one, without the way there."""
    files: dict[str, bytes | None] = {}
    for other in _leading_to(name, knowledge):
        writings: dict[tuple[str, ...], Any] = {}
        if name in other.related:
            writings["related",] = [related for related in other.related if related != name]
        if other.why == name:
            writings["why",] = REMOVED
        files[_content(other.name)] = changed(text_of(settings, _content(other.name)), writings).encode()
    return files


def _leading_to(name: str, knowledge: Knowledge) -> list[Topic]:
    return [other for other in knowledge.topics.values()
            if other.name != name and (name in other.related or other.why == name)]


def _free(connection: Connection, person: Person, intent: str, fate: str) -> int:
    """Take the labels back; their messages wait in the inbox again, or are ignored, and what repeats them likewise. How
    many there were."""
    rows = connection.execute(sa.select(labels).where(*_labelled(intent))).all()
    connection.execute(labels.update().where(*_labelled(intent)).values(undone_by=person.name, undone_at=time.time()))
    for row in rows:
        state = states.IGNORED if fate == DROPPED else row.state_before or states.NEW
        connection.execute(messages.update().where(messages.c.id == row.message_id).values(
            state=state, version=messages.c.version + 1))
        # Of what all but repeats it, what went with the label; what somebody labelled by itself stays where it is.
        connection.execute(messages.update().where(
            messages.c.copy_of == row.message_id, messages.c.state == states.DONE,
            messages.c.id.notin_(sa.select(labels.c.message_id).where(labels.c.undone_at.is_(None)))).values(
            state=state, version=messages.c.version + 1))
        states.note(connection, person, row.message_id, state)
    numbers = [row.message_id for row in rows]
    for group in connection.execute(sa.select(messages.c.group_id).where(messages.c.id.in_(numbers)).distinct()).scalars():
        states.count(connection, group)
    return len(rows)


def _labelled(intent: str) -> tuple[Any, ...]:
    return labels.c.topic == intent, labels.c.undone_at.is_(None)


def _content(name: str) -> str:
    return f"{_FOLDER}/{name}.yml"
