"""The wizard: a topic is made as one change that the check has passed, or everything that is wrong is told."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import Engine

from bot.check import check
from bot.console.people.accounts import Role
from bot.console.teach import making
from bot.console.teach.examples import examples_in
from bot.console.teach.labels import repair
from bot.console.teach.making import make
from bot.console.teach.new_topic import NewTopic, wording_fields
from bot.console.teach.tables import labels
from bot.console.teach.topics import intents
from bot.console.teach.withdrawing import DROPPED, withdraw
from bot.knowledge import Knowledge, load_knowledge
from bot.overlay import live_project
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.tables import messages
from tests.support.killed import killed_at_every_step
from tests.unit.bot.console.teach.conftest import ANA, add_message
from tests.unit.bot.console.teach.test_labels import files, rows

ASKED = [f"{who} {what}" for who in ("my neighbour's goat", "uncle Beto's tractor", "the choir at noon")
         for what in ("hums to the twins by the acequia", "scares nobody but the moon", "left a feather on the stroller",
                      "keeps singing through the hailstorm")]
SAID = {"en": "The brief says that play, talk and song each day help a baby.",
        "es": "El folleto dice que jugar, hablar y cantar cada día ayuda al bebé."}
GOOD = NewTopic(
    name="goat_song",
    titles={"en": "Goats and song", "es": "Cabras y canto"},
    wordings={key: SAID[key[:2]] + (" It says so twice." if "provider" in key and key.startswith("en") else
                                    " Lo dice dos veces." if "provider" in key else "") for key in wording_fields()},
    passages=("issues-brief-1/f_brain", "issues-brief-1/f_daily_interactions"),
    related=("daily_interactions", "indicators"),
    chosen={number: 0 for number in range(len(ASKED))},
)


@pytest.fixture
def asked(engine: Engine) -> None:
    """A group of messages on one thing."""
    for number, text in enumerate(ASKED):
        add_message(engine, number, text, audience="provider" if number % 2 else "parent")


@pytest.mark.usefixtures("asked")
def test_a_topic_is_made_and_checked(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """Content, wiring, examples to learn from and to be measured by; the check passes on all of it."""
    assert make(engine, settings, ANA, GOOD, knowledge) == []
    live = check(live_project(settings))
    topic = live.topics["goat_song"]
    assert topic.passages == ("f_daily_interactions", "f_brain"), "in the order of the brief"
    assert topic.cites == (2,), "the numbers follow from the passages"
    assert topic.related == GOOD.related and topic.title == GOOD.titles
    assert topic.wording("es", "parent").plain == GOOD.wordings["es.parent.plain"]
    assert set(files(settings)) == {"bot/content/topics/goat_song.yml", "domain.yml", "stories/answers.yml",
                                    "nlu/data/staff/goat_song.yml", "tests/nlu/held_out/staff/goat_song.yml"}
    taught, measured = (set(files(settings)[f"{folder}/staff/goat_song.yml"]) for folder in ("nlu/data", "tests/nlu/held_out"))
    assert taught and measured and not taught & measured and taught | measured == set(ASKED)
    assert {message.state for message in rows(engine, messages)} == {"done"}
    assert "ask_goat_song" in intents(settings)
    # The next topic stands beside it.
    for number, text in enumerate(ASKED):
        add_message(engine, 100 + number, text.replace("o", "oo").replace("t", "d") + " zzz")
    second = dataclasses.replace(GOOD, name="tractor", titles={"en": "Tractors", "es": "Tractores"},
                                 related=("goat_song",), chosen={100 + number: 0 for number in range(len(ASKED))})
    assert make(engine, settings, ANA, second, live) == []
    assert set(check(live_project(settings)).topics) >= {"goat_song", "tractor"}


@pytest.mark.usefixtures("asked")
def test_a_topic_without_spanish_is_one(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """English is answered in its place until somebody translates."""
    english = dataclasses.replace(GOOD, titles={"en": "Goats"}, wordings={
        key: text for key, text in GOOD.wordings.items() if key.startswith("en")})
    assert make(engine, settings, ANA, english, knowledge) == []
    assert check(live_project(settings)).topics["goat_song"].wording("es", "parent").plain.startswith("The brief")


MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": ""}, "name", "no name for a topic"),
    "traversal": ({"name": "../../x"}, "name", "no name for a topic"),
    "NUL": ({"name": "a\0b"}, "name", "no name for a topic"),
    "very long": ({"name": "a" * 5000}, "name", "no name for a topic"),
    "Windows device": ({"name": "con"}, "name", "no name for a topic"),
    "numbered device": ({"name": "lpt1"}, "name", "no name for a topic"),
    "capitals": ({"name": "Goat"}, "name", "no name for a topic"),
    "markup": ({"name": "<script>"}, "name", "no name for a topic"),
    "taken": ({"name": "indicators"}, "name", "is taken"),
    "an intent": ({"name": "crisis"}, "name", "is taken"),
    "no title": ({"titles": {"es": "Cabras"}}, "title.en", "missing"),
    "long title": ({"titles": {"en": "g" * 61, "es": "x"}}, "title.en", "61 characters"),
    "the title of another": ({"titles": {"en": "Signs of a baby's mental health", "es": "x"}}, "title.en", "another topic"),
    "no wording": ({"wordings": {**GOOD.wordings, "en.parent.plain": ""}}, "answer.en.parent.plain", "missing"),
    "half a language": ({"wordings": {**GOOD.wordings, "es.parent.sms": ""}}, "answer.es.parent.sms", "other fields"),
    "many words": ({"wordings": {**GOOD.wordings, "en.provider.plain": "word " * 61}}, "answer.en.provider.plain", "61 words"),
    "emoji by text": ({"wordings": {**GOOD.wordings, "en.parent.sms": "Sing 🐐"}}, "answer.en.parent.sms", "text message"),
    "long text": ({"wordings": {**GOOD.wordings, "en.parent.sms": "sing " * 80}}, "answer.en.parent.sms", "no room"),
    "no passage": ({"passages": ()}, "passages", "at least one passage"),
    "no such passage": ({"passages": ("issues-brief-1/f_goats",)}, "passages", "at least one passage"),
    "many related": ({"related": ("indicators", "contact", "references", "define_imh")}, "related", "at most 3"),
    "no such topic": ({"related": ("goats",)}, "related", "at most 3"),
    "hard to read": ({"wordings": {**GOOD.wordings, "en.parent.plain": "Interdisciplinary considerations necessitate "
                                   "multidimensional characterization of neurodevelopmental trajectories for infants."}},
                     "answer.en.parent.plain", "grade"),
    "a number of nobody's": ({"wordings": {**GOOD.wordings, "en.parent.plain": "Call (505) 555-0199 about song."}},
                             "answer.en.parent.plain", "(505) 555-0199"),
    "few examples": ({"chosen": {number: 0 for number in range(9)}}, "examples", "there are 9"),
    "a message that is gone": ({"chosen": {**GOOD.chosen, 999: 0}}, "examples", "not there any more"),
    "a message that changed": ({"chosen": {**GOOD.chosen, 3: 7}}, "examples", "first"),
}


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("changes", "field", "words"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_is_told_at_its_field(settings: Settings, engine: Engine, knowledge: Knowledge,
                                           changes: dict[str, Any], field: str, words: str) -> None:
    """In words; and nothing is written."""
    told = make(engine, settings, ANA, dataclasses.replace(GOOD, **changes), knowledge)
    assert any(one.field == field and words in one.words for one in told), told
    assert files(settings) == {} and rows(engine) == []
    assert {message.state for message in rows(engine, messages)} == {"new"}


@pytest.mark.usefixtures("asked")
def test_several_mistakes_are_told_at_once(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """One reading is enough to mend them."""
    told = make(engine, settings, ANA, NewTopic(), knowledge)
    assert {"name", "title.en", "passages", "examples", "answer.en.parent.sms"} <= {one.field for one in told}


def test_what_only_the_check_sees_is_told(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """An example that stands under another topic: both files are named."""
    known = ["he bangs his head on the crib when hes mad is that normal", *ASKED]
    for number, text in enumerate(known):
        add_message(engine, number, text)
    topic = dataclasses.replace(GOOD, chosen={number: 0 for number in range(len(known))})
    told = make(engine, settings, ANA, topic, knowledge)
    assert [one.field for one in told] == ["examples"] and "nlu/data/topics/indicators.yml" in told[0].words


@pytest.mark.usefixtures("asked")
def test_nearly_the_same_messages_go_the_same_way(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """Copies among the group are no leak: what is alike is taught together or measures together, and once only."""
    for number, text in enumerate(ASKED):
        add_message(engine, 100 + number, f"{text}!!")
        add_message(engine, 200 + number, f"{text} today")
    topic = dataclasses.replace(GOOD, chosen={base + number: 0 for base in (0, 100, 200) for number in range(len(ASKED))})
    assert make(engine, settings, ANA, topic, knowledge) == []
    taught, measured = (files(settings)[f"{folder}/staff/goat_song.yml"] for folder in ("nlu/data", "tests/nlu/held_out"))
    assert len(taught) + len(measured) == 2 * len(ASKED)
    for text in ASKED:
        assert (text in taught) == (f"{text} today" in taught)
    check(live_project(settings))


@pytest.mark.usefixtures("asked")
def test_a_topic_is_whole_wherever_it_is_killed(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """All five files or none; after the next start the tables agree. How files change is tried at every line elsewhere."""
    engine.dispose()
    seen = []

    def act() -> None:
        making._tried = lambda *_: []
        making.alike = lambda *_: []
        making.groups = lambda texts: [[number] for number in range(len(texts))]
        chosen = {message.id: message.version for message in rows(engine, messages)}
        assert make(open_database(settings.database_url), settings, ANA, dataclasses.replace(GOOD, chosen=chosen),
                    knowledge) == []

    for _ in killed_at_every_step(act, "teach/staff.py"):
        repair(engine, settings)
        seen.append((len(files(settings)), {message.state for message in rows(engine, messages)} == {"done"}))
        shutil.rmtree(settings.staff_dir, ignore_errors=True)
        with engine.begin() as connection:
            connection.execute(labels.delete())
            connection.execute(messages.update().values(state="new"))
        engine.dispose()
    assert set(seen) == {(0, False), (5, True)}


@pytest.mark.usefixtures("asked")
def test_the_file_reads_as_one_written_by_hand(settings: Settings, engine: Engine, knowledge: Knowledge) -> None:
    """What somebody typed stays what it is, whatever YAML would make of it."""
    odd = 'Sing: "yes" # to {your} baby - each & every *day* said the brief.'
    topic = dataclasses.replace(GOOD, wordings={**GOOD.wordings, "en.parent.plain": f"  {odd}\r\n\x07 "},
                                titles={"en": "yes: 'no' #1", "es": "{x}"})
    assert make(engine, settings, ANA, topic, knowledge) == []
    text = (settings.staff_dir / "bot/content/topics/goat_song.yml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    assert data["answer"]["en"]["parent"]["plain"].strip() == odd
    assert data["title"] == {"en": "yes: 'no' #1", "es": "{x}"}
    assert max(map(len, text.splitlines())) <= 120
    assert list(examples_in((settings.staff_dir / "nlu/data/staff/goat_song.yml").read_text()))


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("changes", "said"), [
    ({"reason": "danger"}, "about danger"), ({"kind": "crisis", "state": "later"}, "about danger"),
    ({"state": "ignored"}, "not open"),
], ids=["missed", "heard", "ignored"])
def test_only_open_messages_without_danger_become_examples(settings: Settings, engine: Engine, knowledge: Knowledge,
                                                           changes: dict[str, Any], said: str) -> None:
    """Whatever numbers a form has: danger takes two, in the inbox."""
    with engine.begin() as connection:
        connection.execute(messages.update().where(messages.c.id == 3).values(**changes))
    (told,) = make(engine, settings, ANA, GOOD, knowledge)
    assert told.field == "examples" and ASKED[3] in told.words and said in told.words
    assert files(settings) == {} and rows(engine) == []


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR], ids=["editor", "administrator"])
def test_where_two_approve_nobody_makes_or_withdraws_alone(settings: Settings, engine: Engine, knowledge: Knowledge,
                                                           role: Role) -> None:
    """Whatever their role; it can be tried, which writes nothing."""
    two, person = dataclasses.replace(settings, approvals=2), dataclasses.replace(ANA, role=role)
    assert "somebody else agrees" in make(engine, two, person, GOOD, knowledge)[0].words
    assert make(engine, two, person, GOOD, knowledge, only_try=True) == []
    assert files(settings) == {} and {message.state for message in rows(engine, messages)} == {"new"}
    assert make(engine, settings, person, GOOD, knowledge) == []
    live, made = load_knowledge(live_project(two) / "bot/content"), files(settings)
    assert "somebody else agrees" in withdraw(engine, two, person, "goat_song", DROPPED, live)[0]
    assert withdraw(engine, two, person, "goat_song", DROPPED, live, only_try=True) == []
    assert files(settings) == made
