"""What is done with a text message, in this order: danger, duplicates, opt-outs, keywords, limits, questions.

Knows no gateway, no HTTP and no Rasa: whoever has a message calls `answer`, whatever answers questions is a `Dialogue`.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
import unicodedata
from dataclasses import replace
from functools import partial
from typing import Any, Callable, Coroutine

from bot.errors import UnansweredError
from bot.sms import texts
from bot.sms.aside import aside
from bot.sms.claims import Claims
from bot.sms.keywords import Keyword, Keywords, Wish
from bot.sms.messages import UNSURE, Asked, Dialogue, Inbound, Records
from bot.sms.numbers import Kind, read_number
from bot.sms.pseudonyms import Pseudonyms
from bot.sms.throttle import Throttle

logger = logging.getLogger(__name__)

MAX_MESSAGE_CHARACTERS = 2000
# Gateways wait at most so long; Twilio gives up after 15 s.
ANSWER_WITHIN_S = 4.5
# Where no answer came, the language of the conversation is worth so long, and no more.
LANGUAGE_WITHIN_S = 0.3
# More than can be answered in that time; who comes then is told at once, and crisis lines need nobody's turn.
MOST_AT_ONCE = 64
SILENCE: tuple[str, ...] = ()


class Desk:
    """Answers text messages of all gateways."""

    def __init__(self, *, pseudonyms: Pseudonyms, records: Records, dialogue: Dialogue, throttle: Throttle,
                 keywords: Callable[[], Keywords], hears: Callable[[str], tuple[str, ...]],
                 answer_within_s: float = ANSWER_WITHIN_S) -> None:
        """`hears` gives the kinds of danger in a text, the most urgent first; it needs no model and never raises.
        `keywords` gives those that are live."""
        self._pseudonyms = pseudonyms
        self._records = records
        self._dialogue = dialogue
        self._throttle = throttle
        self._keywords = keywords
        self._hears = hears
        self._claims = Claims(records)
        self._answer_within_s = answer_within_s
        self._running: set[asyncio.Task[tuple[str, ...]]] = set()

    async def answer(self, inbound: Inbound) -> tuple[str, ...]:
        """The texts to send back, in order; none for silence.

        Raises UnansweredError where no answer can be computed in time or stored, never for a message of danger.
        """
        sender = read_number(inbound.sender)
        if sender.kind is Kind.LETTERS:
            return SILENCE
        text = readable(inbound.text)
        danger = self._hears(text)
        sender_id = self._pseudonyms.of(sender.text, read_number(inbound.recipient).text)
        work = partial(self._texts, inbound, Asked(sender_id, f"{inbound.gateway}:{inbound.message_id}", text, danger,
                                                   one_text=inbound.one_text), short=sender.kind is Kind.SHORT_CODE)
        try:
            return await self._in_time(self._claims.once(inbound, work))
        except Exception as error:  # whatever it is, danger is answered
            if danger:
                return (texts.crisis(danger, await self._language_soon(text, sender_id)),)
            raise UnansweredError("No answer in time.") from error

    async def _in_time(self, work: Coroutine[Any, Any, tuple[str, ...]]) -> tuple[str, ...]:
        """The texts that `work` gives. What takes too long goes on behind and is there when the gateway comes again."""
        if len(self._running) >= MOST_AT_ONCE:
            work.close()
            raise UnansweredError("Too many at once.")
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.wait_for(asyncio.shield(task), self._answer_within_s)

    def unavailable(self, inbound: Inbound) -> str:
        """What to say, crisis numbers first, where `answer` raised and the gateway will not come again."""
        return texts.say("unavailable", self._keywords().language(inbound.text) or "en")

    async def _texts(self, inbound: Inbound, asked: Asked, *, short: bool) -> tuple[str, ...]:
        """The texts for a message that nobody has answered yet."""
        out = await aside(self._records.is_out, asked.sender_id)
        if asked.danger:
            return await self._help(asked, out=out or short)
        if short:
            return SILENCE
        keyword = self._wish(inbound, asked, out=out)
        # Who asks for silence and says more may say what only a trained eye sees; a bare STOP needs none. The request
        # itself is not shown to it: "stop" and "no more" sound like danger wherever they stand.
        danger = await self._dialogue.danger(keyword.besides) if keyword and keyword.besides else ()
        if danger and danger[0] != UNSURE:
            return await self._help(replace(asked, danger=danger), out=out)
        admitted = self._throttle.admit(asked.sender_id)
        if keyword:
            # Where it is not sure, both: the lines, and what was asked for.
            lines = (texts.crisis(danger, await self._language(asked.text, asked.sender_id)),) if danger else ()
            said = (*lines, *await self._obey(keyword, asked, out=out))
            handled = inbound.provider_did or (inbound.provider_opts_out and keyword.known_to_provider)
            return said if not handled and (admitted or self._past_limits(keyword, asked)) else SILENCE
        if out or not admitted:
            return await self._refuse(asked, out=out)
        if not asked.text:
            return (texts.say("only_words", await self._language(asked.text, asked.sender_id)),)
        if len(asked.text) > MAX_MESSAGE_CHARACTERS:
            return (texts.say("too_long", await self._language(asked.text, asked.sender_id)),)
        return await self._dialogue.reply(asked)

    def _wish(self, inbound: Inbound, asked: Asked, *, out: bool) -> Keyword | None:
        """What is asked of the programme: by the words, or by what the provider says that it made of them."""
        keywords = self._keywords()
        if inbound.provider_did:
            return Keyword(inbound.provider_did, "en")
        if out and inbound.provider_opts_out and keywords.is_provider_start(asked.text):
            return Keyword(Wish.START, "en", known_to_provider=True)
        return keywords.read(asked.text)

    def _past_limits(self, keyword: Keyword, asked: Asked) -> bool:
        """Whether it is answered whatever was sent before. A stop is: it is confirmed once only; and HELP, once."""
        return keyword.wish is Wish.STOP or keyword.wish is Wish.HELP and self._throttle.help(asked.sender_id)

    async def _help(self, asked: Asked, *, out: bool) -> tuple[str, ...]:
        """The crisis lines, whatever else holds. Who opted out gets nothing but them."""
        lines = (texts.crisis(asked.danger, await self._language(asked.text, asked.sender_id)),)
        if out:
            return lines
        try:
            return await self._dialogue.reply(asked)
        except UnansweredError:
            return lines

    async def _obey(self, keyword: Keyword, asked: Asked, *, out: bool) -> tuple[str, ...]:
        """Do what was asked of the programme, and the one text that says so."""
        language = "es" if keyword.language == "es" else await self._spoken(asked.sender_id) or "en"
        if keyword.wish is Wish.HELP:
            return (texts.say("help", language),)
        if keyword.wish is Wish.START:
            await aside(self._records.opt_in, asked.sender_id)
            return (texts.say("started", language),)
        if out:
            return SILENCE  # the one confirmation was sent
        await aside(self._records.opt_out, asked.sender_id)
        return (texts.say("stopped", language),)

    async def _refuse(self, asked: Asked, *, out: bool) -> tuple[str, ...]:
        """Silence for who opted out or sends too much, but for danger that only a trained eye sees.

        Who opted out may still have erased what is stored.
        """
        if danger := await self._dialogue.danger(asked.text):
            return (texts.crisis(danger, await self._language(asked.text, asked.sender_id)),)
        if out:
            await self._dialogue.erase_if_asked(asked)
            return SILENCE
        if not self._throttle.tell(asked.sender_id):
            return SILENCE
        return (texts.say("too_many", await self._language(asked.text, asked.sender_id)),)

    async def _language(self, text: str, sender_id: str) -> str:
        return self._keywords().language(text) or await self._spoken(sender_id) or "en"

    async def _language_soon(self, text: str, sender_id: str) -> str:
        """The language where there is no more time to wait for the database."""
        try:
            return await asyncio.wait_for(self._language(text, sender_id), LANGUAGE_WITHIN_S)
        except asyncio.TimeoutError:
            return "en"

    async def _spoken(self, sender_id: str) -> str | None:
        """The language of the conversation, where there is one."""
        return await aside(self._records.language, sender_id)

    def _finished(self, task: asyncio.Task[tuple[str, ...]]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, UnansweredError):
            frames = traceback.extract_tb(error.__traceback__)
            logger.error("A text message failed: %s at %s:%s", type(error).__name__, frames[-1].filename,
                         frames[-1].lineno)


def readable(text: str) -> str:
    """The text without what no person types and no database takes: control signs, half characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    kept = (character for character in whole
            if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs", "Co"})
    return "".join(kept).strip()
