"""A form that was not taken is shown again with all that was typed, to be sent once more: after signing in anew, say.

For forms of our own pages alone: what another site sends is not put before anybody with a button under it.
"""

from __future__ import annotations

from typing import Iterator

from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.console.web import FormNotTaken, page

# Never shown, wherever they were typed.
_SECRET = {"password", "present"}
_LEFT_OUT = {"csrf"}
# What is longer, or has blanks in it, somebody typed; numbers and names of things go along unseen.
_SHORT = 24


def again_page(request: Request, error: FormNotTaken) -> HTMLResponse | None:
    """The page, with a form token of the present session; None where nothing was typed, or it came from elsewhere."""
    fields = list(_fields(request))
    secret = _SECRET & {name for name, _ in fields}
    if secret or not _is_ours(request) or not any(_is_text(value) for _, value in fields):
        return None
    return page(request, "again.html", error.status_code, sentence=error.detail, signed_in=bool(request.state.session),
                typed=[field for field in fields if _is_text(field[1])],
                rest=[field for field in fields if not _is_text(field[1])])


def _fields(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.state.form.multi_items():
        if isinstance(value, str) and name not in _LEFT_OUT:
            yield name, value


def _is_text(value: str) -> bool:
    return len(value) > _SHORT or len(value.split()) > 1


def _is_ours(request: Request) -> bool:
    """By what the browser says, which no page can change; browsers say it over TLS and on the machine itself."""
    return request.headers.get("sec-fetch-site") == "same-origin"
