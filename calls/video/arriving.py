"""Their sound as its packets arrive: in order again, and lost ones made good (pure).

aiortc's own buffer delivers a third less than arrives where a tenth is lost: it waits
for what never comes.
"""

from dataclasses import dataclass

# 16 bits (RFC 3550, 5.1).
_ROUND = 1 << 16

# More in a row and it was an outage: nothing to guess any more.
MOST_GUESSED = 5

# Packets after a gap that are awaited before it counts as lost: one where the network
# keeps the order, up to three where it was seen not to.
MOST_AWAITED = 3

# So many packets in order, and one less is awaited.
CALM_PACKETS = 500

# For a gap after which nothing more comes.
WAIT_S = 0.06


@dataclass(frozen=True, slots=True)
class Play:
    """Decode this packet."""

    packet: bytes


@dataclass(frozen=True, slots=True)
class Recover:
    """One packet is lost; this is the one after it, not to be played yet."""

    next_packet: bytes


@dataclass(frozen=True, slots=True)
class Guess:
    """One packet is lost, and so is the one after it."""


Piece = Play | Recover | Guess


class Arriving:
    """Packets of one stream of sound.

    Attributes:
        arrived: How many came, doubles not counted.
        played: How many of them were handed on.
        lost: How many never came, or too late.
    """

    def __init__(self) -> None:
        """Begin with whatever comes first."""
        self.arrived = 0
        self.played = 0
        self.lost = 0
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}
        self._since_s = 0.0
        self._awaited = 1
        self._calm = 0

    @property
    def until_s(self) -> float | None:
        """When `due` has to be asked again although nothing came; None: never."""
        return self._since_s + WAIT_S if self._waiting else None

    def put(self, number: int, packet: bytes, now_s: float) -> list[Piece]:
        """Take a packet by its sequence number; returns what to play now."""
        if self._next is None:
            self._next = number
        ahead = (number - self._next + _ROUND // 2) % _ROUND - _ROUND // 2
        if number in self._waiting:
            return []
        if ahead < 0:
            return self._take_late(number, packet, ahead)
        self.arrived += 1
        if ahead > MOST_GUESSED + MOST_AWAITED:
            # An outage, or another stream: from here on.
            self.lost += ahead - len(self._waiting)
            self.arrived -= len(self._waiting)
            self._waiting.clear()
            self._next = number
        if not self._waiting:
            self._since_s = now_s
        self._waiting[number] = packet
        return self.due(now_s)

    def _take_late(self, number: int, packet: bytes, ahead: int) -> list[Piece]:
        if ahead < -CALM_PACKETS:
            # So much too late is nothing but another stream.
            self._waiting.clear()
            self._next = (number + 1) % _ROUND
            self.arrived += 1
            self.played += 1
            return [Play(packet)]
        # It was given up too soon: the network mixes them.
        self.arrived += 1
        self._awaited = min(MOST_AWAITED, self._awaited + 1)
        self._calm = 0
        return []

    def due(self, now_s: float) -> list[Piece]:
        """What to play now."""
        pieces: list[Piece] = []
        while self._waiting and self._next is not None:
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                pieces.append(Play(packet))
                self.played += 1
                self._since_s = now_s
                self._settle()
            elif len(self._waiting) >= self._awaited or now_s >= self._since_s + WAIT_S:
                after = self._waiting.get((self._next + 1) % _ROUND)
                pieces.append(Guess() if after is None else Recover(after))
                self.lost += 1
            else:
                break
            self._next = (self._next + 1) % _ROUND
        return pieces

    def _settle(self) -> None:
        self._calm += 1
        if self._calm >= CALM_PACKETS:
            self._calm = 0
            self._awaited = max(1, self._awaited - 1)
