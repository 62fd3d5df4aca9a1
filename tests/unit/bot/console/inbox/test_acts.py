"""What reviewers do: one at a time, two at once, and where it takes two."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.console.inbox.tables import groups
from bot.console.people.accounts import Role
from bot.console.people.tables import audit
from bot.errors import StaffFileError
from tests.support.console import browser
from tests.support.inbox import Talk, message_row, put_message
from tests.support.teaching import Teaching, warning

HTMX = {"HX-Request": "true"}
Another = Callable[[], TestClient]


@pytest.fixture(autouse=True)
def events(ana: TestClient) -> None:
    """Rasa's table is there."""
    Talk(ana.app.state.database)


def put(browser: TestClient, number: int, topic: str = "ask_indicators", version: int = 0, **more: Any) -> Any:
    """Put a message under a topic, as htmx does."""
    return browser.post(f"/inbox/messages/{number}/label", headers=HTMX, data={
        "topic": topic, "version": version, "back": "/inbox", **more})


def give(browser: TestClient, number: int, state: str, version: int = 0) -> Any:
    """Give a message a state, as htmx does."""
    return browser.post(f"/inbox/messages/{number}/state", headers=HTMX, data={
        "state": state, "version": version, "back": "/inbox"})


def undo(browser: TestClient, number: int, version: int) -> Any:
    return browser.post(f"/inbox/messages/{number}/undo", headers=HTMX, data={"version": version, "back": "/inbox"})


def row(browser: TestClient, number: int) -> Any:
    return message_row(browser.app.state.database, number)


def message(browser: TestClient, text: str = "hm", **values: Any) -> int:
    return put_message(browser.app.state.database, text, **values)


def said(response: Any) -> str:
    """What the live region says."""
    return re.search(r'id="said".*?<p>(.*?)</p>', response.text, re.DOTALL).group(1)


def log(browser: TestClient) -> Iterator[tuple[str, str]]:
    """Who did what, of the inbox."""
    with browser.app.state.database.connect() as connection:
        for entry in connection.execute(sa.select(audit).order_by(audit.c.id)):
            if entry.action.startswith("inbox."):
                yield entry.person, entry.action


def test_a_message_is_put_under_a_topic_and_taken_back(ana: TestClient, teaching: Teaching) -> None:
    """The row says so, the live region too, and the way back is in the row."""
    number = message(ana, group_id=1, vector=b"\x00" * 768)
    response = put(ana, number)
    assert teaching.labelled == {number: ("ask_indicators", ana.person.shown)}
    assert "Signs of a baby" in said(response) and "data-undo" in response.text
    assert (row(ana, number).state, row(ana, number).version, row(ana, number).vector) == ("done", 1, None)
    assert "new again" in said(undo(ana, number, 1))
    assert (row(ana, number).state, teaching.labelled) == ("new", {})


@pytest.mark.parametrize("state", ["later", "ignored"])
def test_a_state_is_given_and_taken_back(state: str, ana: TestClient) -> None:
    """Each with its entry in the log."""
    number = message(ana)
    give(ana, number, state)
    assert (row(ana, number).state, row(ana, number).version) == (state, 1)
    undo(ana, number, 1)
    assert (row(ana, number).state, row(ana, number).version) == ("new", 2)
    assert list(log(ana)) == [(ana.person.name, f"inbox.{state}"), (ana.person.name, "inbox.new")]


def test_without_scripts_a_form_leads_back_to_its_page(ana: TestClient) -> None:
    """Where the sentence stands, and the way to undo it."""
    number = message(ana, "my baby cries", group_id=1)
    message(ana, "she cries", group_id=1)
    response = ana.post(f"/inbox/messages/{number}/label", data={
        "topic": "ask_indicators", "version": 0, "back": "/inbox/groups/1?after=0"})
    assert (response.status_code, response.headers["location"]) == (303, f"/inbox/groups/1?after=0&did={number}")
    page = ana.get(response.headers["location"]).text
    assert "Put under" in page and f'action="/inbox/messages/{number}/undo"' in page


@pytest.mark.parametrize("back", ["https://example.org/inbox", "//example.org/inbox", "/\\example.org",
                                  "javascript:alert(1)", "/inbox/../sign-out", "/inboxes", "/people", "",
                                  "/inbox\\..\\x"])
def test_a_form_leads_nowhere_else(back: str, ana: TestClient) -> None:
    """An open redirect would lend our name to anybody."""
    number = message(ana)
    response = ana.post(f"/inbox/messages/{number}/state", data={"state": "later", "version": 0, "back": back})
    assert response.headers["location"] == f"/inbox?did={number}"


