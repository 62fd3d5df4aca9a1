"""Every channel that credentials.yml names can be imported: Rasa hides an ImportError inside a channel."""

from __future__ import annotations

import importlib
import inspect
import os
from pathlib import Path

import pytest
import yaml
from rasa.core.channels.channel import InputChannel

PROJECT = Path(__file__).resolve().parents[4]
CREDENTIALS = yaml.safe_load((PROJECT / "credentials.yml").read_text(encoding="utf-8"))
NAMED = pytest.mark.parametrize("path", sorted(CREDENTIALS))


def channel(path: str) -> type[InputChannel]:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@NAMED
def test_channel_imports_and_is_one_of_rasas(path: str) -> None:
    """The path leads to a class that Rasa can register."""
    found = channel(path)
    assert inspect.isclass(found)
    assert issubclass(found, InputChannel)


@NAMED
def test_channel_is_made_from_its_credentials(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rasa run` can make it and ask it for its routes, with no setting at all."""
    for name in [name for name in os.environ if name.startswith("IMH_")]:
        monkeypatch.delenv(name)

    async def on_new_message(_: object) -> None:
        pytest.fail("no message was sent")

    made = channel(path).from_credentials(CREDENTIALS[path])
    assert made.blueprint(on_new_message).routes or made.blueprint(on_new_message)._future_routes


def test_channels_stand_where_the_contract_has_them() -> None:
    """A channel's name is the part of its address after /webhooks/; none is taken twice."""
    names = [channel(path).name() for path in CREDENTIALS]
    assert "web" in names
    assert set(names) <= {"web", "sms"}
    assert len(set(names)) == len(names)
