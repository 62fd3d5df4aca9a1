"""A topic that staff made goes again: all of it as one change that the check has passed, or what speaks against it is told."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from bot import wiring
from bot.check import check
from bot.console.edit import drafts
from bot.console.edit.subjects import Subject
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import audit, people
from bot.console.record.tables import unrecorded
from bot.console.teach import withdrawing
from bot.console.teach.labels import repair
from bot.console.teach.making import make
from bot.console.teach.tables import labels
from bot.console.teach.topics import intents
from bot.console.teach.withdrawing import DROPPED, FATES, OFFERED, leaving, made, withdraw
from bot.knowledge import Knowledge, load_knowledge
from bot.overlay import live_project
from bot.settings import PROJECT, Settings
from bot.store.database import open_database
from bot.store.tables import messages
from tests.support.killed import killed_at_every_step
from tests.unit.bot.console.teach.conftest import ANA, BEN, add_message
from tests.unit.bot.console.teach.test_labels import files, rows
from tests.unit.bot.console.teach.test_making import ASKED, GOOD

CONTENT = "bot/content/topics/goat_song.yml"


@pytest.fixture
def goats(settings: Settings, engine: Engine, knowledge: Knowledge) -> Knowledge:
    """A topic that was made of a group of messages; what is live now."""
    for number, text in enumerate(ASKED):
        add_message(engine, number, text, state="later" if number == 1 else "new")
    assert make(engine, settings, ANA, GOOD, knowledge) == []
    return load(settings)


def load(settings: Settings) -> Knowledge:
    return load_knowledge(live_project(settings) / "bot/content")


def link(settings: Settings, other: str, key: str, value: object) -> None:
    """Let another topic lead to the one that was made, as an edit of it in the console does."""
    path = settings.staff_dir / "bot/content/topics" / f"{other}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (PROJECT / "bot/content/topics" / f"{other}.yml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(f"{key}:")]
    at = next(place for place, line in enumerate(kept) if line.startswith("cites:"))
    path.write_text("\n".join([*kept[:at], f"{key}: {json.dumps(value)}", *kept[at:], ""]), encoding="utf-8")


@pytest.mark.parametrize("fate", FATES)
def test_a_topic_goes_as_a_whole(settings: Settings, engine: Engine, goats: Knowledge, fate: str) -> None:
    """Content, examples, test lines and wiring; the check passes on what is left, and every message is where staff chose."""
    assert made(settings, goats) == ["goat_song"] and "ask_goat_song" in intents(settings)
    assert withdraw(engine, settings, BEN, "goat_song", fate, goats) == []
    assert files(settings) == {} and "goat_song" not in check(live_project(settings)).topics
    assert "ask_goat_song" not in intents(settings)
    states = [message.state for message in rows(engine, messages)]
    assert states == (["ignored"] * len(ASKED) if fate == DROPPED else ["new", "later", *["new"] * (len(ASKED) - 2)])
    assert {row.undone_by for row in rows(engine)} == {"ben"}


def test_what_comes_back_can_be_taught_again(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """The same messages make the same topic once more."""
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, goats) == []
    again = dataclasses.replace(GOOD, chosen={message.id: message.version for message in rows(engine, messages)})
    assert make(engine, settings, ANA, again, load(settings)) == []
    assert "goat_song" in check(live_project(settings)).topics


@pytest.mark.parametrize("fate", FATES)
def test_what_repeats_a_message_goes_with_it(settings: Settings, engine: Engine, goats: Knowledge, fate: str) -> None:
    """But for what somebody put elsewhere by itself."""
    for number in (50, 51):
        add_message(engine, number, f"{ASKED[0]}!", copy_of=0, state="done")
    with engine.begin() as connection:
        connection.execute(labels.insert().values(
            message_id=51, topic="ask_contact", mark="", use="known", text="x", language="en", asker="mixed", by="ben",
            at=1.0, day="2026-11-28", state_before="new"))
    withdraw(engine, settings, ANA, "goat_song", fate, goats)
    states = {message.id: message.state for message in rows(engine, messages)}
    assert states[50] == ("ignored" if fate == DROPPED else "new") and states[51] == "done"


def test_it_is_in_the_log_and_leaves_for_the_record(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """What it said and who took it away, without a word of a visitor; each file is named."""
    withdraw(engine, settings, BEN, "goat_song", DROPPED, goats)
    with engine.connect() as connection:
        row = connection.execute(sa.select(audit).order_by(audit.c.id.desc())).first()
        waiting = connection.execute(sa.select(unrecorded).order_by(unrecorded.c.id.desc())).first()
    assert (row.action, row.subject, row.person) == ("teach.withdrawn", "ask_goat_song", "ben")
    assert "Goats and song" in json.loads(row.before)["content"] and not any(text in row.before for text in ASKED)
    assert json.loads(row.after) == {"fate": DROPPED, "messages": len(ASKED)}
    assert json.loads(waiting.files) == sorted([
        CONTENT, "domain.yml", "stories/answers.yml", "nlu/data/staff/goat_song.yml",
        "tests/nlu/held_out/staff/goat_song.yml"]) and waiting.person == "ben"


def test_another_topic_made_here_stays(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """Its intent beside the one that goes, and the way to it is closed."""
    for number, text in enumerate(ASKED):
        add_message(engine, 100 + number, text.replace("o", "oo").replace("t", "d") + " zzz")
    second = dataclasses.replace(GOOD, name="tractor", titles={"en": "Tractors", "es": "Tractores"},
                                 related=("goat_song", "contact"),
                                 chosen={100 + number: 0 for number in range(len(ASKED))})
    assert make(engine, settings, ANA, second, goats) == []
    live = load(settings)
    assert leaving(engine, settings, "goat_song", live).links == ["Tractors"]
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, live) == []
    left = check(live_project(settings))
    assert left.topics["tractor"].related == ("contact",) and "goat_song" not in left.topics
    assert intents(settings)[-1] == "ask_tractor" and made(settings, left) == ["tractor"]


@pytest.mark.parametrize(("key", "value", "after"), [("related", ["goat_song", "contact"], ("contact",)),
                                                     ("related", ["goat_song"], ()), ("why", "goat_song", None)],
                         ids=["one of two", "the only one", "why"])
def test_links_from_other_topics_are_mended(settings: Settings, engine: Engine, goats: Knowledge, key: str, value: object,
                                            after: object) -> None:
    """The program's own topics, too; nothing else of their files changes."""
    link(settings, "indicators", key, value)
    path = settings.staff_dir / "bot/content/topics/indicators.yml"
    before = path.read_text(encoding="utf-8").splitlines()
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, load(settings)) == []
    assert getattr(check(live_project(settings)).topics["indicators"], key) == after
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{key}:")] == [
        line for line in before if not line.startswith(f"{key}:")]


