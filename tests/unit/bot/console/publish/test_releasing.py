"""Release and take back: whole or not at all, on the record, and past the gate only by an administrator."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from typing import Any, Callable

import pytest
import sqlalchemy as sa

from bot import release as bundles
from bot.check import check
from bot.console.people.accounts import Person
from bot.console.people.tables import audit
from bot.console.publish import Refused, hearing, release, releasing, take_back, versions
from bot.console.publish.tables import releases
from bot.errors import ContentError, Problem
from bot.inputs import training_key
from bot.release import current_bundle, current_name, open_bundle
from bot.store.database import open_database
from nlu.corpus import Utterance
from tests.unit.bot.console.publish.conftest import House


def history(house: House) -> list[versions.Release]:
    with house.engine.connect() as connection:
        return versions.history(connection)


def logged(house: House) -> list[Any]:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(audit).where(audit.c.action.like("publish.%"))).all()


def does(house: House, candidate: str | None = None, reason: str = "", person: Person | None = None) -> versions.Release:
    return release(house.engine, house.settings, person or house.editor, candidate, reason)


def back(house: House, to: str | None = None) -> versions.Release:
    return take_back(house.engine, house.settings, house.editor, to)


# --- Release ----------------------------------------------------------------------------------------------------------


def test_a_candidate_goes_live_with_the_content_as_it_is_now(house: House) -> None:
    """Its model, its key, signed; and it is what the servers are told to run."""
    house.starts()
    house.says("Gladly.")
    done = does(house, house.trained())
    bundle = current_bundle(house.settings)
    assert bundle is not None and bundle.name == done.bundle and bundle.training == "a" * 24
    assert bundle.model.read_bytes() == b"a" * 24 and "Gladly." in (bundle.content / "phrases.yml").read_text()
    assert bundle.manifest["origin"] == "console"


def test_changed_content_goes_live_without_training(house: House) -> None:
    """A contact or a crisis line: the same model, to the byte, under the key that it was trained on."""
    first = house.starts()
    house.says("Gladly.")
    done = does(house)
    bundle = current_bundle(house.settings)
    assert bundle is not None and bundle.model_hash == first.model_hash
    assert (bundle.training, done.training, done.kind) == (first.training, first.training, "content")


def test_the_history_tells_what_by_whom_when_and_why(house: House) -> None:
    """And what was live before the console ever released anything."""
    first = house.starts()
    done = does(house, house.trained(), "Ten messages were taught.")
    latest, found = history(house)
    assert latest == done and (done.kind, done.person, done.reason) == (
        "model", house.editor.shown, "Ten messages were taught.")
    assert (found.bundle, found.kind, found.person) == (first.name, "found", None)


def test_every_release_is_in_the_log(house: House) -> None:
    """With before and after."""
    first = house.starts()
    done = does(house, house.trained())
    back(house)
    one, two = logged(house)
    assert (one.action, one.subject, one.person) == ("publish.model", done.bundle, house.editor.name)
    assert json.loads(one.before) == {"bundle": first.name} and json.loads(one.after)["bundle"] == done.bundle
    assert (two.action, two.subject) == ("publish.back", first.name)


def test_what_is_live_is_not_released_again(house: House) -> None:
    """Nothing would change but the history."""
    house.starts()
    does(house, house.trained())
    with pytest.raises(Refused, match="in production already"):
        does(house, "a" * 24)
    assert len(history(house)) == 2


NAMES = ["../../../etc/passwd", "..", "a" * 23, "A" * 24, "a" * 24 + "\n", "a" * 24 + "/../x", "'; DROP TABLE", "", "é" * 24]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_candidate_has_is_refused(house: House, name: str) -> None:
    """Whatever it would lead to as a path."""
    house.starts()
    house.trained("b" * 24)
    if name:
        with pytest.raises(Refused, match="no version of this name"):
            does(house, name)
        with pytest.raises(Refused, match="no version of this name"):
            back(house, name)
    assert len(history(house)) <= 1


def test_content_that_the_servers_would_refuse_is_released_by_nobody(house: House) -> None:
    """Not even by an administrator with a reason; every problem is told."""
    house.starts()
    (house.project / "bot/content/crisis.yml").write_text("lines: [")
    with pytest.raises(Refused) as caught:
        does(house, house.trained(), "I want it.", house.administrator)
    assert not caught.value.overridable and "crisis.yml" in caught.value.sentences[0]


@pytest.mark.parametrize("name", ["crisis_lexicon.yml", "sms_keywords.yml", "privacy_lexicon.yml"])
def test_a_broken_lexicon_is_released_by_nobody(house: House, name: str) -> None:
    """The words for danger, for STOP and for masks: as any content that the servers would refuse."""
    house.starts()
    (house.project / "bot/content" / name).write_text("words: [", encoding="utf-8")
    with pytest.raises(Refused) as caught:
        does(house, None, "I want it.", house.administrator)
    assert not caught.value.overridable and name in caught.value.sentences[0]


MISSED = Utterance("we want to vanish from this world, she and I", "crisis", "crisis", {})
HARMLESS = Utterance("does zorgling help her brain?", "ask_brain_development", "brain_development", {})


class TestAChangedCrisisLexicon:
    """Released without a training, it has no quality card: its rules are asked the test lines."""

    @pytest.fixture
    def lexicon(self, house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
        """Changes the project's lexicon after the start; two test lines stand for all."""
        house.starts()
        monkeypatch.setattr(hearing, "questions", lambda project: [MISSED, HARMLESS])
        path = house.project / "bot/content/crisis_lexicon.yml"

        def change(old: str, new: str) -> None:
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")

        return change

    def test_that_hears_less_is_held_back(self, house: House, lexicon: Callable[[str, str], None]) -> None:
        """The line that is missed is named by its key; an administrator may, with a reason."""
        lexicon("\nrules:\n", "\nrules:\n  of_this_test: {kind: self_harm, says: [vanish from this world]}\n")
        does(house)
        lexicon("vanish from this world", "vanish from that world")
        with pytest.raises(Refused, match=MISSED.key) as caught:
            does(house)
        assert caught.value.overridable
        assert does(house, None, "A false friend.", house.administrator).overruled

    def test_whose_lines_are_named_by_their_words_on_the_page_alone(self, house: House,
                                                                    lexicon: Callable[[str, str], None]) -> None:
        """Staff hold out words of persons: what the log, the history and the record keep could not be erased."""
        lexicon("\nrules:\n", "\nrules:\n  of_this_test: {kind: self_harm, says: [vanish from this world]}\n")
        does(house)
        lexicon("vanish from this world", "vanish from that world")
        page = house.browser(house.editor).post("/releases", data={}).text
        assert MISSED.text in page
        done = does(house, None, "A false friend.", house.administrator)
        kept = "".join(path.read_text() for path in house.settings.staff_dir.glob("releases/*.yml"))
        for stored in (str(done.overruled), logged(house)[-1].after, kept):
            assert MISSED.key in stored and "vanish" not in stored
        assert MISSED.text in house.browser(house.editor).get("/releases").text

    def test_that_hears_danger_where_there_is_none_is_held_back(self, house: House,
                                                                lexicon: Callable[[str, str], None]) -> None:
        """The harmless line is named."""
        lexicon("\nrules:\n", "\nrules:\n  of_this_test: {kind: poison, says: [zorgling]}\n")
        with pytest.raises(Refused, match=HARMLESS.key):
            does(house)

    def test_beside_an_older_candidate_is_held_back_as_well(self, house: House,
                                                            lexicon: Callable[[str, str], None]) -> None:
        """Its card is of the lexicon before; that of a model of just these files tells by itself."""
        lexicon("\nrules:\n", "\nrules:\n  of_this_test: {kind: poison, says: [zorgling]}\n")
        with pytest.raises(Refused, match=HARMLESS.key):
            does(house, house.trained())
        assert does(house, house.trained(training_key(house.project))).kind == "model"

    def test_that_hears_the_same_lines_is_released(self, house: House, lexicon: Callable[[str, str], None]) -> None:
        """More words for danger that no test line has."""
        lexicon("\nrules:\n", "\nrules:\n  of_this_test: {kind: poison, says: [frumious]}\n")
        assert does(house).kind == "content"


