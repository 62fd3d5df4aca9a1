"""Where two people agree on each change of the answers: a topic is proposed by one and made or withdrawn by the other."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.check import check
from bot.console.edit import drafts
from bot.console.edit.tables import drafts as drafts_table
from bot.console.people.accounts import Role
from bot.console.people.tables import audit
from bot.console.teach import making, proposals
from bot.console.teach.tables import labels
from bot.overlay import live_project
from bot.store.tables import messages
from tests.support.console import browser, console
from tests.unit.bot.console.teach.conftest import add_message
from tests.unit.bot.console.teach.test_making import ASKED, GOOD
from tests.unit.bot.console.teach.test_labels import rows
from tests.unit.bot.console.teach.test_pages import form, staff


@pytest.fixture
def ana(tmp_path: Path) -> Iterator[TestClient]:
    """An editor in a console where two agree, with a group of messages."""
    client = console(tmp_path, Role.EDITOR, approvals=2)
    for number, text in enumerate(ASKED):
        add_message(client.app.state.database, number, text, group_id=4)
    yield client
    client.app.state.database.dispose()


@pytest.fixture
def ben(ana: TestClient) -> TestClient:
    """Another editor."""
    return browser(ana.app, Role.EDITOR)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried takes seconds each time; here it passes. That it is tried, the first test shows."""
    monkeypatch.setattr(making, "_tried", lambda *_: [])
    monkeypatch.setattr(making, "alike", lambda *_: [])


def proposed(client: TestClient, **changes: object) -> str:
    """Send the wizard's form; the address of the proposal."""
    response = client.post("/teach/topics/new", data=form(**changes))
    assert response.status_code == 303, response.text
    return response.headers["location"]


def step(client: TestClient, address: str, name: str) -> int:
    """Press a button of the page as it was when it was proposed; the status."""
    return client.post(f"{address}/{name}", data={"version": "1"}).status_code


def logged(client: TestClient) -> list[tuple[str, str]]:
    with client.app.state.database.connect() as connection:
        return [tuple(row) for row in connection.execute(
            sa.select(audit.c.person, audit.c.action).where(audit.c.action.like("teach.%")).order_by(audit.c.id))]


def test_one_proposes_and_another_makes_it(ana: TestClient, ben: TestClient) -> None:
    """Nothing is written before; then it is made under the name of whoever proposed it, and the log names both."""
    address = proposed(ana)
    assert staff(ana) == {} and {message.state for message in rows(ana.app.state.database, messages)} == {"new"}
    page = ben.get(address).text
    assert 'name="version" value="1"' in page and "Agree, and make the topic" in page
    for said in (*GOOD.titles.values(), GOOD.wordings["es.provider.sms"], ASKED[0].replace("'", "&#39;"),
                 "Signs of a baby&#39;s mental health"):
        assert said in page
    assert f'href="{address}"' in ben.get("/teach/topics").text
    assert step(ben, address, "agree") == 303
    assert "goat_song" in check(live_project(ana.app.state.settings)).topics
    assert {message.state for message in rows(ana.app.state.database, messages)} == {"done"}
    assert {row.by for row in rows(ana.app.state.database, labels)} == {ana.person.name}
    assert [entry for entry in logged(ana) if entry[1] != "teach.labelled"] == [
        (ana.person.name, "teach.proposed"), (ben.person.name, "teach.agreed"), (ana.person.name, "teach.topic")]
    assert "Agree, and make" not in ben.get(address).text and step(ben, address, "agree") == 422


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR], ids=["editor", "administrator"])
def test_nobody_agrees_with_themselves(ana: TestClient, role: Role) -> None:
    """Neither by a button, which is not there, nor without."""
    author = browser(ana.app, role)
    address = proposed(author)
    page = author.get(address).text
    assert "Somebody else has to agree" in page and "Agree, and make" not in page
    assert step(author, address, "agree") == 403
    assert proposals.find(ana.app.state.database, int(address.rsplit("/", 1)[1])).state == "waiting"
    assert staff(ana) == {}


@pytest.mark.usefixtures("quick")
def test_what_was_not_seen_is_not_agreed_to(ana: TestClient, ben: TestClient) -> None:
    """The author changes it meanwhile: the one before has ended, and whoever agrees to it is told."""
    first = proposed(ana)
    number = first.rsplit("/", 1)[1]
    page = ana.get(f"/teach/topics/new?proposal={number}").text
    assert f'name="proposal" value="{number}"' in page and GOOD.wordings["en.parent.plain"] in page
    assert page.count(" checked") == len(ASKED) + len(GOOD.passages) + len(GOOD.related)
    second = proposed(ana, proposal=number, **{"title.en": "Goats that sing"})
    assert second != first
    response = ben.post(f"{first}/agree", data={"version": "1"})
    assert response.status_code == 409 and "not as you saw it" in response.text and staff(ana) == {}
    assert first not in ben.get("/teach/topics").text
    assert step(ben, second, "agree") == 303
    content = ana.app.state.settings.staff_dir / "bot/content/topics/goat_song.yml"
    assert "Goats that sing" in content.read_text(encoding="utf-8")


