"""What rings now, and when push, mail and text go out (pure, in memory).

A hub that starts anew has forgotten all of it: a device that still rings says so
again. Times are of a clock that goes on, in seconds.
"""

from dataclasses import dataclass, replace

from calls.call_messages import Ended, Reason, Ring, RingsBy

SHORTEST_S, LONGEST_S = 5, 120
"""Of a ring; a device that asks for more or less gets these."""

REMEMBER_S = 60.0
"""How long it is known that a call ended, for pages that come back and still ring."""

SWEEP_S = 5.0

MOST_CALLS = 5_000
"""That ring at once, or ended lately."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon what is done, in seconds.

    Attributes:
        shown_within_s: An open page that can be seen says so soon that it rings.
        others_after_s: A page that shows it may lie open in another room: so much
            later the telephone rings too.
        push_every_s: A notification cannot ring on like a telephone; it comes again.
        mail_after_s: After a push that nobody answered, mail and text go out (10 to
            15 s).
        devices_back_s: So soon after a start of the hub devices have come back;
            before that nobody is told that one is away.
        pages_back_s: So soon after a start of the hub pages have come back; before
            that nobody is told that a member is out of reach.
        caller_back_s: A page that called and is gone may be loading itself anew;
            after this time it has hung up.
        removed_every_s: How often it is looked whether a device was removed, by the
            command line in a process of its own.
    """

    shown_within_s: float = 1.0
    others_after_s: float = 5.0
    push_every_s: float = 4.0
    mail_after_s: float = 12.0
    devices_back_s: float = 5.0
    pages_back_s: float = 10.0
    caller_back_s: float = 5.0
    removed_every_s: float = 30.0


USUAL = Pace()


