"""What a person told, kept the moment it was understood."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NewType, ParamSpec, TypeVar

from calls.call_messages import Reason
from companion.activities.tastes import Opinion, Tastes
from companion.agenda_book import AgendaBook
from companion.alarms import AlarmRecord
from companion.asking import TurnKind
from companion.callbook import CallRecord, Direction
from companion.checkins import (
    Away,
    AwayKind,
    CheckIn,
    CheckInId,
    Facts,
    Outcome,
    Start,
)
from companion.helping import Help
from companion.helping_book import HelpBook
from companion.notes import Note
from companion.notes_book import NotesBook
from companion.pace import RECENT, Pause
from companion.people import PersonId
from companion.rows import (
    AlarmRow,
    AnswerRow,
    CallRow,
    CheckInRow,
    MessageRow,
    OpinionRow,
    PauseRow,
)
from companion.store import Store, StoreError
from companion.tastes_book import TastesBook
from companion.understanding.intents import Intent, Named, Value
from companion.visits import Known
from companion.visits_book import VisitsBook
from companion.visits_told import plain_visits

__all__ = [
    "Answer",
    "Away",
    "AwayKind",
    "CheckIn",
    "CheckInId",
    "Journal",
    "Message",
    "MessageId",
    "Outcome",
    "Start",
]

MessageId = NewType("MessageId", int)
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one question.

    There is no way to write down a `Danger`: what is said in a crisis or about
    abuse has no `Intent`, and stays out of the journal.

    Attributes:
        question: Name of the question.
        intent: What was meant.
        value: Its value where the intent has one.
        confidence: 0 to 1.
        words: What was literally said; None if that is not kept.
        at: When, local and aware of its zone.
        checkin: The check-in it belongs to, if any.
    """

    question: str
    intent: Intent
    value: Value | None
    confidence: float
    words: str | None
    at: datetime
    checkin: CheckInId | None = None

    def __post_init__(self) -> None:
        """Refuse what must not be kept.

        Raises:
            TypeError: If `intent` is no Intent, such as a Danger.
            ValueError: If `at` has no zone.
        """
        if not isinstance(self.intent, Intent):
            raise TypeError("only an Intent is kept in the journal")
        _require_zone(self.at)


@dataclass(frozen=True, slots=True)
class Message:
    """What the person wants to have passed on.

    Attributes:
        id: Its number in the journal.
        text: As it was read back.
        is_confirmed: Whether the person said yes to that.
        at: When, local and aware of its zone.
        checkin: The check-in it belongs to, if any.
    """

    id: MessageId
    text: str
    is_confirmed: bool
    at: datetime
    checkin: CheckInId | None = None


