"""Their pictures as packets arrive: whole, in order, lost parts asked for again (pure).

aiortc's own buffer asks for a lost packet when it is missed and never on a clock, and
waits for it until hundreds have come after it.
"""

import statistics
from collections import deque
from dataclasses import dataclass

# 16 bits (RFC 3550, 5.1).
_ROUND = 1 << 16

# More in a row and it was an outage: a whole picture is quicker than all of them.
MOST_MISSING = 100

# So long without a packet, and what was lost meanwhile is not asked for either.
SILENT_S = 0.5

# Ten lost ones of ten show how long asking takes; more would be another network.
MOST_SAMPLES = 15

# Until it is known how long a packet takes that is asked for again.
FIRST_AGAIN_S = 0.1
# Quicker than the network mixes packets, longer than a call is bearable.
LEAST_AGAIN_S, LONGEST_AGAIN_S = 0.02, 0.3

# How long a picture stands before a whole one is asked for. Five tries at a round trip
# of 60 ms, so that with a fifth lost each way one of 200 packets needs it.
STANDS_S = 0.35

# Encoders make no more than some three whole pictures a second when they are asked.
WHOLE_AGAIN_S = 0.4

# Nobody wants to see what was a second ago.
LONGEST_S = 1.0

# A second of 12 Mbit/s; as many may be missing.
MOST_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """One packet of a picture.

    Attributes:
        number: Its sequence number.
        timestamp: The same in all parts of a picture.
        data: As the decoder wants it; empty where the sender only fills the way.
        is_last: Whether the picture ends with it.
        begins_whole: Whether a picture begins here that needs no other one.
    """

    number: int
    timestamp: int
    data: bytes
    is_last: bool
    begins_whole: bool


@dataclass(frozen=True, slots=True)
class Decode:
    """A picture that the decoder can take now."""

    data: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Ask for these packets again (NACK, RFC 4585, 6.2.1)."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AskWhole:
    """Ask for a picture that needs no other (PLI, RFC 4585, 6.3.1)."""


Action = Decode | AskAgain | AskWhole


@dataclass(slots=True)
class _Missing:
    since_s: float
    again_s: float