@dataclass(frozen=True, slots=True)
class Reach:
    """What of a member can ring.

    Attributes:
        pages: Whether a page of theirs is open.
        push: Whether they gave an address for Web Push.
        mail: Whether they gave an e-mail address, and the hub can send mails.
        text: Whether they gave a telephone number, and the hub can send text messages.
    """

    pages: bool
    push: bool
    mail: bool
    text: bool

    @property
    def anything(self) -> bool:
        """Whether anything of theirs can ring."""
        return self.pages or self.push or self.mail or self.text


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one call rings.

    Attributes:
        began_s: When it began.
        ends_s: When it rings no longer.
        shown_s: When a page last said that it shows it; None: none did.
        first_push_s: When it was first pushed.
        last_push_s: When it was last pushed.
        done: What needs no doing again: mail and text after one try.
    """

    began_s: float
    ends_s: float
    shown_s: float | None = None
    first_push_s: float | None = None
    last_push_s: float | None = None
    done: frozenset[RingsBy] = frozenset()

    @property
    def is_shown_after_push(self) -> bool:
        """Whether somebody opened the page because of a push."""
        return (
            self.shown_s is not None
            and self.first_push_s is not None
            and self.shown_s > self.first_push_s
        )

    def after(self, way: RingsBy, now_s: float) -> "Progress":
        """Once this was tried."""
        if way is RingsBy.PAGE:
            return replace(self, shown_s=now_s)
        if way is RingsBy.PUSH:
            first = now_s if self.first_push_s is None else self.first_push_s
            return replace(self, first_push_s=first, last_push_s=now_s)
        return replace(self, done=self.done | {way})


def next_way(
    progress: Progress, reach: Reach, pace: Pace = USUAL
) -> tuple[RingsBy, float] | None:
    """What to do next so that it is noticed, and when; None: nothing more."""
    if progress.is_shown_after_push:
        return None
    first = _first_push(progress, reach, pace)
    ways: list[tuple[float, RingsBy]] = []
    if reach.push:
        last = progress.last_push_s
        next_s = first if last is None else last + pace.push_every_s
        ways.append((next_s, RingsBy.PUSH))
    # Without push, mail and text are the first that can be noticed.
    waits_s = pace.mail_after_s if reach.push or reach.pages else 0.0
    for way, is_there in ((RingsBy.MAIL, reach.mail), (RingsBy.TEXT, reach.text)):
        if is_there and way not in progress.done:
            ways.append((first + waits_s, way))
    if not ways:
        return None
    # Of those at the same moment the first of the list.
    at, way = min(ways, key=lambda each: each[0])
    return (way, at) if at < progress.ends_s else None


def _first_push(progress: Progress, reach: Reach, pace: Pace) -> float:
    if progress.first_push_s is not None:
        return progress.first_push_s
    if progress.shown_s is not None:
        return progress.began_s + pace.others_after_s
    return progress.began_s + (pace.shown_within_s if reach.pages else 0.0)


def ring_seconds(asked: int) -> int:
    """How long it rings."""
    return max(SHORTEST_S, min(LONGEST_S, asked))


# -- what rings now ---------------------------------------------------------------


@dataclass(slots=True)
class Rung:
    """A call from a device that rings, or rang.

    Attributes:
        ring: As pages get it, with the name filled in.
        household: Whose.
        account: Of the member.
        progress: How far.
        told: What the device was told of.
        answered: Whether a page answered.
        ended: Why it ended; None while it goes on.
        over_s: Since when it rings no longer; None while it does.
    """

    ring: Ring
    household: str
    account: str
    progress: Progress
    told: set[RingsBy]
    answered: bool = False
    ended: Reason | None = None
    over_s: float | None = None

    @property
    def rings(self) -> bool:
        """Whether it still rings."""
        return self.over_s is None


class Rings:
    """All calls from devices that ring now, and those that ended lately."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], Rung] = {}
        self._swept_s = -SWEEP_S

    def __len__(self) -> int:
        """How many, with those that ended."""
        return len(self._calls)

    def begin(self, ring: Ring, household: str, account: str, now_s: float) -> Rung:
        """It rings; the same call again is the one that is known."""
        self._sweep(now_s)
        key = (household, ring.call)
        known = self._calls.get(key)
        if known is not None:
            return known
        if len(self._calls) >= MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        progress = Progress(now_s, now_s + ring.seconds)
        rung = Rung(ring, household, account, progress, set())
        self._calls[key] = rung
        return rung

    def find(self, household: str, call: str) -> Rung | None:
        """The call, if it rings or ended lately."""
        return self._calls.get((household, call))

    def end(
        self, household: str, call: str, reason: Reason | None, now_s: float
    ) -> Rung | None:
        """It rings no longer, for the first time; None: it did not ring.

        Args:
            household: Whose.
            call: Which.
            reason: Why; None: it was answered.
            now_s: Now.
        """
        rung = self._calls.get((household, call))
        if rung is None:
            return None
        was_ringing = rung.rings
        if reason is None:
            rung.answered = True
        else:
            rung.ended = reason
        if not was_ringing:
            return None
        rung.over_s = now_s
        return rung

    def of_account(self, account: str, now_s: float) -> list[Rung]:
        """What rings there now, and what ended lately, oldest first."""
        self._sweep(now_s)
        found = [each for each in self._calls.values() if each.account == account]
        for each in found:
            self.expire(each, now_s)
        return found

    def of_member(self, member: str) -> list[Rung]:
        """What rings at this member now."""
        return [
            each
            for each in self._calls.values()
            if each.ring.member == member and each.rings
        ]

    def expire(self, rung: Rung, now_s: float) -> None:
        """End it if it has rung for its time; the device that says so may be gone."""
        if rung.over_s is None and now_s >= rung.progress.ends_s:
            rung.over_s = rung.progress.ends_s
            rung.ended = Reason.UNANSWERED

    def _sweep(self, now_s: float) -> None:
        """Forget what ended a while ago."""
        if now_s < self._swept_s + SWEEP_S:
            return
        self._swept_s = now_s
        for key, each in list(self._calls.items()):
            self.expire(each, now_s)
            if each.over_s is not None and now_s >= each.over_s + REMEMBER_S:
                del self._calls[key]


def said_again(rung: Rung, message: str) -> Ring | Ended | None:
    """What a page that opens is told of a call; None: nothing.

    Args:
        rung: The call.
        message: Id of what it is told.
    """
    ring = rung.ring
    if rung.rings:
        return replace(ring, id=message)
    if rung.answered and rung.ended is None:
        # Goes on at another page, or at this one, which keeps it by itself.
        return Ended(message, ring.call, ring.member, "", Reason.ELSEWHERE)
    if rung.ended is not None:
        return Ended(message, ring.call, ring.member, "", rung.ended)
    return None
