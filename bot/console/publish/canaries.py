"""A release to a share of the senders first: begun, widened, given to all or taken back; each step in the log and on the
record. Whatever else goes live meanwhile ends it."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy.engine import Engine

from bot.canary import Canary, Step, current_canary, end_canary, write_canary
from bot.console.people import audit
from bot.console.people.accounts import Person, Role
from bot.console.publish import noting, versions
from bot.console.publish.releasing import MAX_REASON_CHARACTERS, Ready, Refused, alone, go_live, prepared
from bot.console.publish.versions import Release
from bot.console.texts import say
from bot.errors import ReleaseError
from bot.release import current_name, keep_bundles, open_bundle
from bot.settings import Settings
from bot.staff_files import held

# Of a hundred senders. All of them is a release.
SHARES = (5, 10, 25, 50)
BEGUN, WIDENED, ENDED = "canary", "canary_widened", "canary_ended"


def begin(engine: Engine, settings: Settings, person: Person, candidate: str | None, percent: int,
          reason: str = "") -> Canary:
    """Give a candidate with the content as it is now, or the content alone, to a share of the senders.

    Raises Refused as a release does, and where one is going on already: two would hide what each of them does.
    """
    if percent not in SHARES:
        raise Refused([say("publish.canary.share")])
    with alone(engine, settings):
        live = current_name(settings)
        if not live:
            raise Refused([say("publish.refused.no_model")])
        if current_canary(settings):
            raise Refused([say("publish.canary.going_on")])
        ready = prepared(engine, settings, person, candidate, reason)
        canary = Canary(ready.bundle.name, live, (Step(time.time(), percent),), ready.kind, person.shown, ready.reason,
                        ready.overruled)
        with engine.connect() as connection:
            keep_bundles([canary.bundle, *versions.kept(connection)], settings)
        _follow(engine, settings, person, BEGUN, canary)
    noting.leave(engine, settings)
    return canary


def widen(engine: Engine, settings: Settings, person: Person, percent: int) -> Canary:
    """Give it to a larger share; who has it keeps it. Raises Refused."""
    with alone(engine, settings):
        canary = _going_on(settings, person)
        if percent not in SHARES or percent <= canary.share.percent:
            raise Refused([say("publish.canary.share")])
        canary = canary.widened(time.time(), percent)
        _follow(engine, settings, person, WIDENED, canary)
    noting.leave(engine, settings)
    return canary


def give_to_all(engine: Engine, settings: Settings, person: Person) -> Release:
    """Release to everybody what the share had: that model and that content, not what was edited since. Raises Refused."""
    with alone(engine, settings):
        canary = _going_on(settings, person)
        try:
            bundle = open_bundle(settings.var_dir / "releases" / canary.bundle, settings)
        except ReleaseError as error:
            raise Refused([str(error)]) from error
        done = go_live(engine, settings, person, Ready(bundle, canary.kind, canary.reason, canary.overruled))
    noting.leave(engine, settings)
    return done


def take_back(engine: Engine, settings: Settings, person: Person, reason: str = "") -> Canary:
    """Answer everybody from production again. Raises Refused where nothing is going on."""
    with alone(engine, settings):
        canary = current_canary(settings)
        if canary is None:
            raise Refused([say("publish.canary.none")])
        _follow(engine, settings, person, ENDED, canary, reason.strip()[:MAX_REASON_CHARACTERS])
    noting.leave(engine, settings)
    return canary


def _going_on(settings: Settings, person: Person) -> Canary:
    """The canary, for somebody who may give it to more people."""
    canary = current_canary(settings)
    if canary is None:
        raise Refused([say("publish.canary.none")])
    if canary.overruled and person.role < Role.ADMINISTRATOR:
        raise Refused([say("publish.canary.overruled"), *canary.overruled])
    return canary


def _follow(engine: Engine, settings: Settings, person: Person, deed: str, canary: Canary, reason: str = "") -> None:
    """Write it down, and let the servers follow it as the last step before that is a fact."""
    facts: dict[str, Any] = {"percent": canary.share.percent, "beside": canary.beside, "reason": reason or canary.reason,
                             "overruled": list(canary.overruled)}
    now = time.time()
    with held(settings), engine.begin() as connection:
        audit.record(connection, person, f"publish.{deed}", canary.bundle, after=facts)
        noting.note(connection, settings, person, deed, canary.bundle, now, facts)
        if deed == ENDED:
            end_canary(settings)
        else:
            write_canary(canary, settings)