def test_what_all_but_repeats_a_message_goes_with_it(ana: TestClient, teaching: Teaching) -> None:
    """Done, and undone, without being an example itself; the group is counted anew."""
    first = message(ana, "my baby cries", group_id=1)
    copy = message(ana, "My baby cries", group_id=1, copy_of=first)
    ignored = message(ana, "my baby cries!", group_id=1, copy_of=first, state="ignored")
    with ana.app.state.database.begin() as connection:
        connection.execute(groups.insert().values(id=1, central=first, size=2, score=1.0))
    put(ana, first)
    assert [row(ana, number).state for number in (first, copy, ignored)] == ["done", "done", "ignored"]
    assert list(teaching.labelled) == [first]
    with ana.app.state.database.connect() as connection:
        assert connection.execute(sa.select(groups.c.size)).scalar() == 0
    undo(ana, first, 1)
    assert row(ana, copy).state == "new"


def test_the_second_of_two_reviewers_is_told_who_was_first(ana: TestClient, another: Another,
                                                           teaching: Teaching) -> None:
    """Nothing of the first's is lost, nothing of the second's stored; whatever each of them did."""
    eva = another()
    for first, second in ((put, put), (put, lambda b, n: give(b, n, "ignored")),
                          (lambda b, n: give(b, n, "later"), put),
                          (lambda b, n: give(b, n, "ignored"), lambda b, n: give(b, n, "later"))):
        number = message(ana)
        first(ana, number)
        before = row(ana, number)
        response = second(eva, number)
        assert said(response) == f"{ana.person.shown} was first. Nothing of yours was stored."
        assert row(ana, number) == before
    assert {by for _, by in teaching.labelled.values()} == {ana.person.shown}


def test_who_undoes_what_somebody_else_changed_since_is_told(ana: TestClient, another: Another) -> None:
    """An old page does not take back what stands now."""
    eva, number = another(), message(ana)
    give(ana, number, "later")
    give(eva, number, "ignored", version=1)
    assert said(undo(ana, number, 1)) == f"{eva.person.shown} was first. Nothing of yours was stored."
    assert row(ana, number).state == "ignored"


def test_a_message_that_was_erased_is_told_to_be_gone(ana: TestClient) -> None:
    """Its person may have asked for it while the page was open."""
    for response in (put(ana, 999), give(ana, 999, "later"), undo(ana, 999, 0)):
        assert response.status_code == 200 and "not here any more" in said(response)
    assert ana.get("/inbox/messages/999").status_code == 404


def test_a_warning_comes_before_anything_is_stored(ana: TestClient, teaching: Teaching) -> None:
    """With what stands where, and the way to put it there anyway."""
    number = message(ana, "is crying a sign")
    teaching.warns = [warning("is crying a sign?", "ask_contact"), warning("Is crying a sign", "crisis", "evaluation")]
    response = put(ana, number)
    assert (teaching.labelled, row(ana, number).version) == ({}, 0)
    assert "is crying a sign?" in response.text and "How to reach NMAIMH" in response.text
    assert 'name="anyway" value="yes"' in response.text and "Not stored yet" in said(response)
    put(ana, number, anyway="yes")
    assert number in teaching.labelled


def test_without_scripts_a_warning_is_a_page(ana: TestClient, teaching: Teaching) -> None:
    """The message's own, whose form leads back to where the first one stood."""
    number = message(ana)
    teaching.warns = [warning("hm", "ask_contact")]
    page = ana.post(f"/inbox/messages/{number}/label", data={
        "topic": "ask_indicators", "version": 0, "back": "/inbox/groups/7"}).text
    assert 'name="anyway" value="yes"' in page and 'name="back" value="/inbox/groups/7"' in page


DANGER = {"reason": "danger", "kind": "crisis", "intent": "crisis"}


