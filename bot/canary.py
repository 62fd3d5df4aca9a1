"""A version that a share of the senders is answered from first, beside the one in production.

    var/releases/canary   which version, beside which one, and since when it has had which share

Who belongs to the share is told by a hash of the sender's pseudonym and the version's name: one person always has the same
version, whoever belongs to a share belongs to every larger one, and another canary is tried by others. A canary is void as
soon as anything else than the version that it was begun beside is in production: nobody goes on with a content that a
corrected crisis line is missing from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from bot.release import BUNDLE_NAME, CANARY, current_name
from bot.settings import Settings

_PARTS = 10_000


class Share(NamedTuple):
    """What a server has to know: the version, and how many of a hundred senders are answered from it."""

    bundle: str
    percent: int


class Step(NamedTuple):
    """From `at` on, in seconds since 1970, the share was `percent`."""

    at: float
    percent: int


@dataclass(frozen=True)
class Canary:
    """A version on trial. `beside` is the version in production; `steps` are in order, at least one.

    `kind` and `overruled` are what its release will be noted as: model or content, and what spoke against it.
    """

    bundle: str
    beside: str
    steps: tuple[Step, ...]
    kind: str
    by: str
    reason: str = ""
    overruled: tuple[str, ...] = ()

    @property
    def share(self) -> Share:
        return Share(self.bundle, self.steps[-1].percent)

    @property
    def since(self) -> float:
        """When it began, in seconds since 1970."""
        return self.steps[0].at

    def widened(self, at: float, percent: int) -> Canary:
        """This one, with another share from `at` on."""
        return replace(self, steps=(*self.steps, Step(at, percent)))


def belongs(sender_id: str, share: Share) -> bool:
    """Whether a sender, by their pseudonym, is answered from the version on trial."""
    digest = hashlib.sha256(f"{share.bundle}\0{sender_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < share.percent * _PARTS // 100


def current_canary(settings: Settings) -> Canary | None:
    """The canary of this var folder; None where there is none, or something else went live since it began."""
    path = settings.var_dir / "releases" / CANARY
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        canary = Canary(**{**noted, "steps": tuple(Step(*step) for step in noted["steps"]),
                           "overruled": tuple(noted["overruled"])})
    except (OSError, ValueError, KeyError, TypeError):  # gone in this very moment, or nobody's writing
        return None
    if not re.fullmatch(BUNDLE_NAME, canary.bundle) or not canary.steps or canary.beside != current_name(settings):
        return None
    return canary


def write_canary(canary: Canary, settings: Settings) -> None:
    """Let the servers follow this canary, from one moment to the next."""
    path = settings.var_dir / "releases" / CANARY
    scratch = path.with_name(f"{CANARY}.{os.getpid()}")
    scratch.write_text(json.dumps(canary.__dict__, indent=1), encoding="utf-8")
    os.replace(scratch, path)


def end_canary(settings: Settings) -> None:
    """Everybody is answered from production again."""
    (settings.var_dir / "releases" / CANARY).unlink(missing_ok=True)
