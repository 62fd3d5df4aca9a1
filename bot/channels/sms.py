"""The text-message channel: the core of `bot/sms` with Rasa behind it and the gateways in front of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Awaitable, Callable, Sequence

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.exchange import Incoming, bounded, exchange, understood
from bot.channels.gateway import Gateway
from bot.channels.hearing import heard
from bot.channels.http import prepare_app
from bot.channels.kannel import Kannel
from bot.channels.twilio import Twilio
from bot.channels.version import version_for
from bot.errors import ChannelError, SettingsError, StoreError, UnansweredError
from bot.insight import metrics
from bot.knowledge import Answer, Kind, current, one_knowledge
from bot.logs import where
from bot.render import sms as render
from bot.settings import Settings, load_settings, pseudonym_key
from bot.sms import texts
from bot.sms.aside import aside
from bot.sms.desk import Desk
from bot.sms.keywords import shared_keywords
from bot.sms.messages import Asked
from bot.sms.throttle import Throttle
from bot.store import conversation
from bot.store.database import open_database
from bot.store.keys import open_pseudonyms
from bot.store.sms import Seen, SmsStore

logger = logging.getLogger(__name__)

NAME = "sms"
DEFAULT_AUDIENCE = "provider"
# A third gateway is one more name here and one more file beside kannel.py.
GATEWAYS: tuple[Callable[[Settings], Gateway], ...] = (Twilio, Kannel)


class SmsInput(InputChannel):
    """`/webhooks/sms/…`, a path a gateway."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()
        self.service = SmsService()

    @classmethod
    def name(cls) -> str:
        return NAME

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SmsInput:
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        sms = Blueprint("sms_channel")

        @sms.listener("before_server_start")
        async def prepare(app: Any, _: Any) -> None:
            prepare_app(app, self._settings)
            self.service.open(self._settings)
            self.service.dialogue.ctx = app.ctx

        for gateway in GATEWAYS:
            gateway(self._settings).listen(sms, self.service)
        return sms


class SmsService:
    """The core on a database; what the gateways ask."""

    desk: Desk
    store: SmsStore

    def __init__(self) -> None:
        self.dialogue = EngineDialogue()
        self._open = False

    def open(self, settings: Settings) -> None:
        """Connect; once.

        Raises SettingsError where the database cannot be used or opt-outs are kept in it under another pseudonym key.
        """
        if self._open:
            return
        try:
            engine = open_database(settings.database_url)
            pseudonyms = open_pseudonyms(engine, pseudonym_key(settings))
            engine.dispose()
        except (SQLAlchemyError, OSError) as error:
            raise SettingsError(f"IMH_DB_URL: the database cannot be used ({type(error).__name__}); without it nobody "
                                "knows who asked for silence.") from error
        self.store = self.dialogue.store = SmsStore(settings.database_url, key_id=pseudonyms.key_id)
        self.store.open()
        sender, total = settings.rate_sender, settings.rate_sms
        self.desk = Desk(
            pseudonyms=pseudonyms, records=self.store, dialogue=self.dialogue, keywords=shared_keywords,
            hears=lambda text: heard(text).kinds,
            throttle=CountedThrottle(sender=(sender.count, sender.period_s), total=(total.count, total.period_s),
                                     redis_url=settings.redis_url))
        self._open = True

    def close(self) -> None:
        """Give up the connections; `open` makes new ones. A worker must not inherit those of the process it comes from."""
        if self._open:
            self.store.close()
            self._open = False


class CountedThrottle(Throttle):
    """Limits that an operator can see at work."""

    def admit(self, sender_id: str) -> bool:
        """As the limits say."""
        admitted = super().admit(sender_id)
        if not admitted:
            metrics.REFUSED.labels("sms").inc()
        return admitted


