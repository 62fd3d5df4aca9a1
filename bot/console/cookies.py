"""The console's cookies: one of a session, and one of a visitor who has not signed in, for the forms' token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

VISIT = "imh_visit"
_SESSION = "imh_session"


def is_secure(request: Request) -> bool:
    """Whether the browser came over TLS, here or at the proxy in front."""
    return request.url.scheme == "https" or request.app.state.settings.console_url.startswith("https:")


def session_name(request: Request) -> str:
    """Over TLS the name has the prefix with which no neighbouring host can set it."""
    return f"__Host-{_SESSION}" if is_secure(request) else _SESSION


def put_session(request: Request, response: Response, token: str) -> None:
    """The cookie of a session; gone with the browser."""
    _put(request, response, session_name(request), token)
    response.delete_cookie(VISIT)


def drop_session(request: Request, response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(session_name(request), secure=is_secure(request), httponly=True, samesite="strict")


def put_visit(request: Request, response: Response, token: str) -> None:
    """The cookie that a form's token belongs to before anybody has signed in."""
    _put(request, response, VISIT, token)


def _put(request: Request, response: Response, name: str, token: str) -> None:
    response.set_cookie(name, token, httponly=True, samesite="strict", secure=is_secure(request), path="/")
