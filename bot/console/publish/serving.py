"""`GET /bundle`: what is in production, for servers that know the token."""

from __future__ import annotations

import hashlib
import hmac
import re

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from bot import archive
from bot.canary import current_canary
from bot.console.publish.workers import Workers
from bot.console.web import anybody, say, settings
from bot.errors import ReleaseError
from bot.release import BUNDLE_NAME, Bundle, current_bundle, current_name, open_bundle
from bot.sources import ON_TRIAL, REFUSED, RUNNING

# Wrong tokens from one address; a server whose token is wrong asks 20 times a minute and is told at each.
_WRONG_TOKENS = parse("60 per minute")


class Door:
    """Who is let in: whoever knows the token, and has not guessed too often."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()  # kept here: the limiter itself holds it weakly
        self._guesses = MovingWindowRateLimiter(self._storage)

    def refusal(self, request: Request, token: str) -> Response | None:
        """The answer to somebody who is not let in. Without a token in the settings nobody is."""
        address = request.client.host if request.client else ""
        # Before the token is looked at: a right guess among too many wrong ones is a guess.
        if not self._guesses.test(_WRONG_TOKENS, address):
            return PlainTextResponse(say("publish.bundle.too_many"), 429, headers={"Retry-After": "60"})
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # Hashes, so that the time it takes tells neither the token nor its length.
        if token and scheme.lower() == "bearer" and hmac.compare_digest(_hash(given.strip()), _hash(token)):
            return None
        self._guesses.hit(_WRONG_TOKENS, address)
        return PlainTextResponse(say("publish.bundle.token"), 403)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


@anybody
def bundle(request: Request) -> Response:
    """The signed bundle as a tar archive; 304 where the server knows it, 404 where nothing was released yet.

    Each answer says which version a share of the senders is to be answered from, if there is one.
    """
    door, workers = at_hand(request)
    if refused := door.refusal(request, settings(request).console_token):
        return refused
    workers.heard(request.headers.get(RUNNING, ""), request.headers.get(REFUSED, ""), request.headers.get(ON_TRIAL, ""))
    canary = current_canary(settings(request))
    told = {ON_TRIAL: f"{canary.share.bundle} {canary.share.percent}"} if canary else {}
    name = current_name(settings(request))
    if not re.fullmatch(BUNDLE_NAME, name):
        return PlainTextResponse(say("publish.bundle.none"), 404)
    etag = f'"{name}"'
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(status_code=304, headers={"ETag": etag, **told})
    found = current_bundle(settings(request))
    if found is None:  # damaged here; what the servers have is better
        return PlainTextResponse(say("publish.bundle.damaged"), 503)
    return _packed(found, told)


@anybody
def canary(request: Request) -> Response:
    """The signed bundle that a share of the senders is to be answered from; 404 where there is none."""
    if refused := at_hand(request)[0].refusal(request, settings(request).console_token):
        return refused
    going_on = current_canary(settings(request))
    if going_on is None:
        return PlainTextResponse(say("publish.bundle.no_canary"), 404)
    try:
        return _packed(open_bundle(settings(request).var_dir / "releases" / going_on.bundle, settings(request)), {})
    except ReleaseError:
        return PlainTextResponse(say("publish.bundle.damaged"), 503)


def _packed(found: Bundle, told: dict[str, str]) -> Response:
    return StreamingResponse(archive.pack(found.folder), media_type="application/x-tar", headers={
        "ETag": f'"{found.name}"', "Content-Length": str(archive.packed_size(found.folder)), **told})


def at_hand(request: Request) -> tuple[Door, Workers]:
    """What this console process remembers of those who ask."""
    state = request.app.state
    if not hasattr(state, "publish"):
        state.publish = (Door(), Workers())
    return state.publish
