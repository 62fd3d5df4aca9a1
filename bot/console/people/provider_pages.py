"""To the provider of sign-in and back."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import cookies
from bot.console.people import provider, sessions
from bot.console.people.entrance import let_in
from bot.console.people.provider import Provider, ProviderError
from bot.console.web import anybody, database, own_address, page, say, settings

logger = logging.getLogger(__name__)

_BACK = "/sign-in/provider/back"


@anybody
def to_provider(request: Request) -> Response:
    """Send the browser to the provider; what this sign-in is known by stays in a cookie for ten minutes."""
    token = sessions.new_token()
    try:
        response = RedirectResponse(_provider(request).address(token, own_address(request) + _BACK), 303)
    except ProviderError as error:
        return _refused(request, error)
    # Lax: a Strict one the browser would not show when the provider sends it back here.
    cookies.put(request, response, cookies.SIGN_IN, token, same_site="lax", lasts_s=cookies.SIGN_IN_S)
    return response


@anybody
def from_provider(request: Request) -> Response:
    """The browser comes back: let in whom the provider names, if they were invited."""
    known, token = _provider(request), cookies.read(request, cookies.SIGN_IN)
    try:
        if not token:
            raise ProviderError("people.provider.begin_again")
        identity = known.identity(token, own_address(request) + _BACK, dict(request.query_params))
        with database(request).begin() as connection:
            person = provider.person(connection, identity)
    except ProviderError as error:
        return _refused(request, error)
    # A page that goes on by itself, not a redirect: in a chain that another site began, a browser would hold back the
    # new cookie, which is for this site's own requests only.
    response = let_in(request, person, page(request, "people/signed_in.html"))
    cookies.drop(request, response, cookies.SIGN_IN)
    return response


def _provider(request: Request) -> Provider:
    if not settings(request).oidc_issuer:
        raise HTTPException(404)
    state = request.app.state
    if not hasattr(state, "provider"):
        state.provider = Provider(state.settings)
    return state.provider


def _refused(request: Request, error: ProviderError) -> Response:
    logger.warning("Sign-in through the provider: %s (%s)", error, type(error.__cause__).__name__)
    response = page(request, "people/sign_in.html", 403, error=say(str(error)), next="/", provider=True)
    cookies.drop(request, response, cookies.SIGN_IN)
    return response


routes = [
    Route("/sign-in/provider", to_provider, methods=["GET"]),
    Route(_BACK, from_provider, methods=["GET"]),
]
