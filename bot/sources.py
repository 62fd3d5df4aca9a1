"""Where a running server looks for releases: the staff console, or the pointer in its own var folder."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any, Awaitable, Callable, Protocol

import httpx

from bot import archive
from bot.canary import Share, current_canary
from bot.errors import ReleaseError
from bot.release import BUNDLE_NAME, Bundle, current_name, open_bundle, place_bundle, scratch_folder
from bot.settings import Settings

TIMEOUT_S = 5.0
# How a worker tells the console what it answers from, and what it will not.
RUNNING, REFUSED = "X-IMH-Running", "X-IMH-Refused"
# Both ways: which version a share of the senders is to be answered from, and whether this worker has it.
ON_TRIAL = "X-IMH-Canary"
_SHARE = re.compile(f"({BUNDLE_NAME}) ([1-9][0-9]?|100)")
# In the var folder: one small file a worker, with the same in it.
WORKERS = "workers"


class Beside(Protocol):
    """Runs a function in a thread, so that answers do not wait for it."""

    def __call__(self, work: Callable[..., Any], *given: object) -> Awaitable[Any]: ...


class LocalSource:
    """The pointer `var/releases/current`, which whoever releases on this machine writes."""

    def __init__(self, settings: Settings, worker: str) -> None:
        self._settings = settings
        self._note = settings.var_dir / WORKERS / f"{worker}.json"
        self.share: Share | None = None

    async def __aenter__(self) -> LocalSource:
        self._note.parent.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self._note.unlink(missing_ok=True)

    async def newer(self, running: str, refused: tuple[str, ...], beside: Beside, *, on_trial: str = "") -> Bundle | None:
        """The bundle that the pointer names, unless it runs or was refused. Raises ReleaseError where it is not good."""
        name, canary = current_name(self._settings), current_canary(self._settings)
        self.share = canary.share if canary else None
        named = (name, *([canary.bundle] if canary else []))
        self._tell(running, next((one for one in named if one in refused), ""), on_trial)
        if name in {running, *refused, ""}:
            return None
        if not re.fullmatch(BUNDLE_NAME, name):
            raise ReleaseError("The file 'current' of the releases names no bundle.", bundle=name)
        return await beside(open_bundle, self._settings.var_dir / "releases" / name, self._settings)

    async def tried(self, share: Share, beside: Beside) -> Bundle | None:
        """The bundle that a share is to be answered from. Raises ReleaseError where it is not good."""
        return await beside(open_bundle, self._settings.var_dir / "releases" / share.bundle, self._settings)

    def _tell(self, running: str, refused: str, on_trial: str) -> None:
        # Renamed into its place: the console reads at any moment.
        scratch = self._note.with_suffix(".new")
        scratch.write_text(json.dumps({"bundle": running, "refused": refused, "canary": on_trial}), encoding="ascii")
        os.replace(scratch, self._note)

    def sentence(self, error: Exception) -> str:
        """What an error means to an operator; empty where nothing better than its type can be said."""
        return ""


class ConsoleSource:
    """The console's `GET /bundle`."""

    def __init__(self, settings: Settings, worker: str) -> None:
        self._settings = settings
        self._worker = worker
        self.share: Share | None = None

    async def __aenter__(self) -> ConsoleSource:
        self._client = httpx.AsyncClient(
            base_url=self._settings.console_url, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False,
            # What is limited here is what comes over the wire: no compression that would make more of it.
            headers={"Authorization": f"Bearer {self._settings.console_token}", "Accept-Encoding": "identity"})
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self._client.aclose()

    async def newer(self, running: str, refused: tuple[str, ...], beside: Beside, *, on_trial: str = "") -> Bundle | None:
        """The console's bundle, unless it runs or was refused; with the answer comes which share there is.

        Raises ReleaseError where what the console sends is no good bundle, httpx.HTTPError where it is away.
        """
        # What was refused is named as well: the console answers 304, and it is not sent again.
        known = ", ".join(f'"{name}"' for name in (running, *refused) if name)
        headers = {"If-None-Match": known, RUNNING: f"{self._worker} {running}", REFUSED: " ".join(refused[-1:]),
                   ON_TRIAL: on_trial}
        async with self._client.stream("GET", "/bundle", headers=headers) as response:
            if response.status_code in {200, 304, 404}:
                told = _SHARE.fullmatch(response.headers.get(ON_TRIAL, ""))
                self.share = Share(told[1], int(told[2])) if told else None
            if response.status_code in {304, 404}:  # the same, or nothing was released yet
                return None
            return await self._fetched(response, {running, *refused}, beside)

    async def tried(self, share: Share, beside: Beside) -> Bundle | None:
        """The bundle that a share is to be answered from, None where it was taken back meanwhile. Raises like `newer`."""
        async with self._client.stream("GET", "/bundle/canary") as response:
            if response.status_code == 404:
                return None
            bundle = await self._fetched(response, set(), beside)
        return bundle if bundle and bundle.name == share.bundle else None

    async def _fetched(self, response: httpx.Response, known: set[str], beside: Beside) -> Bundle | None:
        response.raise_for_status()
        name = response.headers.get("ETag", "").strip('"')
        if not re.fullmatch(BUNDLE_NAME, name):
            raise ReleaseError("The console sends a bundle without a name.", bundle=name)
        if name in known:
            return None
        with scratch_folder(self._settings) as scratch:
            await _download(response, scratch / "bundle.tar", name)
            return await beside(_received, scratch, name, self._settings)

    def sentence(self, error: Exception) -> str:
        """What an error means to an operator; empty where nothing better than its type can be said."""
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == 403:
            return "the console does not know the token; set IMH_CONSOLE_TOKEN to the same on both sides"
        if isinstance(error, httpx.HTTPStatusError):
            return f"the console answers with status {error.response.status_code}"
        return "the console does not answer" if isinstance(error, httpx.HTTPError) else ""


async def _download(response: httpx.Response, target: Path, name: str) -> None:
    """Write what comes, up to what a bundle may be."""
    size = 0
    with target.open("wb") as file:
        async for block in response.aiter_raw():
            size += len(block)
            if size > archive.MAX_BYTES:
                raise ReleaseError(f"Bundle {name} is larger than a bundle may be.", bundle=name)
            file.write(block)


def _received(scratch: Path, name: str, settings: Settings) -> Bundle:
    """Unpack and verify a bundle, and give it its place among the others."""
    folder = scratch / name
    folder.mkdir()
    try:
        archive.unpack(scratch / "bundle.tar", folder)
    except ReleaseError as error:
        raise ReleaseError(f"Bundle {name}: {error}", bundle=name) from error
    bundle = open_bundle(folder, settings)
    if bundle.manifest["bundle"] != name:
        raise ReleaseError(f"Bundle {name} is another one by its manifest.", bundle=name)
    place_bundle(folder, name, settings)
    return open_bundle(settings.var_dir / "releases" / name, settings)
