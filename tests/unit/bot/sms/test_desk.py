"""The order of things at the desk: danger, duplicates, opt-outs, keywords, limits, questions; and what fails where."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any, Iterator

import pytest

from bot.errors import StoreError, UnansweredError
from bot.knowledge import Knowledge, use
from bot.sms.desk import LANGUAGE_WITHIN_S, MAX_MESSAGE_CHARACTERS, MOST_AT_ONCE, Desk, readable
from bot.sms.keywords import Wish, shared_keywords
from bot.sms.messages import UNSURE, Asked, Inbound
from bot.sms.pseudonyms import PREFIX, Pseudonyms
from bot.sms.throttle import Throttle

QUESTION = Inbound("twilio", "m1", "+15053317138", "+15055550100", "what is infant mental health")
LINES_FIRST = {"self_harm": "988", "emergency": "911"}
SENDER_COUNT = 3


class FakeRecords:
    """Keeps in memory what the store keeps; `away` makes every use fail, but those that never fail."""

    def __init__(self) -> None:
        self.out: set[str] = set()
        self.claims: dict[tuple[str, str], tuple[str, ...] | None] = {}
        self.away = False
        self.spoken = "en"

    def _use(self) -> None:
        if self.away:
            raise StoreError("away")

    def is_out(self, sender_id: str) -> bool:
        return sender_id in self.out

    def language(self, sender_id: str) -> str | None:
        return self.spoken

    def opt_out(self, sender_id: str) -> None:
        self._use()
        self.out.add(sender_id)

    def opt_in(self, sender_id: str) -> None:
        self._use()
        self.out.discard(sender_id)

    def claim(self, gateway: str, message_id: str) -> tuple[bool, tuple[str, ...] | None]:
        self._use()
        if (gateway, message_id) not in self.claims:
            self.claims[gateway, message_id] = None
            return True, None
        return False, self.claims[gateway, message_id]

    def settle(self, gateway: str, message_id: str, texts: tuple[str, ...]) -> None:
        self._use()
        self.claims[gateway, message_id] = texts

    def release(self, gateway: str, message_id: str) -> None:
        self._use()
        self.claims.pop((gateway, message_id), None)


class FakeDialogue:
    """Answers with a count, after a moment; may fail, or see danger that no rule sees."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.error: Exception | None = None
        self.takes_s = 0.0
        self.sees: tuple[str, ...] = ()
        self.shown: list[str] = []
        self.may_erase: list[str] = []

    async def reply(self, asked: Asked) -> tuple[str, ...]:
        self.asked.append(asked)
        text = f"Answer {len(self.asked)}"
        await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error
        return (text,)

    async def danger(self, text: str) -> tuple[str, ...]:
        self.shown.append(text)
        return self.sees

    async def erase_if_asked(self, asked: Asked) -> None:
        self.may_erase.append(asked.text)
        if self.error:
            raise self.error


class Counter:
    """The desk with its fakes, and people who write to it."""

    def __init__(self, **options: Any) -> None:
        self.records, self.dialogue = FakeRecords(), FakeDialogue()
        self.desk = Desk(
            pseudonyms=Pseudonyms("k" * 32), records=self.records, dialogue=self.dialogue, keywords=shared_keywords,
            hears=lambda text: ("self_harm",) if "kill myself" in text or "quiero morir" in text else (),
            throttle=Throttle(sender=(SENDER_COUNT, 600), total=(1000, 600)), **options)
        self._ids = iter(range(100, 10_000))

    def says(self, text: str, **changes: Any) -> tuple[str, ...]:
        """The texts for a new message."""
        return self.hands(replace(QUESTION, text=text, message_id=f"m{next(self._ids)}", **changes))[0]

    def hands(self, *inbound: Inbound) -> list[Any]:
        """What comes of messages that are handed in at once; an error in place of texts that did not come."""
        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*map(self.desk.answer, inbound), return_exceptions=True)

        return asyncio.run(all_at_once())


@pytest.fixture
def counter(knowledge: Knowledge) -> Iterator[Counter]:
    use(knowledge)
    yield Counter()


def test_a_question_goes_to_the_dialogue_under_a_pseudonym(counter: Counter) -> None:
    """Which holds no digit of the number; the id says which gateway brought it."""
    assert counter.hands(replace(QUESTION, one_text=True)) == [("Answer 1",)]
    (asked,) = counter.dialogue.asked
    assert asked.sender_id.startswith(PREFIX) and "5053317138" not in asked.sender_id
    assert (asked.text, asked.message_id, asked.one_text) == (QUESTION.text, "twilio:m1", True)


