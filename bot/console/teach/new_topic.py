"""A topic out of a form: what is wrong with it, and the files that it is made of."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass, field
from typing import Iterator, Mapping, Sequence

from bot import wiring
from bot.check import MAX_WORDS
from bot.console.teach.examples import file_of
from bot.console.teach.words import one_line
from bot.console.texts import say
from bot.errors import Problem, StaffFileError
from bot.knowledge import AUDIENCES, LANGUAGES, Knowledge
from bot.settings import Settings
from bot.sms.segments import fold, size
from bot.staff_files import FILES, place, staff_root

MAX_TITLE_CHARACTERS = 60
MAX_RELATED = 3
MIN_EXAMPLES = 10
PARTS = ("plain", "sms")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_WIDTH = 112


@dataclass(frozen=True)
class Told:
    """What is wrong, in words, and the field of the form that it is about; empty where it is about none of them."""

    field: str
    words: str


@dataclass(frozen=True)
class NewTopic:
    """What the form says. `wordings` by language, audience and part (`en.parent.plain`), `passages` as `brief/passage`,
    `chosen` the messages that become examples, by number, with the version that was seen."""

    name: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    wordings: Mapping[str, str] = field(default_factory=dict)
    passages: Sequence[str] = ()
    related: Sequence[str] = ()
    chosen: Mapping[int, int] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        return f"ask_{self.name}"

    @property
    def brief(self) -> str:
        return self.passages[0].partition("/")[0]

    @property
    def languages(self) -> list[str]:
        """English, and every other that something was written in."""
        return [language for language in LANGUAGES
                if language == "en" or any(text for key, text in self.wordings.items() if key.startswith(f"{language}."))]


def wording_fields(languages: Sequence[str] = LANGUAGES) -> list[str]:
    """The names of the fields for what is said: language, audience, part."""
    return [f"{language}.{audience}.{part}" for language in languages for audience in AUDIENCES for part in PARTS]


def mistakes(topic: NewTopic, knowledge: Knowledge, intents: Sequence[str]) -> list[Told]:
    """What is wrong with the form by itself, before anything is tried; in the form's order."""
    return [Told(key, say(f"teach.wrong.{sentence}", **values)) for key, sentence, values in _wrong(topic, knowledge, intents)]


def _wrong(topic: NewTopic, knowledge: Knowledge, intents: Sequence[str]) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    if not _NAME.fullmatch(topic.name) or not _is_file_name(topic.intent):
        yield "name", "name", {}
    elif topic.intent in intents or topic.name in intents or topic.name in knowledge.topics:
        yield "name", "taken", {"name": topic.name}
    for language in topic.languages:
        title = topic.titles.get(language, "")
        if not title:
            yield f"title.{language}", "missing", {}
        elif len(title) > MAX_TITLE_CHARACTERS:
            yield f"title.{language}", "title_long", {"count": len(title), "limit": MAX_TITLE_CHARACTERS}
        elif any(other.title.get(language) == title for other in knowledge.topics.values()):
            yield f"title.{language}", "title_twice", {}
    for key in wording_fields(topic.languages):
        text, (language, _, part) = topic.wordings.get(key, ""), key.split(".")
        if not text:
            yield f"answer.{key}", "missing" if language == "en" else "half", {}
        elif part == "plain" and len(text.split()) > MAX_WORDS:
            yield f"answer.{key}", "words", {"count": len(text.split()), "limit": MAX_WORDS}
        elif part == "sms" and (measured := size(fold(text))).alphabet != "GSM-7":
            yield f"answer.{key}", "alphabet", {}
        elif part == "sms" and measured.segments > 2:  # source and number follow, in the third at most
            yield f"answer.{key}", "sms_long", {"count": measured.units}
    known = {f"{brief.id}/{name}" for brief in knowledge.briefs.values() for name in brief.passages}
    if not topic.passages or not set(topic.passages) <= known:
        yield "passages", "passages", {}
    elif len({passage.partition("/")[0] for passage in topic.passages}) > 1:
        yield "passages", "two_briefs", {}
    if len(topic.related) > MAX_RELATED or not set(topic.related) <= set(knowledge.topics):
        yield "related", "related", {"limit": MAX_RELATED}
    if len(topic.chosen) < MIN_EXAMPLES:
        yield "examples", "few", {"count": len(topic.chosen), "limit": MIN_EXAMPLES}


