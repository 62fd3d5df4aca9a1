"""Staff files inside a transaction of the database."""

from __future__ import annotations

from typing import Mapping

from bot.settings import Settings
from bot.staff_files import change, place, staff_root


class StaffFiles:
    """What was written goes back where the transaction fails. Around the transaction, inside `held`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._before: dict[str, bytes | None] = {}

    def __enter__(self) -> StaffFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._before:
            change(self._settings, self._before)

    def read(self, name: str) -> str | None:
        """The text of a staff file, None where there is none."""
        data = self._data(name)
        return None if data is None else data.decode("utf-8")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """All of them or none; the last thing before the transaction ends."""
        before = {name: self._data(name) for name in files}
        change(self._settings, {name: text.encode("utf-8") if isinstance(text, str) else text for name, text in files.items()})
        self._before.update(before)

    def _data(self, name: str) -> bytes | None:
        path = place(staff_root(self._settings), name)
        return path.read_bytes() if path.is_file() else None
