"""Rasa's events by their name, looked up once.

`Event.from_parameters` walks all subclasses of `Event` for every event that it reads: a sixth of a turn, measured.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping, Type

from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses


def event_from(data: Mapping[str, Any]) -> Event:
    """The event that `Event.as_dict` described. KeyError where Rasa has no event of that name."""
    return _classes()[data["event"]]._from_parameters(dict(data))


@lru_cache(maxsize=None)
def _classes() -> dict[str, Type[Event]]:
    return {cls.type_name: cls for cls in all_subclasses(Event)
            if cls.type_name and cls.__module__ == Event.__module__}
