"""What becomes of a series of which some times were changed (pure).

A changed time stays with the series; what got another name or place is a record of
its own. A change of one time and all that follow (RFC 5545, 3.2.13, THISANDFUTURE)
ends the series there, and begins another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from companion.activities.problems import Reason, SetAside
from companion.activities.record import Activity
from companion.activities.when import Span, Times, rule_parts


@dataclass(frozen=True, slots=True)
class Change:
    """One time that was changed.

    Attributes:
        start: When it would have been, on the wall clock of the series.
        became: What it is now, with one series; None: cancelled.
        goes_on: Whether all that follow were changed as well.
    """

    start: datetime
    became: Activity | None
    goes_on: bool = False


def apply(
    activity: Activity, changes: Sequence[Change]
) -> tuple[Activity, list[Activity]]:
    """The series without what was changed, and what else there is now.

    Args:
        activity: With one series.
        changes: In any order.

    Raises:
        SetAside: If it cannot be said when it takes place now.
    """
    parts = [_Part(activity, activity.times[0])]
    for change in sorted((it for it in changes if it.goes_on), key=lambda it: it.start):
        parts += parts.pop().cut(change)
    if not parts:
        raise SetAside(Reason.NOT_A_RULE, "RECURRENCE-ID", "RANGE")
    others: list[Activity] = []
    for change in changes:
        if not change.goes_on:
            part = _of(parts, change.start)
            others += part.change(change)
    first, *later = (replace(it.activity, times=(it.times(),)) for it in parts)
    apart: list[Activity] = []
    for it in later:
        if _names(it) == _names(first):
            first = replace(first, times=first.times + it.times)
        else:
            begins = it.times[0].first.start
            apart.append(replace(it, id=f"{activity.id}/{begins:%Y%m%dT%H%M}+"))
    return replace(first, id=activity.id), apart + others


def _names(activity: Activity) -> tuple[object, ...]:
    return activity.title, activity.place, activity.status


def _of(parts: Sequence["_Part"], start: datetime) -> "_Part":
    """The part in which a time would have been."""
    begun = [it for it in parts if it.since is None or it.since <= start]
    return begun[-1] if begun else parts[0]


class _Part:
    """A series, from one change of all that follow to the next."""

    def __init__(
        self, activity: Activity, times: Times, since: datetime | None = None
    ) -> None:
        self.activity = activity
        self.since = since
        self._times = times
        self._without = set(times.without)
        self._also = set(times.also)

    def times(self) -> Times:
        """The series with all that was changed."""
        # One that is back at the old start is not left out after all.
        without = self._without - {span.start for span in self._also}
        return replace(
            self._times,
            without=tuple(sorted(without)),
            also=tuple(sorted(self._also, key=lambda span: span.start)),
        )

    def change(self, change: Change) -> list[Activity]:
        """Put one changed time in its place, or beside the series."""
        start = change.start
        if self.since is not None:
            # Named by when it would have been at first (RFC 5545, 3.8.4.4).
            clock = self._times.first.start.time()
            start = datetime.combine(start.date(), clock)
        self._without.add(start)
        self._also = {span for span in self._also if span.start != start}
        if change.became is None:
            return []
        (new,) = change.became.times
        is_same = _names(change.became) == _names(self.activity)
        if is_same and new.zone == self._times.zone:
            self._also.add(new.first)
            return []
        id = f"{self.activity.id}/{change.start:%Y%m%dT%H%M}"
        return [replace(change.became, id=id)]

    def cut(self, change: Change) -> list["_Part"]:
        """What there was until a change, and what there is from then on."""
        old = self._times
        if not old.rule or not _has(old, change.start):
            raise SetAside(Reason.NOT_A_RULE, "RECURRENCE-ID", change.start)
        parts = []
        if old.first.start < change.start:
            before = change.start - timedelta(seconds=1)
            ended = replace(
                old,
                rule=_with_end(old.rule, before),
                without=tuple(it for it in old.without if it < change.start),
                also=tuple(it for it in old.also if it.start < change.start),
            )
            parts.append(_Part(self.activity, ended, self.since))
        if change.became is not None:
            after = _after(old, change.start, change.became.times[0])
            parts.append(_Part(change.became, after, change.start))
        return parts


def _has(times: Times, start: datetime) -> bool:
    moment = start.replace(tzinfo=ZoneInfo(times.zone))
    return any(times.occurrences(moment, moment + timedelta(seconds=1)))


def _with_end(rule: str, until: datetime) -> str:
    parts = rule_parts(rule)
    parts.pop("COUNT", None)
    parts["UNTIL"] = f"{until:%Y%m%dT%H%M%S}"
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _after(old: Times, start: datetime, new: Times) -> Times:
    """The series from a change on, at its new time of day.

    Raises:
        SetAside: If it moved to another day, and does not say how it goes on.
    """
    if new.rule:
        return new
    if new.first.start.date() != start.date() or new.zone != old.zone:
        raise SetAside(Reason.NOT_A_RULE, "RECURRENCE-ID", "RANGE")
    rule = old.rule
    last = replace(old, also=()).last_start()
    if last is not None:
        rule = _with_end(rule, datetime.combine(last.date(), time(23, 59, 59)))
    clock = new.first.start.time()
    length = None if new.first.end is None else new.first.end - new.first.start

    def moved(starts: Iterable[datetime]) -> list[datetime]:
        return [datetime.combine(it.date(), clock) for it in starts if it >= start]

    return Times(
        new.first,
        new.zone,
        is_all_day=new.is_all_day,
        rule=rule,
        without=tuple(moved(old.without)),
        also=tuple(
            Span(it, None if length is None else it + length)
            for it in moved(span.start for span in old.also)
        ),
    )
