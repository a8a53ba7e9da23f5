"""When it asks: each rule of the day, and that none of them is ever broken."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.checkins import (
    AGAIN_AFTER,
    MOST_OWN_STARTS,
    SETTLED,
    Ask,
    Away,
    AwayKind,
    CheckIn,
    CheckInId,
    CheckInPlan,
    Decision,
    Facts,
    Nothing,
    Outcome,
    RecordMissed,
    Start,
    WaitUntil,
    day_of,
    decide,
    decide_on_press,
    plan_from,
)
from companion.settings import CheckInSettings, QuietSettings

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = date(2026, 3, 2)
DAILY = CheckInPlan(times=(time(9),) * 7)
ASK = Ask(Start.SET_TIME)


def at(hour: int, minute: int = 0, day: date = MONDAY, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), tzinfo=AMSTERDAM)


def asked(
    begun_at: datetime,
    outcome: Outcome | None = Outcome.NO_ANSWER,
    start: Start = Start.SET_TIME,
) -> CheckIn:
    return CheckIn(CheckInId(1), begun_at.date(), begun_at, start, outcome)


def after(*check_ins: CheckIn) -> Facts:
    return Facts(check_ins=check_ins)


def test_it_waits_for_the_set_time_and_then_asks() -> None:
    assert decide(DAILY, Facts(), at(8, 30)) == WaitUntil(at(9))
    assert decide(DAILY, Facts(), at(9)) == ASK
    assert decide(DAILY, Facts(), at(9, 3)) == ASK


def test_each_weekday_has_its_own_time() -> None:
    plan = plan_from(
        CheckInSettings(at=time(9), sunday="10:30", wednesday="off"), QuietSettings()
    )
    assert decide(plan, Facts(), at(9, day=date(2026, 3, 3))) == ASK
    assert decide(plan, Facts(), at(9, day=date(2026, 3, 4))) == Nothing()
    sunday = date(2026, 3, 8)
    assert decide(plan, Facts(), at(9, day=sunday)) == WaitUntil(at(10, 30, sunday))


def test_switched_off_it_never_asks() -> None:
    plan = plan_from(CheckInSettings(is_on=False), QuietSettings())
    assert decide(plan, Facts(), at(9)) == Nothing()
    assert decide_on_press(plan, Facts(), at(9)) == Nothing()


def test_unanswered_it_asks_again_after_10_and_30_minutes_then_it_is_missed() -> None:
    first = asked(at(9))
    assert decide(DAILY, after(first), at(9, 2)) == WaitUntil(at(9, 10))
    assert decide(DAILY, after(first), at(9, 10)) == ASK
    second = asked(at(9, 10))
    assert decide(DAILY, after(first, second), at(9, 12)) == WaitUntil(at(9, 30))
    assert decide(DAILY, after(first, second), at(9, 30)) == ASK
    third = asked(at(9, 30))
    assert decide(DAILY, after(first, second, third), at(9, 32)) == RecordMissed(MONDAY)
    missed = asked(at(9, 32), Outcome.MISSED)
    day = after(first, second, third, missed)
    assert decide(DAILY, day, at(9, 33)) == Nothing()
    assert decide(DAILY, day, at(20)) == Nothing()


@pytest.mark.parametrize("outcome", sorted(SETTLED))
def test_once_settled_it_is_over_until_tomorrow(outcome: Outcome) -> None:
    day = after(asked(at(9), outcome))
    assert decide(DAILY, day, at(9, 10)) == Nothing()
    assert decide_on_press(DAILY, day, at(11)) == Nothing()
    tomorrow = MONDAY + timedelta(days=1)
    assert decide(DAILY, day, at(9, day=tomorrow)) == ASK


def test_power_lost_in_the_middle_counts_as_unanswered() -> None:
    day = after(asked(at(9), outcome=None))
    assert decide(DAILY, day, at(9, 5)) == WaitUntil(at(9, 10))


def test_an_unanswered_first_press_is_asked_again_like_any_other() -> None:
    day = after(asked(at(8, 15), start=Start.FIRST_PRESS))
    assert decide(DAILY, day, at(8, 16)) == WaitUntil(at(8, 25))


@pytest.mark.parametrize(
    ("set_time", "asks_at"),
    [(time(7), (8, 0)), (time(8), (8, 0)), (time(22), (8, 0)), (time(21), (21, 0))],
)
def test_a_set_time_in_quiet_hours_becomes_their_end(
    set_time: time, asks_at: tuple[int, int]
) -> None:
    plan = CheckInPlan(times=(set_time,) * 7)
    assert decide(plan, Facts(), at(0, 5)) == WaitUntil(at(*asks_at))
    assert decide(plan, Facts(), at(*asks_at)) == ASK


def test_quiet_hours_at_noon_and_none_at_all() -> None:
    noon = CheckInPlan((time(13, 30),) * 7, time(13), time(15))
    assert decide(noon, Facts(), at(13, 30)) == WaitUntil(at(15))
    none = CheckInPlan((time(3),) * 7, time(9), time(9))
    assert decide(none, Facts(), at(3)) == ASK


def test_an_attempt_that_would_fall_in_quiet_hours_ends_the_day_as_missed() -> None:
    plan = CheckInPlan(times=(time(21, 10),) * 7)
    first, second = asked(at(21, 10)), asked(at(21, 20))
    assert decide(plan, after(first), at(21, 12)) == WaitUntil(at(21, 20))
    assert decide(plan, after(first, second), at(21, 22)) == RecordMissed(MONDAY)


def test_an_attempt_in_quiet_hours_at_noon_waits_for_their_end() -> None:
    plan = CheckInPlan((time(12, 55),) * 7, time(13), time(15))
    assert decide(plan, after(asked(at(12, 55))), at(12, 57)) == WaitUntil(at(15))


TUESDAY = MONDAY + timedelta(days=1)
# Nobody chose quiet hours.
NIGHT = CheckInPlan((time(23, 30),) * 7, time(0), time(0), first_press_from=time(0))


def test_what_nobody_answered_before_midnight_is_missed_of_that_day() -> None:
    assert decide(NIGHT, after(asked(at(23, 58))), at(0, 0, TUESDAY)) == RecordMissed(
        MONDAY
    )
    # Back after a power cut of a night.
    first = asked(at(9), outcome=None)
    assert decide(DAILY, after(first), at(3, day=TUESDAY)) == RecordMissed(MONDAY)
    missed = CheckIn(
        CheckInId(2), MONDAY, at(3, day=TUESDAY), Start.SET_TIME, Outcome.MISSED
    )
    day = after(first, missed)
    assert decide(DAILY, day, at(3, 1, TUESDAY)) == WaitUntil(at(9, day=TUESDAY))
    assert decide(DAILY, day, at(9, day=TUESDAY)) == ASK


@pytest.mark.parametrize("outcome", sorted(SETTLED | {Outcome.POSTPONED}))
def test_what_was_judged_or_put_off_before_midnight_is_not_missed(
    outcome: Outcome,
) -> None:
    day = after(asked(at(9)), asked(at(9, 10), outcome))
    facts = Facts(day.check_ins, postponed_until=at(9, 40))
    assert decide(DAILY, facts, at(3, day=TUESDAY)) == WaitUntil(at(9, day=TUESDAY))


def test_of_somebody_who_is_away_yesterday_is_not_missed() -> None:
    gone = Facts((asked(at(9)),), away=Away(AwayKind.HOSPITAL))
    assert decide(DAILY, gone, at(3, day=TUESDAY)) == Nothing()


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.STOPPED])
def test_past_midnight_nobody_is_asked_again_the_same_evening(
    outcome: Outcome,
) -> None:
    plan = CheckInPlan((time(0, 5),) * 7, time(0), time(0), first_press_from=time(0))
    facts = after(asked(at(23, 58), outcome, Start.ASKED))
    assert decide(plan, facts, at(0, 5, TUESDAY)) == WaitUntil(at(0, 58, TUESDAY))
    assert decide_on_press(plan, facts, at(0, 1, TUESDAY)) == Nothing()
    assert decide(plan, facts, at(0, 58, TUESDAY)) == ASK
    assert decide_on_press(plan, facts, at(0, 58, TUESDAY)) == Ask(Start.FIRST_PRESS)


def test_a_check_in_of_the_same_evening_belongs_to_the_day_before() -> None:
    broken_off = [asked(at(23, 58), outcome=None, start=Start.ASKED)]
    assert day_of(broken_off, at(0, 1, TUESDAY)) == MONDAY
    assert day_of(broken_off, at(0, 58, TUESDAY)) == TUESDAY
    assert day_of([], at(0, 1, TUESDAY)) == TUESDAY
    # What is only written down asked nobody anything.
    missed = CheckIn(
        CheckInId(2), MONDAY, at(8, 59, TUESDAY), Start.SET_TIME, Outcome.MISSED
    )
    assert day_of([missed], at(9, day=TUESDAY)) == TUESDAY


def test_a_device_that_was_off_asks_when_it_starts_but_not_late() -> None:
    assert decide(DAILY, Facts(), at(14)) == ASK
    assert decide(DAILY, Facts(), at(20)) == ASK
    assert decide(DAILY, Facts(), at(20, 1)) == Nothing()
    assert decide(DAILY, Facts(), at(23)) == Nothing()
    # Asked once, then the power went for the rest of the day: that is missed.
    assert decide(DAILY, after(asked(at(9))), at(20, 30)) == RecordMissed(MONDAY)


def test_a_late_set_time_has_its_own_hour() -> None:
    plan = CheckInPlan(times=(time(20, 15),) * 7)
    assert decide(plan, Facts(), at(21, 10)) == ASK
    assert decide(plan, Facts(), at(21, 20)) == Nothing()


def test_later_means_at_that_time_and_begins_a_new_round() -> None:
    put_off = asked(at(9), Outcome.POSTPONED)
    facts = Facts(check_ins=(put_off,), postponed_until=at(11))
    assert decide(DAILY, facts, at(9, 5)) == WaitUntil(at(11))
    assert decide(DAILY, facts, at(11)) == ASK
    again = asked(at(11))
    facts = Facts(check_ins=(put_off, again), postponed_until=at(11))
    assert decide(DAILY, facts, at(11, 1)) == WaitUntil(at(11, 10))


def test_later_after_an_unanswered_attempt_forgets_that_attempt() -> None:
    facts = Facts(
        check_ins=(asked(at(9)), asked(at(9, 10), Outcome.POSTPONED)),
        postponed_until=at(10, 10),
    )
    assert decide(DAILY, facts, at(9, 40)) == WaitUntil(at(10, 10))


def test_later_into_the_quiet_hours_is_no_more_today() -> None:
    facts = Facts((asked(at(9), Outcome.POSTPONED),), postponed_until=at(22))
    assert decide(DAILY, facts, at(9, 5)) == Nothing()
    assert decide(DAILY, facts, at(22)) == Nothing()


def test_yesterdays_later_does_not_count_today() -> None:
    facts = Facts(postponed_until=at(20, day=MONDAY - timedelta(days=1)))
    assert decide(DAILY, facts, at(8, 30)) == WaitUntil(at(9))


def test_at_most_four_own_starts_a_day() -> None:
    put_off = [asked(at(9 + n), Outcome.POSTPONED) for n in range(MOST_OWN_STARTS)]
    facts = Facts(check_ins=put_off, postponed_until=at(14))
    assert decide(DAILY, facts, at(14)) == Nothing()
    facts = Facts(check_ins=put_off[:-1], postponed_until=at(14))
    assert decide(DAILY, facts, at(14)) == ASK


@pytest.mark.parametrize("kind", AwayKind)
def test_away_it_asks_nothing_and_misses_nobody(kind: AwayKind) -> None:
    gone = Facts(check_ins=(asked(at(9)),), away=Away(kind))
    for hour in (9, 12, 20):
        assert decide(DAILY, gone, at(hour)) == Nothing()
        assert decide_on_press(DAILY, gone, at(hour)) == Nothing()
    until = Facts(away=Away(kind, until=MONDAY + timedelta(days=1)))
    assert decide(DAILY, until, at(9)) == Nothing()
    assert decide(DAILY, until, at(9, day=MONDAY + timedelta(days=1))) == ASK


def test_after_forgetting_all_it_rests_for_the_day() -> None:
    facts = Facts(rest_day=MONDAY)
    assert decide(DAILY, facts, at(9)) == Nothing()
    assert decide_on_press(DAILY, facts, at(9)) == Nothing()
    assert decide(DAILY, facts, at(9, day=MONDAY + timedelta(days=1))) == ASK


def test_only_the_first_press_of_the_day_starts_it() -> None:
    press = Ask(Start.FIRST_PRESS)
    assert decide_on_press(DAILY, Facts(), at(8, 15)) == press
    yesterday = Facts(pressed_on=MONDAY - timedelta(days=1))
    assert decide_on_press(DAILY, yesterday, at(8, 15)) == press
    assert decide_on_press(DAILY, Facts(pressed_on=MONDAY), at(8, 15)) == Nothing()
    for outcome in (None, *Outcome):
        day = after(asked(at(8, 5), outcome))
        assert decide_on_press(DAILY, day, at(8, 15)) == Nothing()


def test_a_press_at_night_starts_nothing() -> None:
    early = CheckInPlan(DAILY.times, first_press_from=time(6))
    assert decide_on_press(early, Facts(), at(7)) == Nothing()
    assert decide_on_press(early, Facts(), at(23)) == Nothing()
    late = CheckInPlan(DAILY.times, first_press_from=time(8, 30))
    assert decide_on_press(late, Facts(), at(8, 29)) == Nothing()
    assert decide_on_press(late, Facts(), at(8, 30)) == Ask(Start.FIRST_PRESS)
    never = CheckInPlan(DAILY.times, at_first_press=False)
    assert decide_on_press(never, Facts(), at(9)) == Nothing()


def test_before_the_clock_is_sure_it_waits() -> None:
    unsure = datetime(1970, 1, 1, 9, 0, tzinfo=AMSTERDAM)
    assert decide(DAILY, Facts(), unsure) == WaitUntil(unsure + timedelta(minutes=1))
    assert decide_on_press(DAILY, Facts(), unsure) == Nothing()


def test_a_time_that_spring_skips_is_an_hour_later() -> None:
    plan = CheckInPlan((time(2, 30),) * 7, time(0), time(0))
    spring = date(2026, 3, 29)
    decision = decide(plan, Facts(), at(1, 59, day=spring))
    assert isinstance(decision, WaitUntil)
    assert decision.at.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert decision.at.time() == time(3, 30)


def test_the_hour_that_autumn_repeats_asks_once() -> None:
    plan = CheckInPlan((time(2, 30),) * 7, time(0), time(0))
    autumn = date(2026, 10, 25)
    first = at(2, 30, day=autumn)
    assert decide(plan, Facts(), first) == ASK
    again = at(2, 31, day=autumn).replace(fold=1)
    assert decide(plan, after(asked(first, Outcome.DONE)), again) == Nothing()
    # Ten minutes are ten minutes, also across the change.
    begun = at(2, 55, day=autumn)
    decision = decide(plan, after(asked(begun)), begun)
    assert isinstance(decision, WaitUntil)
    assert decision.at.fold == 1
    assert decision.at.time() == time(2, 5)


def test_on_a_short_day_nine_is_nine() -> None:
    spring = date(2026, 3, 29)
    decision = decide(DAILY, Facts(), at(0, 30, day=spring))
    assert decision == WaitUntil(at(9, day=spring))


def test_a_clock_that_jumps_back_does_not_ask_twice() -> None:
    done = after(asked(at(9, 5), Outcome.DONE))
    assert decide(DAILY, done, at(8)) == Nothing()
    assert decide(DAILY, done, at(9)) == Nothing()
    unanswered = after(asked(at(9, 5)))
    assert decide(DAILY, unanswered, at(8)) == WaitUntil(at(9, 15))


def test_a_clock_that_jumps_ahead_and_back_leaves_no_later_behind() -> None:
    facts = Facts(postponed_until=at(11, day=date(2033, 1, 1)))
    assert decide(DAILY, facts, at(9)) == ASK


# -- whole days -----------------------------------------------------------------

times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
plans = st.builds(
    CheckInPlan,
    times=st.tuples(*[st.one_of(st.none(), times)] * 7),
    quiet_starts=times,
    quiet_ends=times,
    at_first_press=st.booleans(),
    first_press_from=times,
)
# Ordinary days and both changes of the clock.
days = st.sampled_from([MONDAY, date(2026, 3, 29), date(2026, 10, 25)])
answers = st.lists(
    st.sampled_from([None, *(o for o in Outcome if o is not Outcome.MISSED)]),
    min_size=8,
    max_size=8,
)
presses = st.lists(st.integers(0, 24 * 60), max_size=4)


def live(
    plan: CheckInPlan,
    day: date,
    outcomes: Sequence[Outcome | None],
    pressed: Sequence[int],
    off_until: int = 0,
) -> list[CheckIn]:
    """Live through a day, minute by minute; returns what was asked and missed.

    And the first minute of the next day, in which a day that is still open is judged.
    """
    log: list[CheckIn] = []
    postponed = pressed_on = None
    begin = datetime.combine(day, time(), tzinfo=AMSTERDAM).astimezone(UTC)
    for minute in range(off_until, 26 * 60):
        now = (begin + timedelta(minutes=minute)).astimezone(AMSTERDAM)
        if now.date() != day:
            if decide(plan, Facts(tuple(log), postponed), now) == RecordMissed(day):
                log.append(replace(asked(now, Outcome.MISSED), day=day))
            break
        facts = Facts(tuple(log), postponed, None, None, pressed_on)
        decision: Decision = decide(plan, facts, now)
        if isinstance(decision, WaitUntil):
            assert decision.at.astimezone(UTC) > now.astimezone(UTC)
            assert decision.at.date() == day
        if minute in pressed and not isinstance(decision, Ask):
            decision = decide_on_press(plan, facts, now)
            pressed_on = day
        if isinstance(decision, RecordMissed):
            log.append(asked(now, Outcome.MISSED))
        if isinstance(decision, Ask):
            outcome = outcomes[len(log)]
            log.append(asked(now, outcome, decision.start))
            if outcome is Outcome.POSTPONED:
                postponed = (now.astimezone(UTC) + timedelta(hours=1)).astimezone(
                    AMSTERDAM
                )
    return log


# A whole day takes a while on a busy machine; the days are the same every time.
@settings(deadline=None, derandomize=True)
@given(plans, days, answers, presses, st.integers(0, 24 * 60))
def test_no_day_breaks_a_rule(
    plan: CheckInPlan,
    day: date,
    outcomes: list[Outcome | None],
    pressed: list[int],
    off_until: int,
) -> None:
    log = live(plan, day, outcomes, pressed, off_until)
    asks = [c for c in log if c.outcome is not Outcome.MISSED]
    assert not any(plan.is_quiet(c.begun_at.time()) for c in asks)
    assert sum(c.start is Start.SET_TIME for c in asks) <= MOST_OWN_STARTS
    if not any(c.outcome is Outcome.POSTPONED for c in asks):
        assert len(asks) <= 1 + len(AGAIN_AFTER)
    # Nothing comes after what settles the day.
    assert not any(c.outcome in SETTLED for c in log[:-1])
    if log and log[-1].outcome is Outcome.MISSED:
        assert any(c.is_unanswered for c in asks)
    if plan.times[day.weekday()] is None:
        assert log == []


# A whole day takes a while on a busy machine; the days are the same every time.
@settings(deadline=None, derandomize=True)
@given(plans, days, presses)
def test_nobody_home_is_always_written_down_as_missed(
    plan: CheckInPlan, day: date, pressed: list[int]
) -> None:
    log = live(plan, day, [Outcome.NO_ANSWER] * 8, pressed)
    if log:
        assert log[-1].outcome is Outcome.MISSED
        assert {c.day for c in log} == {day}