class Journal:
    """Answers, check-ins, messages, used wordings, and the little that lasts.

    Every call is on disk when it returns, also when the caller is cancelled while
    it waits: what was told is kept. All calls raise StoreError when it is not.
    """

    def __init__(self, store: Store, keeps_words: bool = False) -> None:
        """Use a store that stays open until `close`.

        Args:
            store: Where it is kept.
            keeps_words: Whether literal words are kept besides their meaning.
        """
        self._store = store
        self._keeps_words = keeps_words
        # One thread keeps the order of what was told, and a slow card never
        # holds up the sound.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    async def close(self) -> None:
        """Finish what is under way, then close; may be called twice."""
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._store.close)

    # -- check-ins ----------------------------------------------------------

    async def begin_checkin(
        self, day: date, at: datetime, start: Start = Start.SET_TIME
    ) -> CheckInId:
        """Write down that it asks now."""
        return await self._add_check_in(day, at, start, None)

    async def finish_checkin(
        self, checkin: CheckInId, outcome: Outcome, at: datetime | None = None
    ) -> None:
        """Write down how it ended."""
        ended = at.isoformat() if at else None
        await self._run(self._store.finish_check_in, checkin, outcome.value, ended)

    async def record_missed(
        self, day: date, at: datetime, alarm: AlarmRecord | None = None
    ) -> CheckInId:
        """Write down that every attempt of a day went unanswered.

        Args:
            day: The date it belongs to.
            at: When.
            alarm: Who is told of it, written with it or not at all; None: nobody.
        """
        return await self._add_check_in(day, at, Start.SET_TIME, Outcome.MISSED, alarm)

    async def _add_check_in(
        self,
        day: date,
        at: datetime,
        start: Start,
        outcome: Outcome | None,
        alarm: AlarmRecord | None = None,
    ) -> CheckInId:
        _require_zone(at)
        row = CheckInRow(
            id=None,
            day=day.isoformat(),
            begun_at=at.isoformat(),
            begun_s=at.timestamp(),
            start=start.value,
            outcome=outcome.value if outcome else None,
            finished_at=at.isoformat() if outcome else None,
        )
        told = _alarm_row(alarm) if alarm else None
        return CheckInId(await self._run(self._store.add_check_in, row, told))

    async def check_ins(self, since: date, until: date) -> list[CheckIn]:
        """Those of these days, both included, oldest first."""
        rows = await self._run(
            self._store.check_ins, since.isoformat(), until.isoformat()
        )
        return [_check_in(row) for row in rows]

    async def facts(self, today: date) -> Facts:
        """All that `checkins.decide` needs to know."""
        state = await self._run(self._store.state)
        postponed = state.get("postponed_until")
        rest_day = state.get("rest_day")
        pressed_on = state.get("pressed_on")
        return Facts(
            check_ins=await self.check_ins(today - timedelta(days=1), today),
            postponed_until=datetime.fromisoformat(postponed) if postponed else None,
            away=_away(state),
            rest_day=date.fromisoformat(rest_day) if rest_day else None,
            pressed_on=date.fromisoformat(pressed_on) if pressed_on else None,
            other_starts=_starts_on(today, state.get("own_starts", "")),
        )

    # -- answers ------------------------------------------------------------

    async def record(self, answer: Answer) -> None:
        """Keep an answer."""
        if not self._keeps_words:
            # A free answer's value is its words.
            is_words = answer.intent is Intent.FREE_TEXT
            value = None if is_words else answer.value
            answer = replace(answer, words=None, value=value)
        await self._run(self._store.add_answer, _answer_row(answer))

    async def answers(self, since: datetime, until: datetime) -> list[Answer]:
        """Those from `since` to before `until`, oldest first."""
        rows = await self._run(
            self._store.answers, since.timestamp(), until.timestamp()
        )
        return [_answer(row) for row in rows]

    async def last_answer(self, question: str, before: datetime) -> Answer | None:
        """The newest answer to a question before a moment."""
        row = await self._run(self._store.last_answer, question, before.timestamp())
        return _answer(row) if row else None

    # -- messages -----------------------------------------------------------

    async def keep_message(
        self,
        text: str,
        at: datetime,
        checkin: CheckInId | None = None,
        is_confirmed: bool = False,
    ) -> MessageId:
        """Keep what the person wants to have passed on."""
        _require_zone(at)
        row = MessageRow(
            None, checkin, text, is_confirmed, at.isoformat(), at.timestamp()
        )
        return MessageId(await self._run(self._store.add_message, row))

    async def confirm_message(self, message: MessageId) -> None:
        """The person said yes to what was read back."""
        await self._run(self._store.confirm_message, message)

    async def messages(self, since: datetime, until: datetime) -> list[Message]:
        """Those from `since` to before `until`, oldest first."""
        rows = await self._run(
            self._store.messages, since.timestamp(), until.timestamp()
        )
        return [_message(row) for row in rows]

    # -- calls ----------------------------------------------------------------

    async def keep_call(self, call: CallRecord) -> None:
        """Write down how a call stands; the same call again is replaced."""
        _require_zone(call.began_at)
        await self._run(self._store.keep_call, _call_row(call))

    async def calls(self, since: datetime, until: datetime) -> list[CallRecord]:
        """Those that began from `since` to before `until`, oldest first."""
        rows = await self._run(self._store.calls, since.timestamp(), until.timestamp())
        return [_call(row) for row in rows]

    # -- alarms ---------------------------------------------------------------

    async def keep_alarm(self, alarm: AlarmRecord) -> None:
        """Write down how an alarm stands; the same one again is replaced."""
        await self._run(self._store.keep_alarm, _alarm_row(alarm))

    async def alarms(self, since: datetime, until: datetime) -> list[AlarmRecord]:
        """Those from `since` to before `until`, oldest first."""
        rows = await self._run(self._store.alarms, since.timestamp(), until.timestamp())
        return [_alarm(row) for row in rows]

    # -- pauses ---------------------------------------------------------------

    async def keep_pauses(self, pauses: Sequence[Pause]) -> None:
        """Keep how long the person paused in a conversation; the oldest go."""
        rows = [
            PauseRow(None, p.kind.value, p.length_s, p.at.isoformat(), p.at.timestamp())
            for p in pauses
        ]
        await self._run(self._store.add_pauses, rows, RECENT)

    async def pauses(self) -> list[Pause]:
        """How long the person paused, oldest first."""
        rows = await self._run(self._store.pauses)
        return [
            Pause(TurnKind(row.kind), row.length_s, datetime.fromisoformat(row.at))
            for row in rows
        ]

    # -- helping --------------------------------------------------------------

    async def helps(self) -> list[Help]:
        """What the person offered to others and asked of them, oldest first."""
        return await self._run(HelpBook(self._store.helps).all)

    # -- notes ----------------------------------------------------------------

    async def notes(self) -> list[Note]:
        """What others were asked, and their answers, oldest first."""
        return await self._run(NotesBook(self._store.notes).all)

    # -- forgetting -----------------------------------------------------------

    async def forget_last_answer(self) -> bool:
        """Forget the newest answer or message; False when there is none."""
        return await self._run(self._store.forget_last)

    async def forget_conversation(self, checkin: CheckInId) -> None:
        """Forget what was told in one check-in."""
        await self._run(self._store.forget_conversation, checkin)

    async def forget_since(self, since: datetime) -> int:
        """Forget what was told from then on; returns how much that was."""
        return await self._run(self._store.forget_since, since.timestamp())

    async def forget_all(self) -> None:
        """Forget all that was told, really: no word stays in the file."""
        await self._run(self._store.forget_all)

    async def apply_retention(self, keep_days: int, today: date) -> int:
        """Forget what is older than that; returns how much that was."""
        oldest = today - timedelta(days=keep_days)
        # UTC midnight: an hour or two too long for an answer of that very night.
        before = datetime.combine(oldest, time.min, tzinfo=UTC) - timedelta(hours=2)
        return await self._run(
            self._store.forget_before, before.timestamp(), oldest.isoformat()
        )

    # -- wordings and small state -----------------------------------------------

    async def wording_used(self, key: str, variant: int, day: date) -> None:
        """Remember that this was said."""
        await self._run(self._store.add_wording, key, variant, day.isoformat())

    async def wordings_since(self, day: date) -> list[tuple[str, int]]:
        """(key, variant) said since that day, oldest first."""
        return await self._run(self._store.wordings, day.isoformat())

    async def remember_volume(self, step: int) -> None:
        """Keep the volume for the next start."""
        await self._put(volume=str(step))

    async def volume(self) -> int | None:
        """The volume step that was kept."""
        kept = (await self._run(self._store.state)).get("volume")
        return int(kept) if kept else None

    async def remember_rate(self, rate_wpm: int) -> None:
        """Keep the speaking rate for the next start."""
        await self._put(rate=str(rate_wpm))

    async def rate_wpm(self) -> int | None:
        """The speaking rate that was kept, in words per minute."""
        kept = (await self._run(self._store.state)).get("rate")
        return int(kept) if kept else None

    async def remember_press(self, day: date) -> None:
        """Keep that a button was pressed that day."""
        await self._put(pressed_on=day.isoformat())

    async def remember_own_starts(self, starts: Sequence[datetime]) -> None:
        """Keep when the device began by itself today, besides its check-ins."""
        await self._put(own_starts=" ".join(at.isoformat() for at in starts))

    async def set_away(self, away: Away | None) -> None:
        """The person goes away, or (None) is back."""
        until = away.until.isoformat() if away and away.until else None
        await self._put(away=away.kind.value if away else None, away_until=until)

    async def away(self) -> Away | None:
        """Whether the person is away."""
        return _away(await self._run(self._store.state))

    async def postpone(self, until: datetime | None) -> None:
        """Ask at this moment today; None: at the usual one again."""
        await self._put(postponed_until=until.isoformat() if until else None)

    async def _put(self, **values: str | None) -> None:
        await self._run(self._store.put_state, **values)

    # -- everything -------------------------------------------------------------

    async def export(self, since: datetime | None = None) -> dict[str, object]:
        """What is kept of what was told, as plain values for JSON.

        Args:
            since: Leave out what is older; None: everything.
        """
        first = since or datetime(1970, 1, 2, tzinfo=UTC)
        last = datetime(9999, 1, 1, tzinfo=UTC)
        state = await self._run(self._store.state)
        return {
            "check_ins": [
                {
                    "id": c.id,
                    "day": c.day.isoformat(),
                    "begun_at": c.begun_at.isoformat(),
                    "start": c.start.value,
                    "outcome": c.outcome.value if c.outcome else None,
                }
                for c in await self.check_ins(first.date(), last.date())
            ],
            "answers": [_plain(a) for a in await self.answers(first, last)],
            "messages": [
                {
                    "at": m.at.isoformat(),
                    "text": m.text,
                    "is_confirmed": m.is_confirmed,
                    "check_in": m.checkin,
                }
                for m in await self.messages(first, last)
            ],
            "calls": [_plain_call(call) for call in await self.calls(first, last)],
            "alarms": [_plain_alarm(a) for a in await self.alarms(first, last)],
            "helps": [
                _plain_help(one) for one in await self.helps() if one.at >= first
            ],
            "notes": [
                _plain_note(note) for note in await self.notes() if note.at >= first
            ],
            "pauses": [
                {"at": p.at.isoformat(), "kind": p.kind.value, "length_s": p.length_s}
                for p in await self.pauses()
                if p.at >= first
            ],
            "tastes": await self._run(self._store.tastes.tastes),
            "opinions": [
                _plain_opinion(row)
                for row in await self._run(self._store.tastes.opinions)
                if row.at_s >= first.timestamp()
            ],
            "visits": plain_visits(await self.visits()),
            "state": state,
        }

    async def visits(self) -> Known:
        """All that is known of home visits."""
        agenda = AgendaBook(self._store.agenda)
        return await self._run(VisitsBook(self._store.visits, agenda).known)

    async def tastes(self) -> Tastes:
        """What is known of what the person likes and can."""
        return await self._run(TastesBook(self._store.tastes).tastes)

    async def opinions(self, since: datetime) -> list[Opinion]:
        """What they thought of activities since a moment, oldest first."""
        found = await self._run(TastesBook(self._store.tastes).opinions)
        return [it for it in found if it.at >= since]

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        try:
            work = loop.run_in_executor(self._thread, lambda: call(*args, **kwargs))
        except RuntimeError as error:
            raise StoreError("the journal is closed") from error
        # Shielded: a write that waits in the queue survives its caller.
        return await asyncio.shield(work)


