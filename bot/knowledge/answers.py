"""One message to a person, as a value: what every renderer reads and every channel sends as `custom`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Mapping

from bot.knowledge.values import Brief, Contact, CrisisLine, Knowledge, Topic, in_language

CONTACT_PASSAGE = "contact_"
"""How the ids of passages begin that print whom one can reach."""


class Kind(str, Enum):
    """What a message is; the contract's `kind`."""

    ANSWER = "answer"
    CRISIS = "crisis"
    CLARIFY = "clarify"
    OUT_OF_SCOPE = "out_of_scope"
    SMALLTALK = "smalltalk"
    NOTICE = "notice"


@dataclass(frozen=True)
class Choice:
    """A topic that a person can pick, by number, by its title or by a button."""

    topic: str
    title: str

    @property
    def payload(self) -> str:
        return f"/ask_{self.topic}"

    def to_dict(self) -> dict[str, str]:
        return {"topic": self.topic, "title": self.title}


@dataclass(frozen=True)
class Quote:
    """The brief's own words, with the ids of the passages; `translation` where the reader's language is another."""

    text: str
    passages: tuple[str, ...]
    translation: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "passages": list(self.passages), "translation": self.translation}


@dataclass(frozen=True)
class Source:
    """Which brief an answer is from."""

    brief: str
    title: str
    publisher: str

    def to_dict(self) -> dict[str, str]:
        return {"brief": self.brief, "title": self.title, "publisher": self.publisher}


@dataclass(frozen=True)
class Citation:
    """A numbered reference; `short` is what fits a text message."""

    number: int
    reference: str
    short: str

    def to_dict(self) -> dict[str, Any]:
        return {"number": self.number, "reference": self.reference, "short": self.short}


@dataclass(frozen=True)
class Answer:
    """One message. `plain` is in plain words, at most 60 where it is an answer; `sms` its short form."""

    kind: Kind
    audience: str
    language: str
    plain: str
    sms: str = ""
    topic: str | None = None
    quote: Quote | None = None
    source: Source | None = None
    citations: tuple[Citation, ...] = ()
    contacts: tuple[Contact, ...] = ()
    related: tuple[Choice, ...] = ()
    choices: tuple[Choice, ...] = ()
    lines: tuple[CrisisLine, ...] = ()
    reminder: str | None = None
    quotation: bool = False  # asked for by itself, where a channel shows the point alone
    of_last: bool = False  # says more of the last answer, whose quotation is as far read as it was
    phrase: str | None = None  # which one was said, where it is no answer
    erases: bool = False  # says that the conversation is erased: it goes out only once that is done
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def to_dict(self) -> dict[str, Any]:
        """The contract's `custom`; lists that a kind of message has no use for are left out."""
        data: dict[str, Any] = {
            "kind": self.kind.value, "topic": self.topic, "audience": self.audience, "language": self.language,
            "id": self.id, "plain": self.plain, "sms": self.sms or self.plain, "reminder": self.reminder,
        }
        if self.kind is Kind.ANSWER:
            data["quote"] = self.quote.to_dict() if self.quote else None
            data["source"] = self.source.to_dict() if self.source else None
            data["citations"] = [citation.to_dict() for citation in self.citations]
        if self.quotation:
            data["quotation"] = True
        if self.of_last:
            data["of_last"] = True
        if self.erases:
            data["erases"] = True
        if self.contacts:
            data["contacts"] = [contact.to_dict() for contact in self.contacts]
        if self.kind is Kind.CRISIS:
            data["lines"] = [line.to_dict(self.language) for line in self.lines]
        if self.kind is Kind.CLARIFY:
            data["choices"] = [choice.to_dict() for choice in self.choices]
        else:
            data["related"] = [choice.to_dict() for choice in self.related]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """The message of which `data` is the `to_dict`, but for crisis lines, which a text message has in words."""
        quote, source = data.get("quote"), data.get("source")
        return cls(
            kind=Kind(data["kind"]), topic=data["topic"], audience=data["audience"], language=data["language"],
            id=data["id"], plain=data["plain"], sms=data["sms"], reminder=data["reminder"],
            quotation=data.get("quotation", False), of_last=data.get("of_last", False),
            erases=data.get("erases", False),
            quote=Quote(quote["text"], tuple(quote["passages"]), quote["translation"]) if quote else None,
            source=Source(**source) if source else None,
            citations=tuple(Citation(**citation) for citation in data.get("citations", ())),
            contacts=tuple(_contact(contact) for contact in data.get("contacts", ())),
            related=tuple(Choice(**choice) for choice in data.get("related", ())),
            choices=tuple(Choice(**choice) for choice in data.get("choices", ())))

    @property
    def buttons(self) -> tuple[Choice, ...]:
        """What the person can pick next."""
        return self.choices if self.kind is Kind.CLARIFY else self.related


