"""What an action knows: what was understood, and language, audience and choices as they stand."""

from __future__ import annotations

import time
from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.memory import Memory
from tests.unit.actions.conftest import Talk, tracker

HOUR_S = 3600
SURE, UNSURE = 0.9, 0.6
ROLE_SAID = {"role": {"value": "provider", "explicit": True}}
ROLE_GUESSED = {"role": {"value": "provider", "explicit": False}}


def memory(intent: str = "ask_indicators", **understood: Any) -> Memory:
    return Memory.of(tracker(intent, **understood))


# --- Language: words or switch, whichever moved last; then what is detected; then what was kept; then English ---------


@pytest.mark.parametrize(("understood", "language"), [
    pytest.param({}, "en", id="nothing known"),
    pytest.param({"slots": {"language": "es"}}, "es", id="kept"),
    pytest.param({"detected": ("es", SURE)}, "es", id="detected"),
    pytest.param({"detected": ("es", SURE), "slots": {"language": "en"}}, "es", id="detected over kept"),
    pytest.param({"detected": ("es", UNSURE), "slots": {"language": "en"}}, "en", id="uncertain: kept"),
    pytest.param({"detected": ("es", UNSURE)}, "en", id="uncertain and nothing kept"),
    pytest.param({"detected": ("en", SURE), "slots": {"language_asked": "es"}}, "es", id="asked for over detected"),
    pytest.param({"detected": ("en", SURE), "metadata": {"language": "es"}}, "es", id="switch over detected"),
    pytest.param({"metadata": {"language": "es"}, "slots": {"language_asked": "en", "language_switch": "en"}}, "es",
                 id="switch moved over words"),
    pytest.param({"metadata": {"language": "en"}, "slots": {"language_asked": "es", "language_switch": "en"}}, "es",
                 id="words over a switch that was not moved"),
    pytest.param({"intent": "change_to_spanish", "metadata": {"language": "en"}}, "es", id="words over a new switch"),
    pytest.param({"intent": "change_to_english", "detected": ("es", SURE), "slots": {"language_asked": "es"}}, "en",
                 id="words over earlier words"),
])
def test_language(understood: dict[str, Any], language: str) -> None:
    """A request in words or the switch wins until changed; else what is detected; where uncertain, the last."""
    assert memory(**understood).language == language


def test_language_that_was_asked_for_holds_until_changed() -> None:
    """Spanish asked for stays through English messages until English is asked for; then detection stays out of it."""
    talk = Talk()
    heard = [talk.says(intent, detected=detected)[0]["language"] for intent, detected in (
        ("greet", ("en", SURE)), ("change_to_spanish", ("en", SURE)), ("greet", ("en", SURE)),
        ("change_to_english", ("es", SURE)), ("greet", ("es", SURE)))]
    assert heard == ["en", "es", "es", "en", "en"]


def test_switch_that_comes_with_every_message_does_not_undo_words() -> None:
    """The page sends its switch each time: only moving it overrules what was said since."""
    talk, english, spanish = Talk(), {"language": "en"}, {"language": "es"}
    heard = [talk.says(intent, metadata=metadata)[0]["language"] for intent, metadata in (
        ("greet", english), ("change_to_spanish", english), ("greet", english), ("greet", spanish), ("greet", english))]
    assert heard == ["en", "es", "es", "es", "en"]


def test_detected_language_is_kept_where_the_next_message_tells_nothing() -> None:
    """ "ok" after a Spanish message is answered in Spanish."""
    talk = Talk()
    talk.says("greet", detected=("es", SURE))
    assert talk.says("thanks", detected=("en", UNSURE))[0]["language"] == "es"
    assert talk.says("thanks", detected=("en", SURE))[0]["language"] == "en"


