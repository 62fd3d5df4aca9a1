"""The words that the bot listens for: danger, what a text message obeys, what is masked. One set, of one content folder.

    crisis_lexicon.yml               CrisisScreen    bot/safety
    sms_keywords.yml                 Keywords        bot/sms
    privacy_lexicon.yml, names.txt   Masker          bot/privacy

They stand among the content, so every release carries them. A server reads them beside those that it listens by and takes
them all at once with the content; there is no moment without. What does not hold is refused before: by `bot.check`, by the
console before a release, and by each server once more. `lexicons.yml` says what holds.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

import jsonschema
import yaml

from bot.errors import ContentError, Problem
from bot.inputs import file_digest
from bot.phrases import group_names
from bot.privacy import Masker, shared_masker, use_masker
from bot.safety import KINDS, CrisisScreen, shared_screen, use_screen
from bot.safety.lexicon import load_lexicon
from bot.settings import PROJECT
from bot.sms.keywords import Keywords, shared_keywords, use_keywords

CONTENT = PROJECT / "bot" / "content"
CRISIS, SMS, PRIVACY, NAMES = "crisis_lexicon.yml", "sms_keywords.yml", "privacy_lexicon.yml", "names.txt"
FILES = (CRISIS, SMS, PRIVACY, NAMES)
_RULES = Path(__file__).with_name("lexicons.yml")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Lexicons:
    """What is listened by. `digests` of the files that it was read from: what did not change need not be read again."""

    screen: CrisisScreen
    keywords: Keywords
    masker: Masker
    digests: Mapping[str, str]


_live: Lexicons | None = None


def use_lexicons(lexicons: Lexicons) -> None:
    """Listen by these from the next message on. On the event loop, so that no message comes in between."""
    global _live
    use_screen(lexicons.screen)
    use_keywords(lexicons.keywords)
    use_masker(lexicons.masker)
    _live = lexicons


def current_lexicons() -> Lexicons:
    """The live ones; the program's own until a release brought others."""
    return _live or Lexicons(shared_screen(), shared_keywords(), shared_masker(), _digests(CONTENT))


def load_lexicons(content: Path) -> Lexicons:
    """The lexicons of a content folder, beside the live ones. Raises ContentError with every problem.

    A file that is as the live one's is not read again: there is one screen (20 MB, 1.4 s to build) and not two.
    """
    live = current_lexicons()
    if missing := _missing(content):
        raise ContentError(missing)
    digests = _digests(content)
    changed = {name for name in FILES if digests[name] != live.digests[name]}
    loaded = Lexicons(
        _screen(content) if CRISIS in changed else live.screen,
        _keywords(content) if SMS in changed else live.keywords,
        _masker(content) if {PRIVACY, NAMES} & changed else live.masker, digests)
    if changed and (problems := [*_unheard(loaded), *_disobeyed(loaded), *_unmasked(loaded)]):
        raise ContentError(problems)
    return loaded


def problems(content: Path) -> list[Problem]:
    """Everything that is wrong with the lexicons of a content folder; empty where a release may carry them."""
    if missing := _missing(content):
        return missing
    return list(_found(content, tuple(_digests(content).values())))


@functools.lru_cache(maxsize=4)
def _found(content: Path, _: tuple[str, ...]) -> tuple[Problem, ...]:
    """By what the files hold: the console checks the same ones with every draft."""
    shape = [*_told(load_lexicon, content / CRISIS), *_wrong_keywords(content), *_wrong_masks(content)]
    return tuple(shape or _told(load_lexicons, content))


def _screen(content: Path) -> CrisisScreen:
    return CrisisScreen.load(content / CRISIS)


def _keywords(content: Path) -> Keywords:
    if wrong := list(_wrong_keywords(content)):
        raise ContentError(wrong)
    return Keywords.load(content / SMS)


def _masker(content: Path) -> Masker:
    if wrong := list(_wrong_masks(content)):
        raise ContentError(wrong)
    return Masker.load(content / PRIVACY, content / NAMES)


def _missing(content: Path) -> list[Problem]:
    return [_problem(name, "", "is missing; put it back") for name in FILES if not (content / name).is_file()]


def _told(read: Any, path: Path) -> Iterator[Problem]:
    try:
        read(path)
    except ContentError as error:
        yield from error.problems


def _wrong_keywords(content: Path) -> Iterator[Problem]:
    """The shape, and names of groups that there are not."""
    data = yield from _shaped(content / SMS, "sms_keywords")
    if data:
        for language, lines in data["requests"].items():
            for line in lines:
                for name in sorted(group_names(line) - set(data["groups"])):
                    yield _problem(SMS, f"requests.{language}",
                                   f"'{line}' names <{name}>, not among the groups; add it there or correct the name")


def _wrong_masks(content: Path) -> Iterator[Problem]:
    yield from _shaped(content / PRIVACY, "privacy_lexicon")
    try:
        text = (content / NAMES).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield _problem(NAMES, "", "is not in UTF-8; save it in that encoding")
        return
    for section in _rules()["names"]:
        if not re.search(rf"^= *{section} *\n+[^=#\s]", text, re.MULTILINE):
            yield _problem(NAMES, section, "is missing or empty; put the section back")


def _shaped(path: Path, schema: str) -> Iterator[Problem]:
    """Tells what is wrong with the shape; returns the data where nothing is."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        yield _problem(path.name, f"line {mark.line + 1}" if mark else "",
                       f"is not readable YAML: {getattr(error, 'problem', None) or error}")
        return None
    errors = sorted(jsonschema.Draft7Validator(_rules()[schema]).iter_errors(data), key=lambda error: str(error.path))
    for error in errors:
        yield _problem(path.name, ".".join(map(str, error.path)), error.message[:200])
    return None if errors else data


def _unheard(lexicons: Lexicons) -> Iterator[Problem]:
    for kind in KINDS:
        for text in _rules()["heard"][kind]:
            if kind not in lexicons.screen.screen(text).kinds:
                yield _problem(CRISIS, "rules", f"no longer hears '{text}' as {kind}; put back the line that does")


def _disobeyed(lexicons: Lexicons) -> Iterator[Problem]:
    for wish, texts in _rules()["obeyed"].items():
        for text in texts:
            keyword = lexicons.keywords.read(text)
            if keyword is None or keyword.wish.value != wish:
                yield _problem(SMS, f"words.{wish}", f"no longer obeys '{text}'; put it back")
    for text in _rules()["ordinary"]:
        if lexicons.keywords.read(text):
            yield _problem(SMS, "requests", f"takes '{text}' for a wish of the programme; make its lines narrower")


def _unmasked(lexicons: Lexicons) -> Iterator[Problem]:
    for kind, text in _rules()["masked"].items():
        if kind not in {found.kind for found in lexicons.masker.find(text)}:
            yield _problem(PRIVACY, "", f"no longer masks '{text}' as {kind}; put back what does")


def _digests(content: Path) -> dict[str, str]:
    return {name: file_digest(content / name) for name in FILES}


def _problem(name: str, key: str, mend: str) -> Problem:
    return Problem(f"bot/content/{name}", key, mend)


def _rules() -> Any:
    return yaml.load(_RULES.read_text(encoding="utf-8"), _Loader)
