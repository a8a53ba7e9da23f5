"""Who is there for it by profession: a service of the social map, by telephone.

Asked for by its kind ("wie kan mij helpen met vervoer?"). The number is told, and when
somebody answers it: most of them one cannot walk into.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from companion.activities.upcoming import Suggester
from companion.activities.when import Opening
from companion.talk import Talk
from companion.topics.activities import tell_number
from companion.understanding.helping_wishes import find_services
from companion.understanding.say_when import join
from companion.understanding.times import WEEKDAYS, say_time
from companion.wording import Line

# "Maandag, dinsdag en woensdag" is short enough; longer runs have a first and a last.
_SHORT_RUN = 2

# Hours of the week that differ more than so are asked at the number itself.
MOST_HOURS = 3


async def tell_service(talk: Talk, suggester: Suggester | None, words: str) -> bool:
    """Tell of a service for what was asked, if there is one.

    Args:
        talk: The conversation.
        suggester: Knows the social map; None: there is none.
        words: What was said.

    Returns:
        Whether that is enough; else somebody may be asked as well, or instead.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    kinds = find_services(words)
    service = await suggester.service(kinds) if suggester and kinds else None
    if service is None:
        return False
    await talk.say("services.found", title=service.title)
    for line in hours_of(service.opening_hours, talk.clock.now().date()):
        await talk.say(line.key, **line.facts)
    await tell_number(talk, service)
    return not await talk.confirm("services.also", ends_early=False)


def hours_of(openings: Sequence[Opening], today: date) -> list[Line]:
    """When somebody answers, as it is said; nothing where nobody says it (pure)."""
    weekdays: dict[tuple[str, str], list[int]] = {}
    for it in sorted(openings, key=lambda it: (it.weekday, it.opens)):
        if (it.since or today) <= today <= (it.until or today):
            hours = say_time(it.opens), say_time(it.closes)
            weekdays.setdefault(hours, []).append(it.weekday)
    if len(weekdays) > MOST_HOURS:
        return []
    return [
        Line(
            "services.hours",
            {"weekdays": _days(days), "opens": opens, "closes": closes},
        )
        for (opens, closes), days in weekdays.items()
    ]


def _days(weekdays: Sequence[int]) -> str:
    """ "Maandag tot en met zaterdag", "dinsdag en donderdag"."""
    return join([*_runs(sorted(set(weekdays)))])


def _runs(weekdays: Sequence[int]) -> Iterator[str]:
    run: list[int] = []
    for day in [*weekdays, None]:
        if day is not None and (not run or day == run[-1] + 1):
            run.append(day)
            continue
        if len(run) > _SHORT_RUN:
            yield f"{WEEKDAYS[run[0]]} tot en met {WEEKDAYS[run[-1]]}"
        else:
            yield from (WEEKDAYS[it] for it in run)
        run = [] if day is None else [day]
