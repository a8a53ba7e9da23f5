"""What the self-test found out about a part."""

from dataclasses import dataclass

from companion.commands.texts import Texts


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one part.

    Attributes:
        part: Name of the part.
        is_fine: Whether it does its work.
        is_simulated: Whether the settings chose a simulated part here.
        text: What was found, in Dutch, with what to do.
    """

    part: str
    is_fine: bool
    is_simulated: bool
    text: str


def found(part: str, outcome: str, is_fine: bool, **facts: object) -> Finding:
    """A finding with its sentence of the language pack."""
    return Finding(
        part, is_fine, False, Texts("check").say(f"{part}.{outcome}", **facts)
    )


def simulated(part: str) -> Finding:
    """The settings chose a simulated part."""
    return Finding(part, True, True, Texts("check").say("simulated"))
