"""The pages of teaching: who may do what, what is shown, and that nothing typed becomes markup or a path."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.console.people.accounts import Role
from bot.console.people.tables import audit
from bot.console.teach import pages
from bot.console.teach.labels import label
from bot.store.tables import messages
from tests.support.console import browser, console
from tests.unit.bot.console.teach.conftest import ANA, add_message
from tests.unit.bot.console.teach.test_labels import TRAINED, files, rows
from tests.unit.bot.console.teach.test_making import ASKED, GOOD

EVIL = "<script>alert('x')</script> \"><img src=x onerror=alert(1)> goats"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """An editor; a group of messages, one more that was labelled, and one with markup in it."""
    client = console(tmp_path, Role.EDITOR)
    engine = client.app.state.database
    for number, text in enumerate(ASKED):
        add_message(engine, number, text, group_id=4)
    add_message(engine, 100, EVIL, group_id=4)
    yield client
    engine.dispose()


def form(**changes: Any) -> dict[str, Any]:
    """The form of the wizard, filled in well."""
    chosen = [f"{number}:0" for number in range(len(ASKED))]
    return {"name": GOOD.name, **{f"title.{key}": text for key, text in GOOD.titles.items()},
            **{f"answer.{key}": text for key, text in GOOD.wordings.items()}, "passages": list(GOOD.passages),
            "related": list(GOOD.related), "examples": chosen, "offered": [*chosen, "100:0"], **changes}


def staff(client: TestClient) -> dict[str, list[str]]:
    return files(client.app.state.settings)


def test_what_was_taught_is_shown_and_taken_back(client: TestClient) -> None:
    """By any reviewer; the second time nothing happens."""
    engine, settings = client.app.state.database, client.app.state.settings
    add_message(engine, 207, TRAINED)
    label(engine, settings, ANA, 207, "ask_contact", version=0)
    reviewer = browser(client.app, Role.REVIEWER)
    shown = reviewer.get("/teach").text
    assert TRAINED in shown and "How to reach NMAIMH" in shown and "ask_contact" not in shown
    assert "taught" in shown and "Record now" not in shown
    for _ in range(2):
        assert reviewer.post("/teach/labels/207/undo").headers["location"] == "/teach"
    assert staff(client) == {} and "taken back" in reviewer.get("/teach").text


def test_older_labels_are_on_further_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page holds so many and no more."""
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    engine, settings = client.app.state.database, client.app.state.settings
    for number in range(5):
        label(engine, settings, ANA, number, "ask_contact", version=0)
    seen, address = [], "/teach"
    while address:
        text = client.get(address).text
        seen += re.findall(r'<th scope="row"[^>]*>(.*?)</th>', text)
        link = re.search(r'href="(/teach\?before=[0-9]+)"', text)
        address = link.group(1) if link else ""
    assert len(seen) == len(set(seen)) == 5
    assert client.get("/teach?before=x' OR 1=1").status_code == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/teach/topics/new"), ("POST", "/teach/topics/new"),
                                              ("POST", "/teach/record"), ("GET", "/record/changes.patch"),
                                              ("GET", "/teach/topics"), ("GET", "/teach/topics/indicators/withdraw"),
                                              ("POST", "/teach/topics/indicators/withdraw")])
def test_reviewers_make_no_topics_and_take_no_patches(client: TestClient, method: str, path: str) -> None:
    """That is for editors."""
    assert browser(client.app, Role.REVIEWER).request(method, path).status_code == 403
    assert browser(client.app, None).request(method, path).status_code in {303, 401, 403}


def test_a_form_from_elsewhere_does_nothing(client: TestClient) -> None:
    """Without the form's token nothing is made, taken back or recorded."""
    del client.headers["X-CSRF-Token"]
    for path in ("/teach/topics/new", "/teach/labels/7/undo", "/teach/record"):
        assert client.post(path, data=form()).status_code == 403
    assert staff(client) == {}


