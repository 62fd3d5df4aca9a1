"""Everybody's own account, and for administrators everybody's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.people import accounts, audit, links, passwords, signing_in
from bot.console.people.accounts import Account, LastAdministratorError, Role, TakenError
from bot.console.people.entrance import waiting
from bot.console.web import database, own_address, page, redirect, requires, say


@requires(Role.REVIEWER)
def own(request: Request) -> Response:
    """What is known of the person who asks, and a form for another password."""
    return _own(request)


@requires(Role.REVIEWER)
def change_password(request: Request) -> Response:
    """Another password, for who knows the present one; all other sessions of the person end."""
    person, form = request.state.person, request.state.form
    present, new = str(form.get("present", "")), str(form.get("password", ""))
    if wrong := passwords.problem(new, (person.name, person.shown, person.email.split("@")[0])):
        return _own(request, 422, password=say(wrong, least=passwords.MIN_CHARACTERS, most=passwords.MAX_CHARACTERS))
    address = request.client.host if request.client else ""
    found = signing_in.sign_in(database(request), person.name, present, address)
    if isinstance(found, signing_in.Wait):
        return _own(request, 429, present=waiting(found))
    if found is None:
        return _own(request, 422, present=say("people.password.not_present"))
    signing_in.change(database(request), request.state.session, new)
    return redirect(request, "/account", "people.password.changed")


def _own(request: Request, status: int = 200, **errors: str) -> Response:
    return page(request, "people/account.html", status, errors=errors, least=passwords.MIN_CHARACTERS)


@requires(Role.ADMINISTRATOR)
def everybody(request: Request) -> Response:
    """All accounts, and a form to invite somebody."""
    return _everybody(request)


@requires(Role.ADMINISTRATOR)
def invite(request: Request) -> Response:
    """A new account; its one-time link is shown once, to be handed over by the administrator."""
    fields = {name: str(request.state.form.get(name, "")) for name in ("name", "shown", "email")}
    wrong, role = accounts.wrong_fields(**fields), _role(request)
    if wrong:
        return _everybody(request, 422, errors={name: say(key) for name, key in wrong.items()}, given=fields)
    try:
        with database(request).begin() as connection:
            person = accounts.add(connection, request.state.person, **fields, role=role)
            token = links.make(connection, person, links.INVITED_S)
    except TakenError:
        return _everybody(request, 422, errors={"name": say("people.wrong.taken")}, given=fields)
    return _link_page(request, person, token)


def _everybody(request: Request, status: int = 200, **values: dict[str, str]) -> Response:
    with database(request).connect() as connection:
        found = accounts.every(connection)
    return page(request, "people/accounts.html", status, accounts=found, roles=list(Role),
                **{"errors": {}, "given": {}, **values})


@requires(Role.ADMINISTRATOR)
def one(request: Request) -> Response:
    """One account and what can be done about it."""
    return page(request, "people/one.html", account=_account(request), roles=list(Role))


@requires(Role.ADMINISTRATOR)
def change_role(request: Request) -> Response:
    """Another role, at once; never for the last administrator."""
    account, role = _account(request), _role(request)
    with database(request).begin() as connection, _in_words():
        accounts.change_role(connection, request.state.person, account, role)
    return redirect(request, "/accounts", "people.changed.role", shown=account.person.shown, role=role.name.lower())


@requires(Role.ADMINISTRATOR)
def enable(request: Request) -> Response:
    """Let in again, or no longer; never the last administrator."""
    account, enabled = _account(request), request.state.form.get("enabled") == "yes"
    with database(request).begin() as connection, _in_words():
        accounts.enable(connection, request.state.person, account, enabled)
    return redirect(request, "/accounts", "people.changed.enabled" if enabled else "people.changed.disabled",
                    shown=account.person.shown)


@requires(Role.ADMINISTRATOR)
def new_link(request: Request) -> Response:
    """Another one-time link, for a password that was forgotten or an invitation that ended."""
    account = _account(request)
    if not account.enabled:
        raise HTTPException(409, say("people.wrong.disabled"))
    with database(request).begin() as connection:
        token = links.make(connection, account.person, links.INVITED_S)
        audit.record(connection, request.state.person, "people.link", account.person.name)
    return _link_page(request, account.person, token)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except LastAdministratorError as error:
        raise HTTPException(409, say("people.wrong.last_administrator")) from error


def _link_page(request: Request, person: accounts.Person, token: str) -> Response:
    return page(request, "people/link.html", invited=person, link=f"{own_address(request)}/join/{token}",
                hours=links.INVITED_S // 3600)


def _account(request: Request) -> Account:
    with database(request).connect() as connection:
        account = accounts.find(connection, request.path_params["id"])
    if account is None:
        raise HTTPException(404)
    return account


def _role(request: Request) -> Role:
    try:
        return Role[str(request.state.form.get("role", "")).upper()]
    except KeyError as error:
        raise HTTPException(400) from error


routes = [
    Route("/account", own, methods=["GET"]),
    Route("/account/password", change_password, methods=["POST"]),
    Route("/accounts", everybody, methods=["GET"]),
    Route("/accounts", invite, methods=["POST"]),
    Route("/accounts/{id:int}", one, methods=["GET"]),
    Route("/accounts/{id:int}/role", change_role, methods=["POST"]),
    Route("/accounts/{id:int}/enabled", enable, methods=["POST"]),
    Route("/accounts/{id:int}/link", new_link, methods=["POST"]),
]
