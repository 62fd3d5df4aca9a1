"""The form of a draft, with its preview."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.check import MAX_WORDS
from bot.console.edit import drafts, labels, publishing
from bot.console.edit.draft_page import asked_for, clashing, fields_of, previewed, seen, tried_quickly
from bot.console.edit.drafts import Draft, Refused
from bot.console.edit.fields import ForeignField, Value, typed
from bot.console.edit.findings import Finding
from bot.console.edit.live import Live, live, told_where_broken
from bot.console.edit.pages import quoted
from bot.console.edit.yaml_text import read
from bot.console.people.accounts import Role
from bot.console.web import database, page, redirect, requires, say, settings

# What a form carries beside its fields.
_BESIDES = ("csrf", "version", "do")


@requires(Role.EDITOR)
@told_where_broken
def form(request: Request) -> Response:
    """The form of one's own draft; somebody else's, and one that has ended, is shown as a difference."""
    draft, now = asked_for(request), live(request)
    if not draft.may_be_edited_by(request.state.person) or draft.deed == "remove":
        return redirect(request, f"/answers/drafts/{draft.id}/difference")
    return _form_page(request, draft, now, tried_quickly(draft, now).findings if draft.changes else ())


def _form_page(request: Request, draft: Draft, now: Live, findings: Sequence[Finding], status: int = 200,
               message: str = "") -> Response:
    """The form with the values of the draft as it is given, saved or not."""
    its_fields = fields_of(draft, now)
    base = read(draft.base)
    errors: dict[str, list[str]] = {}
    for finding in findings:
        errors.setdefault(finding.field, []).append(finding.sentence)
    return page(
        request, "edit/form.html", status, draft=draft, called=labels.called(draft.subject, now.knowledge),
        values={**{field.name: field.shown(base) for field in its_fields}, **draft.changes},
        errors=errors, groups=labels.groups(draft.subject, its_fields), message=message, today=datetime.date.today(),
        max_words=MAX_WORDS, others=drafts.of_others(database(request), draft.subject, request.state.person),
        passages=quoted(draft.subject, now), approvals=settings(request).approvals, **clashing(draft, now),
        **previewed(draft, now, tried_quickly(draft, now)))


@requires(Role.EDITOR)
@told_where_broken
def show_preview(request: Request) -> Response:
    """The preview's region alone, of what is typed just now; nothing is kept."""
    draft, now = asked_for(request), live(request)
    if not draft.may_be_edited_by(request.state.person):
        raise HTTPException(403, say("edit.refused.not_yours"))
    draft = replace(draft, changes=_typed(request, draft, now))
    return page(request, "edit/preview_reply.html", **previewed(draft, now, tried_quickly(draft, now)))


def _typed(request: Request, draft: Draft, now: Live) -> dict[str, Value]:
    """What was typed where it differs from the file. Raises 400 where the form has a field that is none of its own."""
    its_fields, base = fields_of(draft, now), read(draft.base)
    try:
        values = typed(its_fields, request.state.form, besides=_BESIDES)
    except ForeignField as error:
        raise HTTPException(400, say("edit.refused.foreign", fields=error)) from error
    return {field.name: values[field.name] for field in its_fields if values[field.name] != field.shown(base)}


@requires(Role.EDITOR)
@told_where_broken
def submit(request: Request) -> Response:
    """Keep what was typed, show its preview, or go on with it; whatever is wrong, nothing typed is lost."""
    draft, now = asked_for(request), live(request)
    if not draft.may_be_edited_by(request.state.person):
        raise HTTPException(403, say("edit.refused.not_yours"))
    changes = _typed(request, draft, now)
    if request.state.form.get("do") == "preview":
        unsaved = replace(draft, changes=changes)
        return _form_page(request, unsaved, now, tried_quickly(unsaved, now).findings)
    try:
        draft = drafts.save(database(request), request.state.person, seen(request, draft), changes)
    except Refused as error:
        unsaved = replace(asked_for(request), changes=changes)
        return _form_page(request, unsaved, now, (), 409, say(error.key))
    findings = publishing.tried(draft, settings(request), now.knowledge).findings if changes else ()
    if findings:
        return _form_page(request, draft, now, findings, 422, say("edit.said.saved_open"))
    if request.state.form.get("do") == "go_on" and changes:
        return redirect(request, f"/answers/drafts/{draft.id}/difference", "edit.said.saved")
    others = drafts.of_others(database(request), draft.subject, request.state.person)
    if others:
        return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.saved_beside",
                        names=", ".join(sorted({other.by for other in others})))
    return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.saved")
