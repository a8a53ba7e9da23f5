"""What holds for every import: a second one changes nothing, the order of sources makes
no difference, and nothing that somebody sends takes all of the time or memory."""

import io
import itertools
import json
import random
import time
import tracemalloc
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.activities.catalogue import Catalogue, open_catalogue
from companion.activities.example.making import write_example
from companion.activities.importing import IMPORTERS, Wanted, find_form, import_file
from companion.activities.intake import Outcomes
from companion.activities.plain import to_json
from companion.activities.reading import NotRead
from companion.activities.rows import read_row
from companion.activities.same import group, marks, merge
from companion.activities.when import Span, Times, WrongRule, make_rule, rule_parts
from companion.commands.activity_tables import explain
from tests.companion.activities.reading import CONTEXT, NOW, TODAY, ZONE, wall
from tests.companion.activities.test_fuzzed import read_anything, spoilt
from tests.companion.activities.test_hsds_tables import TABLES, package

# Ten times what the slowest takes on a machine that does nothing else.
SOON_S = 10.0
LITTLE_BYTES = 40_000_000


def put(catalogue: Catalogue, path: Path, day: int = 0) -> Outcomes:
    wanted = Wanted(path.name, str(path), "CC0")
    return import_file(catalogue, path, wanted, NOW + timedelta(days=day), ZONE)


@pytest.mark.parametrize("number", range(len(IMPORTERS)))
def test_a_second_import_of_the_same_changes_nothing(
    tmp_path: Path, number: int
) -> None:
    source = write_example(tmp_path, TODAY)[number]
    content = source.read_bytes()
    chance = random.Random(number)
    with open_catalogue(tmp_path / "activities.db", NOW) as catalogue:
        for _ in range(6):
            source.write_bytes(content)
            try:
                first = put(catalogue, source)
            except NotRead:
                continue
            before = [to_json(it.activity) for it in catalogue.records()]
            # Also a day later: what has no date of its own must not move along.
            catalogue._connection.execute("DELETE FROM taken")
            again = put(catalogue, source, day=1)
            # And what is not read at all says the same as what is.
            assert put(catalogue, source, day=1) == again
            assert (again.new, again.changed, again.gone) == (0, 0, 0)
            assert again.same == first.records
            assert [to_json(it.activity) for it in catalogue.records()] == before
            # And whatever is wrong with it.
            content = spoilt(content, chance)


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    source = write_example(tmp_path, TODAY)[0]
    with open_catalogue(tmp_path / "activities.db", NOW) as catalogue:
        whole = put(catalogue, source)
        lines = source.read_text("utf-8").splitlines()
        lines[3] = lines[3].replace("16:00", "16:30")
        del lines[5]
        source.write_text("\n".join(lines), encoding="utf-8")
        again = put(catalogue, source)
    assert (again.new, again.changed, again.gone) == (0, 1, 1)
    assert again.same == whole.records - 2


def test_the_order_of_sources_makes_no_difference(tmp_path: Path) -> None:
    paths = write_example(tmp_path, TODAY)
    found = []
    for number, order in enumerate(itertools.islice(
        itertools.permutations(paths), 0, 120, 23
    )):  # fmt: skip
        with open_catalogue(tmp_path / f"{number}.db", NOW) as catalogue:
            for path in order:
                put(catalogue, path)
            found.append(
                [(it.sources, to_json(it.activity)) for it in catalogue.records()]
            )
    assert all(it == found[0] for it in found)
    assert any(len(sources) > 1 for sources, _ in found[0])


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["Welzijn", "Stichting Welzijn", "Kerk"]),
        st.sampled_from(["Dorpsstraat 1", "Dorpsstraat 2", ""]),
        st.sampled_from(["1-11-2026", "2-11-2026", ""]),
        st.sampled_from(["gratis", "2,50", ""]),
    ),
    min_size=1,
    max_size=7,
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(
    records: list[tuple[str, ...]], chance: random.Random
) -> None:
    names = ("organisation", "address", "checked_on", "cost")
    activities = []
    for number, record in enumerate(records):
        cells = {"title": "Koffie", "id": f"{number}", "starts": "10:00"}
        cells |= {"repeats": "elke dag", **dict(zip(names, record, strict=True))}
        activity = read_row(cells, number, CONTEXT).activity
        assert activity is not None
        activities.append(activity)
    found = []
    for _ in range(2):
        merged = (
            merge(activities[it] for it in numbers)
            for numbers in group([marks(it) for it in activities])
        )
        found.append(sorted((it.sources, to_json(it.activity)) for it in merged))
        chance.shuffle(activities)
    assert found[0] == found[1]


# -- time and memory -----------------------------------------------------------------


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("_", "."), content)
    return made.getvalue()


