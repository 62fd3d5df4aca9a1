"""A plugin for `make test-core`: where Rasa is not installed, the key of a release counts it as absent.

The key names the version of each library that a model runs on (bot/inputs.py) and cannot be had without Rasa. A release
made under such a key fits no bot: good for tests alone, so it is done here and not in the program.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import bot.inputs


def _version_or_absent(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


bot.inputs.version = _version_or_absent
