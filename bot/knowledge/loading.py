"""Reads a content folder into frozen values and lists everything in it that does not hold together."""

from __future__ import annotations

import difflib
import string
from pathlib import Path
from typing import Any, Iterable, Mapping

import jsonschema
import yaml

from bot.errors import ContentError, Problem
from bot.knowledge.brief import full_reference, read_passages
from bot.knowledge.moves import Moves, strangers
from bot.knowledge.values import (
    AUDIENCES,
    LANGUAGES,
    Brief,
    Contact,
    CrisisLine,
    CrisisPlan,
    Knowledge,
    Passage,
    Reference,
    Text,
    Topic,
    Wording,
)

CONTENT = Path(__file__).resolve().parent.parent / "content"
_SCHEMAS = Path(__file__).with_name("schema.yml")
_PHRASES = Path(__file__).with_name("phrase_keys.yml")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_knowledge(content: Path = CONTENT) -> Knowledge:
    """All that the bot can say, out of `content`. Raises ContentError with every problem found, not just the first."""
    return _Folder(content).load()


def closest(word: str, known: Iterable[str]) -> str:
    """' (closest: x)' where a known word looks like `word`, else nothing; for the end of a mend."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (closest: '{near[0]}')" if near else ""


class _Folder:
    """One content folder while it is being read."""

    def __init__(self, content: Path) -> None:
        self._content = content
        self._problems: list[Problem] = []
        self._schemas = yaml.load(_SCHEMAS.read_text(encoding="utf-8"), _Loader)

    def load(self) -> Knowledge:
        briefs = self._briefs()
        contacts = self._read("contacts.yml", "contacts")
        crisis = self._read("crisis.yml", "crisis")
        phrases = self._read("phrases.yml", "phrases")
        dialogue = self._read("dialogue.yml", "dialogue")
        moves = self._read("moves.yml", "moves")
        topics = {path.stem: data for path in sorted((self._content / "topics").glob("*.yml"))
                  if (data := self._read(f"topics/{path.name}", "topic"))}
        if not topics:
            self._problem("topics", "", "holds no topic; add at least one file")
        for stem, data in topics.items():
            self._check_topic(stem, data, topics, briefs)
        for starter in (dialogue or {}).get("starters", []):
            if starter not in topics:
                self._problem("dialogue.yml", "starters", f"names '{starter}', not a topic{closest(starter, topics)}")
        if crisis:
            self._check_crisis(crisis)
            if dialogue and (line := dialogue.get("listens")) and line not in crisis["lines"]:
                self._problem("dialogue.yml", "listens", f"names '{line}', not a line of crisis.yml"
                                                         f"{closest(line, crisis['lines'])}")
        for move, line, name in strangers(moves) if moves else ():
            self._problem("moves.yml", f"moves.{move}", f"'{line}' names <{name}>, not among the groups; add it there or "
                                                        f"correct the name{closest(name, moves['groups'])}")
        if contacts:
            self._check_contacts(contacts, briefs)
        if phrases:
            self._check_phrases(_flatten(phrases))
        if self._problems:
            raise ContentError(self._problems)
        return Knowledge(
            briefs=briefs,
            topics={name: _topic(data) for name, data in topics.items()},
            contacts={entry["id"]: _contact(entry) for entry in contacts["contacts"]},
            default_contact=contacts["default"],
            crisis=_crisis(crisis),
            phrases=_flatten(phrases),
            starters=tuple(dialogue["starters"]),
            listens=dialogue.get("listens"),
            moves=Moves(moves),
        )

    def _problem(self, file: str, key: str, mend: str) -> None:
        self._problems.append(Problem(f"bot/content/{file}", key, mend))

    def _read(self, name: str, schema: str) -> Any:
        """The file as data, or None after noting why it cannot be used."""
        path = self._content / name
        if not path.is_file():
            return self._problem(name, "", "is missing; put it back")
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            where = getattr(error, "problem_mark", None)
            line = f"line {where.line + 1}" if where else ""
            return self._problem(name, line, f"is not readable YAML: {getattr(error, 'problem', None) or error}")
        errors = sorted(jsonschema.Draft7Validator(self._schemas[schema]).iter_errors(data), key=lambda e: str(e.path))
        for error in errors:
            self._problem(name, ".".join(str(part) for part in error.path), error.message)
        return None if errors else data

    def _briefs(self) -> dict[str, Brief]:
        briefs = {}
        for folder in sorted((self._content / "briefs").iterdir()) if (self._content / "briefs").is_dir() else []:
            name = f"briefs/{folder.name}"
            data = self._read(f"{name}/brief.yml", "brief")
            markdown = self._markdown(folder / "brief.md", f"{name}/brief.md")
            if data and data["id"] != folder.name:
                self._problem(f"{name}/brief.yml", "id", f"is '{data['id']}'; a brief is named like its folder")
            elif data and markdown is not None:
                briefs[data["id"]] = self._brief(name, data, markdown)
        if not briefs:
            self._problem("briefs", "", "holds no usable brief; add a folder with brief.md and brief.yml")
        return briefs

    def _markdown(self, path: Path, name: str) -> str | None:
        if not path.is_file():
            return self._problem(name, "", "is missing; put it back")
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return self._problem(name, "", "is not in UTF-8; save it in that encoding")

    def _brief(self, name: str, data: Mapping[str, Any], markdown: str) -> Brief:
        printed, repeated = read_passages(markdown)
        for passage in repeated:
            self._problem(f"{name}/brief.md", passage, "stands twice; give each passage an id of its own")
        references = {}
        for entry in data["references"]:
            if entry["passage"] not in printed:
                self._problem(f"{name}/brief.yml", f"references.{entry['number']}",
                              f"names '{entry['passage']}', not a passage of brief.md{closest(entry['passage'], printed)}")
                continue
            references[entry["number"]] = Reference(
                number=entry["number"], passage=entry["passage"], short=entry["short"],
                full=full_reference(printed[entry["passage"]]))
        passages = {key: Passage(key, data["id"], text) for key, text in printed.items()}
        return Brief(data["id"], data["number"], data["title"], data["publisher"], passages, references)

    def _check_topic(self, stem: str, data: Mapping[str, Any], topics: Mapping[str, Any],
                     briefs: Mapping[str, Brief]) -> None:
        file = f"topics/{stem}.yml"
        if data["topic"] != stem:
            self._problem(file, "topic", f"is '{data['topic']}'; a topic is named like its file: '{stem}'")
        for key in ("related", "why"):
            names = data.get(key) or []
            for other in [names] if isinstance(names, str) else names:
                if other not in topics or other == stem:
                    self._problem(file, key, f"names '{other}', not another topic{closest(other, topics)}")
        brief = briefs.get(data["brief"])
        if not brief:
            self._problem(file, "brief", f"names '{data['brief']}', not a brief{closest(data['brief'], briefs)}")
            return
        for passage in data["passages"]:
            if passage not in brief.passages:
                self._problem(file, "passages", f"names '{passage}', not a passage of {brief.id}; "
                                                f"correct the id{closest(passage, brief.passages)}")
        for number in data["cites"]:
            if number not in brief.references:
                self._problem(file, "cites", f"cites {number}, not among the references of {brief.id}; "
                                             f"add it to brief.yml or correct the number")

    def _check_crisis(self, data: Mapping[str, Any]) -> None:
        lines = data["lines"]
        named = [("provider_suspicion", data["provider_suspicion"])]
        for section in ("kinds", "shortest"):
            named += [(f"{section}.{kind}", ids) for kind, ids in data[section].items()]
        for key, ids in named:
            for line in ids:
                if line not in lines:
                    self._problem("crisis.yml", key, f"names '{line}', not a line{closest(line, lines)}")
        texts = data["texts"]
        for section, entries in (("texts.opening", texts["opening"]), ("shortest", data["shortest"]),
                                 ("texts.sms", texts["sms"])):
            for kind in data["kinds"]:
                if kind not in entries:
                    self._problem("crisis.yml", f"{section}.{kind}", "is missing; every kind of danger needs one")
        self._check_blanks("crisis.yml", "texts.shortest", _text(texts["shortest"]), {"name", "display"})

    def _check_phrases(self, phrases: Mapping[str, Text]) -> None:
        """Every phrase that the bot says is there, and only such blanks are in it as the bot fills."""
        needed = yaml.load(_PHRASES.read_text(encoding="utf-8"), _Loader)
        for key, blanks in needed.items():
            if not phrases.get(key, {}).get("en"):
                self._problem("phrases.yml", key, "is missing or has no English text; put it back")
            else:
                self._check_blanks("phrases.yml", key, phrases[key], set(blanks or ()))

    def _check_blanks(self, file: str, key: str, text: Text, blanks: set[str]) -> None:
        for language, words in text.items():
            try:
                used = {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}
            except ValueError as error:
                self._problem(file, f"{key}.{language}", f"has a brace that is not a blank ({error}); take it out")
                continue
            for name in sorted(used - blanks):
                self._problem(file, f"{key}.{language}", f"has the blank {{{name}}}, which nobody fills"
                                                         f"{closest(name, blanks)}")

    def _check_contacts(self, data: Mapping[str, Any], briefs: Mapping[str, Brief]) -> None:
        ids = [entry["id"] for entry in data["contacts"]]
        if data["default"] not in ids:
            self._problem("contacts.yml", "default", f"names '{data['default']}', not a contact"
                                                     f"{closest(data['default'], ids)}")
        for entry in data["contacts"]:
            passages = briefs[entry["brief"]].passages if entry["brief"] in briefs else {}
            if entry["passage"] not in passages or entry["display"] not in passages[entry["passage"]].printed:
                self._problem("contacts.yml", entry["id"], f"'{entry['display']}' is not printed in the passage "
                                                           f"'{entry['passage']}'; copy the number from the brief")


def _text(value: str | Mapping[str, str]) -> Text:
    return {"en": value} if isinstance(value, str) else {k: v.strip() for k, v in value.items() if v}


def _topic(data: Mapping[str, Any]) -> Topic:
    answer = data["answer"]
    wordings = {(language, audience): Wording(words["plain"].strip(), words["sms"].strip())
                for language in LANGUAGES for audience in AUDIENCES
                if (words := (answer.get(language) or {}).get(audience))}
    return Topic(name=data["topic"], brief=data["brief"], title=_text(data["title"]),
                 passages=tuple(data["passages"]), cites=tuple(data["cites"]), related=tuple(data["related"]),
                 wordings=wordings, why=data.get("why"), translation=data.get("translation"))


def _contact(data: Mapping[str, Any]) -> Contact:
    return Contact(id=data["id"], name=data["name"], phone=data["phone"], display=data["display"],
                   passage=data["passage"], email=data.get("email"))


def _crisis(data: Mapping[str, Any]) -> CrisisPlan:
    lines = {name: CrisisLine(name, _text(line["name"]), line["phone"], line["display"], line.get("sms"),
                              line.get("tty"), _text(line["when"]), _text(line.get("spanish") or {}))
             for name, line in data["lines"].items()}
    texts = data["texts"]
    return CrisisPlan(
        lines=lines,
        kinds={kind: tuple(ids) for kind, ids in data["kinds"].items()},
        provider_suspicion=tuple(data["provider_suspicion"]),
        opening={kind: _text(text) for kind, text in texts["opening"].items()},
        not_watched=_text(texts["not_watched"]),
        shortest={kind: tuple(ids) for kind, ids in data["shortest"].items()},
        shortest_sentence=_text(texts["shortest"]),
        sms={kind: _text(text) for kind, text in texts["sms"].items()},
    )


def _flatten(phrases: Mapping[str, Any], prefix: str = "") -> dict[str, Text]:
    """Nested phrases by dotted key: `errors.too_long` -> text by language."""
    flat: dict[str, Text] = {}
    for key, value in phrases.items():
        if isinstance(value, Mapping) and not set(value) <= set(LANGUAGES):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = _text(value)
    return flat
