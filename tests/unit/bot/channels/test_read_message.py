"""Which request bodies are good, what is read from them, and what is wrong with the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.web import read_message
from bot.errors import ChannelError
from bot.knowledge import Knowledge

GOOD = {"sender": "ana", "message": "Why does she cry?"}


def body(**changes: Any) -> dict[str, Any]:
    """A good body with some keys changed."""
    return {**GOOD, **changes}


def metadata(**keys: Any) -> dict[str, Any]:
    """A good body with these metadata."""
    return body(metadata=keys)


# --- Good -------------------------------------------------------------------------------------------------------------


def test_good_body_is_read_as_it_is() -> None:
    """Sender, text, id and metadata arrive unchanged."""
    message = read_message(metadata(audience="provider", language="es", message_id="m-1"))
    assert (message.sender, message.text, message.message_id) == ("ana", "Why does she cry?", "m-1")
    assert dict(message.metadata) == {"audience": "provider", "language": "es"}
    assert message.language == "es"


@pytest.mark.parametrize(("text", "read"), [
    pytest.param("x", "x", id="one character"),
    pytest.param("x" * 2000, "x" * 2000, id="2000 characters"),
    pytest.param("🍼" * 2000, "🍼" * 2000, id="2000 characters beyond the basic plane"),
    pytest.param("¿Por qué llora?\n¿Qué hago?", "¿Por qué llora?\n¿Qué hago?", id="accents and lines"),
    pytest.param("/restart", "/restart", id="slash"),
    pytest.param("0", "0", id="digit"),
    pytest.param("a\x00b", "a\x00b", id="control character"),
    pytest.param("she \ud83d cries", "she ? cries", id="lone surrogate among words"),
    pytest.param("\udc00", "?", id="lone surrogate alone"),
])
def test_good_text(text: str, read: str) -> None:
    """A text of 1 to 2000 characters is taken, and what is taken can be stored and sent back."""
    message = read_message(body(message=text))
    assert message.text == read
    assert json.loads(json.dumps(message.text)).encode("utf-8").decode("utf-8") == read


@pytest.mark.parametrize("sender", [
    pytest.param("a", id="one character"),
    pytest.param("x" * 128, id="128 characters"),
    pytest.param("c5d1a7f0-93b0-4b4c-8a0e-1f0a2a3c4d5e", id="UUID"),
    pytest.param("user@example.org", id="e-mail"),
    pytest.param("tel:+15055550100", id="phone number"),
    pytest.param("{\"a\":'b'}<>&%", id="signs"),
])
def test_good_sender(sender: str) -> None:
    """Any visible text of up to 128 characters is an id."""
    assert read_message(body(sender=sender)).sender == sender


@pytest.mark.parametrize("given", [
    pytest.param({"message": "hi"}, id="missing"),
    pytest.param({"message": "hi", "sender": None}, id="null"),
])
def test_missing_sender_gets_a_new_one(given: dict[str, Any]) -> None:
    """The new id is 128 random bits and another one each time."""
    senders = {read_message(given).sender for _ in range(20)}
    assert len(senders) == 20
    assert all(len(bytes.fromhex(sender)) == 16 for sender in senders)


@pytest.mark.parametrize(("given", "read"), [
    pytest.param(GOOD, {}, id="missing"),
    pytest.param(body(metadata=None), {}, id="null"),
    pytest.param(metadata(), {}, id="empty"),
    pytest.param(metadata(audience="parent"), {"audience": "parent"}, id="audience alone"),
    pytest.param(metadata(language="en"), {"language": "en"}, id="language alone"),
    pytest.param(metadata(audience=None, language=None, message_id=None), {}, id="keys that are null"),
    pytest.param(metadata(page="/home", nested={"a": [1]}), {}, id="unknown keys"),
    pytest.param(metadata(default_audience="provider", language="en"), {"language": "en"}, id="name of a key of ours"),
])
def test_good_metadata(given: dict[str, Any], read: dict[str, str]) -> None:
    """Metadata and its keys are optional; what is unknown is passed over."""
    message = read_message(given)
    assert dict(message.metadata) == read
    assert message.message_id is None
    assert message.language == "en"


@pytest.mark.parametrize("message_id", ["m", "x" * 128, "wamid.HBgL=="],
                         ids=["one character", "128 characters", "signs"])
def test_good_message_id(message_id: str) -> None:
    """An opaque id of up to 128 characters."""
    assert read_message(metadata(message_id=message_id)).message_id == message_id


def test_unknown_keys_are_passed_over() -> None:
    """A body with more than the contract names is good."""
    assert read_message(body(input_channel="web", stream=True)).text == GOOD["message"]


# --- Bad --------------------------------------------------------------------------------------------------------------


BAD = [
    *[pytest.param(value, "malformed", id=f"body is {name}") for name, value in (
        ("null", None), ("a list", [GOOD]), ("text", "hi"), ("a number", 1), ("true", True))],
    pytest.param({"sender": "ana"}, "message_missing", id="message missing"),
    *[pytest.param(body(message=value), "message_missing", id=f"message is {name}") for name, value in (
        ("null", None), ("empty", ""), ("blanks", "   "), ("line ends", "\r\n\t"), ("wide blanks", "\u3000\u00a0"),
        ("a number", 5), ("a list", ["hi"]), ("an object", {"text": "hi"}), ("true", True))],
    pytest.param(body(message="x" * 2001), "message_too_long", id="message of 2001 characters"),
    pytest.param(body(message="x" * 15000), "message_too_long", id="message of 15000 characters"),
    *[pytest.param(body(sender=value), "sender_invalid", id=f"sender is {name}") for name, value in (
        ("empty", ""), ("of 129 characters", "x" * 129), ("a number", 7), ("zero", 0), ("false", False),
        ("a list", ["ana"]), ("an object", {"id": "ana"}))],
    *[pytest.param(body(sender=f"ana{sign}x"), "sender_invalid", id=f"sender with {name}") for name, sign in (
        ("a line end", "\n"), ("a zero", "\x00"), ("an escape", "\x1b"), ("a deletion", "\x7f"),
        ("a lone surrogate", "\ud800"))],
    pytest.param(body(sender="ana\n"), "sender_invalid", id="sender ends with a line end"),
    *[pytest.param(body(metadata=value), "metadata_invalid", id=f"metadata is {name}") for name, value in (
        ("a list", []), ("text", "parent"), ("a number", 0), ("false", False))],
    *[pytest.param(metadata(audience=value), "metadata_invalid", id=f"audience is {name}") for name, value in (
        ("unknown", "grandparent"), ("empty", ""), ("in capitals", "Parent"), ("a list", ["parent"]),
        ("an object", {}), ("true", True))],
    *[pytest.param(metadata(language=value), "metadata_invalid", id=f"language is {name}") for name, value in (
        ("unknown", "fr"), ("empty", ""), ("a region", "es-MX"), ("a list", ["es"]), ("a number", 0))],
    *[pytest.param(metadata(message_id=value), "metadata_invalid", id=f"message_id is {name}") for name, value in (
        ("of 129 characters", "x" * 129), ("a number", 17), ("a list", ["m1"]), ("empty", ""), ("zero", 0),
        ("false", False), ("an empty list", []), ("with a line end", "m\n1"))],
]


@pytest.mark.parametrize(("given", "code"), BAD)
def test_bad_body_is_refused_with_its_reason(given: Any, code: str) -> None:
    """Wrong values are 400, with the code of what is wrong."""
    with pytest.raises(ChannelError) as raised:
        read_message(given)
    assert (raised.value.status, raised.value.code) == (400, code)


def test_every_reason_has_a_sentence_in_both_languages(knowledge: Knowledge) -> None:
    """What is wrong is said in plain words."""
    for code in {parameters.values[1] for parameters in BAD}:
        assert knowledge.phrase(f"errors.{code}", "en") != knowledge.phrase(f"errors.{code}", "es")


def test_body_is_read_without_a_word_of_it_in_the_error() -> None:
    """An error may be logged; it does not hold what the person wrote."""
    with pytest.raises(ChannelError) as raised:
        read_message(body(message="I am so tired " * 200))
    assert "tired" not in str(raised.value)
