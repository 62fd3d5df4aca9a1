"""The content as it is live now, for a page: the knowledge, its project, and the problems where it cannot be read."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.console.edit.publishing import text_of
from bot.console.edit.subjects import KINDS, Subject, subjects
from bot.console.edit.yaml_text import read
from bot.console.web import page, settings
from bot.errors import ContentError
from bot.knowledge import Knowledge, load_knowledge
from bot.overlay import live_project


@dataclass(frozen=True)
class Live:
    """What a page reads: the text and the values of a content file, each read once."""

    knowledge: Knowledge
    project: Path
    text: Callable[[str], str]
    values: Callable[[str], Any]

    def data(self, subject: Subject) -> Any:
        """What the subject's file holds."""
        return self.values(subject.file)


def live(request: Request) -> Live:
    """Raises ContentError where the content does not load."""
    project = live_project(settings(request))
    content = project / "bot" / "content"
    stamp = tuple((str(path), (state := path.stat()).st_mtime_ns, state.st_size)
                  for path in sorted(content.rglob("*.*")))
    text = functools.lru_cache(None)(functools.partial(text_of, settings(request)))
    return Live(_loaded(content, stamp), project, text, functools.lru_cache(None)(lambda file: read(text(file))))


@functools.lru_cache(maxsize=2)
def _loaded(content: Path, _: tuple[Any, ...]) -> Knowledge:
    return load_knowledge(content)


def told_where_broken(endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Content that does not load, after an edit by hand for example, is a page that lists what is to be mended."""
    @functools.wraps(endpoint)
    def guarded(request: Request) -> Response:
        try:
            return endpoint(request)
        except ContentError as error:
            return page(request, "edit/broken.html", 503, problems=error.problems)
    return guarded


def subject_of(request: Request, now: Live) -> Subject:
    """The subject that the address names. Raises 404 where the content has none of this kind and name."""
    wanted = Subject(request.path_params["kind"], request.path_params["name"])
    if wanted.kind not in KINDS or wanted not in set(subjects(now.knowledge)):
        raise HTTPException(404)
    return wanted