def test_a_message_that_comes_twice_at_once_is_asked_once(counter: Counter) -> None:
    """And once more later: the same texts."""
    counter.dialogue.takes_s = 0.02
    assert counter.hands(QUESTION, QUESTION, QUESTION) == [("Answer 1",)] * 3
    assert counter.hands(QUESTION) == [("Answer 1",)]
    assert len(counter.dialogue.asked) == 1


def test_a_message_of_another_gateway_is_another(counter: Counter) -> None:
    assert counter.hands(QUESTION, replace(QUESTION, gateway="kannel")) == [("Answer 1",), ("Answer 2",)]


def test_what_failed_may_come_again(counter: Counter) -> None:
    """Nothing is claimed for good by who could not answer."""
    counter.dialogue.error = UnansweredError("no model")
    assert isinstance(counter.hands(QUESTION)[0], UnansweredError)
    counter.dialogue.error = None
    assert counter.hands(QUESTION) == [("Answer 2",)]


def test_what_takes_too_long_is_there_when_it_comes_again(knowledge: Knowledge) -> None:
    """The gateway is not kept waiting; the answer is computed once."""
    use(knowledge)
    counter = Counter(answer_within_s=0.05)
    counter.dialogue.takes_s = 0.3

    async def twice() -> tuple[Any, Any]:
        started = time.monotonic()
        with pytest.raises(UnansweredError):
            await counter.desk.answer(QUESTION)
        assert time.monotonic() - started < 0.25
        await asyncio.sleep(0.4)
        return await counter.desk.answer(QUESTION), len(counter.dialogue.asked)

    assert asyncio.run(twice()) == (("Answer 1",), 1)


def test_who_comes_when_too_many_wait_is_told_at_once(counter: Counter) -> None:
    """Nothing is computed for nobody; danger is answered all the same; afterwards everything is as before."""
    counter.dialogue.takes_s = 0.05
    crowd = [
        replace(QUESTION, message_id=f"c{place}", sender=f"+1505555{place:04d}") for place in range(MOST_AT_ONCE + 2)
    ]
    danger = replace(QUESTION, message_id="d", sender="+15055559999", text="i want to kill myself")
    *answers, refused, also_refused, lines = counter.hands(*crowd, danger)
    assert all(answer[0].startswith("Answer") for answer in answers)
    assert isinstance(refused, UnansweredError) and isinstance(also_refused, UnansweredError)
    assert "988" in lines[0]
    assert len(counter.dialogue.asked) == MOST_AT_ONCE
    assert counter.hands(crowd[-1])[0][0].startswith("Answer")