def _plain(answer: Answer) -> dict[str, object]:
    kind, value = _encode(answer.value)
    return {
        "at": answer.at.isoformat(),
        "question": answer.question,
        "intent": answer.intent.value,
        "value": answer.value if kind == "int" else value,
        "confidence": answer.confidence,
        "words": answer.words,
        "check_in": answer.checkin,
    }


def _plain_call(call: CallRecord) -> dict[str, object]:
    row = _call_row(call)
    return {
        "direction": row.direction,
        "person": row.person,
        "name": row.name,
        "began_at": row.began_at,
        "answered_at": row.answered_at,
        "ended_at": row.ended_at,
        "reason": row.reason,
        "told_at": row.told_at,
    }


def _plain_alarm(alarm: AlarmRecord) -> dict[str, object]:
    row = _alarm_row(alarm)
    return {
        "at": row.at,
        "people": list(alarm.people),
        "kept_at": row.kept_at,
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_at": row.acknowledged_at,
        "over_at": row.over_at,
    }


def _plain_opinion(row: OpinionRow) -> dict[str, object]:
    plain = asdict(row)
    del plain["id"], plain["at_s"]
    return plain


def _plain_help(one: Help) -> dict[str, object]:
    return {
        "at": one.at.isoformat(),
        "kind": one.kind.value,
        "what": one.what,
        "moment": one.moment,
        "stage": one.stage.value,
    }