class EngineDialogue:
    """Rasa's engine as the text-message core asks it, and MORE, which only a phone needs."""

    store: SmsStore

    def __init__(self) -> None:
        self.ctx: Any = SimpleNamespace(agent=None)  # the application's: who answers, now and on trial

    def agent(self) -> Agent | None:
        """The engine in production."""
        return self.ctx.agent

    async def reply(self, asked: Asked) -> tuple[str, ...]:
        """The rendered reply; crisis lines first wherever rules heard danger. Raises UnansweredError."""
        version = await version_for(self.ctx, asked.sender_id, _no_command(asked.text))
        with one_knowledge(version.knowledge):
            return await self._reply(asked, version.agent)

    async def _reply(self, asked: Asked, agent: Agent | None) -> tuple[str, ...]:
        try:
            seen = await aside(self.store.seen, asked.sender_id)
            reply = await exchange(agent, Incoming(
                sender_id=asked.sender_id, text=_no_command(asked.text), channel=NAME, message_id=asked.message_id,
                metadata={"default_audience": DEFAULT_AUDIENCE, "quotation_unread": seen.page >= 0, "erasable": True,
                          "one_message": asked.one_text, "choices_shown": seen.choices}))
            answers = [Answer.from_dict(message["custom"]) for message in reply]
            said = await self._rendered(answers, seen=seen, asked=asked)
        except (ChannelError, StoreError) as error:
            raise UnansweredError("No answer could be computed or stored.") from error
        if asked.danger and answers[0].kind is not Kind.CRISIS:
            lines = texts.crisis(asked.danger, answers[0].language)
            return (lines,) if asked.one_text else (lines, *said)
        return said

    async def danger(self, text: str) -> tuple[str, ...]:
        """What the classifier hears where the rules heard nothing; nothing where no model is loaded."""
        with one_knowledge():
            return await self._danger(text)

    async def _danger(self, text: str) -> tuple[str, ...]:
        agent = self.agent()
        if not text or agent is None or not agent.is_ready():
            return ()
        try:
            parsed = await understood(agent, _no_command(text))
        except Exception as error:  # whatever the pipeline raises: nobody waits for an answer here
            logger.error("A message could not be looked through: %s", where(error))
            return ()
        if parsed["intent"].get("name") != "crisis":
            return ()
        return tuple((parsed.get("crisis") or {}).get("kinds") or ()) or tuple(current().crisis.kinds)[:1]

    async def erase_if_asked(self, asked: Asked) -> None:
        """Erase the conversation where that is what the message asks. Raises UnansweredError where it cannot be done."""
        agent = self.agent()
        if not asked.text or agent is None or not agent.is_ready():
            return
        try:
            parsed = await understood(agent, _no_command(asked.text))
            if parsed["intent"].get("name") == "erase_data":
                async with agent.lock_store.lock(asked.sender_id):
                    conversation.erase(bounded(agent), asked.sender_id)
        except Exception as error:  # whatever the pipeline or the database raises: the gateway brings it again
            logger.error("A conversation could not be erased: %s", where(error))
            raise UnansweredError("The conversation could not be erased.") from error

    async def _rendered(self, answers: Sequence[Answer], *, seen: Seen, asked: Asked) -> tuple[str, ...]:
        """The texts; kept is the page that MORE turns to next, and how many choices a number may stand for."""
        knowledge = current()
        if answers[0].quotation:
            pages = render.quotation(answers[0], knowledge)
            page = seen.page if seen.page < len(pages) else 0
            after = replace(seen, page=page + 1 if page + 1 < len(pages) else -1)
            said = (pages[page], *render.texts(answers[1:], knowledge).texts)
        else:
            shown = render.texts(answers, knowledge, one=asked.one_text)
            said, after = shown.texts, replace(seen, page=0) if _answers(answers) else seen
            if shown.offered:
                after = replace(after, choices=shown.choices if shown.choices < shown.offered else None)
        if after != seen:
            await aside(self.store.sees, asked.sender_id, after)
        return said


def _answers(answers: Sequence[Answer]) -> bool:
    """Whether one of the messages is a new answer, whose quotation nobody has seen."""
    return any(answer.kind is Kind.ANSWER and not answer.of_last for answer in answers)


def _no_command(text: str) -> str:
    """The text with a leading slash that is only a slash: nobody has buttons on a phone."""
    return f"／{text[1:]}" if text.startswith("/") else text