@pytest.mark.parametrize(
    "fault", ["slow", "no answer", "a bug", "no database", "opted out", "over the limit", "short code", "unsettled"]
)
def test_danger_is_answered_whatever_fails(knowledge: Knowledge, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """With the line that fits, in the first segment; the log holds no word of it."""
    use(knowledge)
    counter = Counter(answer_within_s=0.1)
    danger = replace(QUESTION, text="Zebedee i want to kill myself", message_id="d1")
    if fault == "slow":
        counter.dialogue.takes_s = 0.5
    elif fault in {"no answer", "a bug"}:
        counter.dialogue.error = UnansweredError("x") if fault == "no answer" else RuntimeError(danger.text)
    elif fault == "no database":
        counter.records.away = True
    elif fault == "unsettled":
        def away(*_: object) -> None:
            raise StoreError("away")
        counter.records.settle = away  # type: ignore[method-assign]
    elif fault == "opted out":
        counter.says("stop")
    elif fault == "over the limit":
        for _ in range(SENDER_COUNT + 2):
            counter.says(QUESTION.text)
    with caplog.at_level(logging.DEBUG):
        (texts,) = counter.hands(replace(danger, sender="72975") if fault == "short code" else danger)
    assert texts[0].startswith("Answer") if fault == "over the limit" else "988" in texts[0][:160]
    assert "Zebedee" not in caplog.text and "3317138" not in caplog.text


def test_danger_outranks_a_keyword_and_changes_nothing_else(counter: Counter) -> None:
    """A request to stop in the same breath is asked for again later; nobody is cut off in a crisis."""
    assert counter.says("please stop texting me, i want to kill myself") == ("Answer 1",)
    assert counter.dialogue.asked[0].danger == ("self_harm",)
    assert counter.records.out == set()


def test_danger_that_only_a_trained_eye_sees_outranks_a_request_to_stop(counter: Counter) -> None:
    """The lines, and nobody is out; the eye is shown what is said besides the request."""
    counter.dialogue.sees = ("self_harm",)
    assert counter.says("stop texting me, nobody would miss me anyway") == ("Answer 1",)
    assert counter.dialogue.shown == ["nobody would miss me anyway"]
    assert counter.dialogue.asked[0].danger == ("self_harm",) and counter.records.out == set()


def test_where_it_is_not_sure_both_are_done(counter: Counter) -> None:
    """The lines first, then the confirmation: a wrong guess must not cost anybody their silence."""
    counter.dialogue.sees = (UNSURE, "self_harm")
    lines, confirmed = counter.says("hi, this is Maria. stop texting me")
    assert "988" in lines and "START" in confirmed and len(counter.records.out) == 1


@pytest.mark.parametrize("sees", [("self_harm",), (UNSURE, "self_harm")], ids=["sure", "not sure"])
def test_who_is_out_and_asks_again_is_looked_at_all_the_same(counter: Counter, sees: tuple[str, ...]) -> None:
    """The lines and nothing else."""
    counter.says("stop")
    counter.dialogue.sees = sees
    (lines,) = counter.says("no more texts. i am saying goodbye to everyone")
    assert "988" in lines and len(counter.records.out) == 1 and counter.dialogue.asked == []


@pytest.mark.parametrize("text", ["STOP", "please stop texting me", "Who is this? Stop texting me.", "HELP", "start"])
def test_a_bare_wish_is_obeyed_without_a_look(counter: Counter, text: str) -> None:
    """There is nothing else in it, and "stop" alone must not be taken for danger."""
    counter.dialogue.sees = ("self_harm",)
    assert counter.says(text) and counter.dialogue.shown == []
    assert counter.records.out == set() if text in {"HELP", "start"} else len(counter.records.out) == 1


def test_danger_is_answered_in_the_language_it_was_said_in(counter: Counter) -> None:
    counter.says("ALTO")
    assert "oprima 2" in counter.says("ya no puedo más, me quiero morir")[0]


def test_stop_is_confirmed_once_and_then_there_is_silence(counter: Counter) -> None:
    """HELP is answered, START brings back."""
    (confirmed,) = counter.says("STOP")
    assert "START" in confirmed and "988" in confirmed
    assert (
        counter.says("stop")
        == counter.says("please stop texting me")
        == counter.says("hello?")
        == counter.says("1")
        == ()
    )
    counter.desk._throttle = Throttle(sender=(100, 60), total=(100, 60))
    assert counter.says("HELP")[0].startswith("NMAIMH")
    assert "you are in" in counter.says("START")[0]
    assert counter.says(QUESTION.text) == ("Answer 1",)


def test_stop_is_not_confirmed_where_it_is_not_kept(counter: Counter) -> None:
    """Whoever asks for silence must not be told that it was granted."""
    def away(*_: object) -> None:
        raise StoreError("away")
    counter.records.opt_out = away  # type: ignore[method-assign]
    assert isinstance(counter.hands(replace(QUESTION, text="stop"))[0], UnansweredError)


def test_keywords_speak_the_language_of_the_conversation(counter: Counter) -> None:
    """Who writes Spanish says STOP in English; AYUDA is Spanish whatever was spoken."""
    assert "brief bot" in counter.says("help")[0] and "folleto" in counter.says("ayuda")[0]
    counter.records.spoken = "es"
    assert "ya no recibira" in counter.says("STOP")[0]


def test_the_provider_is_not_answered_over(counter: Counter) -> None:
    """Where it confirms by itself we remember and stay silent; what it does not know, we confirm."""
    provider = {"provider_opts_out": True}
    assert counter.says("STOP", **provider) == () and len(counter.records.out) == 1
    assert counter.says("START", **provider) == () and counter.records.out == set()
    assert counter.says("whatever", provider_did=Wish.STOP) == () and len(counter.records.out) == 1
    assert counter.says("start", sender="+15055550142")
    assert counter.says("ya no me manden mensajes", sender="+15055550143", **provider)


def test_the_provider_takes_back_by_yes(counter: Counter) -> None:
    """Its word, not ours: it counts where the provider opts out, and for who is out. Nothing is said over it."""
    provider = {"provider_opts_out": True}
    assert counter.says("yes", **provider) == ("Answer 1",)
    counter.says("STOP", **provider)
    assert counter.says("yes") == () and len(counter.records.out) == 1
    assert counter.says("YES", **provider) == () and counter.records.out == set()
    counter.desk._throttle = Throttle(sender=(100, 60), total=(100, 60))
    assert counter.says(QUESTION.text, **provider) == ("Answer 2",)


def test_help_is_answered_once_past_the_limit(counter: Counter) -> None:
    """Whoever sends too much can still find out how to stop; after that, silence."""
    for count in range(SENDER_COUNT + 2):
        counter.says(f"{QUESTION.text} {count}")
    assert counter.says("HELP")[0].startswith("NMAIMH")
    assert counter.says("HELP") == counter.says("info") == ()


def test_nobody_waits_for_a_database_that_stalls(knowledge: Knowledge) -> None:
    """Everything goes on beside it; danger is answered in time, in the language that the words tell."""
    use(knowledge)
    counter = Counter(answer_within_s=0.2)
    stalls_s, ticks = 1.0, []

    def stalled(*_: object) -> Any:
        time.sleep(stalls_s)
        raise StoreError("stalled")

    counter.records.claim = counter.records.language = stalled  # type: ignore[method-assign]

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.02)

    async def at_once() -> list[Any]:
        ticking = asyncio.ensure_future(tick())
        answers = await asyncio.gather(*(counter.desk.answer(replace(QUESTION, message_id=f"s{count}", text=text))
                                         for count, text in enumerate(("i want to kill myself", QUESTION.text))),
                                       return_exceptions=True)
        ticking.cancel()
        return answers

    started = time.monotonic()
    answers = asyncio.run(at_once())
    assert ticks[-1] - started < 0.2 + LANGUAGE_WITHIN_S + 0.4 < stalls_s
    assert "988" in answers[0][0] and isinstance(answers[1], UnansweredError)
    assert max(after - before for before, after in zip(ticks, ticks[1:])) < stalls_s / 2


