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


# One button, one meaning; while something goes on, talk, family and line all
# stop it (no hold, no double press: tremor). The one exception is an offer, where
# the talk button, which pulses then, takes it: who presses a light that calls
# wants to answer it.
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
