"""`GET /bundle`: to servers that know the token, by ETag, and to nobody else."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot import archive
from bot.console.app import create_app
from bot.console.publish import workers
from bot.console.publish.workers import Workers
from bot.release import make_current, open_bundle
from bot.settings import Settings
from tests.support.console import browser
from tests.unit.bot.console.publish.conftest import House

TOKEN = {"Authorization": "Bearer " + "t" * 40}


@pytest.fixture
def server(house: House) -> TestClient:
    """Somebody without a session."""
    return browser(house.app, None)


def test_a_server_that_knows_the_token_gets_the_bundle(house: House, server: TestClient, tmp_path: Path) -> None:
    """Whole and signed, under its name as ETag, with its length; no session and no form token are asked for."""
    bundle = house.starts()
    response = server.get("/bundle", headers=TOKEN)
    assert response.status_code == 200 and response.headers["etag"] == f'"{bundle.name}"'
    assert int(response.headers["content-length"]) == len(response.content)
    (tmp_path / "bundle.tar").write_bytes(response.content)
    (tmp_path / bundle.name).mkdir()
    archive.unpack(tmp_path / "bundle.tar", tmp_path / bundle.name)
    assert open_bundle(tmp_path / bundle.name, house.settings).name == bundle.name
    assert "set-cookie" not in response.headers


def test_the_same_bundle_is_the_same_to_the_byte(house: House, server: TestClient) -> None:
    """Whenever it is asked for."""
    house.starts()
    assert server.get("/bundle", headers=TOKEN).content == server.get("/bundle", headers=TOKEN).content


@pytest.mark.parametrize("known", ['"{name}"', 'W/"{name}"', '"0123456789abcdef", "{name}"', '"x","{name}" , "y"'])
def test_who_has_it_is_told_so(house: House, server: TestClient, known: str) -> None:
    """Whether it runs, or was refused and is named among others."""
    name = house.starts().name
    response = server.get("/bundle", headers={**TOKEN, "If-None-Match": known.format(name=name)})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", f'"{name}"')


def test_nothing_was_released_yet(house: House, server: TestClient) -> None:
    """404, which a server takes as it is."""
    assert server.get("/bundle", headers=TOKEN).status_code == 404


def test_a_bundle_that_is_damaged_here_is_not_handed_out(house: House, server: TestClient) -> None:
    """What the servers have is better."""
    (house.starts().content / "phrases.yml").write_text("evil")
    assert server.get("/bundle", headers=TOKEN).status_code == 503


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "0123"])
def test_a_pointer_to_elsewhere_hands_out_nothing(house: House, server: TestClient, name: str) -> None:
    """Path traversal by whatever can write the pointer."""
    house.starts()
    (house.settings.var_dir / "releases" / "current").write_text(name)
    assert server.get("/bundle", headers=TOKEN).status_code == 404


WRONG = {"none": {}, "empty": {"Authorization": ""}, "another": {"Authorization": "Bearer " + "u" * 40},
         "a part": {"Authorization": "Bearer " + "t" * 39}, "more": {"Authorization": "Bearer " + "t" * 41},
         "another scheme": {"Authorization": "Basic " + "t" * 40}, "no scheme": {"Authorization": "t" * 40},
         "not ASCII": {"Authorization": "Bearer \u00e9".encode()}, "empty bearer": {"Authorization": "Bearer "}}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_without_the_token_nobody_gets_anything(house: House, server: TestClient, headers: dict[str, str]) -> None:
    """403, whatever they send in its place; an administrator's session is no token either."""
    house.starts()
    for client in (server, house.browser(house.administrator)):
        response = client.get("/bundle", headers=headers)
        assert response.status_code == 403 and "etag" not in response.headers and len(response.content) < 500


