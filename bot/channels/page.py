"""The demonstration page: a form that posts to its own address and is answered with a page, no script needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import jinja2

from bot.channels.exchange import Message
from bot.knowledge import LANGUAGES, current
from bot.knowledge.values import in_language
from bot.render.plain import references
from bot.sms.numbers import displayed

_FILES = Path(__file__).with_name("page_files")
_TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(_FILES), autoescape=True, trim_blocks=True,
                                lstrip_blocks=True, undefined=jinja2.StrictUndefined)


# Everything from this server, nothing inline, shown in nobody's frame.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


def render(reply: Sequence[Message], *, language: str, sender: str, asked: str = "", audience: str = "",
           error: str | None = None, kinds: tuple[str, ...] = (), sms_number: str = "") -> str:
    """The page with the last question and its reply, or the error; crisis lines where there was no answer."""
    knowledge = current()
    lines = knowledge.crisis.lines_for(kinds, audience="parent") if error else ()
    # The page as a whole is about the brief that its first topic of conversation comes from.
    brief = knowledge.briefs[knowledge.topics[knowledge.starters[0]].brief]

    def phrase(key: str, **values: str) -> str:
        return knowledge.phrase(f"page.{key}", language, **values)

    def label(key: str, **values: str) -> str:
        return knowledge.phrase(f"labels.{key}", language, **values)

    return _TEMPLATES.get_template("page.html").render(
        phrase=phrase, label=label, language=language,
        references=lambda listed: references((entry["number"], entry["reference"]) for entry in listed),
        sender=sender, asked=asked, audience=audience, messages=[message["custom"] for message in reply],
        buttons=[message["buttons"] for message in reply],
        error=knowledge.phrase(f"errors.{error}", language) if error else "",
        lines=[line.to_dict(language) for line in lines],
        starters=[{"title": in_language(knowledge.topics[name].title, language), "payload": f"/ask_{name}"}
                  for name in knowledge.starters] if not reply else [],
        all_lines=[line.to_dict(language) for line in knowledge.crisis.lines.values()],
        brief=brief, brief_references=references((entry.number, entry.full) for entry in brief.references.values()),
        office=knowledge.office, sms_number=sms_number,
        sms_display=displayed(sms_number) if sms_number else "")


def chosen(language: str | None, accept_language: str) -> str:
    """The language of the page's own link, else the browser's."""
    return language if language in LANGUAGES else preferred(accept_language)


def preferred(accept_language: str) -> str:
    """`es` where the browser asks for Spanish first, else `en`."""
    first: Any = accept_language.split(",")[0].strip().lower()
    return "es" if first.startswith("es") else "en"
