"""The console's cookies: of a session, of a visitor who has not signed in yet, of a sign-in through the provider."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

SESSION = "imh_session"
VISIT = "imh_visit"  # what the token of a form belongs to before anybody has signed in
SIGN_IN = "imh_sign_in"
SIGN_IN_S = 10 * 60


def read(request: Request, name: str) -> str:
    """The token in a cookie; empty where the browser shows none."""
    return request.cookies.get(_name(request, name), "")


def put(request: Request, response: Response, name: str, token: str, *, same_site: Literal["strict", "lax"] = "strict",
        lasts_s: int | None = None) -> None:
    """Set a cookie that no script reads; gone with the browser unless it `lasts_s`."""
    response.set_cookie(_name(request, name), token, lasts_s, httponly=True, samesite=same_site,
                        secure=_is_secure(request))


def drop(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_name(request, name), httponly=True, secure=_is_secure(request))


def _is_secure(request: Request) -> bool:
    """Whether the browser came over TLS, here or at the proxy in front."""
    return request.url.scheme == "https" or request.app.state.settings.console_url.startswith("https:")


def _name(request: Request, name: str) -> str:
    # With this prefix no neighbouring host can set the cookie; browsers take it over TLS only.
    return f"__Host-{name}" if _is_secure(request) else name