def test_a_form_from_elsewhere_withdraws_nothing(client: TestClient) -> None:
    """Nor with another session's token."""
    client.post("/teach/topics/new", data=form())
    del client.headers["X-CSRF-Token"]
    for token in ({}, {"csrf": "0" * 64}):
        assert client.post(WITHDRAW, data={"fate": "dropped", **token}).status_code == 403
    assert len(staff(client)) == 5


def test_a_topic_is_made_through_the_wizard(client: TestClient) -> None:
    """From the list of groups to the topic; its messages are labelled, and the record has it."""
    assert 'name="group" value="4"' in client.get("/teach/topics/new").text
    shown = client.get("/teach/topics/new?group=4&group=77").text
    assert all(text.replace("'", "&#39;") in shown for text in ASKED)
    assert client.post("/teach/topics/new", data=form()).headers["location"] == "/teach"
    assert len(staff(client)) == 5
    assert "is made and checked" in client.get("/teach").text
    patch = client.get("/record/changes.patch")
    assert patch.headers["content-disposition"] == 'attachment; filename="changes.patch"'
    assert "+topic: goat_song" in patch.text and "Subject: [PATCH] ask_goat_song: a new topic" in patch.text


WITHDRAW = "/teach/topics/goat_song/withdraw"


@pytest.mark.parametrize(("fate", "state"), [("offered", "new"), ("dropped", "ignored")])
def test_a_topic_that_was_made_is_withdrawn(client: TestClient, fate: str, state: str) -> None:
    """From the list of those made here to its page, with what goes and what becomes of the messages."""
    assert "None was made yet" in client.get("/teach/topics").text
    client.post("/teach/topics/new", data=form())
    assert f'href="{WITHDRAW}"' in client.get("/teach/topics").text
    shown = client.get(WITHDRAW).text
    assert f"{len(ASKED)} messages" in shown and "checked" not in shown
    refused = client.post(WITHDRAW, data={"fate": "burnt"})
    assert refused.status_code == 422 and "Choose what becomes" in refused.text and len(staff(client)) == 5
    assert client.post(WITHDRAW, data={"fate": fate}).headers["location"] == "/teach"
    assert "goat_song is withdrawn" in client.get("/teach").text and staff(client) == {}
    states = {row.state for row in rows(client.app.state.database, messages) if row.id < len(ASKED)}
    assert states == {state} and client.get(WITHDRAW).status_code == 404


def test_a_topic_of_the_program_is_not_withdrawn(client: TestClient) -> None:
    """Its page says why and has no button; a forged form does nothing."""
    address = "/teach/topics/indicators/withdraw"
    shown = client.get(address)
    assert "own topics" in shown.text and 'name="fate"' not in shown.text
    refused = client.post(address, data={"fate": "dropped"})
    assert refused.status_code == 422 and "f_indicators" in refused.text and staff(client) == {}


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fcrisis", "%00", "goat_song'--", "x" * 300])
def test_an_address_names_only_topics_that_there_are(client: TestClient, name: str) -> None:
    """No other file can go."""
    for method in ("GET", "POST"):
        assert client.request(method, f"/teach/topics/{name}/withdraw", data={"fate": "offered"}).status_code in {400, 404}


def test_markup_in_a_title_is_text_where_the_topic_goes(client: TestClient) -> None:
    """In the list and on its page."""
    client.post("/teach/topics/new", data=form(**{"title.en": "<b onclick=x>Goats</b>"}))
    for address in ("/teach/topics", WITHDRAW):
        shown = client.get(address).text
        assert "&lt;b onclick=x&gt;" in shown and "<b onclick" not in shown


