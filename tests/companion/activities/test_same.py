"""What is the same in several sources, and why."""

from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.activities.record import Activity, Contact, Cost, Place, Status
from companion.activities.same import Marks, group, marks, merge
from companion.activities.when import Opening, Span, Times
from tests.companion.activities.reading import ZONE, wall

WEEKLY = Times(Span(wall("2026-03-03 10:00")), ZONE, rule="FREQ=WEEKLY")
COFFEE = Activity(
    "1",
    "gemeente",
    "Koffieochtend",
    "Stichting Welzijn Voorbeelddorp",
    place=Place("Dorpshuis", "Dorpsstraat 1", "1234 AB", "Voorbeelddorp"),
    times=(WEEKLY,),
    checked_on=date(2026, 11, 1),
)


def are_same(*others: Activity) -> bool:
    return len(group([marks(it) for it in (COFFEE, *others)])) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(COFFEE, id="9", source="welzijn"),
        replace(COFFEE, title="koffie-ochtend".replace("-", "")),
        replace(COFFEE, title="KOFFIEOCHTEND!"),
        replace(COFFEE, organisation="Welzijn Voorbeelddorp"),
        # Another first week, and the weekday by name.
        replace(
            COFFEE,
            times=(
                Times(
                    Span(wall("2026-09-01 10:00")), ZONE, rule="FREQ=WEEKLY;BYDAY=TU"
                ),
            ),
        ),
        replace(COFFEE, place=Place("Zaal", "Dorpsstraat 1", "1234AB")),
        replace(COFFEE, place=Place()),
        replace(COFFEE, organisation=""),
    ],
)
def test_the_same_written_otherwise(other: Activity) -> None:
    assert are_same(other)


@pytest.mark.parametrize(
    "other",
    [
        replace(COFFEE, title="Theeochtend"),
        replace(COFFEE, organisation="Buurtvereniging"),
        replace(COFFEE, place=Place("Dorpshuis", "Dorpsstraat 2", "1234 AB")),
        replace(COFFEE, times=(replace(WEEKLY, first=Span(wall("2026-03-04 10:00"))),)),
        replace(COFFEE, times=(replace(WEEKLY, first=Span(wall("2026-03-03 11:00"))),)),
        replace(COFFEE, times=(replace(WEEKLY, rule="FREQ=MONTHLY;BYDAY=1TU"),)),
        replace(COFFEE, times=(), opening_hours=(Opening(1, time(10), time(12)),)),
        # Nothing says that it is the same: neither who nor where.
        replace(COFFEE, organisation="", place=Place()),
    ],
)
def test_what_differs_in_who_what_when_or_where(other: Activity) -> None:
    assert not are_same(other)


def test_who_lacks_a_place_joins_nobody_if_there_are_two() -> None:
    elsewhere = replace(COFFEE, place=Place("", "Lindelaan 3", "1234 AB"))
    nowhere = replace(COFFEE, place=Place())
    found = group([marks(it) for it in (COFFEE, elsewhere, nowhere)])
    assert found == [[0], [1], [2]]


MARKS = st.lists(
    st.builds(
        Marks,
        st.sampled_from(["a", "b"]),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from(["", "p", "q"]),
    ),
    max_size=12,
)


@given(MARKS, st.randoms())
def test_groups_keep_everybody_once_and_do_not_depend_on_the_order(
    records: list[Marks], chance: object
) -> None:
    found = group(records)
    assert sorted(it for numbers in found for it in numbers) == list(
        range(len(records))
    )
    for numbers in found:
        # Nobody is together with one whom something contradicts.
        assert len({records[it].what for it in numbers}) == 1
        assert len({records[it].organisation for it in numbers} - {""}) <= 1
        assert len({records[it].place for it in numbers} - {""}) <= 1
    backwards = group(records[::-1])
    last = len(records) - 1
    assert sorted(sorted(last - it for it in numbers) for numbers in backwards) == found


def test_the_freshest_counts_and_the_others_fill_what_it_lacks() -> None:
    older = replace(
        COFFEE,
        source="welzijn",
        id="w",
        checked_on=date(2026, 1, 1),
        cost=Cost(250, 250),
        contact=Contact(phone="0600000001"),
        status=Status.FULL,
        description="oud",
    )
    newer = replace(COFFEE, description="nieuw")
    merged = merge([older, newer])
    assert merged.activity.description == "nieuw"
    assert merged.activity.cost == Cost(250, 250)
    assert merged.activity.contact.phone == "0600000001"
    # It is open again, says who looked last.
    assert merged.activity.status is Status.OPEN
    assert merged.sources == (("gemeente", "1"), ("welzijn", "w"))
    assert merge([newer, older]) == merged
