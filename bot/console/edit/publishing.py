"""From a draft to the file: compared with what others did meanwhile, tried as a whole, written at one moment.

The file is the truth. What it is about to become is noted before it is written; whoever starts after a crash finds
either file and draft as they were, or both as they were to be.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Iterator, Sequence

from sqlalchemy.engine import Engine

from bot import staff_files
from bot.console.edit import drafts
from bot.console.edit.drafts import Draft, Refused
from bot.console.edit.fields import Field, Value
from bot.console.edit.findings import Finding
from bot.console.edit.subjects import fields
from bot.console.edit.trial import Change, Outcome, examine
from bot.console.edit.yaml_text import read, value_at
from bot.console.people.accounts import Person, find as find_account
from bot.errors import StaffFileError
from bot.knowledge import Knowledge
from bot.overlay import live_project
from bot.settings import PROJECT, Settings


@dataclass(frozen=True)
class Clash:
    """A field that somebody else changed since the draft was begun, to something else."""

    field: Field
    base: Value
    theirs: Value
    yours: Value


class Unfit(Exception):
    """What is to be mended before a draft can go on."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


def text_of(settings: Settings, file: str) -> str:
    """The file as it is: the staff's, or the repository's where they have none of its name."""
    staff = staff_files.staff_root(settings) / file
    return (staff if staff.is_file() else PROJECT / file).read_text(encoding="utf-8")


def change_of(draft: Draft, knowledge: Knowledge, text: str) -> Change:
    """The draft on top of a text of its file: what it does not touch is as the text has it."""
    its_fields = fields(draft.subject, read(draft.base), knowledge)
    data = read(text)
    return Change(draft.subject, draft.deed, its_fields,
                  {**{field.name: field.shown(data) for field in its_fields}, **draft.changes})


def clashes(draft: Draft, knowledge: Knowledge, text: str) -> list[Clash]:
    """Where the file and the draft went different ways; a line that is new or goes is compared as a whole."""
    base, now = read(draft.base), read(text)
    if draft.deed == "remove":
        return []
    return [Clash(field, before, theirs, draft.changes[field.name]) for field in fields(draft.subject, base, knowledge)
            if field.name in draft.changes
            and (before := field.shown(base)) != (theirs := field.shown(now)) != draft.changes[field.name]]


def tried(draft: Draft, settings: Settings, knowledge: Knowledge) -> Outcome:
    """The draft as it would go live now."""
    text = text_of(settings, draft.subject.file)
    return examine(change_of(draft, knowledge, text), text, live_project(settings), datetime.date.today())


def publish(engine: Engine, settings: Settings, person: Person, draft: Draft, knowledge: Knowledge) -> Draft:
    """Write the draft into its file.

    Raises Refused where the person may not or the file changed under it, Unfit with what is to be mended.
    """
    if not draft.may_be_published_by(person, settings.approvals):
        raise Refused("not_to_publish", 403 if draft.state in drafts.LIVING else 409)
    file, project = draft.subject.file, live_project(settings)
    text = text_of(settings, file)
    if clashes(draft, knowledge, text):
        raise Refused("clash")
    change = change_of(draft, knowledge, text)
    if findings := examine(change, text, project, datetime.date.today()).findings:
        raise Unfit(findings)
    result = change.applied(text)
    with staff_files.held(settings):
        if text_of(settings, file) != text:
            raise Refused("changed_meanwhile")
        draft = drafts.publishing(engine, person, draft, drafts.hash_of(result))
        try:
            staff_files.change(settings, {file: result.encode("utf-8")})
        except (OSError, StaffFileError) as error:
            drafts.unpublished(engine, draft)
            raise Refused("not_written", 503) from error
        draft = drafts.published(engine, person, draft, *_both(draft, text, result))
    return draft


def repair(engine: Engine, settings: Settings) -> None:
    """End what a killed process began: a draft is published where the file says so, else it is as it was before."""
    for draft in drafts.living(engine):
        if draft.state != "publishing":
            continue
        with staff_files.held(settings):  # which first ends a change of files that was decided
            text = text_of(settings, draft.subject.file)
        if drafts.hash_of(text) != draft.result_hash:
            drafts.unpublished(engine, draft)
            continue
        with engine.connect() as connection:
            account = find_account(connection, draft.published_by) if draft.published_by else None
        drafts.published(engine, account.person if account else None, draft, *_both(draft, draft.base, text))


def _both(draft: Draft, before: str, after: str) -> Iterator[object]:
    """What stood in the changed fields, then what stands there; the whole entry where one was added or removed."""
    for text in (before, after):
        data = read(text)
        if draft.deed == "change":
            yield {name: value_at(data, tuple(name.split("."))) for name in draft.changes}
        else:
            yield value_at(data, draft.subject.place)