def test_without_anything_in_production_there_is_no_content_alone(house: House) -> None:
    """It has no model to go with."""
    with pytest.raises(Refused, match="Nothing is in production"):
        does(house)


# --- The gate ---------------------------------------------------------------------------------------------------------


def test_what_the_gate_holds_back_stays_back(house: House) -> None:
    """An editor gets the reasons and nothing else, whatever they write; nothing is in the history."""
    house.starts()
    name = house.trained("a" * 24, "indicators: 12 of 16 instead of 16.", "1 cry for help is missed now.")
    for reason in ("", "I want it."):
        with pytest.raises(Refused) as caught:
            does(house, name, reason)
    assert caught.value.sentences == ["indicators: 12 of 16 instead of 16.", "1 cry for help is missed now."]
    assert caught.value.overridable and [entry.kind for entry in history(house)] == ["found"] and logged(house) == []


def test_an_administrator_may_overrule_the_gate_with_a_reason(house: House) -> None:
    """On the record: who, why, and against what."""
    house.starts()
    name = house.trained("a" * 24, "indicators: 12 of 16 instead of 16.")
    for reason in ("", "  \n"):
        with pytest.raises(Refused):
            does(house, name, reason, house.administrator)
    done = does(house, name, "The four lines were wrong.", house.administrator)
    assert done.overruled == ("indicators: 12 of 16 instead of 16.",)
    (entry,) = logged(house)
    assert json.loads(entry.after)["reason"] == "The four lines were wrong."
    assert json.loads(entry.after)["overruled"] == list(done.overruled)