@pytest.mark.parametrize(("values", "topic"), [
    (DANGER, "ask_indicators"), (DANGER, "crisis"), ({"reason": "danger"}, "ask_indicators"), ({}, "crisis"),
], ids=["false alarm", "true alarm", "no miss", "miss"])
def test_danger_takes_a_second_pair_of_eyes(values: dict[str, Any], topic: str, ana: TestClient, another: Another,
                                            teaching: Teaching) -> None:
    """The first cannot be the second; the second, deciding the same, makes it count."""
    eva, number = another(), message(ana, **values)
    assert "second person" in said(put(ana, number, topic))
    assert teaching.labelled == {} and (row(ana, number).state, row(ana, number).reason) == ("new", "danger")
    side = "" if values.get("kind") == "crisis" else "?side=misses"
    assert f"{ana.person.shown} decided on" in eva.get(f"/inbox/danger{side}").text
    for version in (0, 1):
        assert teaching.labelled == {} and "Two people" not in said(put(ana, number, topic, version=version))
    assert teaching.labelled == {}
    assert "Two people have decided so" in said(put(eva, number, topic, version=1))
    assert teaching.labelled == {number: (topic, eva.person.shown)}
    assert list(log(ana)) == [(ana.person.name, "inbox.proposed")]


def test_a_second_person_may_decide_otherwise(ana: TestClient, another: Another, teaching: Teaching) -> None:
    """Then it is theirs that waits, and the first may confirm it."""
    eva, number = another(), message(ana, **DANGER)
    put(ana, number, "ask_indicators")
    assert "second person" in said(put(eva, number, "crisis", version=1))
    assert teaching.labelled == {}
    put(ana, number, "crisis", version=2)
    assert teaching.labelled == {number: ("crisis", ana.person.shown)}


def test_of_two_who_decide_at_once_on_danger_one_is_told(ana: TestClient, another: Another, teaching: Teaching) -> None:
    """Who decides on a page without the other's decision has not confirmed it."""
    eva, number = another(), message(ana, **DANGER)
    put(ana, number, "ask_indicators")
    assert f"{ana.person.shown} was first" in said(put(eva, number, "ask_indicators"))
    assert teaching.labelled == {}


def test_a_decision_that_waits_can_be_taken_back(ana: TestClient, another: Another, teaching: Teaching) -> None:
    """The message is as it was: whoever pressed the wrong key has not moved it for good."""
    number = message(ana, reason="refused", kind="out_of_scope")
    put(ana, number, "crisis")
    assert "taken back" in said(undo(ana, number, 1))
    assert (row(ana, number).reason, row(ana, number).state) == ("refused", "new")
    assert "second person" in said(put(another(), number, "crisis", version=2))


def test_several_are_done_at_once(ana: TestClient, another: Another, teaching: Teaching) -> None:
    """What somebody else changed, and what needs a look of its own, is left and counted."""
    numbers = [message(ana) for _ in range(4)]
    give(another(), numbers[1], "ignored")
    response = ana.post("/inbox/bulk", data={
        "message": [f"{number}:0" for number in numbers], "to": "ask_indicators", "back": "/inbox/groups/1"})
    assert response.headers["location"] == "/inbox/groups/1"
    assert sorted(teaching.labelled) == [numbers[0], numbers[2], numbers[3]]
    assert "3 changed. 1 left as they are" in ana.get("/inbox").text
    more = [message(ana) for _ in range(2)]
    teaching.warns = [warning("hm", "ask_contact")]
    ana.post("/inbox/bulk", data={"message": [f"{number}:0" for number in more], "to": "ask_indicators"})
    assert "0 changed. 2 left as they are, because nearly the same" in ana.get("/inbox").text
    ana.post("/inbox/bulk", data={"message": [f"{number}:0" for number in more], "to": "later"})
    assert {row(ana, number).state for number in more} == {"later"}


@pytest.mark.parametrize(("path", "data"), [
    ("/inbox/messages/1/label", {"topic": "ask_nothing_like_it", "version": "0"}),
    ("/inbox/messages/1/label", {"topic": "../../crisis", "version": "0"}),
    ("/inbox/messages/1/label", {"topic": "ask_indicators", "version": "x"}),
    ("/inbox/messages/1/label", {"topic": "ask_indicators", "version": "99999999999999999999"}),
    ("/inbox/messages/1/state", {"state": "done", "version": "0"}),
    ("/inbox/messages/1/state", {"state": "'; DROP TABLE messages; --", "version": "0"}),
    ("/inbox/bulk", {"message": "1:0", "to": "done"}),
], ids=str)
def test_what_no_button_sends_is_refused(path: str, data: dict[str, str], ana: TestClient) -> None:
    """A message is done by a label and by nothing else."""
    message(ana, id=1)
    assert ana.post(path, data=data).status_code == 400
    assert (row(ana, 1).state, row(ana, 1).version) == ("new", 0)


def test_a_label_cannot_be_taken_away_by_a_state(ana: TestClient) -> None:
    """Its example would stay behind."""
    number = message(ana)
    put(ana, number)
    give(ana, number, "ignored", version=1)
    assert row(ana, number).state == "done"
    ana.post("/inbox/bulk", data={"message": f"{number}:1", "to": "ignored"})
    assert row(ana, number).state == "done"


