"""What a press means: a table of who has the floor x button (pure)."""

from collections.abc import Collection
from enum import StrEnum

from companion.wording import Phrasebook
from hardware.panel import Button


class Floor(StrEnum):
    """Who has the floor."""

    FREE = "free"  # nobody: the device rests
    OFFERED = "offered"  # the device asks whether it may start
    TAKEN = "taken"  # a conversation goes on
    ALERT = "alert"  # a number to call in danger is shown
    RINGING = "ringing"  # somebody calls
    ANSWERING = "answering"  # a call is answered soon, as was agreed
    CALLING = "calling"  # somebody is called
    IN_CALL = "in_call"
    SEEN = "seen"  # in a call: may the other side see the person?
    SHOWING = "showing"  # a code stands on the screen, and nobody is listened to


class Press(StrEnum):
    """What the director does after a press."""

    TALK = "talk"
    CALL_FAMILY = "call_family"
    CALL_LINE = "call_line"
    ACCEPT = "accept"
    STOP = "stop"
    CLOSE_ALERT = "close_alert"
    ANSWER_YES = "answer_yes"
    ANSWER_NO = "answer_no"
    LOUDER = "louder"
    QUIETER = "quieter"
    NOTHING_ASKED = "nothing_asked"
    ANSWER_CALL = "answer_call"
    DECLINE_CALL = "decline_call"
    HANG_UP = "hang_up"
    BE_SEEN = "be_seen"
    STAY_UNSEEN = "stay_unseen"
    PUT_AWAY = "put_away"


ON_CALL = frozenset(
    {
        Press.ANSWER_CALL, Press.DECLINE_CALL, Press.HANG_UP, Press.BE_SEEN,
        Press.STAY_UNSEEN,
    }
)  # fmt: skip
"""What a call does itself, so that it ends in good order."""

