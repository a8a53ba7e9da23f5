"""How Praatpaal talks: the rules of conversation, in one place.

A topic receives a `Talk` and reads as it is spoken:

    mood = await talk.ask(MOOD)
    if isinstance(mood, Meaning) and mood.intent is Intent.LONELY:
        await talk.say("checkin.lonely.comfort")

The rules are those for people over 75: one question at a time, ten seconds to
think, once more, then as yes or no, then a kind end. Commands that always work
are answered here, so that no topic needs to know them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from companion.asked import STATEMENT, StandingQuestion
from companion.asking import (
    NoAnswer,
    Patience,
    Question,
    Reply,
    Skipped,
    expectation_of,
    yes_or_no,
)
from companion.journal import Answer, CheckInId
from companion.memory import Memory
from companion.ports import Clock, Ears, Mouth
from companion.speaking import (
    LONGEST_BESIDE_S,
    LONGEST_OVER_S,
    WORDS_WITHIN_S,
    Speaking,
    SpokenOver,
    WordsOnly,
    first_of,
)
from companion.stage import Stage
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Danger, Intent, Meaning
from companion.understanding.meaning import Understanding
from companion.understanding.times import say_date, say_time
from companion.understanding.worded import WORDED, find_worded
from companion.wording import FRESH_DAYS, Line, Phrasebook, Wording
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.speech import Chime, Speech

logger = logging.getLogger(__name__)

# "Wat zegt u?": word for word, 3 dB louder; the second time in other words.
REPEAT_LOUDER_DB = 3.0
# Rendered while the person speaks; more would be old before it is needed.
MOST_LIKELY = 5
RATE_STEP_WPM = 15
WAIT_S = 60.0

FORGETTING = frozenset({Intent.FORGET_LAST, Intent.FORGET_ALL})
ALWAYS = frozenset(
    {
        Intent.STOP, Intent.SKIP, Intent.REPEAT, Intent.LOUDER, Intent.QUIETER,
        Intent.SLOWER, Intent.FASTER, Intent.WAIT, Intent.TELL_TIME,
        Intent.TELL_DATE, Intent.ABILITIES, Intent.IS_COMPUTER,
        Intent.WHAT_IS_KEPT, *FORGETTING,
    }
)  # fmt: skip


class TalkError(Exception):
    """Base of what ends a conversation before its end."""


class Stopped(TalkError):
    """The person said stop."""


class DangerHeard(TalkError):
    """The person said something that must be answered with a number to call."""

    def __init__(self, danger: Danger) -> None:
        super().__init__(danger.value)
        self.danger = danger


class CannotHear(TalkError):
    """Nobody can be heard: microphone off or gone, no recogniser.

    Attributes:
        reason: Name in the language pack, below `cannot_hear`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Talk:
    """One conversation with one person."""

    mouth: Mouth
    ears: Ears
    stage: Stage
    clock: Clock
    phrasebook: Phrasebook
    understanding: Understanding
    memory: Memory
    patience: Patience = field(default_factory=Patience)
    keeps_words: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    checkin: CheckInId | None = None
    call_somebody: Callable[["Talk"], Awaitable[bool]] | None = None
    """Offers to ring somebody, and does; False when nobody was rung."""
    kept: Sequence[Callable[["Talk"], Awaitable[None]]] = ()
    """Tell more of what is kept, after "wat bewaart u?"."""
    in_company: Callable[[], None] = lambda: None
    """Called when the person speaks with somebody, as they pressed or said."""
    has_heard: bool = False
    """Whether the person pressed a button, or said what was understood."""
    spoken: int = 0
    """How often it began to speak."""
    moved_at_s: float = 0.0
    """When it last began to speak, listen or wait, in the loop's seconds."""
    _speaking: Speaking = field(init=False)
    _asking: StandingQuestion | None = None
    _confidence: float = 1.0
    _words: str = ""
    _is_answered_by_buttons: bool = False
    _has_told_of_buttons: bool = False

    def __post_init__(self) -> None:
        """Begin with a quiet room."""
        self._speaking = Speaking(self.mouth, self.ears)

    async def say(self, key: str, **facts: str) -> None:
        """Say it in a wording that was not used in the last days.

        Raises:
            WordingMissing: If the language pack has no such name.
            Stopped: If the person says stop meanwhile.
            DangerHeard: If the person says something that needs help now.
        """
        await self._speak(await self._choose(key), facts)

    async def tell(self, key: str, **facts: str) -> None:
        """Say what no noise may cut off, such as a number to call; as `say`.

        Words still may: "stop", or a cry for help.
        """
        wording = await self._choose(key)
        await self._utter(wording.speak({**self.facts, **facts}), needs_words=True)

    async def ask(
        self,
        question: Question,
        prompt: str = "",
        likely: Sequence[Line] = (),
        told: Line | None = None,
        **facts: str,
    ) -> Reply:
        """Ask, wait, rephrase, and keep the answer the moment it is understood.

        Args:
            question: What may be answered.
            prompt: Name of another way to ask it today; empty for its own.
            likely: What will probably be said after the answer, likeliest first; it
                is made while the person still speaks.
            told: What is said before it, and again after "wat zegt u?".
            facts: Names and times that the wording needs.

        Raises:
            Stopped: If the person says stop.
            DangerHeard: If the person says something that needs help now.
            CannotHear: If there is nothing to hear with.
        """
        asking = StandingQuestion(question, facts, likely)
        if told is not None:
            asking.told = await self.word(told.key, **told.facts)
            await self._utter(asking.told)
        outer, self._asking = self._asking, asking
        try:
            await self._put(asking, prompt or f"{question.name}.ask")
            while True:
                reply = await self._take_turn(asking)
                if reply is not None:
                    return reply
        finally:
            self._asking = outer

    async def confirm(
        self,
        name: str,
        ends_early: bool = True,
        likely: Sequence[Line] = (),
        **facts: str,
    ) -> bool:
        """Ask a yes/no question; anything but a clear yes is a no."""
        question = yes_or_no(name, ends_early)
        reply = await self.ask(question, likely=likely, told=None, **facts)
        return isinstance(reply, Meaning) and reply.intent is Intent.YES

    async def word(self, key: str, **facts: str) -> Speech:
        """What `say` would say, for who says it otherwise; it counts as said.

        Raises:
            WordingMissing: If the language pack has no such name.
        """
        wording = await self._choose(key)
        return wording.speak({**self.facts, **facts})

    async def prepare(self, lines: Sequence[Line]) -> None:
        """Make ready what will probably be said soon, likeliest first."""
        # The same choice as when it is said: nothing of these is said before.
        used = await self._used()
        self.mouth.prepare(
            self.phrasebook.choose(line.key, used).speak({**self.facts, **line.facts})
            for line in lines
        )

    async def keep_message(self, words: str) -> bool:
        """Keep what the person wants to have passed on; False if that failed."""
        return await self.memory.keep_message(words, self.clock.now(), self.checkin)

    async def chime(self, chime: Chime) -> None:
        """Play a short tone."""
        await self.mouth.chime(chime)

    @contextmanager
    def pressing(self) -> Iterator[asyncio.Future[Intent]]:
        """Ask nothing and hear nothing, and be told of a press of yes or no."""
        asking = StandingQuestion(STATEMENT, {})
        outer, self._asking = self._asking, asking
        self._move()
        try:
            yield asking.pressed
        finally:
            self._asking = outer

    def press(self, intent: Intent) -> bool:
        """Answer with the yes or no button; False when nothing is asked."""
        if self._asking is None or self._asking.pressed.done():
            return False
        self._asking.pressed.set_result(intent)
        return True

    # -- one turn ---------------------------------------------------------

    async def _take_turn(self, asking: StandingQuestion) -> Reply | None:
        """One turn of the person; None when the question still stands."""
        heard = await self._hear(asking)
        over, asking.over = asking.over, None
        if over is not None and over.heard is None:
            if self._tells_nothing(asking, heard, over):
                await self._resume(asking, over)
                return None
        match heard:
            case Silence():
                return await self._on_silence(asking)
            case Deaf(reason):
                if self._is_answered_by_buttons:
                    # The buttons cannot answer this one; perhaps the next.
                    return NoAnswer(was_silent=True)
                raise CannotHear(reason)
            case Meaning():
                return await self._accept(asking, heard)
            case Heard():
                return await self._on_words(asking, heard)

    async def _hear(self, asking: StandingQuestion) -> Heard | Silence | Deaf | Meaning:
        """Wait for words or for the yes or no button, whichever comes first."""
        if asking.pressed.done():
            return self._meaning_of_press(asking)
        if asking.over is not None and asking.over.heard is not None:
            return asking.over.heard
        self.stage.listen()
        self._move()
        if asking.over is None:
            await self._render_ahead(asking)
        listening = asyncio.ensure_future(self.ears.listen(self._expectation(asking)))
        await first_of(listening, asking.pressed)
        if asking.pressed.done():
            return self._meaning_of_press(asking)
        heard = listening.result()
        if isinstance(heard, Deaf) and await self._is_answered_by_button(asking):
            return self._meaning_of_press(asking)
        return heard

    async def _is_answered_by_button(self, asking: StandingQuestion) -> bool:
        """Without ears, a device with yes and no buttons can still be answered."""
        names = {button.value for button in self.stage.panel.buttons}
        if not {"yes", "no"} <= names or asking.question.rephrased_yes is None:
            return False
        if not self._has_told_of_buttons:
            self._has_told_of_buttons = True
            await self.say("talk.use_buttons")
        if asking.question.yes is None and not asking.is_rephrased:
            await self._rephrase(asking)
        self.stage.await_press()
        self._move()
        try:
            async with asyncio.timeout(2 * self.patience.think_s):
                await asyncio.shield(asking.pressed)
        except TimeoutError:
            return False
        self._is_answered_by_buttons = True
        return True

    def _meaning_of_press(self, asking: StandingQuestion) -> Meaning:
        self._words, self._confidence = "", 1.0
        return asking.as_answer(Meaning(asking.take_press()))

    def _expectation(self, asking: StandingQuestion) -> Expectation:
        patience = self.patience
        if asking.over is not None:
            patience = replace(patience, think_s=WORDS_WITHIN_S)
        expected = expectation_of(
            asking.question, asking.expected, self.understanding, patience
        )
        if asking.over is None or Intent.FREE_TEXT in asking.expected:
            return expected
        return replace(expected, longest_s=LONGEST_OVER_S)

    async def _on_silence(self, asking: StandingQuestion) -> Reply | None:
        asking.silences += 1
        if asking.silences == 1 and not asking.question.is_urgent:
            await self.say("talk.take_your_time")
            return None
        if not asking.is_rephrased and asking.question.rephrased_yes is not None:
            await self._rephrase(asking)
            return None
        return NoAnswer(was_silent=True)

    async def _on_words(self, asking: StandingQuestion, heard: Heard) -> Reply | None:
        for words in (heard.text, heard.open_text):
            danger = find_danger(words) if words else None
            if danger is not None:
                raise DangerHeard(danger)
        is_answer = bool(heard.text) or Intent.FREE_TEXT in asking.expected
        if heard.is_endless and not is_answer:
            return await self._on_others(asking)
        meaning = self._interpret(asking, heard)
        if meaning is None:
            return await self._on_misunderstanding(asking)
        self._words = heard.text or heard.open_text or ""
        self._confidence = meaning.confidence
        self.stage.understand(self._words)
        if not meaning.is_certain:
            return await self._check(asking, meaning)
        kind, now = asking.question.turn_kind, self.clock.now()
        self.memory.note_pauses(kind, heard.pauses_s, now)
        return await self._accept(asking, meaning)

    async def _on_others(self, asking: StandingQuestion) -> Reply | None:
        """Somebody talked all the time and answered nothing: a television, perhaps."""
        asking.others += 1
        if asking.others > 1:
            return NoAnswer(was_silent=True)
        await self.say("talk.others")
        await self._again(asking)
        return None

    def _interpret(self, asking: StandingQuestion, heard: Heard) -> Meaning | None:
        expected = asking.expected
        if heard.text:
            meant = self.understanding.interpret(heard.text, expected, heard.confidence)
            return _with_details(meant, heard.open_text)
        if not heard.open_text:
            return None
        # The grammar heard no answer: what is made of the same sound without it
        # may be a guess, and is asked back.
        guess = self.understanding.interpret(
            heard.open_text, expected, heard.confidence
        )
        if guess is None or guess.intent in WORDED - {Intent.TASTE}:
            # It is read back, or only leads to a suggestion.
            return guess
        return replace(guess, is_certain=False)

    async def _check(self, asking: StandingQuestion, meaning: Meaning) -> Reply | None:
        """Close to something known: ask, and never act on it unasked."""
        words, confidence = self._words, self._confidence
        key = f"meaning.{meaning.intent}"
        if key not in self.phrasebook or asking.question.name == "talk.did_you_mean":
            return await self._on_misunderstanding(asking)
        if not await self.confirm(
            "talk.did_you_mean", meaning=self.phrasebook.text(key)
        ):
            return await self._on_misunderstanding(asking)
        self._words, self._confidence = words, confidence
        return await self._accept(asking, replace(meaning, is_certain=True))

    async def _on_misunderstanding(self, asking: StandingQuestion) -> Reply | None:
        asking.misses += 1
        if asking.misses == 1:
            await self.say("talk.not_understood")
            await self._again(asking)
            return None
        if not asking.is_rephrased and asking.question.rephrased_yes is not None:
            await self._rephrase(asking)
            return None
        return NoAnswer(was_silent=False)

    async def _accept(self, asking: StandingQuestion, meaning: Meaning) -> Reply | None:
        self.has_heard = True
        meaning = asking.as_answer(meaning)
        if meaning.intent in asking.question.answers:
            if asking.question.is_kept:
                await self._keep(asking.question, meaning)
            return meaning
        if meaning.intent is Intent.UNSURE:
            return Skipped()
        return await self._obey(asking, meaning)

    async def _keep(self, question: Question, meaning: Meaning) -> None:
        await self.memory.record(
            Answer(
                question=question.name,
                intent=meaning.intent,
                value=meaning.value,
                confidence=self._confidence,
                words=self._words if self.keeps_words and self._words else None,
                at=self.clock.now(),
                checkin=self.checkin,
            )
        )

    # -- spoken over -----------------------------------------------------------

    async def _hear_over(self, asking: StandingQuestion) -> None:
        """Do what somebody said over a statement, and say that again if need be."""
        outer, self._asking = self._asking, asking
        try:
            while asking.over is not None:
                if await self._take_turn(asking) is not None:
                    return
        finally:
            self._asking = outer

    async def _resume(self, asking: StandingQuestion, over: SpokenOver) -> None:
        """Say again what was spoken over by nothing; this time to its end."""
        self._speaking.slips += 1
        await self._utter(over.speech, needs_words=True)
        if over.speech is not asking.spoken:
            await self._again(asking)

    def _tells_nothing(
        self,
        asking: StandingQuestion,
        heard: Heard | Silence | Deaf | Meaning,
        over: SpokenOver | None,
    ) -> bool:
        """Whether what was heard over our voice is nothing to act on."""
        if isinstance(heard, Meaning):
            return False
        if not isinstance(heard, Heard):
            return True
        if any(find_danger(w) for w in (heard.text, heard.open_text) if w):
            return False
        meaning = self._interpret(asking, heard)
        if meaning is None or not meaning.is_certain:
            return True
        is_put = over is None or over.was_put(self.mouth.rate_wpm)
        return not asking.takes(meaning, is_put)

    # -- commands that always work ------------------------------------------

    async def _obey(self, asking: StandingQuestion, meaning: Meaning) -> Reply | None:
        """Do what was commanded; None when the question still stands."""
        match meaning.intent:
            case Intent.STOP:
                raise Stopped
            case Intent.SKIP:
                return Skipped()
            case Intent.REPEAT:
                await self._repeat(asking)
            case Intent.YES | Intent.NO:
                await self._ask_as_yes_or_no(asking)
            case Intent.WAIT:
                await self._wait()
                await self._again(asking)
            case Intent.FORGET_ALL:
                await self._forget_all()
                await self._again(asking)
            case _:
                await self._answer_command(meaning.intent)
                await self._again(asking)
        return None

    async def _answer_command(self, intent: Intent) -> None:
        command = self._commands().get(intent)
        if command is None:
            await self.say("talk.not_now")
        else:
            await command()

    def _commands(self) -> Mapping[Intent, Callable[[], Awaitable[None]]]:
        return {
            Intent.LOUDER: lambda: self.change_volume(+1),
            Intent.QUIETER: lambda: self.change_volume(-1),
            Intent.SLOWER: lambda: self._change_rate(-RATE_STEP_WPM),
            Intent.FASTER: lambda: self._change_rate(+RATE_STEP_WPM),
            Intent.TELL_TIME: self.tell_time,
            Intent.TELL_DATE: self.tell_date,
            Intent.ABILITIES: lambda: self.say("about.abilities"),
            Intent.IS_COMPUTER: lambda: self.say("about.computer"),
            Intent.WHAT_IS_KEPT: self._tell_what_is_kept,
            Intent.FORGET_LAST: self._forget_last,
        }

    async def command(self, intent: Intent) -> bool:
        """Answer a command outside a question; False if it is none."""
        if intent is Intent.FORGET_ALL:
            await self._forget_all()
        elif intent in self._commands():
            await self._answer_command(intent)
        else:
            return False
        return True

    async def tell_time(self) -> None:
        """Say what time it is."""
        await self._tell_fact("about.time", time=say_time(self.clock.now()))

    async def tell_date(self) -> None:
        """Say what day it is."""
        await self._tell_fact("about.date", date=say_date(self.clock.now()))

    async def _tell_what_is_kept(self) -> None:
        await self.say("about.kept")
        for tell in self.kept:
            await tell(self)

    async def change_volume(self, steps: int) -> None:
        """Louder or softer, and let it be heard."""
        before = self.mouth.volume
        self.mouth.set_volume(before + steps)
        await self.memory.remember_volume(self.mouth.volume)
        if self.mouth.volume == before:
            await self.say("volume.loudest" if steps > 0 else "volume.softest")
        else:
            await self.say("volume.changed")

    async def _change_rate(self, change_wpm: int) -> None:
        self.mouth.set_rate(self.mouth.rate_wpm + change_wpm)
        await self.memory.remember_rate(self.mouth.rate_wpm)
        await self.say("rate.changed")

    async def _wait(self) -> None:
        await self.say("talk.waiting")
        if self._asking is not None and self._asking.over is not None:
            return
        self.stage.wait()
        self._move()
        await asyncio.sleep(WAIT_S)
        await self.say("talk.back_again")

    async def _forget_last(self) -> None:
        forgotten = await self.memory.forget_last_answer()
        if forgotten is None:
            await self.say("forget.all.failed")
        else:
            await self.say("forget.last" if forgotten else "forget.nothing")

    async def _forget_all(self) -> None:
        if await self.confirm("forget.all", ends_early=False):
            is_forgotten = await self.memory.forget_all()
            await self.say("forget.all.done" if is_forgotten else "forget.all.failed")
        else:
            await self.say("forget.all.not_done")

    # -- speaking -------------------------------------------------------------

    async def _put(self, asking: StandingQuestion, key: str) -> None:
        wording = await self._choose(key)
        asking.spoken = wording.speak({**self.facts, **asking.facts})
        await self._utter(asking.spoken)

    async def _again(self, asking: StandingQuestion) -> None:
        """The question once more, in the same words."""
        if asking.spoken is not None:
            await self._utter(asking.spoken)

    async def _repeat(self, asking: StandingQuestion) -> None:
        asking.repeats += 1
        if asking.repeats >= 2 and asking.question.rephrased_yes is not None:
            await self._rephrase(asking)
        elif asking.repeats >= 2 and f"{asking.question.name}.ask" in self.phrasebook:
            await self._put(asking, f"{asking.question.name}.ask")
        else:
            for speech in filter(None, (asking.told, asking.spoken)):
                await self._utter(replace(speech, louder_db=REPEAT_LOUDER_DB))

    async def _ask_as_yes_or_no(self, asking: StandingQuestion) -> None:
        """The yes or no button was pressed at a question that is neither."""
        if not asking.is_rephrased and asking.question.rephrased_yes is not None:
            await self._rephrase(asking)
        else:
            await self._again(asking)

    async def _rephrase(self, asking: StandingQuestion) -> None:
        asking.is_rephrased = True
        await self._put(asking, f"{asking.question.name}.rephrase")

    async def _tell_fact(self, key: str, **facts: str) -> None:
        wording = await self._choose(key)
        await self._utter(wording.speak({**self.facts, **facts}, holds_fact=True))

    async def _speak(self, wording: Wording, facts: Mapping[str, str]) -> None:
        await self._utter(wording.speak({**self.facts, **facts}))

    async def _utter(self, speech: Speech, needs_words: bool = False) -> None:
        """Speak; a button may cut in when something is asked, and so may a voice.

        Args:
            speech: What to say; nothing while the person has the floor.
            needs_words: Whether no mere noise may cut in.
        """
        asking = self._asking or StandingQuestion(STATEMENT, {}, spoken=speech)
        if asking.over is not None:
            return
        self.stage.speak(speech.text)
        self.spoken += 1
        self._move()
        needs_words |= asking.question.is_urgent or self._speaking.is_wary
        asking.over = await self._speaking.say(
            speech,
            asking.pressed,
            self._words_only(asking) if needs_words else None,
        )
        if asking.over is not None and self._asking is None:
            await self._hear_over(asking)

    def _words_only(self, asking: StandingQuestion) -> WordsOnly:
        return WordsOnly(
            replace(
                self._expectation(asking),
                patience_s=WORDS_WITHIN_S,
                longest_s=LONGEST_BESIDE_S,
            ),
            lambda heard: not self._tells_nothing(asking, heard, None),
        )

    def _move(self) -> None:
        self.moved_at_s = asyncio.get_running_loop().time()

    async def _choose(self, key: str) -> Wording:
        now = self.clock.now()
        wording = self.phrasebook.choose(key, await self._used())
        await self.memory.wording_used(key, wording.variant, now.date())
        return wording

    async def _used(self) -> Sequence[tuple[str, int]]:
        since = self.clock.now() - timedelta(days=FRESH_DAYS)
        return await self.memory.wordings_since(since.date())

    async def _render_ahead(self, asking: StandingQuestion) -> None:
        """While the person thinks and speaks: what will probably be said then."""
        lines = [*asking.likely[:MOST_LIKELY], Line("talk.not_understood")]
        if asking.silences == 0 and not asking.question.is_urgent:
            lines.append(Line("talk.take_your_time"))
        if asking.question.rephrased_yes is not None and not asking.is_rephrased:
            lines.append(Line(f"{asking.question.name}.rephrase", asking.facts))
        await self.prepare(lines)


def _with_details(meant: Meaning | None, open_text: str | None) -> Meaning | None:
    """What is wanted in words of one's own, which no grammar knows."""
    if meant is None or meant.intent not in WORDED or not open_text:
        return meant
    is_same = find_worded(open_text, WORDED) is meant.intent
    return replace(meant, value=open_text) if is_same else meant
