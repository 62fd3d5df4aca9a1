"""A new topic, made: its content, its wiring and its examples as one change, once the check has passed on all of it."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.check import check
from bot.console import record
from bot.console.edit.rules import findings
from bot.console.edit.subjects import Subject
from bot.console.inbox import danger, states
from bot.console.people import audit
from bot.console.people.accounts import Person
from bot.console.teach import examples, labels, proposals, topics
from bot.console.teach.examples import EVALUATION, TRAINING, Example
from bot.console.teach.new_topic import MIN_EXAMPLES, NewTopic, Told, at_fields, files, mistakes
from bot.console.teach.staff import StaffFiles
from bot.console.teach.warnings import alike, groups
from bot.console.teach.words import folded, for_evaluation
from bot.console.texts import say
from bot.errors import ContentError, StaffFileError
from bot.knowledge import Knowledge
from bot.overlay import trial
from bot.settings import Settings
from bot.staff_files import held
from bot.store.tables import messages


def make(engine: Engine, settings: Settings, person: Person, topic: NewTopic, knowledge: Knowledge, *,
         only_try: bool = False, agreed: proposals.Agreed | None = None) -> list[Told]:
    """Write the topic, or say everything that speaks against it: then nothing was changed. Empty where it was made.

    `knowledge` is what is live now. What passes is on its way: it is answered from the next training and release on.
    `agreed` notes that a second person did, where two have to; raises what that raises. With `only_try` nothing is written.
    """
    if proposals.needed(settings) and not (agreed or only_try):
        return [Told("", say("teach.second"))]
    told = mistakes(topic, knowledge, topics.intents(settings))
    if told:
        return told
    with held(settings), StaffFiles(settings) as staff, engine.begin() as connection:
        rows = connection.execute(sa.select(messages).where(messages.c.id.in_(topic.chosen))).all()
        if told := list(_unfit(rows, topic)):
            return told
        try:
            dealt, told = _deal(rows, topic, person, settings)
            made = {**files(topic, knowledge, settings), **_example_files(staff, dealt)}
        except StaffFileError as error:
            return [Told("examples", str(error))]
        told += _tried(settings, made, topic)
        if told or only_try:
            return told
        if agreed:
            agreed(connection)
        try:
            for row, example, use in dealt:
                labels.put_row(connection, person, row, topic.chosen[row.id], example, use)
        except labels.Conflict as conflict:
            connection.get_transaction().rollback()
            return [Told("examples", say("teach.wrong.conflict", by=conflict.by or "?", topic=conflict.topic))]
        audit.record(connection, person, "teach.topic", topic.intent, after={"title": dict(topic.titles), "files": sorted(made)})
        record.later(connection, person, sorted(made), say("record.topic", topic=topic.intent))
        staff.write(made)
    return []


def _unfit(rows: Sequence[Any], topic: NewTopic) -> Iterator[Told]:
    """Messages that no page offers as examples: one editor's word is not enough for what is about danger."""
    for row in rows:
        if danger.needs_second(row, topic.intent):
            yield Told("examples", say("teach.wrong.danger", text=row.text))
        elif row.state not in states.OPEN and row.version == topic.chosen[row.id]:
            yield Told("examples", say("teach.wrong.closed", text=row.text))


def _tried(settings: Settings, made: Mapping[str, bytes], topic: NewTopic) -> list[Told]:
    try:
        with trial(settings, made) as scratch:
            knowledge = check(scratch)
    except ContentError as error:
        return at_fields(error.problems, topic)
    # What answers are held to when they are edited they are held to from the first.
    return [Told(found.field, found.sentence) for found in findings(Subject("topic", topic.name), {}, knowledge)]


def _deal(rows: Sequence[Any], topic: NewTopic, person: Person,
          settings: Settings) -> tuple[list[tuple[Any, Example, str]], list[Told]]:
    """Each message as an example with its use; what is alike stays together, and each side gets some."""
    if len(rows) < len(topic.chosen):
        return [], [Told("examples", say("teach.wrong.gone"))]
    made = [labels.example_of(row, topic.intent, person) for row in rows]
    uses, told = {}, []
    bundles = groups([example.text for example in made])
    for bundle in bundles:
        near = [line for number in bundle for line in alike(made[number].text, settings)]
        if len({line.use for line in near}) > 1:
            told.append(Told("examples", say("teach.wrong.between", text=made[bundle[0]].text)))
        uses[bundle[0]] = near[0].use if near else _share(made[bundle[0]], settings)
    free = sorted((bundle for bundle in bundles if not any(alike(made[number].text, settings) for number in bundle)),
                  key=lambda bundle: (len(bundle), folded(made[bundle[0]].text)))
    for wanted, bundle in zip([use for use in (EVALUATION, TRAINING) if use not in uses.values()], free):
        uses[bundle[0]] = wanted
    if {EVALUATION, TRAINING} - set(uses.values()):
        told.append(Told("examples", say("teach.wrong.one_sided")))
    dealt, seen = [], set()
    for bundle in bundles:
        for number in bundle:
            words = folded(made[number].text)
            dealt.append((rows[number], made[number], labels.KNOWN if words in seen else uses[bundle[0]]))
            seen.add(words)
    if len(seen) < MIN_EXAMPLES:
        told.append(Told("examples", say("teach.wrong.few", count=len(seen), limit=MIN_EXAMPLES)))
    return dealt, told


def _share(example: Example, settings: Settings) -> str:
    return EVALUATION if for_evaluation(example.text, settings.evaluation_one_in) else TRAINING


def _example_files(staff: StaffFiles, dealt: Sequence[tuple[Any, Example, str]]) -> dict[str, bytes]:
    texts: dict[str, str | None] = {}
    for _, example, use in dealt:
        if use != labels.KNOWN:
            name = examples.file_of(example.topic, use)
            texts[name] = examples.with_example(texts[name] if name in texts else staff.read(name), example, use)
    return {name: text.encode() for name, text in texts.items() if text is not None}