# --- Audience ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("understood", "audience"), [
    pytest.param({}, "parent", id="nothing known"),
    pytest.param({"metadata": {"default_audience": "provider"}}, "provider", id="default of the channel"),
    pytest.param({"metadata": {"default_audience": "provider"}, "slots": {"audience": "parent"}}, "parent",
                 id="kept over default"),
    pytest.param({"entities": ROLE_GUESSED}, "provider", id="role in passing"),
    pytest.param({"entities": ROLE_GUESSED, "slots": {"audience": "parent"}}, "provider",
                 id="role in passing over kept"),
    pytest.param({"entities": ROLE_GUESSED, "slots": {"audience_asked": "parent"}}, "parent",
                 id="asked for over role in passing"),
    pytest.param({"entities": ROLE_SAID, "slots": {"audience_asked": "parent"}}, "provider",
                 id="own words over earlier ones"),
    pytest.param({"entities": ROLE_SAID, "metadata": {"audience": "parent"}}, "provider",
                 id="own words over a new switch"),
    pytest.param({"metadata": {"audience": "provider"}}, "provider", id="switch"),
    pytest.param({"metadata": {"audience": "provider", "default_audience": "parent"},
                  "slots": {"audience": "parent", "audience_asked": "parent", "audience_switch": "parent"}}, "provider",
                 id="switch moved over words"),
    pytest.param({"metadata": {"audience": "parent"},
                  "slots": {"audience_asked": "provider", "audience_switch": "parent"}}, "provider",
                 id="words over a switch that was not moved"),
    pytest.param({"intent": "change_to_provider"}, "provider", id="request for a provider's wording"),
    pytest.param({"intent": "change_to_parent", "slots": {"audience_asked": "provider"}}, "parent",
                 id="request for a parent's wording"),
])
def test_audience(understood: dict[str, Any], audience: str) -> None:
    """The switch or the person's own words win until changed; then what was kept; then the channel's default."""
    assert memory(**understood).audience == audience


def test_audience_that_was_said_holds_until_changed() -> None:
    """ "I'm a home visitor" counts for the messages after it."""
    talk = Talk()
    heard = [talk.says(intent, entities=entities, metadata={"default_audience": "parent"})[0]["audience"]
             for intent, entities in (("greet", {}), ("greet", ROLE_SAID), ("greet", {}), ("change_to_parent", {}),
                                      ("greet", {}), ("greet", ROLE_GUESSED))]
    assert heard == ["parent", "provider", "provider", "parent", "parent", "parent"]


# --- Choices, and what was never said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("age_s", "open_"), [
    pytest.param(0, True, id="just now"),
    pytest.param(24 * HOUR_S - 60, True, id="a minute before 24 hours"),
    pytest.param(24 * HOUR_S + 60, False, id="a minute after 24 hours"),
])
def test_choices_are_open_for_24_hours(age_s: int, open_: bool) -> None:
    """A number answered a day later means nothing any more."""
    slots = {"choices": ["indicators", "contact"], "choices_at": time.time() - age_s}
    assert memory(slots=slots).choices == (("indicators", "contact") if open_ else ())


@pytest.mark.parametrize(("shown", "open_"), [(None, ("indicators", "contact")), (1, ("indicators",)), (0, ())])
def test_a_number_means_a_choice_that_was_shown(shown: int | None, open_: tuple[str, ...]) -> None:
    """A channel may have had no room for all of them."""
    slots = {"choices": ["indicators", "contact"], "choices_at": time.time()}
    assert memory(slots=slots, metadata={"choices_shown": shown}).choices == open_


def test_what_was_never_said_is_empty() -> None:
    """The first message of a conversation, and even no message at all, leave nothing undefined."""
    empty = Tracker(sender_id="ana", slots={}, latest_message=None, events=[], paused=False, followup_action=None,
                    active_loop={}, latest_action_name=None)
    unset = memory(slots=dict.fromkeys(("choices", "choices_at", "clarified", "crisis", "language", "audience")))
    for heard in (Memory.of(empty), unset):
        assert (heard.topics, heard.also, heard.danger, heard.choices, heard.crisis) == ((), None, (), (), ())
        assert (heard.last_topic, heard.clarified, heard.noticed) == (None, 0, False)
        assert (heard.language, heard.audience) == ("en", "parent")


def test_understood_message_is_read() -> None:
    """Topics without their prefix and with confidence, entities by type, danger by kind."""
    heard = memory(topics=[("indicators", 0.5), ("contact", 0.04)], also="ask_contact", danger=["violence", "abuse"],
                   entities={"choice": {"value": 2}})
    assert heard.topics == (("indicators", 0.5), ("contact", 0.04))
    assert (heard.intent, heard.also, heard.danger) == ("ask_indicators", "ask_contact", ("violence", "abuse"))
    assert heard.entities["choice"]["value"] == 2
    assert heard.likely(0.05) == ("indicators",)
    assert heard.likely(0.0) == ("indicators", "contact")


def test_first_of_two_entities_of_a_type_counts() -> None:
    """What the person said first is what is remembered."""
    heard = tracker()
    heard.latest_message["entities"] = [{"entity": "role", "value": "provider"}, {"entity": "role", "value": "parent"}]
    assert Memory.of(heard).entities["role"]["value"] == "provider"


def test_metadata_is_that_of_the_last_message() -> None:
    """A switch that came with an earlier message is not read again."""
    heard = tracker(metadata={"language": "en"})
    heard.events.insert(0, {"event": "user", "metadata": {"language": "es"}})
    heard.events.append({"event": "action", "name": "action_answer"})
    assert Memory.of(heard).language == "en"
