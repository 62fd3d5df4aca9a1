"""The widget's files as the server hands them out: its modules joined into one, with the words that are live.

People read small modules; a browser gets one script, since each file more costs a slow link, and what is compressed
together weighs less. The module `words.js` is made, not kept: every sentence stands once, in `bot/content`, and a change
there reaches the widget with the next release. It carries the crisis lines, so that they are on the device before
anything can go wrong.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import rcssmin
import rjsmin
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import modules
from bot.errors import ChannelError
from bot.knowledge import LANGUAGES, Knowledge, current
from bot.knowledge.values import in_language

WIDGET = Path(__file__).with_name("widget")
_PAGE = Path(__file__).with_name("page_files")
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
# What a page loads.
SCRIPT = "imh-chat.js"
_WORDS = "words.js"
# Short: a crisis line that changes has to arrive. After it the browser asks, and is mostly told "not modified".
KEPT_S = 300
# What the widget says beside its own phrases.
_SHARED = ("page.question", "page.send", "page.not_a_person", "change_to_spanish")


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, type, and the tag by which a browser knows that it has it already."""

    body: bytes
    content_type: str

    @cached_property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)


def files() -> dict[str, Asset]:
    """The files that a browser may fetch and that follow no release, by name: all but the script."""
    found = [path for folder in (WIDGET, _PAGE) for path in sorted(folder.iterdir())
             if path.suffix in _TYPES and path.suffix != ".js"]
    return {path.name: Asset(_small(path).encode(), _TYPES[path.suffix]) for path in found}


def _small(path: Path) -> str:
    """The file; a style without comments and needless blanks."""
    text = path.read_text(encoding="utf-8")
    return rcssmin.cssmin(text) if path.suffix == ".css" else text


def script(knowledge: Knowledge) -> Asset:
    """The widget's one script, a third shorter without comments and blanks. Names stay, so errors can be read."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in WIDGET.glob("*.js")}
    whole = modules.joined({**sources, _WORDS: words(knowledge)}, SCRIPT)
    return Asset(rjsmin.jsmin(whole).encode(), _TYPES[".js"])


def words(knowledge: Knowledge) -> str:
    """The module `words.js`: phrases, crisis lines and starting questions by language."""
    keys = [key for key in knowledge.phrases if key.startswith(("widget.", "labels.")) or key in _SHARED]
    exported = {
        "LANGUAGES": LANGUAGES,
        "WORDS": {key: [in_language(knowledge.phrases[key], language) for language in LANGUAGES] for key in keys},
        "LINES": {language: [line.to_dict(language) for line in knowledge.crisis.lines.values()]
                  for language in LANGUAGES},
        "STARTERS": {language: [{"title": in_language(knowledge.topics[name].title, language),
                                 "payload": f"/ask_{name}"} for name in knowledge.starters]
                     for language in LANGUAGES},
    }
    return "".join(f"export const {name} = {_literal(value)};\n" for name, value in exported.items())


def _literal(value: Any) -> str:
    # U+2028 and U+2029 end a line in the JavaScript of older browsers, and may stand in JSON.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class Assets:
    """All of them; the script is written anew when another content goes live."""

    def __init__(self) -> None:
        self._files = files()
        self._script: tuple[Knowledge, Asset] | None = None

    def get(self, name: str) -> Asset | None:
        """The asset of this name, or None."""
        if name != SCRIPT:
            return self._files.get(name)
        knowledge = current()
        if self._script is None or self._script[0] is not knowledge:
            self._script = (knowledge, script(knowledge))
        return self._script[1]


def add_routes(web: Blueprint) -> None:
    """`GET widget/<name>` on the web channel's blueprint."""
    assets = Assets()

    @web.get("/widget/<name>")
    async def widget(request: Request, name: str) -> HTTPResponse:
        asset = assets.get(name)
        if asset is None:
            raise ChannelError(404, "not_found")
        headers = {"Cache-Control": f"public, max-age={KEPT_S}", "ETag": asset.tag, "Vary": "Accept-Encoding"}
        if asset.tag in request.headers.get("if-none-match", ""):
            return HTTPResponse(status=304, headers=headers)
        return respond(request, asset, headers)


def respond(request: Request, asset: Asset, headers: dict[str, str], *, status: int = 200) -> HTTPResponse:
    """The asset, gzipped for those who take that."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTTPResponse(asset.body, status=status, headers=headers, content_type=asset.content_type)
    return HTTPResponse(asset.compressed, status=status, headers={**headers, "Content-Encoding": "gzip"},
                        content_type=asset.content_type)


def export(folder: Path) -> list[Path]:
    """Write every file of the widget into a folder, for a site that hosts them itself; the paths, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    style = WIDGET / "imh-chat.css"
    every = {style.name: files()[style.name], SCRIPT: script(current())}
    for name, asset in every.items():
        (folder / name).write_bytes(asset.body)
    return sorted(folder / name for name in every)
