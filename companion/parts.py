"""What a companion is put together from; `device.py` and `app.py` build it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from calls.call import Phone
from companion.activities.upcoming import Suggester
from companion.agenda_book import AgendaMemory
from companion.following import Following
from companion.helping_book import HelpMemory
from companion.memory import Memory
from companion.notes import Notes
from companion.outbox import HubLine
from companion.people import Person
from companion.ports import Clock, Ears, Mouth, Panel, Screen
from companion.proposal_book import ProposalBook
from companion.tastes_book import TastesMemory
from companion.topics.invitation import Inviter
from companion.visits_book import VisitsMemory


@dataclass(frozen=True, slots=True)
class Parts:
    """What the companion hears, speaks, shows and remembers with.

    Attributes:
        open_conversation: Told True when a conversation opens and False when it
            closes; outside one no sound reaches a recogniser.
        switch_microphone: Told the position of the microphone switch.
        people: The people that the person knows, as they are now.
        agenda: What is to come.
        proposals: What others propose for it, on the card.
        tastes: What the person likes, can and thought of activities.
        visits: Home visits, what to speak of and what was promised.
        helping: What the person offers to others and asks of them.
        clock_is_sure: Whether the clock was set since the device started.
        following: Who of them follows, and what was agreed with each.
        phone: Rings people and is rung; None on a device without calls.
        line: The way to the hub, for alarms; None on a device without one.
        inviting: Makes invitations; None on a device without calls.
        notes: Asks those who follow; None on a device without a hub.
        suggester: Finds what there is to do; None where no social map can be.
    """

    ears: Ears
    mouth: Mouth
    panel: Panel
    screen: Screen
    memory: Memory
    clock: Clock
    people: Callable[[], Awaitable[Sequence[Person]]]
    agenda: AgendaMemory
    proposals: ProposalBook
    tastes: TastesMemory
    visits: VisitsMemory
    helping: HelpMemory
    following: Following
    clock_is_sure: Callable[[], bool] = lambda: True
    open_conversation: Callable[[bool], None] = lambda is_open: None
    switch_microphone: Callable[[bool], None] = lambda is_on: None
    phone: Phone | None = None
    line: HubLine | None = None
    inviting: Inviter | None = None
    notes: Notes | None = None
    suggester: Suggester | None = None