def test_a_draft_of_a_topic_that_went_is_told(client: TestClient) -> None:
    """Begun in the very moment: its page says that the file is gone, and it can be withdrawn."""
    client.post("/teach/topics/new", data=form())
    draft = client.post("/answers/topic/goat_song").headers["location"]
    (client.app.state.settings.staff_dir / "bot/content/topics/goat_song.yml").unlink()
    for name in ("domain.yml", "stories/answers.yml"):
        (client.app.state.settings.staff_dir / name).unlink()
    gone = client.get(f"{draft}/difference")
    assert gone.status_code == 503 and "goat_song.yml" in gone.text
    assert client.get("/answers").status_code == 200
    assert client.post(f"{draft}/withdraw", data={"version": "1"}).status_code == 303


def test_a_refused_form_keeps_what_was_typed(client: TestClient) -> None:
    """Every field and every tick, with what is wrong beside it."""
    sent = form(name="../../x", **{"answer.en.parent.sms": "Sing 🐐", "examples": ["3:0", "100:0"]})
    refused = client.post("/teach/topics/new", data=sent)
    assert refused.status_code == 422 and staff(client) == {}
    text = refused.text
    assert 'value="../../x"' in text and "Sing 🐐" in text and "no name for a topic" in text
    for name in ("name", "answer.en.parent.sms", "examples"):
        assert f'id="{name}-error-1"' in text and f'href="#{name}"' in text
    ticked = re.findall(r'name="(?:examples|passages|related)" value="([^"]+)" checked', text)
    assert sorted(ticked) == sorted(["3:0", "100:0", *GOOD.passages, *GOOD.related])
    assert text.count('name="offered"') == len(ASKED) + 1, "what was not ticked is still offered"


HOSTILE_NAMES = ["../../x", "..%2f..%2fx", "a/b", "a\\b", "con", "nul", "aux.yml", "a" * 100_000, "a\nb", "a b", "é", "-rf",
                 "<script>alert(1)</script>", "x'; DROP TABLE messages; --", "{{7*7}}", "${HOME}"]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_no_name_leaves_the_folder(client: TestClient, name: str) -> None:
    """Told as a mistake, shown as text, and no file anywhere."""
    before = sorted(client.app.state.settings.var_dir.parent.rglob("*.yml"))
    answer = client.post("/teach/topics/new", data=form(name=name))
    assert answer.status_code == 422 and "<script>alert(1)" not in answer.text
    assert [path for path in sorted(client.app.state.settings.var_dir.parent.rglob("*.yml")) if path not in before
            and "merged" not in path.parts] == []


def test_a_nul_in_a_name_is_refused(client: TestClient) -> None:
    """Before anything looks at it."""
    assert client.post("/teach/topics/new", data=form(name="a\x00b")).status_code in {400, 422}
    assert staff(client) == {}


@pytest.mark.parametrize("field", ["name", "title.en", "title.es", "answer.en.parent.plain", "passages", "related"])
def test_markup_in_a_field_stays_text(client: TestClient, field: str) -> None:
    """In the form that comes back."""
    text = client.post("/teach/topics/new", data=form(**{field: EVIL, "examples": []})).text
    assert "<script>alert" not in text and "<img" not in text


def test_markup_in_a_message_stays_text(client: TestClient) -> None:
    """In the wizard, among the groups and among what was taught."""
    engine, settings = client.app.state.database, client.app.state.settings
    add_message(engine, 101, "<!--" + EVIL, group_id=5)
    pages_seen = [client.get("/teach/topics/new").text, client.get("/teach/topics/new?group=4").text]
    label(engine, settings, ANA, 100, "ask_contact", version=0)
    pages_seen.append(client.get("/teach").text)
    for text in pages_seen:
        assert "goats" in text and "<script>alert" not in text and "<img" not in text


@pytest.mark.parametrize("group", ["", "x", "-1", "1 OR 1=1", "9" * 40, "4&group=5"])
def test_a_group_is_a_number(client: TestClient, group: str) -> None:
    """Anything else gives the list of groups, or none."""
    assert client.get("/teach/topics/new", params={"group": group}).status_code == 200


