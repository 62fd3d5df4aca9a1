"""Reads a page as a browser without JavaScript would: its words, its forms, and the addresses that it would fetch."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Mapping

_WITHOUT_END = {"meta", "link", "input", "br", "img", "hr", "base", "source"}
# Attributes that make a browser fetch something by itself; a link is followed by a person.
_FETCHED = {"src", "srcset", "poster", "data", "background", "manifest"}


@dataclass
class Form:
    """`fields` are sent whatever is pressed; `buttons` are (name, value, title)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def pressed(self, title: str) -> Mapping[str, str]:
        """What is sent when the button with this title is pressed."""
        (name, value), = [(name, value) for name, value, shown in self.buttons if shown == title]
        return {**self.fields, **({name: value} if name else {})}


class Page(HTMLParser):
    """A parsed page: `tags` in order with their attributes, `forms`, and the words of each article by its class."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.articles: list[tuple[str, str]] = []
        self.words = ""
        self._open: list[str] = []
        self._select = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag not in _WITHOUT_END:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "article":
            self.articles.append((given.get("class", ""), ""))
        elif tag in {"input", "textarea"}:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.forms[-1].fields[self._select] = ""
        elif tag == "option" and "selected" in given:
            self.forms[-1].fields[self._select] = given.get("value", "")
        elif tag == "button":
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", ""), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes nothing; open: {self._open}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self._open or "script" in self._open:
            return
        self.words += data
        if "article" in self._open:
            kind, words = self.articles[-1]
            self.articles[-1] = (kind, words + data)
        if self._open and self._open[-1] == "button":
            name, value, title = self.forms[-1].buttons[-1]
            self.forms[-1].buttons[-1] = (name, value, title + data)

    @property
    def question_form(self) -> Form:
        """The form with the text field."""
        (form,) = [form for form in self.forms if "message" in form.fields]
        return form

    def article(self, kind: str) -> str:
        """The words of the one article of this class."""
        (words,) = [words for name, words in self.articles if name == kind]
        return words

    def links(self) -> list[str]:
        """Where a person can go from here."""
        return [given["href"] for tag, given in self.tags if tag == "a"]

    def fetched(self) -> list[str]:
        """Addresses that a browser would fetch by itself."""
        return [value for tag, given in self.tags for name, value in given.items()
                if name in _FETCHED or (tag in {"link", "base"} and name == "href")]