# One button, one meaning; while something goes on, talk, family and line all
# stop it (no hold, no double press: tremor). The exceptions are offers, where
# the talk button, which pulses then, takes it: who presses a light that calls
# wants to answer it. A call that comes in is taken with the family button too, for
# that is the one for family; the line button declines it, as nobody presses the
# button of the listening line to speak with Anna. A call that is answered by itself
# is declined by each of them: who presses in a hurry does not want to be heard. A code
# that was scanned is put away with any button, and the conversation goes on.
MEANINGS: dict[tuple[Floor, Button], Press] = {
    (Floor.FREE, Button.TALK): Press.TALK,
    (Floor.FREE, Button.FAMILY): Press.CALL_FAMILY,
    (Floor.FREE, Button.LINE): Press.CALL_LINE,
    (Floor.FREE, Button.YES): Press.NOTHING_ASKED,
    (Floor.FREE, Button.NO): Press.NOTHING_ASKED,
    (Floor.FREE, Button.LOUDER): Press.LOUDER,
    (Floor.FREE, Button.QUIETER): Press.QUIETER,
    (Floor.OFFERED, Button.TALK): Press.ACCEPT,
    (Floor.OFFERED, Button.FAMILY): Press.STOP,
    (Floor.OFFERED, Button.LINE): Press.STOP,
    (Floor.OFFERED, Button.YES): Press.ANSWER_YES,
    (Floor.OFFERED, Button.NO): Press.ANSWER_NO,
    (Floor.OFFERED, Button.LOUDER): Press.LOUDER,
    (Floor.OFFERED, Button.QUIETER): Press.QUIETER,
    (Floor.TAKEN, Button.TALK): Press.STOP,
    (Floor.TAKEN, Button.FAMILY): Press.STOP,
    (Floor.TAKEN, Button.LINE): Press.STOP,
    (Floor.TAKEN, Button.YES): Press.ANSWER_YES,
    (Floor.TAKEN, Button.NO): Press.ANSWER_NO,
    (Floor.TAKEN, Button.LOUDER): Press.LOUDER,
    (Floor.TAKEN, Button.QUIETER): Press.QUIETER,
    (Floor.ALERT, Button.TALK): Press.CLOSE_ALERT,
    (Floor.ALERT, Button.FAMILY): Press.CLOSE_ALERT,
    (Floor.ALERT, Button.LINE): Press.CLOSE_ALERT,
    (Floor.ALERT, Button.YES): Press.ANSWER_YES,
    (Floor.ALERT, Button.NO): Press.ANSWER_NO,
    (Floor.ALERT, Button.LOUDER): Press.LOUDER,
    (Floor.ALERT, Button.QUIETER): Press.QUIETER,
    (Floor.RINGING, Button.TALK): Press.ANSWER_CALL,
    (Floor.RINGING, Button.FAMILY): Press.ANSWER_CALL,
    (Floor.RINGING, Button.LINE): Press.DECLINE_CALL,
    (Floor.RINGING, Button.YES): Press.ANSWER_CALL,
    (Floor.RINGING, Button.NO): Press.DECLINE_CALL,
    (Floor.RINGING, Button.LOUDER): Press.LOUDER,
    (Floor.RINGING, Button.QUIETER): Press.QUIETER,
    (Floor.ANSWERING, Button.TALK): Press.DECLINE_CALL,
    (Floor.ANSWERING, Button.FAMILY): Press.DECLINE_CALL,
    (Floor.ANSWERING, Button.LINE): Press.DECLINE_CALL,
    (Floor.ANSWERING, Button.YES): Press.ANSWER_CALL,
    (Floor.ANSWERING, Button.NO): Press.DECLINE_CALL,
    (Floor.ANSWERING, Button.LOUDER): Press.LOUDER,
    (Floor.ANSWERING, Button.QUIETER): Press.QUIETER,
    (Floor.CALLING, Button.TALK): Press.HANG_UP,
    (Floor.CALLING, Button.FAMILY): Press.HANG_UP,
    (Floor.CALLING, Button.LINE): Press.HANG_UP,
    (Floor.CALLING, Button.YES): Press.NOTHING_ASKED,
    (Floor.CALLING, Button.NO): Press.HANG_UP,
    (Floor.CALLING, Button.LOUDER): Press.LOUDER,
    (Floor.CALLING, Button.QUIETER): Press.QUIETER,
    (Floor.IN_CALL, Button.TALK): Press.HANG_UP,
    (Floor.IN_CALL, Button.FAMILY): Press.HANG_UP,
    (Floor.IN_CALL, Button.LINE): Press.HANG_UP,
    (Floor.IN_CALL, Button.YES): Press.NOTHING_ASKED,
    (Floor.IN_CALL, Button.NO): Press.NOTHING_ASKED,
    (Floor.IN_CALL, Button.LOUDER): Press.LOUDER,
    (Floor.IN_CALL, Button.QUIETER): Press.QUIETER,
    (Floor.SEEN, Button.TALK): Press.BE_SEEN,
    (Floor.SEEN, Button.FAMILY): Press.HANG_UP,
    (Floor.SEEN, Button.LINE): Press.HANG_UP,
    (Floor.SEEN, Button.YES): Press.BE_SEEN,
    (Floor.SEEN, Button.NO): Press.STAY_UNSEEN,
    (Floor.SEEN, Button.LOUDER): Press.LOUDER,
    (Floor.SEEN, Button.QUIETER): Press.QUIETER,
    (Floor.SHOWING, Button.TALK): Press.PUT_AWAY,
    (Floor.SHOWING, Button.FAMILY): Press.PUT_AWAY,
    (Floor.SHOWING, Button.LINE): Press.PUT_AWAY,
    (Floor.SHOWING, Button.YES): Press.PUT_AWAY,
    (Floor.SHOWING, Button.NO): Press.PUT_AWAY,
    (Floor.SHOWING, Button.LOUDER): Press.LOUDER,
    (Floor.SHOWING, Button.QUIETER): Press.QUIETER,
}


def meaning_of(floor: Floor, button: Button) -> Press:
    """What this press means now; every pair has its entry."""
    return MEANINGS[floor, button]


def press_labels(
    floor: Floor, buttons: Collection[Button], phrasebook: Phrasebook
) -> tuple[tuple[str, str], ...]:
    """(button name, what a press does now), in the order of the panel."""
    return tuple(
        (button.value, phrasebook.text(f"press.{meaning_of(floor, button)}"))
        for button in Button
        if button in buttons
    )
