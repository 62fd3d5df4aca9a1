"""One draft: its form with the preview, its difference, and the steps on its way into the file."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.check import MAX_WORDS
from bot.console.edit import difference, drafts, labels, preview, publishing
from bot.console.edit.drafts import Draft, Refused
from bot.console.edit.fields import Field, ForeignField, Value, typed
from bot.console.edit.findings import Finding
from bot.console.edit.live import Live, live, told_where_broken
from bot.console.edit.pages import quoted
from bot.console.edit.publishing import Unfit
from bot.console.edit.subjects import fields
from bot.console.edit.trial import Outcome, preview as try_quickly
from bot.console.edit.yaml_text import read, value_at
from bot.console.people.accounts import Role
from bot.console.web import database, page, redirect, requires, say, settings

# What a form carries beside its fields.
_BESIDES = ("csrf", "version", "do")


def _draft(request: Request) -> Draft:
    draft = drafts.find(database(request), request.path_params["id"])
    if draft is None:
        raise HTTPException(404)
    return draft


def _seen(request: Request, draft: Draft) -> Draft:
    """The draft in the version that the person saw: acting on another one is refused where it is written."""
    version = str(request.state.form.get("version", ""))
    if not version.isdecimal():
        raise HTTPException(400)
    return replace(draft, version=int(version))


def _fields(draft: Draft, now: Live) -> list[Field]:
    return fields(draft.subject, read(draft.base), now.knowledge)


def _changes(draft: Draft, its_fields: list[Field], values: Mapping[str, Value]) -> dict[str, Value]:
    base = read(draft.base)
    return {field.name: values[field.name] for field in its_fields if values[field.name] != field.shown(base)}


@requires(Role.EDITOR)
@told_where_broken
def form(request: Request) -> Response:
    """The form of one's own draft; somebody else's, and one that has ended, is shown as a difference."""
    draft, now = _draft(request), live(request)
    if not draft.may_be_edited_by(request.state.person) or draft.deed == "remove":
        return redirect(request, f"/answers/drafts/{draft.id}/difference")
    return _form_page(request, draft, now, draft.changes, _quick(draft, now).findings if draft.changes else ())


def _form_page(request: Request, draft: Draft, now: Live, changes: Mapping[str, Value], findings: Any,
               status: int = 200, message: str = "") -> Response:
    its_fields = _fields(draft, now)
    base = read(draft.base)
    values = {**{field.name: field.shown(base) for field in its_fields}, **changes}
    errors: dict[str, list[str]] = {}
    for finding in findings:
        errors.setdefault(finding.field, []).append(finding.sentence)
    return page(
        request, "edit/form.html", status, draft=draft, called=labels.called(draft.subject, now.knowledge), values=values,
        errors=errors, groups=labels.groups(draft.subject, its_fields), message=message, today=datetime.date.today(),
        max_words=MAX_WORDS,
        others=drafts.of_others(database(request), draft.subject, request.state.person), passages=quoted(draft.subject, now),
        approvals=settings(request).approvals, **_clashes(draft, now), **_previewed(replace(draft, changes=changes), now))


def _clashes(draft: Draft, now: Live) -> dict[str, Any]:
    text = now.text(draft.subject.file)
    return {"clashes": publishing.clashes(draft, now.knowledge, text),
            "moved": draft.state in drafts.LIVING and drafts.hash_of(text) != draft.base_hash}


def _quick(draft: Draft, now: Live) -> Outcome:
    text = now.text(draft.subject.file)
    return try_quickly(publishing.change_of(draft, now.knowledge, text), text, now.project, datetime.date.today())


def _previewed(draft: Draft, now: Live) -> dict[str, Any]:
    """What the preview's region shows."""
    outcome = _quick(draft, now)
    is_there = outcome.knowledge is not None and (draft.deed != "remove")
    return {"shown": preview.shown(draft.subject, outcome.knowledge) if is_there and outcome.knowledge else [],
            "found": outcome.findings, "fields": {field.name: field for field in _fields(draft, now)}, "labels": labels}


@requires(Role.EDITOR)
@told_where_broken
def show_preview(request: Request) -> Response:
    """The preview's region alone, of what is typed just now; nothing is kept."""
    draft, now = _draft(request), live(request)
    if not draft.may_be_edited_by(request.state.person):
        raise HTTPException(403, say("edit.refused.not_yours"))
    return page(request, "edit/preview_reply.html", **_previewed(replace(draft, changes=_typed(request, draft, now)), now))


def _typed(request: Request, draft: Draft, now: Live) -> dict[str, Value]:
    its_fields = _fields(draft, now)
    try:
        values = typed(its_fields, request.state.form, besides=_BESIDES)
    except ForeignField as error:
        raise HTTPException(400, say("edit.refused.foreign", fields=error)) from error
    return _changes(draft, its_fields, values)


@requires(Role.EDITOR)
@told_where_broken
def submit(request: Request) -> Response:
    """Keep what was typed, show its preview, or go on with it; whatever is wrong, nothing typed is lost."""
    draft, now = _draft(request), live(request)
    if not draft.may_be_edited_by(request.state.person):
        raise HTTPException(403, say("edit.refused.not_yours"))
    changes = _typed(request, draft, now)
    if request.state.form.get("do") == "preview":
        return _form_page(request, draft, now, changes, _quick(replace(draft, changes=changes), now).findings)
    try:
        draft = drafts.save(database(request), request.state.person, _seen(request, draft), changes)
    except Refused as error:
        fresh = _draft(request)
        return _form_page(request, fresh, now, changes, (), 409, say(error.key))
    findings = publishing.tried(draft, settings(request), now.knowledge).findings if changes else ()
    if findings:
        return _form_page(request, draft, now, changes, findings, 422, say("edit.said.saved_open"))
    if request.state.form.get("do") == "go_on" and changes:
        return redirect(request, f"/answers/drafts/{draft.id}/difference", "edit.said.saved")
    others = drafts.of_others(database(request), draft.subject, request.state.person)
    if others:
        return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.saved_beside",
                        names=", ".join(sorted({other.by for other in others})))
    return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.saved")