def test_messages_that_are_none_are_passed_over(client: TestClient) -> None:
    """Numbers that nobody offered, and what is no number."""
    sent = form(examples=["1:0", "x:y", "1' OR '1'='1:0", "²:³", "9" * 30 + ":0"])
    assert client.post("/teach/topics/new", data=sent).status_code == 422
    assert rows(client.app.state.database) == []


def test_a_repository_that_refuses_is_told_on_the_page(client: TestClient) -> None:
    """In git's words, escaped, until it works."""
    settings = client.app.state.settings
    settings.staff_dir.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", str(settings.staff_dir)], check=True)
    hook = settings.staff_dir / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'no <b>goats</b> on Sunday' >&2\nexit 1\n")
    hook.chmod(0o755)
    add_message(client.app.state.database, 207, TRAINED)
    label(client.app.state.database, settings, ANA, 207, "ask_contact", version=0)
    client.post("/teach/record")
    shown = client.get("/teach").text
    assert "no &lt;b&gt;goats&lt;/b&gt; on Sunday" in shown and "1 waiting" in shown
    assert client.get("/record/changes.patch").status_code == 503
    hook.unlink()
    client.post("/teach/record")
    shown = client.get("/teach").text
    assert "goats" not in shown and "waiting" not in shown and "recorded (1)" in shown
    assert client.get("/record/changes.patch", params={"since": "--output=x"}).status_code == 404


@pytest.mark.parametrize("approvals", [1, 2])
def test_where_two_approve_the_pages_say_so(tmp_path: Path, approvals: int) -> None:
    """To everybody, before anything is filled in."""
    editor = console(tmp_path, Role.EDITOR, approvals=approvals)
    for client in (editor, browser(editor.app, Role.ADMINISTRATOR)):
        for path in ("/teach/topics", "/teach/topics/new", "/teach/topics/new?group=4"):
            assert ("once somebody else agrees" in client.get(path).text) is (approvals == 2)


def test_messages_of_danger_are_not_offered(client: TestClient) -> None:
    """Not even where the form says that they were."""
    with client.app.state.database.begin() as connection:
        connection.execute(messages.update().where(messages.c.id == 3).values(reason="danger"))
    assert ASKED[3].replace("'", "&#39;") not in client.get("/teach/topics/new?group=4").text
    page = client.post("/teach/topics/new", data=form(name="")).text
    assert 'name="offered" value="2:0"' in page and 'name="offered" value="3:0"' not in page


def test_what_is_wrong_is_told_under_the_labels_of_the_page(client: TestClient) -> None:
    """No key of a file is read by anybody."""
    page = client.post("/teach/topics/new", data=form(**{"answer.en.parent.plain": "", "title.es": ""})).text
    told = re.search(r'role="alert".*?</ul>', page, re.DOTALL).group()
    assert ">On the web, for a parent, in English</a>" in told and ">Title in Spanish</a>" in told
    assert ">answer." not in told
    assert "<label for=\"answer.en.parent.plain\">On the web, for a parent, in English" in page


def test_files_that_are_broken_lose_nothing_that_was_typed(client: TestClient) -> None:
    """Told on a page; the form is sent again once they are mended."""
    path = client.app.state.settings.staff_dir / "bot/content/phrases.yml"
    path.parent.mkdir(parents=True)
    path.write_text("thanks: [", encoding="utf-8")
    assert client.get("/teach/topics/new?group=4").status_code == 503
    response = client.post("/teach/topics/new", data=form(), headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 503 and "phrases.yml" in response.text
    assert GOOD.wordings["en.parent.plain"] in response.text
    assert client.post("/teach/topics/new", data=form()).status_code == 503


def test_recording_and_downloading_are_logged(client: TestClient) -> None:
    """Who did, and when."""
    client.post("/teach/record")
    client.get("/record/changes.patch")
    with client.app.state.database.connect() as connection:
        logged = connection.execute(sa.select(audit.c.person, audit.c.action).order_by(audit.c.id)).all()
    assert logged[-2:] == [(client.person.name, "record.flushed"), (client.person.name, "record.downloaded")]
