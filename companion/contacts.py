"""With how many people the person was in touch (pure).

The measure of success: counted on the device, told to the person when they ask, and
shown to nobody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from companion.activities.tastes import Opinion, OpinionKind
from companion.callbook import CallRecord
from companion.followups import PLANS
from companion.journal import Answer
from companion.understanding.intents import Intent, Value

# "Deze week" is the last seven days: on a Monday morning the calendar's is empty.
CONTACT_DAYS = 7

PLAN_DONE = "checkin.plan_done"

VISITOR = "visit_received"

# Plans in which the person meets somebody they know.
VISITS = frozenset({"visit_received", "visit_paid", "family"})

# Somebody did something for somebody: they saw each other.
HELPED = frozenset({"helping.helped", "helping.gave"})


@dataclass(frozen=True, slots=True)
class Contacts:
    """With how many the person was in touch.

    Attributes:
        calls: Calls in which they spoke.
        visits: Visits that they told of.
        activities: Times that they told to have been somewhere among people.
    """

    calls: int
    visits: int
    activities: int = 0


# Who enjoyed it or did not was there.
_THERE = frozenset({OpinionKind.WENT, OpinionKind.ENJOYED, OpinionKind.NOT_ENJOYED})


def contacts(
    calls: Iterable[CallRecord],
    answers: Iterable[Answer],
    opinions: Iterable[Opinion] = (),
    met: Iterable[date] = (),
) -> Contacts:
    """Count calls that were answered and visits that took place.

    A visit counts once the person said the day after that the plan was carried out,
    and help once they said that it took place.

    Args:
        calls: Those of the days that are counted.
        answers: Those of the same days and of the day before, oldest first.
        opinions: What they thought of activities, of the same days.
        met: On which of the days somebody came on a home visit.
    """
    plans: dict[date, Value | None] = {}
    done: set[date] = set()
    helped = 0
    for answer in answers:
        day = answer.at.date()
        if answer.question == PLANS:
            plans[day] = answer.value if answer.intent is Intent.PLANS else None
        elif answer.question in HELPED:
            helped += answer.intent is Intent.YES
        elif answer.question == PLAN_DONE:
            planned_on = day - timedelta(days=1)
            if answer.intent is Intent.YES:
                done.add(planned_on)
            else:
                done.discard(planned_on)
    return Contacts(
        calls=sum(1 for call in calls if call.answered_at is not None),
        visits=helped
        + sum(1 for day in done if plans.get(day) in VISITS)
        # Who told of visitors as a plan may have told of this one.
        + sum(1 for day in met if day not in done or plans.get(day) != VISITOR),
        activities=sum(1 for opinion in opinions if opinion.kind in _THERE),
    )