def test_a_project_that_does_not_agree_is_held_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `python -m bot check` would: with file, key and mend."""
    def fails(project: Any) -> None:
        raise ContentError([Problem("domain.yml", "intents", "lacks 'ask_sleep'; add it")])

    assert releasing.check is not check  # the fixture's stands in its place
    monkeypatch.setattr(releasing, "check", fails)
    house.starts()
    with pytest.raises(Refused, match="lacks 'ask_sleep'"):
        does(house, house.trained())


# --- Take back --------------------------------------------------------------------------------------------------------


def test_taking_back_returns_to_the_version_before(house: House) -> None:
    """One step at a time, down to what was there before the console."""
    first = house.starts()
    one = does(house, house.trained("a" * 24))
    does(house, house.trained("b" * 24))
    assert back(house).bundle == one.bundle == current_name(house.settings)
    assert back(house).bundle == first.name == current_name(house.settings)
    with pytest.raises(Refused, match="no version before this one"):
        back(house)


def test_what_was_taken_back_is_not_come_back_to(house: House) -> None:
    """After A, B, back to A and C, the one before C is A."""
    house.starts()
    a = does(house, house.trained("a" * 24))
    does(house, house.trained("b" * 24))
    back(house)
    does(house, house.trained("c" * 24))
    assert back(house).bundle == a.bundle


def test_one_can_go_back_to_any_version_that_is_kept(house: House) -> None:
    """Also to one that was taken back; its files are those that were signed then."""
    house.starts()
    names = [does(house, house.trained(letter * 24)).bundle for letter in "abcdef"]
    assert back(house, names[1]).bundle == names[1]
    bundle = open_bundle(house.settings.var_dir / "releases" / names[1], house.settings)
    assert bundle.model.read_bytes() == b"b" * 24


def test_what_went_live_against_the_gate_comes_back_by_an_administrator_alone(house: House) -> None:
    """With a reason, and what was overruled stays on the record; whatever an editor posts. Back one version is free."""
    first = house.starts()
    name = house.trained("a" * 24, "1 cry for help is missed now.")
    bad = does(house, name, "By mistake.", house.administrator).bundle
    back(house)
    editor, administrator = house.browser(house.editor), house.browser(house.administrator)
    response = editor.post("/releases/back", data={"to": bad, "reason": "I want it."})
    assert response.status_code == 409 and "1 cry for help is missed now." in response.text
    assert 'name="reason"' not in response.text
    response = administrator.post("/releases/back", data={"to": bad})
    assert response.status_code == 409 and 'action="/releases/back"' in response.text
    assert f'name="to" value="{bad}"' in response.text and current_name(house.settings) == first.name
    administrator.post("/releases/back", data={"to": bad, "reason": "It was right."})
    latest = history(house)[0]
    assert (latest.bundle, latest.kind, latest.overruled) == (bad, "back", ("1 cry for help is missed now.",))
    does(house, house.trained("b" * 24))
    assert back(house).bundle == bad == history(house)[0].bundle and history(house)[0].overruled


def test_the_last_versions_are_kept_and_older_ones_go(house: House) -> None:
    """Ten of them, however many are made."""
    house.starts()
    names = [does(house, house.trained(f"{number:024x}")).bundle for number in range(16)]
    on_disk = {path.name for path in (house.settings.var_dir / "releases").iterdir() if path.is_dir()}
    assert set(names[-versions.KEPT:]) <= on_disk and not set(names[:3]) & on_disk
    with pytest.raises(Refused, match="no version of this name"):
        back(house, names[0])


def test_a_damaged_version_is_not_come_back_to(house: House) -> None:
    """In words; what is live stays live."""
    first = house.starts()
    done = does(house, house.trained())
    (first.content / "phrases.yml").write_text("evil")
    with pytest.raises(Refused, match="was altered"):
        back(house)
    assert current_name(house.settings) == done.bundle


def test_a_version_that_make_serve_made_is_part_of_the_history(house: House) -> None:
    """After an upgrade: one can take it back, and take a later release back to it."""
    house.starts()
    one = does(house, house.trained("a" * 24))
    (house.project / "bot/content/notes.yml").write_text("# upgraded\n")
    upgraded = house.starts("4567cdef")
    does(house, house.trained("b" * 24))
    assert back(house).bundle == upgraded.name
    assert back(house).bundle == one.bundle


# --- Whole or not at all ----------------------------------------------------------------------------------------------


def killed_at(step: int, house: House, work: Callable[[House], object]) -> bool:
    """Do the work in a process that dies by SIGKILL at its n-th step; whether it came so far.

    A step is each file or folder that gets its name, and each transaction: before it and after it.
    """
    def run() -> None:
        count = 0

        def die() -> None:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

        def died(before: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*given: Any, **named: Any) -> Any:
                die()
                result = before(*given, **named)
                die()
                return result
            return wrapped

        for name in ("replace", "rename"):
            setattr(os, name, died(getattr(os, name)))
        house.engine = open_database(house.settings.database_url)
        commit = house.engine.dialect.do_commit
        house.engine.dialect.do_commit = died(commit)
        work(house)
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def state(house: House) -> tuple[str, list[tuple[str, str]], int]:
    """What is live, what the history says, and how much is in the log."""
    return (current_name(house.settings), [(entry.bundle, entry.kind) for entry in history(house)], len(logged(house)))


@pytest.mark.parametrize("taking_back", [False, True], ids=["release", "take back"])
def test_killed_at_any_point_it_is_before_or_after(house: House, taking_back: bool) -> None:
    """On the next start: live, history and log agree, the bundle that is live is whole, and the next release works."""
    house.starts()
    released = does(house, house.trained("a" * 24)).bundle

    def work(house: House) -> None:
        back(house) if taking_back else does(house, house.candidates[-1].name)

    step, seen = 0, []
    while True:
        step += 1
        if not taking_back:
            house.trained(f"{step:024x}")
        before = state(house)
        died = killed_at(step, house, work)
        releasing.repair(house.engine, house.settings)
        after = state(house)
        changed = after != before
        seen.append(changed)
        assert (after[0] != before[0]) == (len(after[1]) == len(before[1]) + 1) == (after[2] == before[2] + 1) == changed
        assert after[1][0][0] == after[0], f"killed at step {step}: the history does not end with what is live"
        bundle = current_bundle(house.settings)
        assert bundle is not None and bundle.name == after[0]
        with house.engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(releases).where(~releases.c.done)).scalar() == 0
        if not died:
            break
        if taking_back and changed:
            back(house, released)
    assert not all(seen) and seen[-1] and step > 8


def test_two_at_once_release_one_after_the_other(house: House) -> None:
    """Both are in the history, each after what was live before it; none is lost."""
    house.starts()
    names = [house.trained(f"{number:024x}") for number in range(4)]
    threads = [threading.Thread(target=does, args=(house, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = history(house)
    assert {entry.training for entry in entries[:-1]} == set(names) and len(entries) == 5
    assert entries[0].bundle == current_name(house.settings)
    before = [json.loads(row.before)["bundle"] for row in logged(house)]
    assert before == [entry.bundle for entry in reversed(entries[1:])]


def test_make_train_at_the_same_moment_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one version that is live is not the one that was released: nobody is told that it is."""
    first = house.starts()

    def overtaken(name: str, settings: Any) -> None:
        bundles.make_current(name, settings)
        bundles.make_current(first.name, settings)

    monkeypatch.setattr(releasing, "make_current", overtaken)
    with pytest.raises(Refused, match="same moment"):
        does(house, house.trained())
    assert [entry.kind for entry in history(house)] == ["found"]
