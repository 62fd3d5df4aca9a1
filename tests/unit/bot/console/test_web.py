"""What all pages share: headers, limits, errors in words, sentences, work beside them."""

from __future__ import annotations

import asyncio
import html
import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.console import background
from bot.console.app import create_app
from bot.console.guards import MAX_BODY_BYTES
from bot.console.people.accounts import Role
from bot.console.texts import FOLDER, say
from bot.console.web import form_of, page, redirect, requires
from bot.settings import Settings
from tests.support.console import browser, console


@requires(Role.REVIEWER)
async def echo(request: Request) -> Response:
    form = await form_of(request)
    return Response(f"{request.state.person.name} {form.get('text', '')}")


@requires(Role.REVIEWER)
def broken(request: Request) -> Response:
    raise RuntimeError("the password is hunter2")


@requires(Role.REVIEWER)
def said(request: Request) -> Response:
    return redirect(request, "/account", "people.changed.disabled", shown="<b>Rosa</b>")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Somebody who may see pages made for these tests, beside the console's."""
    app = create_app(Settings(var_dir=tmp_path))
    app.router.routes += [Route("/test/echo", echo, methods=["GET", "POST"]), Route("/test/broken", broken),
                          Route("/test/said", said, methods=["POST"])]
    return browser(app, Role.REVIEWER)