def test_words_that_make_no_example_are_told_why(ana: TestClient, teaching: Teaching) -> None:
    """And nothing is stored."""
    number = message(ana)
    teaching.error = StaffFileError("It is too long.")
    response = put(ana, number)
    assert response.status_code == 409 and "It is too long." in response.text
    assert row(ana, number).state == "new"


ATTACK = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 1234 * 1000 }}"


def test_a_message_is_words_and_nothing_else(ana: TestClient, teaching: Teaching) -> None:
    """In the title of a group, in lists, in a search for it, in a conversation, in a warning, behind an act."""
    engine = ana.app.state.database
    number, _ = Talk(engine).turn("mallory", ATTACK, topic=ATTACK, kind="answer")
    put_message(engine, ATTACK, id=number, sender_id="mallory", group_id=1, language='"><script>', channel=ATTACK[:32],
                audience=ATTACK[:16], first=ATTACK, topic=ATTACK, chosen=ATTACK, kind="answer")
    with engine.begin() as connection:
        connection.execute(groups.insert().values(id=1, central=number, size=1, score=1.0))
    teaching.warns = [warning(ATTACK, ATTACK)]
    answers = [put(ana, number), give(ana, number, "later"), undo(ana, number, 1)]
    answers += [ana.get(path) for path in (
        "/inbox", "/inbox/groups/1", f"/inbox/messages/{number}", f"/inbox/groups/1?did={number}")]
    answers.append(ana.get("/inbox/search", params={"text": ATTACK, "topic": ATTACK}))
    for response in answers:
        assert response.status_code == 200
        assert "<img" not in response.text and "<script>" not in response.text and '"\'>' not in response.text
        assert "1234000" not in response.text
        assert "&lt;img" in response.text or response is answers[-1]


def test_a_topic_by_another_name_and_an_intent_that_is_gone_are_shown(ana: TestClient) -> None:
    """A topic may have been taken away since."""
    message(ana, "hm", first="gone_topic", topic="gone_topic", kind="answer", id=5)
    assert "gone_topic" in ana.get("/inbox/messages/5").text


@pytest.mark.parametrize("values", [DANGER, {"reason": "danger"}], ids=["alarm", "miss"])
def test_danger_is_ignored_by_two(values: dict[str, Any], ana: TestClient, another: Another) -> None:
    """One press of a key takes no cry for help out of the queue; what is put off stays in it."""
    eva, number = another(), message(ana, "help me", **values)
    queue = "/inbox/danger" if values.get("kind") else "/inbox/danger?side=misses"
    give(ana, number, "later")
    assert row(ana, number).state == "later"
    assert "help me" in eva.get(queue).text and "Danger (1)" in eva.get(queue).text
    assert "second person" in said(give(ana, number, "ignored", version=1))
    assert row(ana, number).state == "new" and "decided on “Ignore”" in eva.get(queue).text
    assert "yourself" in said(give(ana, number, "ignored", version=2)) and row(ana, number).state == "new"
    assert "Two people" in said(give(eva, number, "ignored", version=2))
    assert row(ana, number).state == "ignored" and "help me" not in eva.get(queue).text
    undo(ana, number, 3)
    assert row(ana, number).state == "new", "what was decided does not wait any more"


def test_several_of_danger_are_not_ignored_at_once(ana: TestClient) -> None:
    """They wait for a second person, and are counted."""
    harmless, danger = message(ana), message(ana, **DANGER)
    ana.post("/inbox/bulk", data={"message": [f"{harmless}:0", f"{danger}:0"], "to": "ignored"})
    assert [row(ana, number).state for number in (harmless, danger)] == ["ignored", "new"]
    assert "1 changed. 1 about danger: each counts once a second person" in ana.get("/inbox").text


def test_only_who_decided_or_an_editor_takes_a_decision_back(ana: TestClient, another: Another) -> None:
    """Whatever is posted; another reviewer decides otherwise."""
    eva, number = another(), message(ana, **DANGER)
    put(ana, number, "ask_indicators")
    response = undo(eva, number, 1)
    assert response.status_code == 403 and ana.person.shown in response.text
    give(eva, number, "later", version=1)
    assert "new again" in said(undo(eva, number, 2))
    assert (row(ana, number).state, row(ana, number).version) == ("new", 3)
    assert "taken back" in said(undo(browser(ana.app, Role.EDITOR), number, 3))