def _plain_note(note: Note) -> dict[str, object]:
    return {
        "at": note.at.isoformat(),
        "person": note.person,
        "about": note.about.value,
        "text": note.text,
        "until": note.until.isoformat(),
        "reply": note.reply.value if note.reply else None,
        "said": note.said,
        "over": note.over.value if note.over else None,
    }


def _require_zone(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("a moment in the journal needs its zone")


def _check_in(row: CheckInRow) -> CheckIn:
    assert row.id is not None
    return CheckIn(
        id=CheckInId(row.id),
        day=date.fromisoformat(row.day),
        begun_at=datetime.fromisoformat(row.begun_at),
        start=Start(row.start),
        outcome=Outcome(row.outcome) if row.outcome else None,
    )


def _starts_on(day: date, kept: str) -> tuple[datetime, ...]:
    starts = map(datetime.fromisoformat, kept.split())
    return tuple(at for at in starts if at.date() == day)


def _away(state: dict[str, str]) -> Away | None:
    if "away" not in state:
        return None
    until = state.get("away_until")
    return Away(AwayKind(state["away"]), date.fromisoformat(until) if until else None)


def _answer_row(answer: Answer) -> AnswerRow:
    kind, value = _encode(answer.value)
    return AnswerRow(
        id=None,
        check_in=answer.checkin,
        question=answer.question,
        intent=answer.intent.value,
        value_kind=kind,
        value=value,
        confidence=answer.confidence,
        words=answer.words,
        at=answer.at.isoformat(),
        at_s=answer.at.timestamp(),
    )


def _answer(row: AnswerRow) -> Answer:
    return Answer(
        question=row.question,
        intent=Intent(row.intent),
        value=_decode(row.value_kind, row.value),
        confidence=row.confidence,
        words=row.words,
        at=datetime.fromisoformat(row.at),
        checkin=CheckInId(row.check_in) if row.check_in is not None else None,
    )


def _message(row: MessageRow) -> Message:
    assert row.id is not None
    return Message(
        id=MessageId(row.id),
        text=row.text,
        is_confirmed=row.is_confirmed,
        at=datetime.fromisoformat(row.at),
        checkin=CheckInId(row.check_in) if row.check_in is not None else None,
    )


def _call_row(call: CallRecord) -> CallRow:
    return CallRow(
        id=None,
        key=call.key,
        direction=call.direction.value,
        person=call.person,
        name=call.name,
        began_at=call.began_at.isoformat(),
        began_s=call.began_at.timestamp(),
        answered_at=_iso(call.answered_at),
        ended_at=_iso(call.ended_at),
        reason=call.reason.value if call.reason else None,
        told_at=_iso(call.told_at),
    )


def _call(row: CallRow) -> CallRecord:
    return CallRecord(
        key=row.key,
        direction=Direction(row.direction),
        person=PersonId(row.person) if row.person is not None else None,
        name=row.name,
        began_at=datetime.fromisoformat(row.began_at),
        answered_at=_moment(row.answered_at),
        ended_at=_moment(row.ended_at),
        reason=Reason(row.reason) if row.reason else None,
        told_at=_moment(row.told_at),
    )


def _alarm_row(alarm: AlarmRecord) -> AlarmRow:
    _require_zone(alarm.at)
    return AlarmRow(
        id=alarm.id,
        at=alarm.at.isoformat(),
        at_s=alarm.at.timestamp(),
        people=" ".join(map(str, alarm.people)),
        kept_at=_iso(alarm.kept_at),
        acknowledged_by=alarm.acknowledged_by,
        acknowledged_at=_iso(alarm.acknowledged_at),
        over_at=_iso(alarm.over_at),
        over_kept_at=_iso(alarm.over_kept_at),
    )


def _alarm(row: AlarmRow) -> AlarmRecord:
    by = row.acknowledged_by
    return AlarmRecord(
        id=row.id,
        at=datetime.fromisoformat(row.at),
        people=tuple(PersonId(int(number)) for number in row.people.split()),
        kept_at=_moment(row.kept_at),
        acknowledged_by=PersonId(by) if by is not None else None,
        acknowledged_at=_moment(row.acknowledged_at),
        over_at=_moment(row.over_at),
        over_kept_at=_moment(row.over_kept_at),
    )


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _encode(value: Value | None) -> tuple[str | None, str | None]:
    """The kind of a value and its text."""
    match value:
        case None:
            return None, None
        case int():
            return "int", str(value)
        case str():
            return "str", value
        case datetime():
            return "datetime", value.isoformat()
        case time():
            return "time", value.isoformat()
        case timedelta():
            return "timedelta", str(value // timedelta(microseconds=1))
        case tuple():
            return "people", " ".join(map(str, value))
        case Named(ids, what):
            return "named", " ".join((what, *map(str, ids)))


def _decode(kind: str | None, text: str | None) -> Value | None:
    if text is None:
        return None
    match kind:
        case "int":
            return int(text)
        case "str":
            return text
        case "datetime":
            return datetime.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
        case "timedelta":
            return timedelta(microseconds=int(text))
        case "people":
            return tuple(map(int, text.split()))
        case "named":
            what, *ids = text.split()
            return Named(tuple(map(int, ids)), what)
        case _:
            raise ValueError(f"the journal holds a value of unknown kind {kind!r}")
