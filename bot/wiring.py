"""A topic's intent in domain.yml and in the rule of stories/answers.yml: read out, added and taken out without a change of
format."""

from __future__ import annotations

import re
from typing import Any, Iterable

import yaml

# File -> how a line with an intent of a topic begins there.
_LINES = {"domain.yml": r"[ ]*-[ ]+(?=ask_)", "stories/answers.yml": r"[ ]*-[ ]+intent:[ ]+(?=ask_)"}
_INTENT = re.compile(r"ask_[a-z0-9_]+")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WiringError(Exception):
    """A file is not of the shape that a topic's intent can be added to."""


def intents_of(name: str, text: str) -> list[str]:
    """The topics' intents that the file `name`, with this text, holds; other intents are none of a topic's.

    Raises WiringError where it is not the domain or the rules, yaml.YAMLError where it is not YAML.
    """
    data = yaml.load(text, _Loader)
    if not isinstance(data, dict):
        raise WiringError("it holds no keys")
    found = data.get("intents") if name == "domain.yml" else list(_asked(data))
    return [intent for intent in found or [] if isinstance(intent, str) and _INTENT.fullmatch(intent)]


def with_intents(name: str, text: str, intents: Iterable[str]) -> str:
    """The text with the intents that it lacks, each on a line after the last one of a topic; the rest stays as it is."""
    present = intents_of(name, text)
    missing = [intent for intent in dict.fromkeys(intents) if intent not in present]
    if not missing:
        return text
    lines = text.splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if re.match(_LINES[name], line)]
    if not places:
        raise WiringError("it names no topic's intent after which another could stand")
    start = re.match(_LINES[name], lines[places[-1]])
    assert start
    lines[places[-1] + 1:places[-1] + 1] = [f"{start.group()}{intent}\n" for intent in missing]
    changed = "".join(lines)
    if intents_of(name, changed) != [*present, *missing]:
        raise WiringError("its intents are not written one a line")
    return changed


def without_intents(name: str, text: str, intents: Iterable[str]) -> str | None:
    """The text without these intents' lines, the rest as it is; None where it named no other intent of a topic.

    Raises WiringError where they are not written one a line.
    """
    gone = set(intents)
    kept = [intent for intent in intents_of(name, text) if intent not in gone]
    if not kept:
        return None
    lines = [line for line in text.splitlines(keepends=True)
             if not ((start := re.match(_LINES[name], line)) and line[start.end():].split("#")[0].strip() in gone)]
    changed = "".join(lines)
    if intents_of(name, changed) != kept:
        raise WiringError("its intents are not written one a line")
    return changed


def only_intents(name: str, intents: Iterable[str]) -> str:
    """A file of that name for a staff folder: it holds the intents and nothing else."""
    if name == "domain.yml":
        return "".join(["# Topics that staff added; the rest of the domain is the program's.\nversion: \"3.1\"\n\nintents:\n",
                        *(f"  - {intent}\n" for intent in intents)])
    return "".join(["# Topics that staff added; the rule that answers them is the program's.\nversion: \"3.1\"\n\nrules:\n"
                    "  - rule: answer a question\n    steps:\n      - or:\n",
                    *(f"          - intent: {intent}\n" for intent in intents), "      - action: action_answer\n"])


def _asked(data: dict[str, Any]) -> Iterable[Any]:
    for rule in data.get("rules") or []:
        for step in rule.get("steps") or []:
            yield from (inner.get("intent") for inner in step.get("or", [step]))
