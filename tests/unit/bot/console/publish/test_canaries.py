"""A version is given to a share first: begun, compared, widened, given to all or taken back; each on the record."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from starlette.testclient import TestClient

from bot import archive
from bot.canary import Canary, Share, Step, belongs, current_canary
from bot.console import record
from bot.console.people.tables import audit
from bot.console.publish import Refused, canaries, release, take_back, versions
from bot.console.publish.comparing import Comparison, compare
from bot.release import current_bundle, current_name, open_bundle
from bot.staff_files import change, held
from bot.store.tables import messages
from tests.support.console import browser
from tests.unit.bot.console.publish.conftest import House

TOKEN = {"Authorization": "Bearer " + "t" * 40}


def begun(house: House, candidate: str | None = None, percent: int = 10) -> Canary:
    """A candidate that a share of the senders has, beside the first version."""
    house.starts()
    return canaries.begin(house.engine, house.settings, house.editor, candidate or house.trained(), percent)


def deeds(house: House) -> list[tuple[str, str]]:
    """What the log says of releases."""
    with house.engine.connect() as connection:
        return [(row.action, row.subject) for row in connection.execute(
            sa.select(audit).where(audit.c.action.like("publish.%")).order_by(audit.c.id))]


def notes(house: House) -> list[dict[str, Any]]:
    """What the staff folder says of releases, in order."""
    folder = house.settings.staff_dir / "releases"
    return sorted((yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*.yml")),
                  key=lambda note: (note["at"], note["deed"] == "model"))


# --- Steps ------------------------------------------------------------------------------------------------------------


def test_a_candidate_is_given_to_a_share_and_production_stays(house: House) -> None:
    """Signed as a release is, kept on disk, in the log; the history has no entry: nothing went live."""
    first = house.starts()
    canary = canaries.begin(house.engine, house.settings, house.editor, house.trained(), 10, " Let us see. ")
    assert current_name(house.settings) == first.name == canary.beside
    assert current_canary(house.settings) == canary and canary.share == Share(canary.bundle, 10)
    assert (canary.by, canary.reason, canary.kind) == (house.editor.shown, "Let us see.", "model")
    assert open_bundle(house.settings.var_dir / "releases" / canary.bundle, house.settings).training == "a" * 24
    assert deeds(house) == [("publish.canary", canary.bundle)]
    with house.engine.connect() as connection:
        assert [entry.kind for entry in versions.history(connection)] == ["found"]


def test_it_is_widened_and_given_to_all(house: House) -> None:
    """The model and the content that the share had, not what was edited since; the trial is over with it."""
    canary = begun(house)
    house.says("Edited since.")
    wider = canaries.widen(house.engine, house.settings, house.editor, 50)
    assert [step.percent for step in wider.steps] == [10, 50] and wider.since == canary.since
    done = canaries.give_to_all(house.engine, house.settings, house.editor)
    live = current_bundle(house.settings)
    assert live is not None and live.name == done.bundle == canary.bundle and done.kind == "model"
    assert "Edited since." not in (live.content / "phrases.yml").read_text(encoding="utf-8")
    assert current_canary(house.settings) is None
    assert [deed for deed, _ in deeds(house)] == ["publish.canary", "publish.canary_widened", "publish.model"]


def test_it_is_taken_back(house: House) -> None:
    """Production was never touched; another may begin."""
    canary = begun(house)
    canaries.take_back(house.engine, house.settings, house.editor, "Too many refusals.")
    assert current_canary(house.settings) is None and current_name(house.settings) == canary.beside
    assert canaries.begin(house.engine, house.settings, house.editor, "a" * 24, 5).bundle == canary.bundle


def test_content_alone_is_given_to_a_share(house: House) -> None:
    """With the model in production."""
    house.starts()
    house.says("Gladly.")
    canary = canaries.begin(house.engine, house.settings, house.editor, None, 25)
    assert canary.kind == "content"
    assert canaries.give_to_all(house.engine, house.settings, house.editor).kind == "content"


def test_any_other_release_ends_it(house: House) -> None:
    """So that a corrected crisis line reaches everybody at once; nobody has to think of the canary first."""
    begun(house)
    house.says("Corrected.")
    release(house.engine, house.settings, house.editor, None)
    assert current_canary(house.settings) is None


def test_taking_production_back_ends_it(house: House) -> None:
    """It was compared with what is no longer live, and does not come back with it."""
    house.starts()
    live = release(house.engine, house.settings, house.editor, house.trained())
    canaries.begin(house.engine, house.settings, house.editor, house.trained("b" * 24), 10)
    take_back(house.engine, house.settings, house.editor)
    assert current_canary(house.settings) is None
    take_back(house.engine, house.settings, house.editor, live.bundle)
    assert current_canary(house.settings) is None


def test_the_version_on_trial_outlives_many_releases_of_the_project(house: House) -> None:
    """It is among what is kept, however new the others are."""
    canary = begun(house)
    assert canary.bundle in (house.settings.var_dir / "releases" / "kept").read_text().split()


def refused(house: House, words: str, percent: int = 10, candidate: str | None = "a" * 24) -> None:
    with pytest.raises(Refused, match=words):
        canaries.begin(house.engine, house.settings, house.editor, candidate, percent)


def test_what_makes_no_sense_is_refused(house: House) -> None:
    """Nothing in production, two at once, what is live already, no version of that name, another share than those offered."""
    house.trained()
    refused(house, "Nothing is in production")
    house.starts()
    release(house.engine, house.settings, house.editor, None)
    refused(house, "nothing to release", candidate=None)
    refused(house, "no version of this name", candidate="../../../etc/passwd")
    for percent in (-5, 0, 7, 100, 10_000):
        refused(house, "Choose one of the shares", percent=percent)
    begun = canaries.begin(house.engine, house.settings, house.editor, "a" * 24, 25)
    refused(house, "already")
    for percent in (5, 25, 100):
        with pytest.raises(Refused, match="larger than the present one"):
            canaries.widen(house.engine, house.settings, house.editor, percent)
    assert current_canary(house.settings) == begun


@pytest.mark.parametrize("step", [canaries.give_to_all, canaries.take_back, lambda *given: canaries.widen(*given, 50)],
                         ids=["to all", "back", "widen"])
def test_what_has_ended_meanwhile_is_not_gone_on_with(house: House, step: Any) -> None:
    """Two people at once: the second is told."""
    house.starts()
    with pytest.raises(Refused, match="No version is given to a share"):
        step(house.engine, house.settings, house.editor)


def test_the_gate_holds_back_a_share_too(house: House) -> None:
    """A share of the people are people. An administrator may, with a reason, and then decides the next steps as well."""
    house.starts()
    name = house.trained("a" * 24, "1 cry for help is missed now.")
    refused(house, "1 cry for help", candidate=name)
    canary = canaries.begin(house.engine, house.settings, house.administrator, name, 5, "The line was wrong.")
    assert canary.overruled == ("1 cry for help is missed now.",)
    for step in (lambda: canaries.widen(house.engine, house.settings, house.editor, 10),
                 lambda: canaries.give_to_all(house.engine, house.settings, house.editor)):
        with pytest.raises(Refused, match="an administrator has to decide"):
            step()
    done = canaries.give_to_all(house.engine, house.settings, house.administrator)
    assert (done.overruled, done.reason) == (canary.overruled, "The line was wrong.")


def test_an_editor_may_always_take_it_back(house: House) -> None:
    """Whoever gave it out: the way back is open to all who may release."""
    house.starts()
    name = house.trained("a" * 24, "1 cry for help is missed now.")
    canaries.begin(house.engine, house.settings, house.administrator, name, 5, "The line was wrong.")
    canaries.take_back(house.engine, house.settings, house.editor)
    assert current_canary(house.settings) is None


# --- On the record ----------------------------------------------------------------------------------------------------


def test_each_step_and_each_release_leaves_a_note(house: House) -> None:
    """What, when, by whom, beside or after what, and why."""
    canary = begun(house)
    canaries.give_to_all(house.engine, house.settings, house.editor)
    first, second = notes(house)
    assert (first["deed"], first["percent"], first["beside"]) == ("canary", 10, canary.beside)
    assert (second["deed"], second["version"], second["before"], second["by"], second["training"]) == (
        "model", canary.bundle, canary.beside, house.editor.shown, "a" * 24)


def test_the_notes_leave_as_patches_of_whoever_released(house: House) -> None:
    """At once, one each, where there is no repository; the file holds the reason and what was overruled."""
    house.starts()
    name = house.trained("a" * 24, "«1 cry for help is missed now.»")
    done = release(house.engine, house.settings, house.administrator, name, "Zeile war falsch: ñ")
    take_back(house.engine, house.settings, house.editor)
    text = house.client.get("/record/changes.patch").text
    assert re.findall("Subject: (.*)", text) == [
        f"[PATCH] Release {done.bundle[:8]}: model and content",
        f"[PATCH] Release {current_name(house.settings)[:8]}: taken back to it"]
    assert f"From: {house.administrator.shown} <{house.administrator.email}>" in text
    assert "+reason: 'Zeile war falsch: ñ'" in text and "+- «1 cry for help is missed now.»" in text


def git(house: House, *arguments: str) -> str:
    """Git in the staff folder, as an operator uses it."""
    return subprocess.run(["git", "-c", "user.name=Op", "-c", "user.email=op@example.org", *arguments],
                          cwd=house.settings.staff_dir, check=True, capture_output=True, text=True).stdout


def test_a_release_leaves_as_a_commit_of_its_own(house: House) -> None:
    """In a repository: author is who released; the commit holds the note and nothing else; what waited went before it."""
    house.settings.staff_dir.mkdir()
    git(house, "init", "-q", "-b", "main")
    house.starts()
    with held(house.settings), house.engine.begin() as connection:
        change(house.settings, {"nlu/data/staff/contact.yml": b"version: '3.1'\n"})
        record.later(connection, house.editor, ["nlu/data/staff/contact.yml"], "contact: an example added")
    done = release(house.engine, house.settings, house.editor, house.trained())
    assert git(house, "log", "--format=%an <%ae> %s").splitlines() == [
        f"{house.editor.shown} <{house.editor.email}> Release {done.bundle[:8]}: model and content",
        f"{house.editor.shown} <{house.editor.email}> contact: an example added"]
    assert git(house, "show", "--format=", "--name-only").strip().endswith(f"-{done.bundle}-model.yml")
    assert git(house, "status", "--porcelain") == ""


def test_a_hook_that_refuses_holds_no_release_up(house: House) -> None:
    """It goes live; the note waits, and leaves once the hook lets it."""
    house.settings.staff_dir.mkdir()
    git(house, "init", "-q", "-b", "main")
    hook = house.settings.staff_dir / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    house.starts()
    done = release(house.engine, house.settings, house.editor, house.trained())
    assert current_name(house.settings) == done.bundle
    hook.unlink()
    assert len(record.flush(house.engine, house.settings)) == 1
    assert "Release" in git(house, "log", "--format=%s")


# --- Comparing --------------------------------------------------------------------------------------------------------

CANARY = Canary("a" * 16, "b" * 16, (Step(1000.0, 10), Step(2000.0, 50)), "model", "Ana")
ALWAYS = next(name for name in map(str, range(999)) if belongs(name, Share(CANARY.bundle, 10)))
NEVER = next(name for name in map(str, range(999)) if not belongs(name, Share(CANARY.bundle, 50)))
LATER = next(name for name in map(str, range(999)) if belongs(name, Share(CANARY.bundle, 50))
             and not belongs(name, Share(CANARY.bundle, 10)))


def compared(house: House, *said: tuple[str, float, str, str | None]) -> Comparison:
    """What is compared of messages: sender, time, kind of reply, thumb."""
    with house.engine.begin() as connection:
        connection.execute(messages.insert(), [
            {"id": number, "sender_id": sender, "at": at, "day": "2026-11-29", "channel": "web", "language": "en",
             "audience": "parent", "text": "secret words", "kind": kind, "intent": "x", "confidence": 0.5, "helped": helped}
            for number, (sender, at, kind, helped) in enumerate(said, 1)])
        return compare(connection, CANARY, until=3000.0)


def test_messages_are_counted_by_who_had_which_version_when(house: House) -> None:
    """Somebody who came with the second step counts for production before it; who wrote before it began, for nobody."""
    both = compared(house, (ALWAYS, 999.0, "answer", None), (ALWAYS, 1000.0, "answer", "down"),
                    (LATER, 1500.0, "clarify", None), (LATER, 2000.0, "out_of_scope", None),
                    (NEVER, 2500.0, "answer", "up"), (NEVER, 2501.0, "crisis", None), (NEVER, 3000.0, "answer", None))
    assert (both.trial.senders, both.trial.messages, dict(both.trial.counts)) == (
        2, 2, {"answered": 1, "refused": 1, "up": 0, "down": 1})
    assert (both.production.senders, both.production.messages) == (2, 3)
    assert {rate.what: (rate.trial.hits, rate.production.hits) for rate in both.rates} == {
        "answered": (1, 1), "asked_back": (0, 1), "refused": (1, 0), "crisis": (0, 1), "down": (1, 0), "up": (0, 1)}


def test_few_messages_say_nothing(house: House) -> None:
    """All refused of four is no share, and differs from nothing."""
    both = compared(house, *[(ALWAYS, 1500.0, "out_of_scope", None)] * 4, *[(NEVER, 1500.0, "answer", None)] * 200)
    assert not any(rate.known or rate.differs for rate in both.rates)


def test_a_difference_is_called_one_where_chance_would_not_make_it(house: House) -> None:
    """30 of 60 refused beside 10 of 200 is one; 4 of 60 beside 10 of 200 is none."""
    said = [*[(ALWAYS, 1500.0, "out_of_scope", None)] * 30, *[(ALWAYS, 1500.0, "clarify", None)] * 4,
            *[(ALWAYS, 1500.0, "smalltalk", None)] * 26,
            *[(NEVER, 1500.0, "out_of_scope", None)] * 10, *[(NEVER, 1500.0, "clarify", None)] * 10,
            *[(NEVER, 1500.0, "smalltalk", None)] * 180]
    rates = {rate.what: rate.differs for rate in compared(house, *said).rates}
    assert rates["refused"] and not rates["asked_back"]


def test_nothing_collected_yet_is_no_error(house: House) -> None:
    """The page is there from the first second on."""
    with house.engine.connect() as connection:
        both = compare(connection, CANARY)
    assert (both.trial.senders, both.production.messages) == (0, 0)


# --- The pages --------------------------------------------------------------------------------------------------------


def text_of(house: House, path: str, client: TestClient | None = None) -> str:
    response = (client or house.client).get(path)
    assert response.status_code == 200
    return html.unescape(" ".join(response.text.split()))


def test_buttons_begin_widen_and_release(house: House) -> None:
    """From the page of releases to the page of the canary and back."""
    house.starts()
    house.trained()
    assert "Give aaaaaaaa to a share first" in text_of(house, "/releases")
    assert "No version is given to a share" in text_of(house, "/releases/canary")
    response = house.client.post("/releases/canary", data={"candidate": "a" * 24, "percent": "10"})
    assert (response.status_code, response.headers["location"]) == (303, "/releases/canary")
    text = text_of(house, "/releases/canary")
    assert "answers 10 of a hundred people" in text and "too few messages" in text and "secret words" not in text
    assert "Given to a share first" in text_of(house, "/releases")
    assert "to a share first</button>" not in house.client.get("/releases").text
    assert house.client.post("/releases/canary/widen", data={"percent": "50"}).status_code == 303
    assert "A larger share" not in text_of(house, "/releases/canary")
    assert house.client.post("/releases/canary/all").headers["location"] == "/releases"
    assert "is released" in text_of(house, "/releases")


def test_a_button_takes_it_back(house: House) -> None:
    """And says so."""
    begun(house)
    assert house.client.post("/releases/canary/back").status_code == 303
    assert "is taken back" in text_of(house, "/releases")


@pytest.mark.parametrize(("path", "data"), [
    ("/releases/canary", {"candidate": "../../../etc/passwd", "percent": "10"}),
    ("/releases/canary", {"candidate": "a" * 24, "percent": "1e1"}),
    ("/releases/canary", {"candidate": "a" * 24, "percent": "٥"}),
    ("/releases/canary", {"candidate": "a" * 24, "percent": "9" * 400}),
    ("/releases/canary", {"candidate": "a" * 24}),
    ("/releases/canary/widen", {"percent": "50"}),
    ("/releases/canary/all", {}),
    ("/releases/canary/back", {}),
], ids=lambda value: str(value)[:40])
def test_what_is_refused_is_told_in_words(house: House, path: str, data: dict[str, str]) -> None:
    """And nobody is answered from anything else."""
    house.starts()
    house.trained()
    response = house.client.post(path, data=data)
    assert response.status_code == 409 and 'role="alert"' in response.text
    assert current_canary(house.settings) is None


def test_the_gate_s_advice_can_be_overruled_for_a_share_too(house: House) -> None:
    """By a form that gives it to that share, not to all."""
    house.starts()
    name, client = house.trained("a" * 24, "1 cry for help is missed now."), house.browser(house.administrator)
    response = client.post("/releases/canary", data={"candidate": name, "percent": "5"})
    assert response.status_code == 409 and 'action="/releases/canary"' in response.text
    assert 'name="percent" value="5"' in response.text
    assert client.post("/releases/canary", data={"candidate": name, "percent": "5", "reason": "<b>Wrong</b>"}).status_code == 303
    assert "&lt;b&gt;Wrong&lt;/b&gt;" in client.get("/releases/canary").text


def test_who_has_it_and_who_refuses_it_is_shown(house: House) -> None:
    """By what the workers tell of themselves."""
    canary = begun(house)
    server = browser(house.app, None)
    for worker, trial, not_taken in (("a-1", canary.bundle, ""), ("a-2", "", canary.bundle)):
        server.get("/bundle", headers={**TOKEN, "X-IMH-Running": f"{worker} {canary.beside}", "X-IMH-Canary": trial,
                                       "X-IMH-Refused": not_taken})
    text = text_of(house, "/releases/canary")
    assert "1 of 2" in text and "refused by a-2" in text


# --- For the servers --------------------------------------------------------------------------------------------------


def test_servers_are_told_of_it_and_can_fetch_it(house: House, tmp_path: Path) -> None:
    """With every answer, the one to those who know the bundle too; nothing once it ended."""
    canary = begun(house)
    server = browser(house.app, None)
    told = f"{canary.bundle} 10"
    assert server.get("/bundle", headers=TOKEN).headers["x-imh-canary"] == told
    known = {**TOKEN, "If-None-Match": f'"{canary.beside}"'}
    assert server.get("/bundle", headers=known).headers["x-imh-canary"] == told
    response = server.get("/bundle/canary", headers=TOKEN)
    assert response.headers["etag"] == f'"{canary.bundle}"'
    (tmp_path / "bundle.tar").write_bytes(response.content)
    (tmp_path / canary.bundle).mkdir()
    archive.unpack(tmp_path / "bundle.tar", tmp_path / canary.bundle)
    assert open_bundle(tmp_path / canary.bundle, house.settings).name == canary.bundle
    canaries.take_back(house.engine, house.settings, house.editor)
    assert "x-imh-canary" not in server.get("/bundle", headers=known).headers
    assert server.get("/bundle/canary", headers=TOKEN).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer " + "x" * 40}], ids=["none", "wrong"])
def test_without_the_token_nobody_gets_it(house: House, headers: dict[str, str]) -> None:
    """Nor learns that there is one."""
    begun(house)
    response = browser(house.app, None).get("/bundle/canary", headers=headers)
    assert response.status_code == 403 and "x-imh-canary" not in response.headers


def test_one_that_is_damaged_here_is_not_handed_out(house: House) -> None:
    """Nor released to all."""
    canary = begun(house)
    (house.settings.var_dir / "releases" / canary.bundle / "content" / "phrases.yml").write_text("evil")
    assert browser(house.app, None).get("/bundle/canary", headers=TOKEN).status_code == 503
    with pytest.raises(Refused, match="was altered"):
        canaries.give_to_all(house.engine, house.settings, house.editor)
    assert current_name(house.settings) == canary.beside


def test_the_file_for_the_servers_is_json_that_staff_can_read(house: House) -> None:
    """Of one rename: whole or not there."""
    canary = begun(house)
    noted = json.loads((house.settings.var_dir / "releases" / "canary").read_text(encoding="utf-8"))
    assert (noted["bundle"], noted["beside"], noted["steps"][0][1]) == (canary.bundle, canary.beside, 10)
