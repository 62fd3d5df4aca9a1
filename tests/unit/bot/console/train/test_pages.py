"""The pages of training and judging: who may do what, and that nothing of a message gets out of its place."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.console.people.accounts import Role
from bot.console.train import jobs, pages
from bot.console.train.card import QualityCard
from bot.console.train.progress import FIRST_S
from bot.console.train.tables import candidates, jobs as table
from bot.evaluation.held_out import questions
from bot.knowledge import CONTENT
from bot.release import make_bundle
from bot.store.tables import messages
from tests.support.console import browser, console
from tests.support.training import NAME, WORK, items, line

LIVE = "f" * 24
EVIL = "<script>alert(1)</script>"
KNOWN = next(one for one in questions() if one.file == "indicators")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A console with a model in production, a candidate that lost a line, and a message that both were asked."""
    client = console(tmp_path, Role.EDITOR)
    settings = client.app.state.settings
    lines: dict[str, Any] = {f"k{number}": line() for number in range(50)}
    lines[KNOWN.key] = line(staff=True)
    lines["danger"] = line(intent="crisis", file="crisis", kind="crisis", topics=[],
                           marks={"kind": "self_harm", "language": "es"})
    (settings.var_dir / "models").mkdir()
    QualityCard(LIVE, 1.0, "Ana", items(lines, {"5": "indicators", "6": "contact"})).write(settings)
    worse = {**lines, KNOWN.key: line(kind="clarify", topics=[], staff=True),
             "danger": {**lines["danger"], "kind": "clarify"}}
    QualityCard(NAME, 2.0, "Ana", items(worse, {"5": "contact", "6": "contact"}), sizes={
        "trained": 5, "trained_staff": 1, "held_out": 4, "held_out_staff": 1, "model_bytes": 2_000_000},
        seconds={"train": 61.0}, code="c0de" * 6).write(settings)
    for name in (LIVE, NAME):
        (settings.var_dir / "models" / f"{name}.tar.gz").write_bytes(b"model")
    make_bundle(settings.var_dir / "models" / f"{LIVE}.tar.gz", CONTENT, settings)
    with client.app.state.database.begin() as connection:
        connection.execute(candidates.insert().values(name=NAME, made_at=2.0, person_id=1, person=EVIL, job_id=1))
        connection.execute(messages.insert().values(
            id=5, sender_id="s", at=1.0, day="2026-11-28", channel="web", language="en", audience="parent", text=EVIL,
            kind="answer", intent="ask_indicators", confidence=0.4, state="new"))
    return client


def started(client: TestClient) -> int:
    """A job that runs, of nobody's process."""
    now = time.time()
    with client.app.state.database.begin() as connection:
        return connection.execute(table.insert().values(
            person_id=1, person="Ana", state="running", running=1, host="elsewhere", beat_at=now, started_at=now - 30,
            step="train", step_at=now - 5, seconds='{"check": 3.0}',
            expected=json.dumps(FIRST_S))).inserted_primary_key[0]


def test_the_card_says_what_changed_in_words(client: TestClient) -> None:
    """Verdict, before and after, the lines behind it, the messages that are answered otherwise."""
    text = client.get(f"/training/models/{NAME}").text
    assert "Danger is missed that was seen before: 1 of the test messages." in text
    assert KNOWN.text.replace("'", "&#39;") in text
    assert "51 of 51" in text and "50 of 51" in text
    assert "Only an administrator may release this model." in text and 'name="reason"' not in text
    assert 'action="/releases/try"' in text and f'name="candidate" value="{NAME}"' in text


def test_the_card_names_the_code_that_trained_it(client: TestClient) -> None:
    """A card from before that was written down says nothing of it."""
    assert "Code that trained it" in (text := client.get(f"/training/models/{NAME}").text) and "c0de" * 6 in text
    path = client.app.state.settings.var_dir / "models" / f"{NAME}.card.json"
    older = {key: value for key, value in json.loads(path.read_text()).items() if key != "code"}
    path.write_text(json.dumps(older))
    assert "Code that trained it" not in client.get(f"/training/models/{NAME}").text


def test_words_of_people_are_shown_as_words(client: TestClient) -> None:
    """A message, or a name, that would be a script is none."""
    for path in (f"/training/models/{NAME}", "/training"):
        text = client.get(path).text
        assert EVIL not in text and "&lt;script&gt;" in text


def test_an_erased_message_is_gone_from_the_card(client: TestClient) -> None:
    """The card has its number alone."""
    with client.app.state.database.begin() as connection:
        connection.execute(messages.delete())
    assert "This message was erased." in client.get(f"/training/models/{NAME}").text
    stored = (client.app.state.settings.var_dir / "models" / f"{NAME}.card.json").read_text()
    assert "alert" not in stored and KNOWN.text not in stored