NESTED = b'{"contents": [' + b'{"a": [' * 50_000
BOMBS = {
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"a":' * 30_000,
    "deep records": NESTED,
    "deep records that close": NESTED + b"]}" * 50_000 + b"]}",
    "a long number": b'[{"id": ' + b"9" * 1_000_000 + b"}]",
    "a long string": b'[{"name": "' + b"x" * 1_000_000,
    "escapes": b'[{"name": "' + b"\\" * 500_000,
    "quotes": b'"' * 60_000,
    "semicolons": b"titel;organisatie\n" + b";" * 500_000,
    "open cells": b"titel;organisatie\n" + b'"a;b\n' * 6_000,
    "entities": b"titel;organisatie\n" + b"&amp;" * 200_000 + b";b\n",
    "tags": b"titel;organisatie\n" + b"<" * 500_000 + b";b\n",
    "open comments": b"titel;organisatie\n" + b"<!--" * 40_000 + b";b\n",
    "folded lines": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n"
    + b" b\r\n" * 60_000,
    "open events": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 3_000,
    "quoted parameters": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;" + b'"' * 90_000,
    "scripts": b"<html>" + b'<script type="application/ld+json">' * 3_000,
    "an empty zip": zipped(),
    "a package of zeros": zipped(services_csv=b"id,name\n" + b"0" * 20_000_000),
    "json of zeros": zipped(services_json=b"[" * 60_000),
    "many parts": zipped(**{f"a{it}_json": b"[]" for it in range(3_000)}),
    "a zip in a zip": zipped(services_csv=zipped(services_csv=b"0" * 9_000_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_time_and_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name])
    try:
        form = find_form(path)
    except NotRead as error:
        assert all(explain(error.problem))
        return
    tracemalloc.start()
    begun_s = time.process_time()
    try:
        read_anything(path, form)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Tracing makes it some four times as slow.
    assert time.process_time() - begun_s < SOON_S
    assert taken < LITTLE_BYTES + 4 * path.stat().st_size


def test_packages_that_were_spoilt(tmp_path: Path) -> None:
    content, chance = package(TABLES), random.Random(11)
    path = tmp_path / "spoilt"
    for _ in range(30):
        path.write_bytes(spoilt(content, chance))
        read_anything(path, "hsds")
    assert [it.name for it in tmp_path.iterdir()] == ["spoilt"]


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"])},
    optional={
        "INTERVAL": st.sampled_from(["1", "2", "7", "999", "0", "-1", "x"]),
        "COUNT": st.sampled_from(["1", "52", "9999", "0"]),
        "UNTIL": st.sampled_from(["20260101", "20991231T235959", "20261301", "x"]),
        "BYDAY": st.lists(
            st.sampled_from(["MO", "SU", "1TU", "-1FR", "5WE", "53MO", "XX"]),
            min_size=1, max_size=4,
        ).map(",".join),
        "BYMONTHDAY": st.sampled_from(["1", "29", "30", "31", "-31", "32", "30,31"]),
        "BYMONTH": st.sampled_from(["1", "2", "2,4", "12", "13"]),
        "BYYEARDAY": st.sampled_from(["1", "366", "-366", "367"]),
        "BYWEEKNO": st.sampled_from(["1", "53", "-53", "54"]),
        "BYSETPOS": st.sampled_from(["1", "-1", "366", "0"]),
        "WKST": st.sampled_from(["MO", "SU", "x"]),
    },
)  # fmt: skip


@given(PARTS, st.dates(date(2024, 1, 1), date(2030, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_every_rule_ends(parts: dict[str, str], day: date) -> None:
    """One that can be followed is followed soon, and another is refused soon."""
    begun_s = time.process_time()
    first = datetime.combine(day, datetime.min.time()).replace(hour=10)
    try:
        rule = make_rule(parts, first)
    except WrongRule:
        pass
    else:
        assert rule_parts(rule)["FREQ"] == parts["FREQ"]
        times = Times(Span(first), ZONE, rule=rule)
        last = times.last_start()
        assert last is None or last >= first or "UNTIL" in parts
        moments = list(times.occurrences(NOW, NOW + timedelta(days=62)))
        assert moments == sorted(moments, key=lambda it: it.start)
    assert time.process_time() - begun_s < SOON_S


def test_a_rule_that_never_comes_true_is_refused() -> None:
    for parts in (
        {"FREQ": "YEARLY", "BYMONTH": "2", "BYMONTHDAY": "30"},
        {"FREQ": "MONTHLY", "INTERVAL": "12", "BYMONTHDAY": "31", "BYDAY": "XX"},
        {"FREQ": "DAILY", "BYMONTH": "2", "BYMONTHDAY": "31"},
        {"FREQ": "DAILY", "BYMONTH": "6", "BYYEARDAY": "-1"},
    ):
        with pytest.raises(WrongRule):
            make_rule(parts, wall("2026-01-01 10:00"))


def test_json_that_is_cut_off_anywhere(tmp_path: Path) -> None:
    whole = json.dumps({"contents": [{"id": "1", "name": "A", "status": "active"}] * 3})
    path = tmp_path / "cut"
    for at in range(len(whole)):
        path.write_text(whole[:at], encoding="utf-8")
        for form in ("hsds", "schemaorg"):
            read_anything(path, form)