@pytest.mark.usefixtures("quick")
def test_of_two_who_agree_at_once_one_does(ana: TestClient, ben: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read it; the second is told, and nothing is there twice."""
    address, carla = proposed(ana), browser(ana.app, Role.EDITOR)
    agreement = proposals.agreement

    def meanwhile(person: object, seen: proposals.Proposal) -> proposals.Agreed:
        monkeypatch.setattr(proposals, "agreement", agreement)
        proposals.end(ana.app.state.database, ana.person, seen)
        return agreement(person, seen)

    monkeypatch.setattr(proposals, "agreement", meanwhile)
    assert step(carla, address, "agree") == 409 and staff(ana) == {}
    assert {message.state for message in rows(ana.app.state.database, messages)} == {"new"}
    assert step(ben, address, "agree") == 409


@pytest.mark.usefixtures("quick")
def test_what_does_not_fit_by_now_is_told(ana: TestClient, ben: TestClient) -> None:
    """Somebody has put one of its messages elsewhere: in words, nothing is written, and the proposal waits on."""
    address = proposed(ana)
    with ana.app.state.database.begin() as connection:
        connection.execute(messages.update().where(messages.c.id == 3).values(state="done", version=1))
    response = ben.post(f"{address}/agree", data={"version": "1"})
    assert response.status_code == 422 and "was first with one of these messages" in response.text
    assert staff(ana) == {} and "Agree, and make" in ben.get(address).text


@pytest.mark.usefixtures("quick")
def test_mistakes_are_told_before_anything_is_proposed(ana: TestClient) -> None:
    """As where one decides alone."""
    response = ana.post("/teach/topics/new", data=form(name="../x"))
    assert response.status_code == 422 and proposals.waiting(ana.app.state.database) == []


@pytest.mark.usefixtures("quick")
def test_its_author_or_an_administrator_takes_it_back(ana: TestClient, ben: TestClient) -> None:
    """Nobody else does; what it said stays in the log."""
    address, administrator = proposed(ana), browser(ana.app, Role.ADMINISTRATOR)
    assert "Take the proposal back" not in ben.get(address).text and step(ben, address, "end") == 403
    assert step(ana, address, "end") == 303 and step(ana, address, "end") == 409
    assert step(administrator, proposed(ana), "end") == 303
    assert proposals.waiting(ana.app.state.database) == []
    with ana.app.state.database.connect() as connection:
        assert GOOD.wordings["en.parent.plain"] in connection.execute(
            sa.select(audit.c.after).where(audit.c.action == "teach.proposed")).scalars().first()


def test_a_topic_is_withdrawn_by_two(ana: TestClient, ben: TestClient) -> None:
    """Until the second one agrees everything stays."""
    assert step(ben, proposed(ana), "agree") == 303
    made = staff(ana)
    address = ben.post("/teach/topics/goat_song/withdraw", data={"fate": "offered"}).headers["location"]
    assert staff(ana) == made and step(ben, address, "agree") == 403
    assert "come back into the inbox" in ana.get(address).text
    assert step(ana, address, "agree") == 303 and staff(ana) == {}
    assert {message.state for message in rows(ana.app.state.database, messages)} == {"new"}
    # A second proposal of the same finds that it is gone.
    late = proposals.propose(ana.app.state.database, ben.person, proposals.WITHDRAW, "goat_song", {"fate": "offered"})
    assert step(ana, f"/teach/proposals/{late}", "agree") == 422


@pytest.mark.usefixtures("quick")
def test_proposals_are_no_drafts_of_words(ana: TestClient) -> None:
    """The pages of answers neither list nor open them, and a restart leaves them alone."""
    address = proposed(ana)
    number = address.rsplit("/", 1)[1]
    assert drafts.living(ana.app.state.database) == [] and rows(ana.app.state.database, drafts_table) == []
    assert ana.get("/answers").status_code == 200 and ana.get(f"/answers/drafts/{number}").status_code == 404
    assert ana.get("/teach/proposals/999").status_code == 404
    for version in ("", "x", "9" * 30):
        assert ana.post(f"{address}/end", data={"version": version}).status_code in (400, 409)


@pytest.mark.usefixtures("quick")
def test_markup_in_a_proposal_is_text(ana: TestClient, ben: TestClient) -> None:
    """Whoever reads it for the second time runs nothing."""
    evil = "<img src=x onerror=alert(1)> The brief says that play helps a baby."
    address = proposed(ana, **{"answer.en.parent.plain": evil})
    page = ben.get(address).text
    assert "<img" not in page and "&lt;img src=x onerror=alert(1)&gt;" in page