def test_a_console_without_a_token_hands_out_nothing(house: House) -> None:
    """An empty setting is not an empty token."""
    house.starts()
    open_to_none = create_app(dataclasses.replace(house.settings, console_token=""))
    for headers in ({}, {"Authorization": "Bearer "}, TOKEN):
        assert browser(open_to_none, None).get("/bundle", headers=headers).status_code == 403


def test_guessing_is_slowed_down(house: House, server: TestClient) -> None:
    """After sixty wrong ones in a minute not even the right one is looked at; asking rightly is never too often."""
    house.starts()
    assert {server.get("/bundle", headers=TOKEN).status_code for _ in range(100)} == {200}
    answers = [server.get("/bundle", headers={"Authorization": f"Bearer {number}"}).status_code for number in range(70)]
    assert answers[:60] == [403] * 60 and answers[60:] == [429] * 10
    assert server.get("/bundle", headers=TOKEN).status_code == 429


# --- Who answers from what --------------------------------------------------------------------------------------------


def test_the_page_tells_how_many_answer_from_the_release(house: House, server: TestClient) -> None:
    """Each worker by its name, and who refuses what is live."""
    old = house.starts()
    house.says("Gladly.")
    new = house.starts()
    for worker, running, refused in (("a-1", new.name, ""), ("a-2", new.name, ""), ("b-7", old.name, new.name)):
        server.get("/bundle", headers={**TOKEN, "If-None-Match": f'"{new.name}"', "X-IMH-Running": f"{worker} {running}",
                                       "X-IMH-Refused": refused})
    text = " ".join(house.client.get("/releases").text.split())
    assert f"2 of 3 workers answer from version <code>{new.name[:8]}</code>" in text
    assert f"<code>b-7</code>: version <code>{old.name[:8]}</code>" in text and f"refuses version {new.name[:8]}" in text
    assert "2 of 3 workers answer" in " ".join(house.client.get("/releases/servers").text.split())


def test_a_worker_in_the_var_folder_is_seen(tmp_path: Path) -> None:
    """While it writes its file; one that was killed is not."""
    settings = Settings(var_dir=tmp_path)
    (tmp_path / "workers").mkdir()
    for name, age in (("a-1", 0.0), ("a-2", 3600.0)):
        path = tmp_path / "workers" / f"{name}.json"
        path.write_text(json.dumps({"bundle": "0" * 16, "refused": ""}))
        os.utime(path, (time.time() - age,) * 2)
    (tmp_path / "workers" / "a-3.json").write_text("[")
    assert [(worker.name, worker.bundle) for worker in Workers().alive(settings)] == [("a-1", "0" * 16)]


@pytest.mark.parametrize(("running", "refused"), [
    ("<script> 0123456789abcdef", ""), ("a-1 ../../etc", ""), ("a-1 0123456789abcdef", "<b>"), ("", ""),
    ("a" * 65 + " 0123456789abcdef", ""), ("a-1 0123456789abcdef x", "")])
def test_nonsense_of_a_worker_is_passed_over(tmp_path: Path, running: str, refused: str) -> None:
    """It knows the token, and still writes nothing into the page."""
    heard = Workers()
    heard.heard(running, refused)
    assert heard.alive(Settings(var_dir=tmp_path)) == []


def test_workers_that_are_silent_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And however many names are used, memory does not grow."""
    heard, now = Workers(), time.time()
    monkeypatch.setattr(workers.time, "time", lambda: now)
    for number in range(1000):
        heard.heard(f"w-{number} 0123456789abcdef", "")
    assert len(heard.alive(Settings(var_dir=tmp_path))) == 256
    now += 60
    assert heard.alive(Settings(var_dir=tmp_path)) == []


def test_the_bundle_goes_on_where_another_is_made_current_meanwhile(house: House, server: TestClient) -> None:
    """A download that has begun ends with what it began."""
    first = house.starts()
    stream = archive.pack(first.folder)
    begun = next(stream)
    house.says("Gladly.")
    make_current(house.starts().name, house.settings)
    assert begun + b"".join(stream) == b"".join(archive.pack(first.folder))
