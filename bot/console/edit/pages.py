"""What there is to edit: the list with its search, and one subject with all that is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.console.edit import drafts, labels, preview
from bot.console.edit.drafts import Draft
from bot.console.edit.fields import Field
from bot.console.edit.live import Live, live, subject_of, told_where_broken
from bot.console.edit.places import places
from bot.console.edit.subjects import ENTRIES, Subject, fields, free_passages, subjects
from bot.console.people.accounts import Role
from bot.console.web import database, page, redirect, requires, say
from bot.knowledge import Passage

# What stands under one heading of the list.
_GROUPS = {"topic": ("topic",), "contact": ("contacts", "contact"), "line": ("line",), "danger": ("dangers", "danger"),
           "phrase": ("phrase",)}
# What stands in contacts.yml beside the contacts themselves.
_KEYS_OF_CONTACTS = {"contacts", "default", "checked", "note"}
_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True)
class Entry:
    """A row of the list; `words` is the first English text of the subject."""

    subject: Subject
    called: str
    words: str
    drafts: list[Draft]


@requires(Role.EDITOR)
@told_where_broken
def answers(request: Request) -> Response:
    """All subjects of a kind, or those of any kind that hold the words that are looked for; and the open drafts."""
    now = live(request)
    group = request.query_params.get("kind", "")
    group = group if group in _GROUPS else "topic"
    looked_for = request.query_params.get("q", "").strip()
    open_drafts = drafts.living(database(request))
    entries = [entry for subject in subjects(now.knowledge)
               if (looked_for or subject.kind in _GROUPS[group])
               and (entry := _entry(subject, now, open_drafts, looked_for.lower()))]
    return page(request, "edit/answers.html", groups=list(_GROUPS), group=group, q=looked_for, entries=entries,
                drafts=[draft for draft in open_drafts if draft.changes or draft.deed != "change"],
                called=lambda subject: labels.called(subject, now.knowledge), given={}, errors={})


def _entry(subject: Subject, now: Live, open_drafts: list[Draft], looked_for: str) -> Entry | None:
    data = now.data(subject)
    its_fields = fields(subject, data, now.knowledge)
    texts = [labels.words_of(field, field.shown(data)) for field in its_fields]
    called = labels.called(subject, now.knowledge)
    if looked_for and looked_for not in " ".join([called, subject.name, *texts]).lower():
        return None
    words = next((text for field, text in zip(its_fields, texts) if field.shape == "text" and text),
                 texts[-1] if subject.kind == "contacts" else " · ".join(filter(None, texts[1:5])))
    return Entry(subject, called, words, [draft for draft in open_drafts if draft.subject == subject])


@requires(Role.EDITOR)
@told_where_broken
def one(request: Request) -> Response:
    """A subject as it is, what it looks like, where it stands, and who is at it."""
    now = live(request)
    subject = subject_of(request, now)
    data = now.data(subject)
    return page(request, "edit/subject.html", subject=subject, called=labels.called(subject, now.knowledge),
                shown=preview.shown(subject, now.knowledge), passages=quoted(subject, now),
                drafts=[draft for draft in drafts.living(database(request), file=subject.file)
                        if draft.subject == subject],
                facts=_facts(subject, now),
                places=[(place.subject.key, labels.place_words(place, now.knowledge))
                        for place in (places(subject.name, data, now.knowledge) if subject.kind == "line" else ())])


def _facts(subject: Subject, now: Live) -> list[tuple[str, str]]:
    """What no preview shows, such as a line's source: label and value."""
    data = now.data(subject)
    return [(labels.label(field), labels.words_of(field, field.shown(data)))
            for field in fields(subject, data, now.knowledge) if _is_fact(subject, field)]


def _is_fact(subject: Subject, field: Field) -> bool:
    return field.path[:2] == ("lines", subject.name) or subject.kind in ("contact", "contacts") or \
        field.path[0] in ("reviewed", "translation")


def quoted(subject: Subject, now: Live) -> list[Passage]:
    """The brief's passages behind a subject, to read and never to change."""
    if subject.kind == "topic" and subject.name in now.knowledge.topics:
        topic = now.knowledge.topics[subject.name]
        return [now.knowledge.briefs[topic.brief].passages[passage] for passage in topic.passages]
    if subject.kind == "contact" and subject.name in now.knowledge.contacts:
        passage = now.knowledge.contacts[subject.name].passage
        return [brief.passages[passage] for brief in now.knowledge.briefs.values() if passage in brief.passages]
    return []


@requires(Role.EDITOR)
@told_where_broken
def begin(request: Request) -> Response:
    """Begin a draft of a subject, or go on with one's own."""
    now = live(request)
    subject = subject_of(request, now)
    deed = request.state.form.get("deed", "change")
    if deed not in ("change", "remove") or deed == "remove" and subject.kind not in ENTRIES:
        raise HTTPException(400)
    draft = drafts.begin(database(request), request.state.person, subject, deed, now.text(subject.file))
    return redirect(request, f"/answers/drafts/{draft.id}" + ("/difference" if deed == "remove" else ""))


@requires(Role.EDITOR)
@told_where_broken
def add_line(request: Request) -> Response:
    """Begin a draft of a crisis line that is not there yet."""
    return _add(request, "line")


@requires(Role.EDITOR)
@told_where_broken
def add_contact(request: Request) -> Response:
    """Begin a draft of a contact that is not there yet."""
    return _add(request, "contact")


def _add(request: Request, kind: str) -> Response:
    now = live(request)
    name = request.state.form.get("id", "").strip()
    if wrong := _wrong_id(kind, name, now):
        open_drafts = drafts.living(database(request))
        entries = [entry for subject in subjects(now.knowledge) if subject.kind in _GROUPS[kind]
                   and (entry := _entry(subject, now, open_drafts, ""))]
        return page(request, "edit/answers.html", 422, groups=list(_GROUPS), group=kind, q="", entries=entries,
                    drafts=[], called=lambda subject: labels.called(subject, now.knowledge), given={"id": name},
                    errors={"id": say(f"edit.refused.{wrong}")})
    subject = Subject(kind, name)
    draft = drafts.begin(database(request), request.state.person, subject, "add", now.text(subject.file))
    return redirect(request, f"/answers/drafts/{draft.id}")


def _wrong_id(kind: str, name: str, now: Live) -> str:
    """Why no entry of this kind can be begun under the id: the key of a sentence; "" where one can."""
    if not _ID.fullmatch(name):
        return "no_id"
    if name in (now.knowledge.crisis.lines if kind == "line" else {*now.knowledge.contacts, *_KEYS_OF_CONTACTS}):
        return "taken"
    return "none_printed" if kind == "contact" and not any(free_passages(now.knowledge)) else ""