@dataclass(frozen=True)
class Author:
    """Writes messages out of one knowledge for one person: the only way from content to an `Answer`."""

    knowledge: Knowledge
    language: str
    audience: str
    said: Mapping[str, int] = field(default_factory=dict)
    """How often each phrase was said since the last answer: the next time it is said in other words, where there are."""

    def topic(self, name: str, *, offer: tuple[str, ...] = (), people: bool = False, lead: str | None = None,
              short: bool = False) -> Answer:
        """The answer on a topic. KeyError where there is no such topic.

        Topics in `offer` stand before the related ones; `people` names those whom one can call beside the office; the
        phrase `lead` opens it; `short` says on the web, too, what a text message does.
        """
        topic = self.knowledge.topics[name]
        brief = self.knowledge.briefs[topic.brief]
        wording = topic.wording(self.language, self.audience)
        opening = f"{self.phrase(lead)} " if lead else ""
        plain = wording.sms if short else wording.plain
        contacts = tuple(self.knowledge.contacts.values()) if people else (self.knowledge.office,)
        return self._message(
            Kind.ANSWER, plain=f"{opening}{plain}", sms=f"{opening}{wording.sms}", topic=name,
            quote=self._quote(topic, people=people),
            source=Source(brief.id, brief.title, brief.publisher), citations=citations(brief, topic.cites),
            contacts=contacts, phrase=lead,
            related=self.choices(tuple(other for other in (*offer, *topic.related) if other != name)))

    def quotation(self, name: str) -> Answer:
        """The brief's own words behind the answer on a topic, for whoever was given the point alone."""
        topic = self.knowledge.topics[name]
        brief = self.knowledge.briefs[topic.brief]
        return self._message(
            Kind.ANSWER, topic=name, quote=self._quote(topic),
            plain=self.phrase("in_its_words", topic=self.title(name), publisher=brief.publisher),
            source=Source(brief.id, brief.title, brief.publisher), quotation=True,
            citations=citations(brief, topic.cites), contacts=(self.knowledge.office,),
            related=self.choices(topic.related))

    def origin(self, name: str) -> Answer:
        """Where the answer on a topic comes from: its numbered references, else the brief and its publisher."""
        topic = self.knowledge.topics[name]
        brief = self.knowledge.briefs[topic.brief]
        numbered = citations(brief, topic.cites)
        blanks = {"title": brief.title, "publisher": brief.publisher, "topic": self.title(name)}
        if numbered:
            # A source that is printed under two numbers is read once.
            blanks["reference"] = " ".join(dict.fromkeys(citation.reference for citation in numbered))
        key = "origin_cited" if numbered else "origin_brief"
        return self._message(
            Kind.ANSWER, plain=self.phrase(key, **blanks), sms=self.phrase(f"{key}_sms", **blanks), topic="references",
            quote=self._quote(topic), of_last=True,
            source=Source(brief.id, brief.title, brief.publisher), citations=numbered,
            contacts=(self.knowledge.office,), related=self.choices((*topic.related[:2], "references")))

    def crisis(self, kinds: tuple[str, ...]) -> Answer:
        """The lines that fit the danger, with the few words around them."""
        plan = self.knowledge.crisis
        # A release of an older day may not know a kind that this code hears.
        first = next((kind for kind in kinds if kind in plan.opening), next(iter(plan.opening)))
        opening = in_language(plan.opening[first], self.language)
        return self._message(
            Kind.CRISIS, plain=f"{opening} {in_language(plan.not_watched, self.language)}",
            sms=in_language(plan.sms[first], self.language),
            lines=plan.lines_for(kinds, audience=self.audience))

    def clarify(self, topics: tuple[str, ...]) -> Answer:
        """Asks which of up to three topics is meant, best first."""
        return self._message(Kind.CLARIFY, plain=self._varied("clarify"), choices=self.choices(topics),
                             phrase="clarify")

    def out_of_scope(self, nearest: tuple[str, ...]) -> Answer:
        """Says that the brief does not cover the question, whom to ask, and what is near.

        Shorter where it was just said; where that was said, too, with what people ask as choices.
        """
        in_a_row = self.said.get("out_of_scope", 0) % 3
        if in_a_row == 2:
            key, offered = "out_of_scope_3", (*nearest, *self.knowledge.starters)
        else:
            key, offered = f"out_of_scope{'_near' if nearest else ''}{'_2' if in_a_row else ''}", nearest
        return self._message(Kind.OUT_OF_SCOPE, plain=self.phrase(key), contacts=(self.knowledge.office,),
                             related=self.choices(offered), phrase="out_of_scope")

    def out_of_scope_simpler(self) -> Answer:
        """The same for whoever did not understand it."""
        return self._message(Kind.OUT_OF_SCOPE, plain=self.phrase("out_of_scope_simpler"),
                             contacts=(self.knowledge.office,), related=self.choices(self.knowledge.starters))

    def feeling(self, nearest: tuple[str, ...], *, provider: bool) -> Answer:
        """A kind word for whoever says how hard it is, that the brief has no advice, and who listens.

        The line that listens is there for parents; `provider` is who said to be none.
        """
        office, line = self.knowledge.office, self.knowledge.crisis.lines.get(self.knowledge.listens or "")
        if provider or line is None:
            return self._message(Kind.OUT_OF_SCOPE, plain=self._varied("feeling_provider" if provider else "feeling_alone"),
                                 contacts=(office,), related=self.choices(nearest), phrase="feeling")
        name = in_language(line.name, self.language)
        listens = Contact(id=line.id, name=name, phone=line.phone, display=line.display, passage="", email=None)
        return self._message(Kind.OUT_OF_SCOPE, plain=self._varied("feeling", name=name), contacts=(listens, office),
                             related=self.choices(nearest), phrase="feeling")

    def smalltalk(self, key: str, *, related: tuple[str, ...] = (), contact: bool = False, **values: str) -> Answer:
        """A short text of the conversation."""
        return self._message(Kind.SMALLTALK, plain=self._varied(key, **values), related=self.choices(related),
                             contacts=(self.knowledge.office,) if contact else (), phrase=key)

    def erased(self) -> Answer:
        """Says that everything that was stored is deleted; the channel deletes it before it sends this."""
        return self._message(Kind.SMALLTALK, plain=self.phrase("erased"), sms=self.phrase("erased_sms"), erases=True)

    def notice(self) -> Answer:
        """What this is, who watches, what is kept: said once in a conversation, after the first reply."""
        return self._message(Kind.NOTICE, plain=self.phrase("notice"), sms=self.phrase("notice_sms"))

    def phrase(self, key: str, **values: str) -> str:
        return self.knowledge.phrase(key, self.language, **values)

    def _varied(self, key: str, **values: str) -> str:
        """The phrase in the words that were not said last; after the last of its wordings comes the first."""
        keys = self.knowledge.variants(key)
        return self.phrase(keys[self.said.get(key, 0) % len(keys)], **values)

    def title(self, name: str) -> str:
        return in_language(self.knowledge.topics[name].title, self.language)

    def choices(self, topics: tuple[str, ...]) -> tuple[Choice, ...]:
        """The topics as choices, best first, at most three; names that are no topic are passed over."""
        known = [name for name in dict.fromkeys(topics) if name in self.knowledge.topics]
        return tuple(Choice(name, self.title(name)) for name in known[:3])

    def _quote(self, topic: Topic, *, people: bool = True) -> Quote:
        contacts = self.knowledge.contacts
        # The people's names stay out where nobody asked for a person; whom one cannot reach any more stays out for good.
        unasked = set() if people else {contact.passage for contact in contacts.values()
                                        if contact.id != self.knowledge.default_contact}
        gone = {passage for passage in topic.passages if passage.startswith(CONTACT_PASSAGE)}
        gone -= {contact.passage for contact in contacts.values()}
        passages = tuple(passage for passage in topic.passages if passage not in unasked | gone)
        return Quote(self.knowledge.quotation(topic.brief, passages), passages,
                     (topic.translation or {}).get(self.language))

    def _message(self, kind: Kind, *, plain: str, **fields: Any) -> Answer:
        return Answer(kind=kind, audience=self.audience, language=self.language, plain=plain, **fields)


def _contact(data: Mapping[str, Any]) -> Contact:
    """A contact as far as a message shows it."""
    return Contact(id="", name=data["name"], phone=data["phone"], display=data["display"], passage="",
                   email=data["email"])


def citations(brief: Brief, numbers: tuple[int, ...]) -> tuple[Citation, ...]:
    """The numbered references, in full and in short; a source printed under two numbers is named under each."""
    return tuple(Citation(n, brief.references[n].full, brief.references[n].short) for n in numbers)

