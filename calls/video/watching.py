"""When a connection counts as interrupted, is made anew, or is given up (pure)."""

from dataclasses import dataclass

from calls.call import CallEvent
from calls.call_messages import Reason


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is awaited, in seconds.

    Attributes:
        interrupted_s: Without a packet the person is told; shorter holes pass by.
        reconnect_s: Without a packet the connection is made anew.
        again_s: Between two tries to make it anew.
        lost_s: Without a packet it is given up.
        first_s: From the answer to the first packet.
        offline_s: For a hub that is just coming back; nobody hears silence for longer.
        camera_s: Until a camera that was unplugged is looked for again.
    """

    interrupted_s: float = 1.5
    reconnect_s: float = 4.0
    again_s: float = 6.0
    lost_s: float = 30.0
    first_s: float = 20.0
    offline_s: float = 3.0
    camera_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the connection at one moment.

    Attributes:
        now_s: From any clock that goes on.
        attempt: Which connection of the call; 0: none yet.
        heard_s: When a packet last came over it; None: none yet.
        has_failed: Whether it can't come about any more, or was ended from there.
        has_moved: Whether the address that it goes through went since the last look.
    """

    now_s: float
    attempt: int = 0
    heard_s: float | None = None
    has_failed: bool = False
    has_moved: bool = False


Finding = CallEvent | Reason
"""An event of the call (RECONNECT: and the other end is asked for an offer), or why it
is given up."""


class Watching:
    """Looks at the connection several times a second."""

    def __init__(self, patience: Patience, now_s: float) -> None:
        """Begin when the call was answered."""
        self._patience = patience
        self._began_s = now_s
        self._last_s = now_s
        self._asked_s = float("-inf")
        self._deaf_until_s = float("-inf")
        self._heard_attempt = 0
        self._is_silent = False

    def look(self, facts: Facts) -> list[Finding]:
        """What there is to say about it now."""
        if facts.has_moved:
            # What came before is no sign of life any more.
            self._deaf_until_s = facts.now_s
        if self._is_heard(facts):
            is_news = self._is_silent or facts.attempt != self._heard_attempt
            self._is_silent, self._heard_attempt = False, facts.attempt
            return [CallEvent.SOUND_CAME] if is_news else []
        if not self._heard_attempt:
            is_late = facts.now_s - self._began_s >= self._patience.first_s
            return [Reason.FAILED] if is_late or facts.has_failed else []
        return self._bear_silence(facts)

    def _is_heard(self, facts: Facts) -> bool:
        heard_s = facts.heard_s
        if heard_s is None or facts.has_failed or heard_s <= self._deaf_until_s:
            return False
        self._last_s = max(self._last_s, heard_s)
        return facts.now_s - heard_s < self._patience.interrupted_s

    def _bear_silence(self, facts: Facts) -> list[Finding]:
        patience = self._patience
        silent_s = facts.now_s - self._last_s
        if silent_s >= patience.lost_s:
            return [Reason.LOST]
        findings: list[Finding] = []
        is_told = facts.has_moved or silent_s >= patience.interrupted_s
        if is_told and not self._is_silent:
            self._is_silent = True
            findings.append(CallEvent.NOTHING_COMES)
        is_over = facts.has_failed and facts.attempt == self._heard_attempt
        is_due = silent_s >= patience.reconnect_s or (is_over and self._is_silent)
        has_waited = facts.now_s - self._asked_s >= patience.again_s
        if facts.has_moved or (is_due and has_waited):
            self._asked_s = facts.now_s
            findings.append(CallEvent.RECONNECT)
        return findings