def _is_file_name(intent: str) -> bool:
    try:
        return bool(file_of(intent, "training"))
    except StaffFileError:
        return False


def files(topic: NewTopic, knowledge: Knowledge, settings: Settings) -> dict[str, bytes]:
    """The topic's content and its wiring, by name under the staff folder; its examples are not among them.

    Raises StaffFileError where a file that it is wired into is not of the right shape.
    """
    made = {f"bot/content/topics/{topic.name}.yml": _content(topic, knowledge).encode()}
    for name in FILES:
        path = place(staff_root(settings), name)
        try:
            text = path.read_text(encoding="utf-8") if path.is_file() else wiring.only_intents(name, [topic.intent])
            made[name] = wiring.with_intents(name, text, [topic.intent]).encode()
        except (wiring.WiringError, UnicodeDecodeError) as error:
            raise StaffFileError(f"{name}: {error}") from error
    return made


def _content(topic: NewTopic, knowledge: Knowledge) -> str:
    passages = [passage.partition("/")[2] for passage in topic.passages]
    brief = knowledge.briefs[topic.brief]
    # In the brief's own order, whatever was ticked first; the numbers are those that the passages point to.
    ordered = [name for name in brief.passages if name in passages]
    cites = sorted({number for name in ordered for number in brief.passages[name].numbers})
    answers = [line for language in topic.languages
               for line in (f"  {language}:", *(line for audience in AUDIENCES for line in _wording(topic, language, audience)))]
    return "\n".join([
        _HEADER.format(name=topic.name), f"topic: {topic.name}", f"brief: {topic.brief}", "title:",
        *(f"  {language}: {json.dumps(topic.titles[language], ensure_ascii=False)}" for language in topic.languages),
        f"passages: [{', '.join(ordered)}]", f"cites: [{', '.join(map(str, cites))}]",
        f"related: [{', '.join(topic.related)}]", "reviewed:", '  es: {by: null, "on": null}', "answer:", *answers, ""])


def _wording(topic: NewTopic, language: str, audience: str) -> list[str]:
    lines = [f"    {audience}:"]
    for part in PARTS:
        text = one_line(topic.wordings[f"{language}.{audience}.{part}"])
        lines += [f"      {part}: >-", *textwrap.wrap(text, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8,
                                                      break_long_words=False, break_on_hyphens=False)]
    return lines


def at_fields(problems: Sequence[Problem], topic: NewTopic) -> list[Told]:
    """The check's problems, each at the field of the form that can mend it."""
    own = f"bot/content/topics/{topic.name}.yml"
    fields = {f"title.{language}" for language in LANGUAGES} | {f"answer.{key}" for key in wording_fields()}
    told = []
    for problem in problems:
        if problem.file == own:
            at = next((name for name in fields if problem.key == name or problem.key.startswith(f"{name}.")),
                      {"topic": "name", "cites": "passages", "brief": "passages"}.get(problem.key, problem.key.split(".")[0]))
            told.append(Told(at, problem.mend))
        elif f"/{topic.name}.yml" in str(problem):  # an example; of two files check names the one that it reads last
            told.append(Told("examples", str(problem)))
        else:
            told.append(Told("", str(problem)))
    return told


# Its keys are explained where every topic's are.
_HEADER = ("# Made in the console from what people asked; the keys are explained in define_imh.yml and its like.\n"
           "# examples: nlu/data/staff/{name}.yml, held out: tests/nlu/held_out/staff/{name}.yml")