def test_each_cell_leads_to_its_questions(client: TestClient) -> None:
    """Every number of the matrix is a link to as many lines; what never happened is no page."""
    text = client.get(f"/training/models/{NAME}").text
    links = re.findall(r'href="(/training/models/[^"]+/cell\?[^"]+)" aria-label="(\d+):', text)
    assert len(links) == 3
    for link, count in links:
        page = client.get(link.replace("&amp;", "&")).text
        assert page.count("<tr><td>") == int(count)
    assert client.get(f"/training/models/{NAME}/cell?asked=contact&answered=crisis").status_code == 404
    assert client.get(f"/training/models/{NAME}/cell").status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fsecret", "x" * 24, NAME.upper(), f"{NAME}.old", f"{NAME}%0A"])
def test_names_that_no_model_can_have_are_no_page(client: TestClient, name: str) -> None:
    """Though a card lies where the name would lead."""
    models = client.app.state.settings.var_dir / "models"
    (models / f"{unquote(name)}.card.json").write_text((models / f"{NAME}.card.json").read_text())
    for path in (f"/training/models/{name}", f"/training/models/{name}/cell?asked=indicators&answered=indicators"):
        assert client.get(path).status_code in {400, 404}


def test_a_reviewer_looks_and_does_not_train(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the button nor the address lets them, nor may they end what somebody else started."""
    job = started(client)
    reviewer = browser(client.app, Role.REVIEWER)
    for path in ("/training", f"/training/jobs/{job}", f"/training/models/{NAME}"):
        text = reviewer.get(path).text
        assert 'action="/training' not in text and 'action="/releases"' not in text
    assert reviewer.post("/training").status_code == 403
    assert reviewer.post(f"/training/jobs/{job}/cancel").status_code == 403
    assert jobs.running(client.app.state.database) == job


def test_without_the_form_token_nothing_is_started_or_ended(client: TestClient) -> None:
    """A page elsewhere cannot press the buttons."""
    job = started(client)
    del client.headers["X-CSRF-Token"]
    assert client.post("/training").status_code == 403
    assert client.post(f"/training/jobs/{job}/cancel").status_code == 403
    assert jobs.running(client.app.state.database) == job


def test_an_administrator_may_overrule_with_a_reason(client: TestClient) -> None:
    """They are asked for it; an editor is not shown the button."""
    text = browser(client.app, Role.ADMINISTRATOR).get(f"/training/models/{NAME}").text
    assert 'name="reason"' in text and 'action="/releases"' in text


def test_the_button_starts_a_training_and_shows_it(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second press leads to the one that runs."""
    real = jobs.start
    (client.app.state.settings.var_dir / "stop_at").write_text("train")
    monkeypatch.setattr(pages.jobs, "start", lambda *given: real(*given, command=WORK))
    shown = client.post("/training").headers["location"]
    assert client.post("/training").headers["location"] == shown
    assert "A training is running already." in client.get(shown).text
    assert client.post(f"{shown}/cancel").headers["location"] == shown
    text = client.get(shown).text
    assert "Everything is as it was before." in text and "cancelled" in text


def test_progress_is_there_without_scripts(client: TestClient) -> None:
    """The page loads itself anew; its numbers are drawn on the server."""
    text = client.get(f"/training/jobs/{started(client)}").text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "<progress max=" in text and 'data-step="train" aria-current="step"' in text


def test_progress_comes_as_events(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """One a second until the training ends, and then no more."""
    job = started(client)
    monkeypatch.setattr(pages, "_EVENT_EVERY_S", 0.01)
    monkeypatch.setattr(pages, "_STREAM_S", 0.05)
    response = client.get(f"/training/jobs/{job}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.count("event: progress\n") == 5
    told = json.loads(response.text.split("data: ")[1].split("\n")[0])
    assert told["step"] == "train" and 0 < told["share"] < 1
    with client.app.state.database.begin() as connection:
        connection.execute(sa.update(table).values(state="failed", running=None, ended_at=time.time(),
                                                   reason='["train.failed.gone", {}]'))
    assert client.get(f"/training/jobs/{job}/events").text.count("event: ") == 1
    assert "The process that trained is gone" in client.get(f"/training/jobs/{job}").text


def test_what_does_not_agree_is_told_where_it_can_be_mended(client: TestClient) -> None:
    """Every problem of the check, on a line of its own."""
    job = started(client)
    problems = "domain.yml: intents: lacks 'ask_x'; add it\nnlu/data: has {curly} braces"
    with client.app.state.database.begin() as connection:
        connection.execute(sa.update(table).values(state="failed", running=None, ended_at=time.time(), step="check",
                                                   reason=json.dumps(["train.failed.check", {"problems": problems}])))
    text = client.get(f"/training/jobs/{job}").text
    assert "lacks &#39;ask_x&#39;; add it\nnlu/data: has {curly} braces" in text