def test_a_flood_is_told_once(counter: Counter) -> None:
    """Danger that only a trained eye sees is answered."""
    texts = [counter.says(f"{QUESTION.text} {count}") for count in range(SENDER_COUNT + 4)]
    assert all(text[0].startswith("Answer") for text in texts[:SENDER_COUNT])
    assert "wait" in texts[SENDER_COUNT][0] and texts[SENDER_COUNT + 1:] == [()] * 3
    counter.dialogue.sees = ("emergency",)
    assert "911" in counter.says("he is a funny colour")[0]


def test_who_opted_out_is_answered_where_only_a_trained_eye_sees_danger(counter: Counter) -> None:
    counter.says("stop")
    counter.dialogue.sees = ("self_harm",)
    assert "988" in counter.says("nobody would miss me")[0]
    assert counter.dialogue.asked == []


def test_who_opted_out_may_still_have_everything_erased(counter: Counter) -> None:
    """Without a word; where it cannot be done, the gateway is to bring the message again."""
    counter.says("stop")
    assert counter.says("erase my data") == () and counter.dialogue.may_erase == ["erase my data"]
    counter.dialogue.error = UnansweredError("away")
    assert isinstance(counter.says("erase my data, all of it"), UnansweredError)


@pytest.mark.parametrize(("text", "part"), [("", "words only"), ("\x00\u200b", "words only"),
                                            ("x" * (MAX_MESSAGE_CHARACTERS + 1), "more than I can read")])
def test_what_cannot_be_read_is_said_kindly(counter: Counter, text: str, part: str) -> None:
    if "\u200b" in text:
        text = text.replace("\u200b", "")
    assert part in counter.says(text, media=1)[0]
    assert counter.dialogue.asked == []


@pytest.mark.parametrize("sender", ["AMAZON", "72975", "Kita Bot"])
def test_no_program_is_answered(counter: Counter, sender: str) -> None:
    assert counter.says(QUESTION.text, sender=sender) == () and counter.dialogue.asked == []


def test_what_is_said_where_no_answer_came_names_the_numbers_first(counter: Counter) -> None:
    """In the language of the message."""
    assert counter.desk.unavailable(QUESTION).startswith("Emergency: call 911. Crisis: call or text 988.")
    assert counter.desk.unavailable(replace(QUESTION, text="¿por qué llora el bebé?")).startswith(
        "Emergencia: llame al 911"
    )


@pytest.mark.parametrize(("typed", "kept"), [
    (" a\x00b\x1b ", "ab"), ("línea\nuno\ttab", "línea\nuno\ttab"), ("\ud83d", "?"), ("👶🏽", "👶🏽"), ("\r\n", ""),
])
def test_signs_that_nobody_types_are_taken_away(typed: str, kept: str) -> None:
    assert readable(typed) == kept
