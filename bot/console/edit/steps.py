"""The difference that a draft makes, and the steps on its way into the file."""

from __future__ import annotations

from typing import Any, Callable

from starlette.requests import Request
from starlette.responses import Response

from bot.console.edit import difference, drafts, labels, publishing
from bot.console.edit.draft_page import asked_for, clashing, fields_of, previewed, seen, tried_quickly
from bot.console.edit.drafts import Draft, Refused
from bot.console.edit.findings import Finding
from bot.console.edit.live import Live, live, told_where_broken
from bot.console.edit.pages import quoted
from bot.console.edit.publishing import Unfit
from bot.console.edit.trial import Outcome
from bot.console.edit.yaml_text import read, value_at
from bot.console.people.accounts import Role
from bot.console.web import database, page, redirect, requires, say, settings


@requires(Role.EDITOR)
@told_where_broken
def show_difference(request: Request) -> Response:
    """What the draft changes, word by word, and what can be done with it."""
    return _difference_page(request, asked_for(request), live(request))


def _difference_page(request: Request, draft: Draft, now: Live, findings: tuple[Finding, ...] = (), status: int = 200,
                     message: str = "") -> Response:
    person, approvals = request.state.person, settings(request).approvals
    may = {"edit": draft.may_be_edited_by(person) and draft.deed != "remove",
           "send": approvals > 1 and draft.state == "open" and draft.may_be_edited_by(person),
           "approve": approvals > 1 and draft.may_be_approved_by(person),
           "publish": draft.may_be_published_by(person, approvals), "withdraw": draft.may_be_withdrawn_by(person)}
    living = draft.state in drafts.LIVING
    return page(
        request, "edit/difference.html", status, draft=draft, may=may,
        called=labels.called(draft.subject, now.knowledge), rows=_rows(draft, now), findings=findings, message=message,
        passages=quoted(draft.subject, now),
        others=drafts.of_others(database(request), draft.subject, person) if living else [],
        **(clashing(draft, now) if living else {"clashes": [], "moved": False}),
        **previewed(draft, now, tried_quickly(draft, now) if living else Outcome((), None)))


def _rows(draft: Draft, now: Live) -> list[tuple[str, str, list[difference.Run]]]:
    """Of each changed field: label, language, and the way from the old words to the new."""
    base, its_fields = read(draft.base), fields_of(draft, now)
    if draft.deed == "remove":
        own = [field for field in its_fields if field.path[:2] == draft.subject.place]
        return [(labels.label(field), field.language, difference.words(labels.words_of(field, field.shown(base)), ""))
                for field in own if value_at(base, field.path)]
    return [(labels.label(field), field.language,
             difference.words(labels.words_of(field, field.shown(base)),
                              labels.words_of(field, draft.changes[field.name])))
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
    draft, now = asked_for(request), live(request)
    try:
        step(seen(request, draft), now)
    except Refused as error:
        return _difference_page(request, asked_for(request), live(request), status=error.status, message=say(error.key))
    except Unfit as error:
        return _difference_page(request, draft, now, error.findings, 422)
    return redirect(request, f"/answers/drafts/{draft.id}/difference", said)


@requires(Role.EDITOR)
@told_where_broken
def take_up(request: Request) -> Response:
    """Go on from the file as it is now; of what both changed, the person has chosen."""
    draft, now = asked_for(request), live(request)
    text = now.text(draft.subject.file)
    changes = dict(draft.changes)
    for clash in publishing.clashes(draft, now.knowledge, text):
        choice = request.state.form.get(f"choice.{clash.field.name}")
        if choice not in ("theirs", "yours"):
            return _difference_page(request, draft, now, status=422, message=say("edit.refused.no_choice"))
        if choice == "theirs":
            del changes[clash.field.name]
    shown = {field.name: field.shown(read(text)) for field in fields_of(draft, now)}
    changes = {name: value for name, value in changes.items() if shown.get(name) != value}
    try:
        drafts.rebase(database(request), request.state.person, seen(request, draft), text, changes)
    except Refused as error:
        return _difference_page(request, asked_for(request), now, status=error.status, message=say(error.key))
    return redirect(request, f"/answers/drafts/{draft.id}", "edit.said.taken_up")
