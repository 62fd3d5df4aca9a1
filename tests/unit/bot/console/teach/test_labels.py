"""Labels: who is first, what becomes of the words, what a death in the middle leaves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.check import check
from bot.console.people.tables import audit
from bot.console.people import accounts
from bot.console.record.tables import unrecorded
from bot.console.teach import labels
from bot.console.teach.examples import examples_in
from bot.console.teach.labels import KNOWN, Conflict, label, repair, undo
from bot.console.teach.tables import labels as table
from bot.console.teach.words import for_evaluation
from bot.errors import StaffFileError
from bot.evaluation import leaks
from bot.evaluation.held_out import HELD_OUT
from bot.overlay import live_project
from bot.settings import PROJECT, Settings
from bot.store.database import open_database
from bot.store.tables import messages
from nlu.corpus import utterances
from tests.support.killed import killed_at_every_step
from tests.unit.bot.console.teach.conftest import ANA, BEN, add_message

Said = Callable[..., None]
# Words that the project has nothing like; the first is trained on, the second only measures.
TRAINED = "my cousin the plumber wonders about moonlight"
MEASURED = next(text for number in range(99) if for_evaluation(text := f"moonlight {number} on the plumber's porch", 5))

ALSO_TRAINED = next(text for number in range(99) if not for_evaluation(text := f"a dog and {number} geese on a tractor", 5))


def rows(engine: Engine, which: sa.Table = table) -> list[Any]:
    with engine.connect() as connection:
        return connection.execute(sa.select(which).order_by(which.c.id)).all()


def files(settings: Settings) -> dict[str, list[str]]:
    """The words in each staff file."""
    assert settings.staff_dir
    return {path.relative_to(settings.staff_dir).as_posix(): [example.text for example in examples_in(path.read_text())]
            for path in sorted(settings.staff_dir.rglob("*.yml"))}


def leaked(settings: Settings) -> list[tuple[int, int]]:
    """Staff lines that measure and are like one that is trained on, or the other way round."""
    taught, measured = ([leaks.normal(line.text) for folder in folders for line in utterances(folder)] for folders in (
        [settings.staff_dir / "nlu/data", PROJECT / "nlu/data/topics"], [settings.staff_dir / "tests", HELD_OUT]))
    ours = [leaks.normal(text) for texts in files(settings).values() for text in texts]
    return [pair for one, others in ((taught, measured), (measured, taught))
            for pair in leaks.near([text for text in one if text in ours] or ["nothing"], others)]


def test_a_label_is_an_example_a_row_and_a_line_in_the_log(settings: Settings, engine: Engine, said: Said) -> None:
    """The message is done; who, when and why are known; the record will hear of it."""
    said(7, TRAINED)
    assert label(engine, settings, ANA, 7, "ask_contact", version=0) == labels.Labelled(7, "ask_contact", "training")
    assert files(settings) == {"nlu/data/staff/contact.yml": [TRAINED]}
    message, = rows(engine, messages)
    assert (message.state, message.version) == ("done", 1)
    row, = rows(engine)
    assert (row.message_id, row.topic, row.use, row.by, row.undone_at) == (7, "ask_contact", "training", "ana", None)
    entry, = rows(engine, audit)
    assert (entry.person, entry.action, entry.subject) == ("ana", "teach.labelled", "message 7")
    assert rows(engine, unrecorded)[0].files == '["nlu/data/staff/contact.yml"]'
    check(live_project(settings))


def test_a_share_measures_and_is_never_trained_on(settings: Settings, engine: Engine, said: Said) -> None:
    """The evaluation set comes first, whatever the topic; the leak test finds nothing."""
    said(7, MEASURED)
    assert label(engine, settings, ANA, 7, "ask_contact", version=0).use == "evaluation"
    assert files(settings) == {"tests/nlu/held_out/staff/contact.yml": [MEASURED]}
    assert not leaked(settings)


@pytest.mark.parametrize(("text", "use"), [
    ("he bangs his head on the crib when hes mad is that normal", KNOWN),
    ("He bangs his head on the crib when hes mad - is that normall", "training"),
    ("She bangs her head on the crib rail to fall asleep each night", "evaluation"),
], ids=["the same line is there", "nearly a training line", "nearly a held-out line"])
def test_words_like_others_go_where_those_are(settings: Settings, engine: Engine, said: Said, text: str, use: str) -> None:
    """A copy of a line that measures must not be trained on, nor the other way round; a label makes no leak."""
    said(7, text)
    assert label(engine, settings, ANA, 7, "ask_indicators", version=0).use == use
    assert rows(engine, messages)[0].state == "done"
    assert not leaked(settings)


@pytest.mark.parametrize(("topic", "mark", "marks"), [
    ("crisis", "poison", {"kind": "poison"}), ("crisis", "", {"kind": "self_harm"}),
    ("out_of_scope", "", {"distance": "near"}), ("out_of_scope", "far", {"distance": "far"}), ("greet", "", {})])
def test_danger_and_what_is_beyond_carry_their_marks(settings: Settings, engine: Engine, said: Said, topic: str, mark: str,
                                                     marks: dict[str, str]) -> None:
    """As the files of the repository do; the check takes them."""
    said(7, TRAINED)
    label(engine, settings, ANA, 7, topic, version=0, mark=mark)
    path = settings.staff_dir / f"nlu/data/staff/{topic}.yml"
    assert next(examples_in(path.read_text())).marks == marks
    check(live_project(settings))


def test_the_kind_of_danger_is_heard_where_nobody_says_it(settings: Settings, engine: Engine, said: Said) -> None:
    """By the rules that hear it in the chat."""
    said(7, "moonlight: my plumber cousin swallowed bleach, the toddler drank it too")
    label(engine, settings, ANA, 7, "crisis", version=0)
    assert rows(engine)[0].mark == "poison"


@pytest.mark.parametrize(("number", "topic", "mark"), [
    (7, "ask_nothing", ""), (7, "nlu_fallback", ""), (7, "../../x", ""), (7, "ask_a'; DROP TABLE messages; --", ""),
    (8, "ask_contact", ""), (7, "crisis", "boredom"), (7, "ask_contact", "near")])
def test_what_there_is_not_cannot_be_labelled(settings: Settings, engine: Engine, said: Said, number: int, topic: str,
                                              mark: str) -> None:
    """No such message, intent or mark: nothing changes."""
    said(7, TRAINED)
    with pytest.raises(KeyError):
        label(engine, settings, ANA, number, topic, version=0, mark=mark)
    assert files(settings) == {} and rows(engine) == [] and rows(engine, messages)[0].state == "new"


def test_words_that_teach_nothing_are_told(settings: Settings, engine: Engine, said: Said) -> None:
    said(7, "👶👶")
    with pytest.raises(StaffFileError):
        label(engine, settings, ANA, 7, "ask_contact", version=0)
    assert rows(engine) == [] and rows(engine, messages)[0].state == "new"


def test_undo_leaves_no_trace_but_in_the_log(settings: Settings, engine: Engine, said: Said) -> None:
    """The file is gone, the message as it was, and can be labelled anew, by anybody."""
    said(7, TRAINED, state="later")
    label(engine, settings, ANA, 7, "ask_contact", version=0)
    undo(engine, settings, BEN, 7)
    undo(engine, settings, BEN, 7)
    assert files(settings) == {} and (rows(engine, messages)[0].state, rows(engine, messages)[0].version) == ("later", 2)
    assert [entry.action for entry in rows(engine, audit)] == ["teach.labelled", "teach.undone"]
    label(engine, settings, BEN, 7, "ask_indicators", version=2)
    assert files(settings) == {"nlu/data/staff/indicators.yml": [TRAINED]}
    assert [(row.topic, row.undone_by) for row in rows(engine)] == [("ask_contact", "ben"), ("ask_indicators", None)]


def test_of_two_at_once_one_is_told(settings: Settings, engine: Engine, said: Said) -> None:
    """Who was first, and what they chose; of ten who try, nine are told and one example is written."""
    said(7, TRAINED)
    told, start = [], threading.Barrier(10)

    def attempt(topic: str) -> None:
        start.wait()
        try:
            label(engine, settings, ANA, 7, topic, version=0)
        except Conflict as conflict:
            told.append((conflict.by, conflict.topic))

    threads = [threading.Thread(target=attempt, args=(topic,)) for topic in ("ask_contact", "ask_indicators") * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row, = rows(engine)
    assert told == [("ana", row.topic)] * 9
    assert sum(len(texts) for texts in files(settings).values()) == 1


def test_a_database_that_fails_at_the_last_moment_leaves_the_files_as_they_were(
        settings: Settings, engine: Engine, said: Said) -> None:
    """The example was written; it goes again."""
    said(7, TRAINED)

    @sa.event.listens_for(engine, "commit")
    def fail(connection: Any) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        label(engine, settings, ANA, 7, "ask_contact", version=0)
    sa.event.remove(engine, "commit", fail)
    assert files(settings) == {} and rows(engine) == [] and rows(engine, messages)[0].state == "new"


def test_a_label_is_whole_wherever_it_is_killed(settings: Settings, engine: Engine) -> None:
    """After the next start everything is before or after: file, row, message and log agree."""
    add_message(engine, 7, TRAINED)
    engine.dispose()
    seen = []

    def act() -> None:
        # What compares and writes nothing takes too long to be done a hundred times.
        labels._use = lambda example, settings: "training"
        label(open_database(settings.database_url), settings, ANA, 7, "ask_contact", version=rows(engine, messages)[0].version)

    for _ in killed_at_every_step(act, "teach/labels.py", "bot/staff_files.py"):
        repair(engine, settings)
        live = [row for row in rows(engine) if row.undone_at is None]
        seen.append((len(files(settings)), len(live), rows(engine, messages)[0].state))
        undo(engine, settings, ANA, 7)
        assert files(settings) == {} and rows(engine, messages)[0].state == "new"
        engine.dispose()
    assert set(seen) == {(0, 0, "new"), (1, 1, "done")}
    assert len(seen) > 60 and seen[0][2] == "new" and seen[-1][2] == "done"


def test_the_tables_follow_the_files(settings: Settings, engine: Engine, said: Said) -> None:
    """After a restore of either, an edit by hand, a merge from elsewhere."""
    said(7, TRAINED)
    said(8, ALSO_TRAINED)
    for number in (7, 8):
        label(engine, settings, ANA, number, "ask_contact", version=0)
    path: Path = settings.staff_dir / "nlu/data/staff/contact.yml"
    written = path.read_text()
    moved = written.replace("ask_contact", "ask_indicators")
    path.write_text(moved[:moved.index(f'  - text: "{ALSO_TRAINED}')])
    path.rename(path.with_name("indicators.yml"))
    repair(engine, settings)
    live = [(row.message_id, row.topic) for row in rows(engine) if row.undone_at is None]
    assert live == [(7, "ask_indicators")]
    assert [(message.id, message.state) for message in rows(engine, messages)] == [(7, "done"), (8, "new")]
    before = rows(engine), rows(engine, audit)
    repair(engine, settings)
    assert (rows(engine), rows(engine, audit)) == before, "twice is as good as once"


def test_what_is_repaired_leaves_for_the_record(settings: Settings, engine: Engine, said: Said) -> None:
    """After a kill between file and database the file would never be committed; nobody's account is nobody's commit."""
    with engine.begin() as connection:
        accounts.add(connection, None, name=ANA.name, shown=ANA.shown, email=ANA.email, role=ANA.role)
    for person, number, text in ((ANA, 7, TRAINED), (BEN, 8, ALSO_TRAINED)):
        said(number, text)
        label(engine, settings, person, number, "ask_contact", version=0)
    with engine.begin() as connection:
        for rest in (table, unrecorded):
            connection.execute(rest.delete())
        connection.execute(messages.update().values(state="new", version=0))
    repair(engine, settings)
    left = [(row.person, row.files) for row in rows(engine, unrecorded)]
    assert left == [(ANA.name, '["nlu/data/staff/contact.yml"]')]
    (settings.staff_dir / "nlu/data/staff/contact.yml").unlink()
    repair(engine, settings)
    assert [row.person for row in rows(engine, unrecorded)] == [ANA.name] * 2
