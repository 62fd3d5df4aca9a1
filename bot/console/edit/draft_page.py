"""What the pages of a draft share: the draft that is asked for, what clashes with it, what it would look like."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.console.edit import drafts, labels, preview, publishing
from bot.console.edit.drafts import Draft
from bot.console.edit.fields import Field
from bot.console.edit.live import Live
from bot.console.edit.subjects import fields
from bot.console.edit.trial import Outcome, preview as try_quickly
from bot.console.edit.yaml_text import read
from bot.console.web import database

_NO_VERSION = -1


def asked_for(request: Request) -> Draft:
    """The draft that the address names. Raises 404 where there is none."""
    draft = drafts.find(database(request), request.path_params["id"])
    if draft is None:
        raise HTTPException(404)
    return draft


def seen(request: Request, draft: Draft) -> Draft:
    """The draft in the version that the person saw: acting on another one is refused where it is written."""
    version = str(request.state.form.get("version", ""))
    if not (version.isascii() and version.isdigit()):
        raise HTTPException(400)
    # No version has that many digits; it is told as any other that is not the present one.
    return replace(draft, version=int(version) if len(version) <= 9 else _NO_VERSION)


def fields_of(draft: Draft, now: Live) -> list[Field]:
    """The fields of its form: those of the file as it was when the draft was begun."""
    return fields(draft.subject, read(draft.base), now.knowledge)


def clashing(draft: Draft, now: Live) -> dict[str, Any]:
    """For a page: the words that somebody else changed meanwhile, and whether the file changed at all."""
    text = now.text(draft.subject.file)
    return {"clashes": publishing.clashes(draft, now.knowledge, text),
            "moved": draft.state in drafts.LIVING and drafts.hash_of(text) != draft.base_hash}


def tried_quickly(draft: Draft, now: Live) -> Outcome:
    """The draft on top of the present content."""
    text = now.text(draft.subject.file)
    return try_quickly(publishing.change_of(draft, now.knowledge, text), text, now.project, datetime.date.today())


def previewed(draft: Draft, now: Live, outcome: Outcome) -> dict[str, Any]:
    """For a page: what the preview's region shows, and what it has found."""
    is_there = outcome.knowledge is not None and draft.deed != "remove"
    return {"shown": preview.shown(draft.subject, outcome.knowledge) if is_there and outcome.knowledge else [],
            "found": outcome.findings, "labels": labels,
            "fields": {field.name: field for field in fields_of(draft, now)}}
