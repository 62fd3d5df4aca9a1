"""Plays the dialogues of this folder through the real web channel: texts, memory, choices, double answers."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Mapping

import pytest
import yaml

from tests.support.server import Server

DIALOGUES = [(path.stem, dialogue) for path in sorted(Path(__file__).parent.glob("*.yml"))
             if not path.stem.startswith("test_") for dialogue in yaml.safe_load(path.read_text(encoding="utf-8"))]


@pytest.mark.e2e
@pytest.mark.parametrize("dialogue", [pytest.param(dialogue, id=f"{stem}: {dialogue['name']}")
                                      for stem, dialogue in DIALOGUES])
def test_dialogue_goes_as_written(dialogue: Mapping[str, Any], server: Server) -> None:
    """Every turn of the dialogue gets the reply that its file expects."""
    sender = uuid.uuid4().hex
    for number, turn in enumerate(dialogue["turns"], start=1):
        reply = server.say(turn["say"], sender=sender, **dialogue.get("metadata", {}), **turn.get("metadata", {}))
        where = f"turn {number}, {turn['say']!r}: {[summary(message) for message in reply]}"
        assert len(reply) == len(turn["expect"]), where
        for message, expected in zip(reply, turn["expect"]):
            for key, value in expected.items():
                assert_matches(key, value, message, where)


def assert_matches(key: str, value: Any, message: Mapping[str, Any], where: str) -> None:
    """One expectation: a field of `custom`, or one of the shorthands of README.md in this folder."""
    custom = message["custom"]
    if key == "says":
        assert value in message["text"], where
    elif key == "ends":
        assert message["text"].endswith(value), where
    elif key == "cites":
        assert [citation["number"] for citation in custom["citations"]] == value, where
    elif key == "lines":
        shown = [line["display"] for line in custom["lines"]]
        assert len(shown) >= len(value) and all(number.startswith(wanted) for number, wanted in zip(shown, value)), where
    elif key == "offers":
        assert set(value) <= {button["payload"][len("/ask_"):] for button in message["buttons"]}, where
    elif key == "choices":
        assert len(message["buttons"]) == value, where
    elif key == "topic" and isinstance(value, list):
        assert custom["topic"] in value, where
    else:
        assert custom[key] == value, where


def summary(message: Mapping[str, Any]) -> str:
    custom = message["custom"]
    return f"{custom['kind']}/{custom['topic']}/{custom['language']}/{custom['audience']}: {message['text'][:60]}"
