"""Everything that can go wrong here and that a caller may want to tell apart.

    ImhError
    ├── SettingsError    a setting is missing or makes no sense; the server does not start
    ├── ContentError     content, training data, domain, stories or tests disagree; carries every Problem
    ├── ReleaseError     a bundle is damaged, unsigned or made for other code; the one before it stays
    ├── StaffFileError   a staff file cannot be where it is, or be called that; nothing was written
    ├── StoreError       a turn could not be written; nobody was told that it was
    ├── UnansweredError  a text message that cannot be answered now; the gateway may bring it again
    └── ChannelError     a request that cannot be answered; carries its HTTP status and error code
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable


class ImhError(Exception):
    """Base of all errors of ours; its text is one that an operator can act on."""


class SettingsError(ImhError):
    """A setting is missing or makes no sense."""


@dataclass(frozen=True, order=True)
class Problem:
    """One disagreement: where it stands and what would mend it."""

    file: str
    key: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.mend}" if self.key else f"{self.file}: {self.mend}"


class ContentError(ImhError):
    """All problems of a content folder at once, so that one reading is enough to mend them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        heading = "1 problem in the content" if count == 1 else f"{count} problems in the content"
        super().__init__("\n".join([f"{heading}:", *(f"  {problem}" for problem in self.problems)]))


class ReleaseError(ImhError):
    """A bundle is damaged, unsigned or made for other code. `bundle` is its name, where it has one."""

    def __init__(self, text: str, *, bundle: str = "") -> None:
        super().__init__(text)
        self.bundle = bundle


class StaffFileError(ImhError):
    """A staff file cannot be where it is, or be called that."""


class StoreError(ImhError):
    """A turn could not be written."""


class UnansweredError(ImhError):
    """A text message that cannot be answered now; the gateway may bring it again."""


class ChannelError(ImhError):
    """A request that cannot be answered.

    `status` is the HTTP status, `code` the key of the sentence in `phrases.yml` under `errors`.
    """

    def __init__(self, status: int, code: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
