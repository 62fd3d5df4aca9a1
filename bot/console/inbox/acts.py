"""What reviewers do: each a form, answered with the changed row for htmx and with a redirect for everybody else."""

from __future__ import annotations

from collections import Counter
from typing import Any, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.console.inbox import danger, labelling, queue
from bot.console.inbox.catalogue import catalogue
from bot.console.inbox.danger import Waiting
from bot.console.inbox.labelling import Outcome, Put, Warned
from bot.console.inbox.pages import message_page, name_of, row_values
from bot.console.inbox.states import DONE, IGNORED, LATER, NEW, Lost, Seen, move, reopen
from bot.console.people.accounts import Role
from bot.console.web import database, page, redirect, requires, say, settings
from bot.errors import StaffFileError

_GIVEN = (LATER, IGNORED, NEW)
_MOST_AT_ONCE = 100
_BULK: dict[type, str] = {Put: "moved", Waiting: "waiting", Warned: "warned", Lost: "lost"}
_RESTS = ("waiting", "warned", "no_example", "lost")
Sentence = tuple[str, dict[str, Any]]


@requires(Role.REVIEWER)
def label(request: Request) -> Response:
    """Put a message under a topic."""
    form, places = request.state.form, catalogue(settings(request))
    topic = str(form.get("topic") or "")
    if topic not in places:
        raise HTTPException(400, say("inbox.unknown_place"))
    try:
        outcome = labelling.put(database(request), settings(request), request.state.person, _seen(request), topic,
                                anyway=form.get("anyway") == "yes")
    except StaffFileError as error:
        raise HTTPException(409, say("inbox.no_example", why=error)) from error
    key, values = _sentence(outcome, name_of(places, topic))
    return _answer(request, key, values, warned=outcome if isinstance(outcome, Warned) else None,
                   lost=isinstance(outcome, Lost))


@requires(Role.REVIEWER)
def state(request: Request) -> Response:
    """Keep a message for later, ignore it, or take it up again."""
    wanted = request.state.form.get("state")
    if wanted not in _GIVEN:
        raise HTTPException(400)
    seen = _seen(request)
    if wanted == IGNORED:
        outcome = labelling.ignore(database(request), request.state.person, seen)
        key, values = _sentence(outcome, name_of(catalogue(settings(request)), IGNORED))
        return _answer(request, key, values, lost=isinstance(outcome, Lost))
    moved = move(database(request), request.state.person, [seen], wanted)
    if moved.lost:
        return _answer(request, *_lost(moved.lost[0]), lost=True)
    return _answer(request, f"inbox.{wanted}", {})


@requires(Role.REVIEWER)
def undo(request: Request) -> Response:
    """Take back what was done last to a message: its label, a decision that waits, a state."""
    seen, person, engine = _seen(request), request.state.person, database(request)
    with engine.connect() as connection:
        row, first = queue.message(connection, seen.id), danger.waiting(connection, seen.id)
    if row is None or row.version != seen.version:
        with engine.connect() as connection:
            return _answer(request, *_lost(labelling.lost_to(connection, seen.id)), lost=True)
    if row.state == DONE:
        labelling.take_back(engine, settings(request), person, seen.id)
        with engine.connect() as connection:
            now = queue.message(connection, seen.id)
        if now is None or now.state != DONE or now.copy_of is None:
            return _answer(request, "inbox.undone", {})
        # It has no label: it went with the one that it all but repeats, which keeps its own.
        lost = reopen(engine, person, Seen(now.id, now.version))
        return _answer(request, *(_lost(lost) if lost else ("inbox.undone_alone", {})), lost=bool(lost))
    # A decision that somebody else made meanwhile on what was put off is no part of that.
    if first is not None and (row.state == NEW or first.person_id == person.id):
        try:
            lost = danger.withdraw(engine, person, seen)
        except danger.NotYours as error:
            raise HTTPException(403, say("inbox.not_yours", by=first.person)) from error
        return _answer(request, *(_lost(lost) if lost else ("inbox.withdrawn", {})), lost=bool(lost))
    moved = move(engine, person, [seen], NEW)
    return _answer(request, *(_lost(moved.lost[0]) if moved.lost else ("inbox.new", {})), lost=bool(moved.lost))


