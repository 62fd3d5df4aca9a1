"""The topics that staff made, and the way to take one away again."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.edit.live import told_where_broken
from bot.console.people.accounts import Role
from bot.console.teach import proposals, withdrawing
from bot.console.web import database, page, redirect, requires, say, settings
from bot.knowledge import Knowledge, load_knowledge
from bot.overlay import live_project


@requires(Role.EDITOR)
@told_where_broken
def every(request: Request) -> Response:
    """Those that were made here, each with the way to its page."""
    knowledge = _knowledge(request)
    return page(request, "teach/made.html", two=proposals.needed(settings(request)),
                waiting=proposals.waiting(database(request)), make=proposals.MAKE,
                topics=[knowledge.topics[name] for name in withdrawing.made(settings(request), knowledge)])


@requires(Role.EDITOR)
@told_where_broken
def form(request: Request) -> Response:
    """What would go with the topic, what speaks against it, and what becomes of its messages."""
    return _form(request, _knowledge(request))


@requires(Role.EDITOR)
@told_where_broken
def send(request: Request) -> Response:
    """Withdraw it, or, where two have to agree, propose it; or say why not."""
    knowledge, fate = _knowledge(request), str(request.state.form.get("fate", ""))
    name = _name(request, knowledge)
    if fate not in withdrawing.FATES:
        return _form(request, knowledge, 422, say("teach.withdrawing.no_fate"))
    engine, person, two = database(request), request.state.person, proposals.needed(settings(request))
    told = withdrawing.withdraw(engine, settings(request), person, name, fate, knowledge, only_try=two)
    if told:
        return _form(request, _knowledge(request), 422, *told, fate=fate)
    if two:
        number = proposals.propose(engine, person, proposals.WITHDRAW, name, {"fate": fate})
        return redirect(request, f"/teach/proposals/{number}", "teach.said.proposed")
    return redirect(request, "/teach", f"teach.withdrawing.{fate}", topic=name)


def _form(request: Request, knowledge: Knowledge, status: int = 200, *told: str, fate: str = "") -> Response:
    leaving = withdrawing.leaving(database(request), settings(request), _name(request, knowledge), knowledge)
    return page(request, "teach/withdraw.html", status, leaving=leaving, told=list(dict.fromkeys((*told, *leaving.against))),
                two=proposals.needed(settings(request)), fates=withdrawing.FATES, fate=fate)


def _name(request: Request, knowledge: Knowledge) -> str:
    """The topic that the address names. Raises 404 where there is none."""
    name = request.path_params["name"]
    if name not in knowledge.topics:
        raise HTTPException(404)
    return name


def _knowledge(request: Request) -> Knowledge:
    return load_knowledge(live_project(settings(request)) / "bot" / "content")


routes = [
    Route("/teach/topics", every, methods=["GET"]),
    Route("/teach/topics/{name}/withdraw", form, methods=["GET"]),
    Route("/teach/topics/{name}/withdraw", send, methods=["POST"]),
]
