"""`make test-core` runs the tests of what does not import Rasa; the list follows the imports and must not shrink."""

from __future__ import annotations

import importlib.util

import pytest

from tests.support import core_tests

RASAS = {"rasa", "rasa_sdk", "sanic", "tensorflow", "onnx", "safetensors", "py3langid", "twilio"}
EXPECTED = ("tests/content/test_answers.py", "tests/privacy/test_masking.py", "tests/unit/bot/test_knowledge.py",
            "tests/unit/bot/test_render_plain.py", "tests/unit/bot/test_render_sms.py", "tests/unit/bot/test_safety.py",
            "tests/unit/bot/test_settings.py", "tests/unit/bot/privacy/test_masking.py",
            "tests/unit/bot/sms/test_desk.py",
            "tests/unit/bot/sms/test_keywords.py", "tests/unit/bot/sms/test_segments.py",
            "tests/unit/bot/console/people/test_accounts.py", "tests/unit/bot/console/edit/test_drafts.py",
            "tests/unit/bot/console/publish/test_releasing.py")


@pytest.fixture
def without_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the environment of core.lock."""
    monkeypatch.setattr(core_tests, "_installed",
                        lambda package: package not in RASAS and importlib.util.find_spec(package) is not None)


@pytest.mark.usefixtures("without_rasa")
def test_the_core_is_on_the_list() -> None:
    """Knowledge, rendering, safety, privacy, text messages and the console."""
    assert set(EXPECTED) - set(core_tests.core_tests()) == set()


@pytest.mark.usefixtures("without_rasa")
def test_what_needs_rasa_or_a_server_is_not() -> None:
    names = core_tests.core_tests()
    assert {"tests/unit/bot/test_engine.py", "tests/unit/actions/test_actions.py",
            "tests/unit/bot/store/test_tracker_store.py"} & set(names) == set()
    assert [name for name in names if name.startswith("tests/e2e/")] == []