def unchanged(settings: Settings, engine: Engine) -> bool:
    """Nothing went: five files, every message done, nothing in the log."""
    with engine.connect() as connection:
        logged = connection.execute(sa.select(audit).where(audit.c.action == "teach.withdrawn")).first()
    done = {message.state for message in rows(engine, messages)} == {"done"}
    return len([name for name in files(settings) if "goat" in name or "/" not in name]) == 4 and done and logged is None


@pytest.mark.parametrize("name", ["indicators", "brain_development", "contact"])
def test_a_topic_of_the_program_stays(settings: Settings, engine: Engine, goats: Knowledge, name: str) -> None:
    """Where a passage would be quoted by nobody any more that is named; edited in the staff folder, it is theirs no more."""
    link(settings, name, "related", [])
    told = withdraw(engine, settings, ANA, name, OFFERED, load(settings))
    assert any("program's own topics" in words for words in told) and unchanged(settings, engine)
    if name == "indicators":
        assert any("f_indicators" in words and "Nobody else would quote" in words for words in told)


def test_the_only_one_to_quote_a_passage_stays(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """Though staff made it: the brief has no passage that nobody quotes."""
    topics = dict(goats.topics)
    for name in ("brain_development", *[name for name, topic in topics.items() if "f_brain" in topic.passages]):
        if name != "goat_song":
            topics[name] = dataclasses.replace(topics[name], passages=("f_daily_interactions",))
    told = withdraw(engine, settings, ANA, "goat_song", OFFERED, dataclasses.replace(goats, topics=topics))
    assert [words for words in told if "f_brain" in words] and unchanged(settings, engine)


def test_a_topic_that_is_offered_at_the_beginning_stays(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """The file that names it is told."""
    told = withdraw(engine, settings, ANA, "goat_song", OFFERED, dataclasses.replace(goats, starters=("goat_song",)))
    assert "dialogue.yml" in told[0] and unchanged(settings, engine)


def test_a_topic_that_somebody_is_editing_stays(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """Who is told; once the draft has ended, the topic goes."""
    with engine.begin() as connection:
        connection.execute(people.insert().values(id=2, name="ben", shown="Ben", email="ben@example.org", role=2,
                                                  enabled=True, made_at=1.0))
    editor = Person(2, "ben", "Ben", "ben@example.org", Role.EDITOR)
    draft = drafts.begin(engine, editor, Subject("topic", "goat_song"), "change", "topic: goat_song")
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, goats) == [
        "Ben has an open draft of its words. It has to be published or withdrawn first."]
    drafts.withdraw(engine, editor, draft)
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, goats) == []


def test_what_only_the_check_sees_is_told(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """Something by hand that would hang in the air: the file is named and nothing goes."""
    path = settings.staff_dir / "nlu/data/staff/contact.yml"
    path.write_text('version: "3.1"\n\nnlu:\n- intent: ask_goat_song\n  examples: |\n    - does the goat sing\n',
                    encoding="utf-8")
    told = withdraw(engine, settings, ANA, "goat_song", OFFERED, goats)
    assert "nlu/data/staff/contact.yml" in told[0] and "goat_song" in load(settings).topics


def test_the_second_is_told(settings: Settings, engine: Engine, goats: Knowledge,
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two who looked at the same page one wins."""
    assert withdraw(engine, settings, ANA, "goat_song", OFFERED, goats) == []
    monkeypatch.setattr(withdrawing, "made", lambda settings, knowledge: ["goat_song"])
    assert withdraw(engine, settings, BEN, "goat_song", DROPPED, goats) == ["Somebody else has withdrawn it already."]
    assert "ignored" not in {message.state for message in rows(engine, messages)}


def test_a_withdrawal_is_whole_wherever_it_is_killed(settings: Settings, engine: Engine, goats: Knowledge) -> None:
    """All five files or none; after the next start the tables agree with them."""
    seen = []
    backup = shutil.copytree(settings.staff_dir, settings.var_dir / "backup")
    engine.dispose()

    def act() -> None:
        withdrawing.check = lambda project: None
        assert withdraw(open_database(settings.database_url), settings, ANA, "goat_song", OFFERED, goats) == []

    for _ in killed_at_every_step(act, "teach/staff.py"):
        repair(engine, settings)
        open_again = {message.state for message in rows(engine, messages)} != {"done"}
        seen.append((len([path for path in settings.staff_dir.rglob("*.yml")]), open_again))
        shutil.rmtree(settings.staff_dir)
        shutil.copytree(backup, settings.staff_dir)
        repair(engine, settings)
        engine.dispose()
    assert set(seen) == {(5, False), (0, True)}


# --- The wiring -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["domain.yml", "stories/answers.yml"])
def test_an_intent_is_taken_out_as_it_was_put_in(name: str) -> None:
    """The program's own file is the same afterwards, byte for byte."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    with_it = wiring.with_intents(name, text, ["ask_goat_song", "ask_goat"])
    assert wiring.without_intents(name, with_it, ["ask_goat_song", "ask_goat"]) == text
    assert wiring.without_intents(name, with_it, ["ask_goat"]) == wiring.with_intents(name, text, ["ask_goat_song"])
    assert wiring.without_intents(name, text, ["ask_nothing"]) == text


@pytest.mark.parametrize("name", ["domain.yml", "stories/answers.yml"])
def test_a_staff_file_goes_with_its_last_intent(name: str) -> None:
    """It held nothing else."""
    text = wiring.only_intents(name, ["ask_goat_song", "ask_tractor"])
    rest = wiring.without_intents(name, text, ["ask_goat_song"])
    assert rest is not None and yaml.safe_load(rest) and wiring.intents_of(name, rest) == ["ask_tractor"]
    assert wiring.without_intents(name, rest, ["ask_tractor"]) is None


def test_intents_on_one_line_are_left_alone() -> None:
    """Rather told than guessed at."""
    with pytest.raises(wiring.WiringError, match="one a line"):
        wiring.without_intents("domain.yml", "intents: [ask_goat_song, ask_tractor]\n", ["ask_goat_song"])
