"""The inbox with the room that keeps examples, files and all."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.console.people.accounts import Role
from tests.support.console import browser, console
from tests.support.inbox import Talk, message_row, put_message

HTMX = {"HX-Request": "true"}
NEW = "zorp blimfark my toddler quandles every teatime"


@pytest.fixture
def ana(tmp_path: Path) -> TestClient:
    client = console(tmp_path, Role.REVIEWER, staff_dir=tmp_path / "staff", evaluation_one_in=1_000_000)
    Talk(client.app.state.database)
    return client


def put(client: TestClient, number: int, topic: str, version: int = 0) -> str:
    return client.post(f"/inbox/messages/{number}/label", headers=HTMX, data={
        "topic": topic, "version": version, "back": "/inbox"}).text


def written(tmp_path: Path) -> str:
    """Everything in the staff's files."""
    return "".join(path.read_text() for path in (tmp_path / "staff").rglob("*.yml"))


def test_a_label_is_an_example_in_a_file_until_it_is_undone(ana: TestClient, tmp_path: Path) -> None:
    """From the key to the file and back."""
    number = put_message(ana.app.state.database, NEW)
    assert "Put under" in put(ana, number, "ask_indicators")
    assert NEW in (tmp_path / "staff" / "nlu" / "data" / "staff" / "indicators.yml").read_text()
    ana.post(f"/inbox/messages/{number}/undo", headers=HTMX, data={"version": 1, "back": "/inbox"})
    assert NEW not in written(tmp_path)
    assert message_row(ana.app.state.database, number).state == "new"


def test_an_example_that_stands_elsewhere_is_warned_of(ana: TestClient, tmp_path: Path) -> None:
    """What the first was put under is told with its words; nothing is stored."""
    first, second = (put_message(ana.app.state.database, text) for text in (NEW, f"{NEW}!"))
    put(ana, first, "ask_indicators")
    answer = put(ana, second, "ask_contact")
    assert "Not stored yet" in answer and "Signs of a baby" in answer and NEW in answer
    assert "contact" not in {path.stem for path in (tmp_path / "staff").rglob("*.yml")}


def test_danger_reaches_no_file_before_a_second_person(ana: TestClient, tmp_path: Path) -> None:
    """And then once, with the kind of danger that its words tell."""
    number = put_message(ana.app.state.database, NEW)
    put(ana, number, "crisis")
    assert NEW not in written(tmp_path)
    put(browser(ana.app, Role.REVIEWER), number, "crisis", version=1)
    assert written(tmp_path).count(NEW) == 1


def test_staff_say_which_danger_it_is(ana: TestClient, tmp_path: Path) -> None:
    """Where the rules hear nothing it would stand under self-harm, and call up the wrong lines."""
    number = put_message(ana.app.state.database, NEW)
    assert 'value="crisis:abuse"' in ana.get(f"/inbox/messages/{number}").text
    put(ana, number, "crisis:abuse")
    put(browser(ana.app, Role.REVIEWER), number, "crisis:abuse", version=1)
    assert "kind: abuse" in written(tmp_path)


def test_small_talk_can_be_taught(ana: TestClient, tmp_path: Path) -> None:
    """By the page of the message, where every place is."""
    number = put_message(ana.app.state.database, NEW)
    assert 'value="thanks"' in ana.get(f"/inbox/messages/{number}").text
    put(ana, number, "thanks")
    assert NEW in (tmp_path / "staff" / "nlu" / "data" / "staff" / "thanks.yml").read_text()


def test_two_reviewers_in_the_same_moment_make_one_example(ana: TestClient, tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes between the first's look at the message and the first's label."""
    from bot.console.teach import labels

    eva, number = browser(ana.app, Role.REVIEWER), put_message(ana.app.state.database, NEW)
    label = labels.label

    def others_first(*args: object, **options: object) -> object:
        monkeypatch.setattr(labels, "label", label)
        put(eva, number, "ask_contact")
        return label(*args, **options)

    monkeypatch.setattr(labels, "label", others_first)
    assert f"{eva.person.shown} was first" in put(ana, number, "ask_indicators")
    assert written(tmp_path).count(NEW) == 1