class Assembling:
    """Packets of one stream of pictures; a sender's numbers, counted on, name them."""

    def __init__(self) -> None:
        """Begin with the first whole picture."""
        self._parts: dict[int, Part] = {}
        self._missing: dict[int, _Missing] = {}
        self._whole: list[int] = []
        self._highest: int | None = None
        # What came before is handed on or given up.
        self._next = 0
        self._needs_whole = True
        self._arrived_s = float("-inf")
        self._asked_whole_s = float("-inf")
        self._took_s: deque[float] = deque(maxlen=MOST_SAMPLES)

    @property
    def until_s(self) -> float | None:
        """When `due` has to be asked again although nothing came; None: never."""
        times = [one.again_s for one in self._missing.values()]
        again_s = self._asked_whole_s + WHOLE_AGAIN_S
        if self._needs_whole and again_s < self._arrived_s + LONGEST_S:
            times.append(again_s)
        return min(times, default=None)

    def put(self, part: Part, now_s: float) -> list[Action]:
        """Take a packet, whenever it comes; returns what to do now."""
        number = self._counted(part.number)
        is_outage = self._is_outage(number, now_s)
        self._arrived_s = now_s
        if is_outage or max(len(self._parts), len(self._missing)) >= MOST_PARTS:
            self.begin_anew()
            self._highest, self._next = number, number
        elif number < self._next or number in self._parts:
            return []
        self._note_missing(number, now_s)
        self._parts[number] = part
        if part.begins_whole:
            self._whole.append(number)
            self._asked_whole_s = now_s
        return self.due(now_s)

    def begin_anew(self) -> None:
        """Forget what is there, and wait for a whole picture."""
        self._parts.clear()
        self._missing.clear()
        self._whole.clear()
        self._needs_whole = True
        self._asked_whole_s = float("-inf")
        if self._highest is not None:
            self._next = self._highest + 1

    def due(self, now_s: float) -> list[Action]:
        """What to do now."""
        actions: list[Action] = []
        while (end := self._next_end()) is not None:
            data = b"".join(self._parts[n].data for n in range(self._next, end))
            if data:
                actions.append(Decode(data, self._parts[self._next].timestamp))
            self._needs_whole = False
            self._forget_before(end)
        self._give_up(now_s)
        if self._wants_whole(now_s):
            self._asked_whole_s = now_s
            actions.append(AskWhole())
        again = self._to_ask_again(now_s)
        if again:
            actions.append(AskAgain(again))
        return actions

    # Numbers

    def _counted(self, number: int) -> int:
        """The number without going round at 65,536."""
        if self._highest is None:
            self._highest, self._next = number, number
        ahead = (number - self._highest + _ROUND // 2) % _ROUND - _ROUND // 2
        return self._highest + ahead

    def _is_outage(self, number: int, now_s: float) -> bool:
        assert self._highest is not None
        ahead = number - self._highest
        if ahead < -MOST_PARTS:
            # So much too late is nothing but another stream.
            return True
        return ahead > MOST_MISSING or (
            ahead > 1 and now_s - self._arrived_s > SILENT_S
        )

    def _note_missing(self, number: int, now_s: float) -> None:
        assert self._highest is not None
        for lost in range(self._highest + 1, number):
            self._missing[lost] = _Missing(now_s, now_s)
        self._highest = max(self._highest, number)
        found = self._missing.pop(number, None)
        if found is not None:
            # From the first time that it was asked for: so one that is asked for too
            # often does not look quick. Most are there after asking once.
            self._took_s.append(now_s - found.since_s)

    # Pictures

    def _next_end(self) -> int | None:
        """The end of the picture to hand on now; jumps to a whole one if it must."""
        if not self._needs_whole:
            end = self._end_of(self._next)
            if end is not None:
                return end
        for number in self._whole:
            end = self._end_of(number)
            if end is not None:
                self._forget_before(number)
                return end
        return None

    def _end_of(self, begin: int) -> int | None:
        """The number after the last part of this picture; None: it is not all here."""
        number = begin
        while (part := self._parts.get(number)) is not None:
            if part.timestamp != self._parts[begin].timestamp:
                return number
            number += 1
            if part.is_last:
                return number
        return None

    def _forget_before(self, number: int) -> None:
        for old in range(self._next, number):
            self._parts.pop(old, None)
            self._missing.pop(old, None)
        self._whole = [one for one in self._whole if one >= number]
        self._next = number

    # Waiting

    def _give_up(self, now_s: float) -> None:
        late = [
            n for n, one in self._missing.items() if now_s - one.since_s > LONGEST_S
        ]
        if not late:
            return
        # Nothing that needs a picture up to there can be shown.
        self._needs_whole = True
        end = max(late) + 1
        self._forget_before(next((n for n in self._whole if n >= end), end))

    def _wants_whole(self, now_s: float) -> bool:
        if now_s < self._asked_whole_s + WHOLE_AGAIN_S:
            return False
        if self._needs_whole:
            # Who sends nothing any more has switched the camera off.
            return now_s < self._arrived_s + LONGEST_S
        first = min(self._missing, default=None)
        return first is not None and now_s - self._missing[first].since_s > STANDS_S

    def _to_ask_again(self, now_s: float) -> tuple[int, ...]:
        due = [n for n, one in self._missing.items() if now_s >= one.again_s]
        for number in due:
            self._missing[number].again_s = now_s + self._again_s
        return tuple(sorted(n % _ROUND for n in due))

    @property
    def _again_s(self) -> float:
        if not self._took_s:
            return FIRST_AGAIN_S
        # A quarter more, since the way there and back takes not always the same.
        wait_s = 1.25 * statistics.median(self._took_s)
        return min(max(wait_s, LEAST_AGAIN_S), LONGEST_AGAIN_S)