@requires(Role.EDITOR)
@told_where_broken
def show_difference(request: Request) -> Response:
    """What the draft changes, word by word, and what can be done with it."""
    return _difference_page(request, _draft(request), live(request))


def _difference_page(request: Request, draft: Draft, now: Live, findings: tuple[Finding, ...] = (), status: int = 200,
                     message: str = "") -> Response:
    person, approvals = request.state.person, settings(request).approvals
    may = {"edit": draft.may_be_edited_by(person) and draft.deed != "remove",
           "send": approvals > 1 and draft.state == "open" and draft.may_be_edited_by(person),
           "approve": approvals > 1 and draft.may_be_approved_by(person),
           "publish": draft.may_be_published_by(person, approvals), "withdraw": draft.may_be_withdrawn_by(person)}
    living = draft.state in drafts.LIVING
    return page(
        request, "edit/difference.html", status, draft=draft, called=labels.called(draft.subject, now.knowledge), may=may,
        rows=_rows(draft, now), findings=findings, message=message, passages=quoted(draft.subject, now), approvals=approvals,
        others=drafts.of_others(database(request), draft.subject, person) if living else [],
        **(_clashes(draft, now) if living else {"clashes": [], "moved": False}),
        **(_previewed(draft, now) if living else {"shown": [], "found": (), "fields": {}, "labels": labels}))


def _rows(draft: Draft, now: Live) -> list[tuple[str, str, list[difference.Run]]]:
    """Of each changed field: label, language, and the way from the old words to the new."""
    base, its_fields = read(draft.base), _fields(draft, now)
    if draft.deed == "remove":
        own = [field for field in its_fields if field.path[:2] == ("lines", draft.subject.name)]
        return [(labels.label(field), field.language, difference.words(labels.words_of(field, field.shown(base)), ""))
                for field in own if value_at(base, field.path)]
    return [(labels.label(field), field.language,
             difference.words(labels.words_of(field, field.shown(base)), labels.words_of(field, draft.changes[field.name])))
            for field in its_fields if field.name in draft.changes]


@requires(Role.EDITOR)
@told_where_broken
def send(request: Request) -> Response:
    """Ask for approval."""
    def sent(draft: Draft, now: Live) -> None:
        if not draft.may_be_edited_by(request.state.person):
            raise Refused("not_yours", 403)
        _fit(request, draft, now)
        drafts.send(database(request), request.state.person, draft)
    return _step(request, sent, "edit.said.sent")


@requires(Role.EDITOR)
@told_where_broken
def approve(request: Request) -> Response:
    """Agree to somebody else's draft."""
    def approved(draft: Draft, now: Live) -> None:
        if draft.may_be_approved_by(request.state.person):
            _fit(request, draft, now)
        drafts.approve(database(request), request.state.person, draft)
    return _step(request, approved, "edit.said.approved")


@requires(Role.EDITOR)
@told_where_broken
def withdraw(request: Request) -> Response:
    """End a draft."""
    return _step(request, lambda draft, now: drafts.withdraw(database(request), request.state.person, draft),
                 "edit.said.withdrawn")


@requires(Role.EDITOR)
@told_where_broken
def publish(request: Request) -> Response:
    """Write a draft into its file."""
    return _step(request, lambda draft, now: publishing.publish(
        database(request), settings(request), request.state.person, draft, now.knowledge), "edit.said.published")


def _fit(request: Request, draft: Draft, now: Live) -> None:
    if findings := publishing.tried(draft, settings(request), now.knowledge).findings:
        raise Unfit(findings)


def _step(request: Request, step: Callable[[Draft, Live], Any], said: str) -> Response:
    """Do it, or show the difference with the reason why it was not done."""
    draft, now = _draft(request), live(request)
    try:
        step(_seen(request, draft), now)
    except Refused as error:
        return _difference_page(request, _draft(request), live(request), status=error.status, message=say(error.key))
    except Unfit as error:
        return _difference_page(request, draft, now, error.findings, 422)
    return redirect(request, f"/answers/drafts/{draft.id}/difference", said)


@requires(Role.EDITOR)
@told_where_broken
def take_up(request: Request) -> Response:
    """Go on from the file as it is now; of what both changed, the person has chosen."""
    draft, now = _draft(request), live(request)
    text = now.text(draft.subject.file)
    changes = dict(draft.changes)
    for clash in publishing.clashes(draft, now.knowledge, text):
        choice = request.state.form.get(f"choice.{clash.field.name}")
        if choice not in ("theirs", "yours"):
            return _difference_page(request, draft, now, status=422, message=say("edit.refused.no_choice"))
        if choice == "theirs":
            del changes[clash.field.name]
    shown = {field.name: field.shown(read(text)) for field in _fields(draft, now)}
    changes = {name: value for name, value in changes.items() if shown.get(name) != value}
    try:
        drafts.rebase(database(request), request.state.person, _seen(request, draft), text, changes)
    except Refused as error:
        return _difference_page(request, _draft(request), now, status=error.status, message=say(error.key))
    return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.taken_up")