def test_who_is_not_signed_in_is_led_to_sign_in(tmp_path: Path) -> None:
    """And from there back to the page that was asked for; a script is told so instead."""
    client = console(tmp_path, None)
    response = client.get("/account?a=b")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/account%3Fa%3Db")
    response = client.get("/account", headers={"HX-Request": "true"})
    assert response.status_code == 401 and "hx-redirect" not in response.headers and "another tab" in response.text
    assert client.get("/account", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/account", 200), ("GET", "/nothing", 404), ("PUT", "/account", 405), ("GET", "/static/console.css", 200),
    ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e/app.py", 404), ("GET", "/audit", 403), ("GET", "/", 303),
    ("POST", "/sign-out", 303), ("GET", "/test/broken", 500),
])
def test_every_response_carries_the_headers(client: TestClient, method: str, path: str, status: int) -> None:
    """Pages, files, refusals, failures: nothing runs but scripts of ours, and no other site frames or keeps a page."""
    response = client.request(method, path)
    assert response.status_code == status
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "server" not in response.headers
    if "static" not in path:
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "status", "word"), [
    ("/nothing", 404, "no page here"), ("/audit", 403, "role does not allow"), ("/test/broken", 500, "went wrong"),
    ("/account?x=%00", 400, "cannot be read"),
])
def test_an_error_is_a_page_in_words(client: TestClient, path: str, status: int, word: str) -> None:
    """Never a traceback, nor what an error of the program says; a script gets the bare sentence."""
    response = client.get(path)
    assert response.status_code == status and word in response.text and "<h1>" in response.text
    assert "Traceback" not in response.text and "hunter2" not in response.text and "RuntimeError" not in response.text
    bare = client.get(path, headers={"HX-Request": "true"})
    assert word in bare.text and "<" not in bare.text and bare.headers["content-type"].startswith("text/plain")


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    """By its length before it is read, and by the byte that is one too many where none is told."""
    assert client.post("/test/echo", data={"text": "x" * (MAX_BODY_BYTES - 100)}).status_code == 200
    assert client.post("/test/echo", data={"text": "x" * MAX_BODY_BYTES}).status_code == 413
    chunks = (b"x" * 65536 for _ in range(64))
    response = client.post("/test/echo", content=chunks, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert response.status_code == 413 and "1 MB" in response.text


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    """Before anything reads by it."""
    assert client.post("/test/echo", headers={"Content-Length": length.encode()}).status_code == 400


@pytest.mark.parametrize(("body", "kind"), [
    (b"text=%00", "application/x-www-form-urlencoded"), (b"not the boundary", "multipart/form-data; boundary=x"),
    (b"x", "multipart/form-data"), (b"&".join(b"a%d=1" % number for number in range(2000)),
                                    "application/x-www-form-urlencoded"),
])
def test_a_form_that_cannot_be_read_is_refused(client: TestClient, body: bytes, kind: str) -> None:
    """400 in words, for broken multipart, thousands of fields, and characters that no database keeps."""
    assert client.post("/test/echo", content=body, headers={"Content-Type": kind}).status_code == 400


def test_a_form_without_the_token_does_nothing(client: TestClient) -> None:
    """CSRF: the token of somebody else's session, or of this browser before it signed in, will not do either."""
    foreign = browser(client.app, Role.REVIEWER).headers["X-CSRF-Token"]
    own = client.headers.pop("X-CSRF-Token")
    for token in ("", foreign, own[:-1], own.upper()):
        assert client.post("/test/echo", data={"csrf": token}).status_code == 403
    assert client.post("/test/echo", data={"csrf": own}).status_code == 200
    assert f'name="csrf" value="{own}"' in client.get("/account").text


def test_a_sentence_is_shown_once_and_as_text(client: TestClient) -> None:
    """On the next page, where a screen reader hears it; markup in it is text."""
    client.post("/test/said")
    text = client.get("/account").text
    assert "&lt;b&gt;Rosa&lt;/b&gt; can no longer sign in." in re.search(r'role="status".*', text).group()
    assert "can no longer sign in" not in client.get("/account").text


def test_words_that_nobody_wrote_are_an_error() -> None:
    """A test finds it, not a reader."""
    with pytest.raises(KeyError):
        say("nothing.of.the.kind")
    with pytest.raises(KeyError):
        say("people.changed.disabled")


def test_the_start_leads_to_the_first_page_that_one_may_see(tmp_path: Path) -> None:
    """Whatever rooms there are."""
    client = console(tmp_path, Role.REVIEWER)
    path = client.get("/").headers["location"]
    assert path == next(item.path for item in client.app.state.nav if item.role <= Role.REVIEWER)


def test_no_template_runs_or_draws_what_the_policy_forbids() -> None:
    """Scripts and styles stand in files; one in a page would silently do nothing."""
    wrong = [f"{path.name}: {found}" for path in (FOLDER / "templates").rglob("*.html")
             for found in re.findall(r"<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|hx-on|javascript:|\|\s*safe",
                                     path.read_text(encoding="utf-8"))]
    assert wrong == []


def test_htmx_runs_no_text_as_a_program(client: TestClient) -> None:
    """What it is told in every page; and its licence lies beside it."""
    config = json.loads(re.search(r"name=\"htmx-config\" content='([^']*)'", client.get("/account").text).group(1))
    assert config == {"allowEval": False, "includeIndicatorStyles": False, "selfRequestsOnly": True,
                      "historyCacheSize": 0}
    assert "BSD" in (FOLDER / "static" / "htmx.LICENSE.txt").read_text(encoding="utf-8")
    assert 'version:"2.' in (FOLDER / "static" / "htmx.min.js").read_text(encoding="utf-8")


def test_work_beside_the_pages_is_kept_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails starts again and takes nobody with it; all of it ends with the console."""
    monkeypatch.setattr(background, "RESTART_AFTER_S", 0)
    seen: list[str] = []

    async def failing(state: object) -> None:
        seen.append("began")
        if len(seen) < 3:
            raise RuntimeError("the password is hunter2")
        seen.append("went on")
        await asyncio.Event().wait()

    async def done(state: object) -> None:
        seen.append("done")

    async def run() -> None:
        app = Starlette()
        app.state.database = type("Database", (), {"dispose": lambda self: seen.append("closed")})()
        async with background.lifespan([failing, done])(app):
            while "went on" not in seen:
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 5))
    assert seen.count("began") == 2 and seen[-1] == "closed" and seen.count("done") == 1


def test_a_page_needs_every_value_that_it_names(client: TestClient) -> None:
    """A name that an endpoint forgot is an error, not an empty place."""
    request = Request({"type": "http", "app": client.app, "headers": [], "path": "/", "query_string": b"",
                       "method": "GET", "scheme": "http", "server": ("127.0.0.1", 1)})
    with pytest.raises(Exception, match="sentence"):
        page(request, "error.html")


TYPED = "She said: <b>my long text</b>, typed for an hour."
OURS = {"Sec-Fetch-Site": "same-origin"}


def test_what_was_typed_is_shown_again_after_the_session_ended(client: TestClient) -> None:
    """First to somebody who is not signed in, then, with a token of the new session, to be sent; as text."""
    form = {"text": TYPED, "version": "3", "csrf": client.headers.pop("X-CSRF-Token")}
    nobody, anew = browser(client.app, None), browser(client.app, Role.REVIEWER)
    token = anew.headers.pop("X-CSRF-Token")
    for window, status, sentence in ((nobody, 401, "not signed in"), (anew, 403, "session before")):
        response = window.post("/test/echo", data=form, headers=OURS)
        assert response.status_code == status and sentence in response.text
        assert html.escape(TYPED) in response.text and "<b>my" not in response.text
        assert 'action="/test/echo"' in response.text
        assert '<input type="hidden" name="version" value="3">' in response.text
    assert f'name="csrf" value="{token}"' in response.text
    assert anew.post("/test/echo", data={**form, "csrf": token}).text.endswith(TYPED)


@pytest.mark.parametrize(("more", "headers"), [({}, {}), ({}, {"Sec-Fetch-Site": "cross-site"}),
                                               ({}, {"Sec-Fetch-Site": "same-site"}), ({"password": "a b"}, OURS)])
def test_nothing_of_another_site_and_no_password_is_shown_again(client: TestClient, more: dict[str, str],
                                                                headers: dict[str, str]) -> None:
    """A button of ours under somebody else's words would be theirs."""
    del client.headers["X-CSRF-Token"]
    for window in (client, browser(client.app, None)):
        response = window.post("/test/echo", data={"text": TYPED, **more}, headers=headers)
        assert response.status_code in (401, 403) and "my long text" not in response.text


def test_a_script_is_given_the_token_of_the_new_session(client: TestClient) -> None:
    """So that the page goes on where somebody signed in anew beside it; nobody else is given any."""
    own = client.headers.pop("X-CSRF-Token")
    response = client.post("/test/echo", data={"text": TYPED}, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["x-form-token"]) == (403, own) and "once more" in response.text
    response = browser(client.app, None).post("/test/echo", data={}, headers={"HX-Request": "true"})
    assert response.status_code == 401 and "x-form-token" not in response.headers
