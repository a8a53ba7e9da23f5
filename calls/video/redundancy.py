"""Sound that is sent three times, so that two of three packets may be lost (RFC 2198).

Opus has a copy of its own, which is coarser, is there only while somebody speaks, and
only of one packet. Browsers that can take ours offer so.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

# With a tenth lost, one packet in a thousand is lost with both copies.
COPIES = 2

# The fields of its header: 10 bits of length, 14 bits of how much earlier it was.
_MOST_BYTES = (1 << 10) - 1
_MOST_EARLIER = (1 << 14) - 1


@dataclass(frozen=True, slots=True)
class Types:
    """Payload types that an offer has for this.

    Attributes:
        red: Of packets with copies in them.
        opus: Of what is in them.
    """

    red: int
    opus: int


def offered(lines: Sequence[str]) -> Types | None:
    """What an offer has for it; None: that end takes no copies (pure)."""
    opus = _first(lines, r"a=rtpmap:(\d+) opus/48000/2")
    if opus is None:
        return None
    for line in lines:
        found = re.fullmatch(r"a=rtpmap:(\d+) red/48000/2", line, re.IGNORECASE)
        # All that is in them has to be this Opus (RFC 2198, 5).
        if found and f"a=fmtp:{found[1]} {opus}/{opus}" in lines:
            return Types(int(found[1]), opus)
    return None


def _first(lines: Sequence[str], pattern: str) -> int | None:
    for line in lines:
        if found := re.fullmatch(pattern, line, re.IGNORECASE):
            return int(found[1])
    return None


def agree(answer: str, types: Types) -> str:
    """An answer that takes it up; Opus stays first, for what they send (pure)."""
    lines: list[str] = []
    for line in answer.splitlines():
        is_sound = line.startswith("m=audio ") and str(types.opus) in line.split()[3:]
        lines.append(f"{line} {types.red}" if is_sound else line)
        if line.startswith(f"a=rtpmap:{types.opus} opus/"):
            lines.append(f"a=rtpmap:{types.red} red/48000/2")
            lines.append(f"a=fmtp:{types.red} {types.opus}/{types.opus}")
    return "".join(f"{line}\r\n" for line in lines)


class Copies:
    """Puts those before it into each packet."""

    def __init__(self, opus: int) -> None:
        """Begin a stream of packets of this payload type."""
        self._opus = opus
        self._before: deque[tuple[int, bytes]] = deque(maxlen=COPIES)

    def add(self, payload: bytes, timestamp: int) -> bytes:
        """The packet to send: this payload, after copies of those before it."""
        heads, copies = b"", b""
        for earlier, copy in self._before:
            offset = timestamp - earlier
            if 0 < offset <= _MOST_EARLIER and len(copy) <= _MOST_BYTES:
                head = 1 << 31 | self._opus << 24 | offset << 10 | len(copy)
                heads += head.to_bytes(4, "big")
                copies += copy
        self._before.append((timestamp, payload))
        return heads + bytes([self._opus]) + copies + payload
