"""Which edges of a contact are a press, and which are a tremor or a bounce.

Pure: edges and times in, decisions out. All times are monotonic, in seconds.
"""

from dataclasses import dataclass

from hardware.panel import Button, ButtonStuck, MicrophoneSwitched, Pressed

# Contacts of dome buttons bounce for 1 to 10 ms; 20 ms leaves room for wear.
BOUNCE_S = 0.020

# A tremor repeats a press 4 to 6 times a second for some tenths of a second.
# The time counts from the last press that was *accepted*, not from the last
# edge: counted from the last edge, a hand that keeps trembling would push the
# end of the silence ahead of itself and never be heard again.
REPEAT_S = 0.7

# A finger that held the button longer than REPEAT_S trembles as it lets go:
# one period of a slow tremor (4 Hz) and a bit. Counts from the first time the
# accepted press was released, so that this wait cannot be prolonged either.
RELEASE_S = 0.3

# Nobody leans on a button for half a minute; a jammed dome does.
STUCK_S = 30.0

# The switch is believed "on" only when it has rested there; "off" at once.
SWITCH_SETTLES_S = 0.050

NEVER_S = float("-inf")


@dataclass(slots=True)
class _Contact:
    """What is remembered of one button."""

    is_down: bool = False
    is_stuck: bool = False
    # Whether the contact is down for the accepted press, not for a repeat.
    is_accepted: bool = False
    held_since_s: float = NEVER_S
    opened_s: float = NEVER_S
    accepted_s: float = NEVER_S
    released_s: float = NEVER_S


class Gestures:
    """Turns edges of contacts into presses.

    A press acts on the edge that closes the contact, without waiting. Holding
    and double pressing mean nothing. A button that stays down never repeats.
    """

    def __init__(self, stuck_s: float = STUCK_S) -> None:
        """Start with all contacts open.

        Args:
            stuck_s: A button down for longer than this is jammed, in seconds.
        """
        self._stuck_s = stuck_s
        self._contacts: dict[Button, _Contact] = {}

    def found_down(self, button: Button, at_s: float) -> None:
        """Take note of a button that was down already when we came to look.

        Nobody pressed it that we know of, so it is no press; it may be jammed.
        """
        contact = self._contact(button)
        contact.is_down = True
        contact.held_since_s = at_s

    def down(self, button: Button, at_s: float) -> Pressed | None:
        """Decide on an edge that closes a contact.

        Returns:
            The press, or None for a bounce, a tremor's repeat, or an edge of
            a contact that is closed already.
        """
        contact = self._contact(button)
        if contact.is_down:
            return None
        contact.is_down = True
        if at_s - contact.opened_s < BOUNCE_S:
            # The contact never really opened: the same press goes on.
            return None
        contact.held_since_s = at_s
        contact.is_accepted = (
            at_s - contact.accepted_s >= REPEAT_S
            and at_s - contact.released_s >= RELEASE_S
        )
        if not contact.is_accepted:
            return None
        contact.accepted_s = at_s
        contact.released_s = NEVER_S
        return Pressed(button, at_s)

    def up(self, button: Button, at_s: float) -> None:
        """Take note of an edge that opens a contact."""
        contact = self._contact(button)
        if not contact.is_down:
            return
        contact.is_down = False
        contact.opened_s = at_s
        if contact.is_accepted:
            contact.released_s = at_s

    def due(self, now_s: float) -> list[ButtonStuck]:
        """Say which buttons jammed or came free; each is said once."""
        changes = []
        for button, contact in self._contacts.items():
            due_s = self._due_s(contact)
            if due_s is not None and now_s >= due_s:
                contact.is_stuck = not contact.is_stuck
                changes.append(ButtonStuck(button, contact.is_stuck))
        return changes

    def next_due_s(self) -> float | None:
        """Say when to ask `due` again; None while nothing can become due."""
        times = (self._due_s(contact) for contact in self._contacts.values())
        return min((time_s for time_s in times if time_s is not None), default=None)

    def _due_s(self, contact: _Contact) -> float | None:
        if contact.is_down and not contact.is_stuck:
            return contact.held_since_s + self._stuck_s
        if not contact.is_down and contact.is_stuck:
            return contact.opened_s + BOUNCE_S
        return None

    def _contact(self, button: Button) -> _Contact:
        return self._contacts.setdefault(button, _Contact())


class MicrophoneSwitch:
    """Believes "off" at once and "on" only after a rest.

    The two directions differ on purpose: a chattering contact must never open
    the microphone of somebody who is switching it off.
    """

    def __init__(self, is_on: bool) -> None:
        """Start in the position that was found."""
        self.is_on = is_on
        self._closed_s: float | None = None

    def moved(self, is_on: bool, at_s: float) -> MicrophoneSwitched | None:
        """Take note of an edge; returns the event if it counts already."""
        if is_on:
            if not self.is_on:
                self._closed_s = at_s
            return None
        self._closed_s = None
        if not self.is_on:
            return None
        self.is_on = False
        return MicrophoneSwitched(is_on=False)

    def due(self, now_s: float) -> MicrophoneSwitched | None:
        """Return the event if the switch has rested on "on" for long enough."""
        due_s = self.next_due_s()
        if due_s is None or now_s < due_s:
            return None
        self._closed_s = None
        self.is_on = True
        return MicrophoneSwitched(is_on=True)

    def next_due_s(self) -> float | None:
        """Say when to ask `due` again; None while nothing can become due."""
        return None if self._closed_s is None else self._closed_s + SWITCH_SETTLES_S