@requires(Role.REVIEWER)
def bulk(request: Request) -> Response:
    """Do the same to several messages. Those that need a look of their own are left and counted."""
    form, engine, person = request.state.form, database(request), request.state.person
    chosen = [seen for value in form.getlist("message")[:_MOST_AT_ONCE] if (seen := Seen.read(str(value)))]
    wanted, places = str(form.get("to") or ""), catalogue(settings(request))
    back = _back(request)
    if not chosen:
        return redirect(request, back, "inbox.bulk_none")
    if wanted == IGNORED:
        return _bulk(request, back, [labelling.ignore(engine, person, seen) for seen in chosen])
    if wanted in _GIVEN:
        moved = move(engine, person, chosen, wanted)
        return _bulk(request, back, [*(Put(wanted) for _ in moved.moved), *moved.lost])
    if wanted not in places:
        raise HTTPException(400, say("inbox.unknown_place"))
    outcomes: list[Outcome | None] = []
    for seen in chosen:
        try:
            outcomes.append(labelling.put(engine, settings(request), person, seen, wanted))
        except StaffFileError:
            outcomes.append(None)
    return _bulk(request, back, outcomes)


def _bulk(request: Request, back: str, outcomes: Sequence[Outcome | None]) -> Response:
    """What became of each (None: no example can be made of it), counted in one sentence a kind."""
    counts = Counter("no_example" if outcome is None else _BULK[type(outcome)] for outcome in outcomes)
    rest = [say(f"inbox.bulk_rest.{kind}", count=counts[kind]) for kind in _RESTS if counts[kind]]
    return redirect(request, back, "inbox.bulk", moved=counts["moved"], rest="".join(f" {one}" for one in rest))


def _sentence(outcome: Outcome, place: str) -> Sentence:
    if isinstance(outcome, Lost):
        return _lost(outcome)
    if isinstance(outcome, Warned):
        return "inbox.warned", {}
    if isinstance(outcome, Put) and outcome.topic == IGNORED:
        return ("inbox.ignored_by_two" if outcome.confirmed else "inbox.ignored"), {}
    if isinstance(outcome, Put):
        return ("inbox.confirmed" if outcome.confirmed else "inbox.put"), {"place": place}
    return ("inbox.own" if outcome.own else "inbox.waiting"), {"place": place}


def _lost(lost: Lost) -> Sentence:
    if lost.state == "gone":
        return "inbox.gone", {}
    return ("inbox.lost", {"by": lost.by}) if lost.by else ("inbox.lost_unknown", {})


def _answer(request: Request, key: str, values: dict[str, Any], *, warned: Warned | None = None,
            lost: bool = False) -> Response:
    """The row as it is now with the sentence in the live region; without htmx, the page where the form stood."""
    number = request.path_params["message"]
    if request.headers.get("hx-request"):
        with database(request).connect() as connection:
            row = queue.message(connection, number)
        back = _back(request)
        return page(request, "inbox/answer.html", row=row, number=number, sentence=say(key, **values), warned=warned,
                    lost=lost, **{**row_values(request), "here": back})
    if warned is not None:
        return message_page(request, number, warned=warned, here=_back(request))
    back = urlsplit(_back(request))
    query = [(name, value) for name, value in parse_qsl(back.query) if name != "did"]
    return redirect(request, f"{back.path}?{urlencode([*query, ('did', number)])}", key, **values)


def _seen(request: Request) -> Seen:
    seen = Seen.read(f"{request.path_params['message']}:{request.state.form.get('version') or ''}")
    if seen is None:
        raise HTTPException(400)
    return seen


def _back(request: Request) -> str:
    """The page that the form stood on: one of the inbox, whatever the form says."""
    given = str(request.state.form.get("back") or "")
    parts = urlsplit(given)
    inside = parts.path == "/inbox" or parts.path.startswith("/inbox/")
    plain = not (parts.scheme or parts.netloc or "\\" in given or ".." in given)
    return given if inside and plain else "/inbox"
