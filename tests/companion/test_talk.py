"""How it talks: silence, misunderstanding, commands that always work."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from companion.checkins import Outcome
from companion.journal import Answer
from companion.settings import CheckInSettings, Settings
from companion.talk import MOST_LIKELY
from companion.understanding.intents import Intent
from hardware.panel import Button
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard, Standing

START = datetime(2026, 3, 23, 8, 59, tzinfo=AMSTERDAM)
NO_BUTTONS = frozenset(Button) - {Button.YES, Button.NO}


def morning(
    folder: Path,
    answers: dict[str, str | Heard | list[str | Heard | None] | None],
    buttons: frozenset[Button] = frozenset(Button),
    during: Callable[[Home], Coroutine[None, None, None]] | None = None,
) -> Home:
    """One check-in at nine o'clock; the home is looked at afterwards."""

    async def story() -> Home:
        async with living(folder, START, Answers(answers), buttons=buttons) as home:
            if during is not None:
                await during(home)
            await home.until(START + timedelta(minutes=8))
            home.told.extend(await answers_of(home))
            home.outcomes.extend(await outcomes_of(home))
            return home

    return run(story(), VirtualLoop())


async def answers_of(home: Home) -> list[Answer]:
    return await home.journal.answers(START, START + timedelta(days=1))


async def outcomes_of(home: Home) -> list[Outcome | None]:
    return [c.outcome for c in await home.journal.check_ins(START.date(), START.date())]


def after(home: Home, key: str) -> list[str]:
    """Names of what was said from the first `key` on."""
    keys = home.person.keys()
    return keys[keys.index(key) :]


def test_silence_is_given_time_then_rephrased_then_let_be(tmp_path: Path) -> None:
    home = morning(
        tmp_path, {"checkin.mood": None, "talk.take_your_time": None}, NO_BUTTONS
    )

    assert after(home, "checkin.mood.ask")[:5] == [
        "checkin.mood.ask",
        "talk.take_your_time",
        "checkin.mood.rephrase",
        "checkin.no_answer",
        "checkin.sleep.ask",
    ]
    said = home.person.said[home.person.keys().index("checkin.mood.ask") :]
    times = [at for at, _ in said[:4]]
    waits = [(b - a).total_seconds() for a, b in pairwise(times)]
    # Three seconds of speaking, then ten of silence.
    assert waits == pytest.approx([13.0, 13.0, 13.0], abs=0.1)
    # No answer is never "bad": there is no mood at all.
    assert "checkin.mood" not in [answer.question for answer in home.told]
    assert home.outcomes == [Outcome.DONE]


def test_an_answer_after_the_quiet_word_still_counts(tmp_path: Path) -> None:
    home = morning(
        tmp_path, {"checkin.mood": None, "talk.take_your_time": "het gaat goed"}
    )

    assert home.told[0].intent is Intent.MOOD_GOOD
    assert "checkin.mood.rephrase" not in home.person.keys()


def test_what_is_not_understood_is_asked_again_and_then_rephrased(
    tmp_path: Path,
) -> None:
    home = morning(
        tmp_path,
        {"checkin.mood": ["blauwe fietsbel", "zeventien giraffen", "ja"]},
    )

    assert after(home, "checkin.mood.ask")[:4] == [
        "checkin.mood.ask",
        "talk.not_understood",
        "checkin.mood.ask",
        "checkin.mood.rephrase",
    ]
    assert home.told[0].intent is Intent.MOOD_GOOD


def test_three_times_not_understood_is_no_answer(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.mood": "zeventien giraffen"})

    assert "checkin.no_answer" in home.person.keys()
    assert "checkin.mood" not in [answer.question for answer in home.told]


def test_wat_zegt_u_is_word_for_word_and_louder_then_in_other_words(
    tmp_path: Path,
) -> None:
    home = morning(
        tmp_path, {"checkin.mood": ["wat zegt u", "wat zegt u", "ja het gaat goed"]}
    )

    first = home.person.keys().index("checkin.mood.ask")
    question, again, other = home.person.speeches[first : first + 3]
    assert again.sentences == question.sentences
    assert (question.louder_db, again.louder_db, other.louder_db) == (0.0, 3.0, 0.0)
    assert home.person.keys()[first + 2] == "checkin.mood.rephrase"
    assert home.told[0].intent is Intent.MOOD_GOOD


@pytest.mark.parametrize(
    ("words", "answered_by"),
    [
        ("harder", "volume.changed"),
        ("zachter", "volume.changed"),
        ("langzamer", "rate.changed"),
        ("hoe laat is het", "about.time"),
        ("welke dag is het", "about.date"),
        ("bent u een computer", "about.computer"),
        ("wat kunt u", "about.abilities"),
        ("wat bewaart u", "about.kept"),
    ],
)
def test_a_command_is_answered_and_the_question_stands(
    tmp_path: Path, words: str, answered_by: str
) -> None:
    home = morning(tmp_path, {"checkin.sleep": [words, "goed geslapen"]})

    assert after(home, "checkin.sleep.ask")[:3] == [
        "checkin.sleep.ask",
        answered_by,
        "checkin.sleep.ask",
    ]
    assert home.told[1].intent is Intent.SLEPT_WELL


def test_the_time_that_is_told_is_right_and_said_twice(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.mood": ["hoe laat is het", "goed"]})

    index = home.person.keys().index("about.time")
    assert home.person.speeches[index].holds_fact
    assert home.person.texts()[index].count("negen uur") == 2


def test_it_says_that_it_is_a_computer(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.mood": ["bent u een computer", "goed"]})

    index = home.person.keys().index("about.computer")
    assert "Ik ben een computer" in home.person.texts()[index]


def test_volume_and_pace_are_remembered_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.mood": ["harder", "langzamer", "goed"]})
        async with living(tmp_path, START, answers) as home:
            await home.until(START + timedelta(minutes=5))
            assert (home.person.volume, home.person.rate_wpm) == (4, 135)
        async with living(tmp_path, START + timedelta(hours=1), answers) as home:
            await home.until(START + timedelta(hours=1, minutes=1))
            assert (home.person.volume, home.person.rate_wpm) == (4, 135)

    run(story(), VirtualLoop())


def test_a_turn_of_the_knob_is_remembered_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, START, Answers({})) as home:
            await home.until(START + timedelta(seconds=65))
            await home.press(Button.LOUDER, 300)
            assert home.person.volume == 4
            assert await home.journal.volume() == 4
            assert await outcomes_of(home) == [Outcome.DONE]

    run(story(), VirtualLoop())


def test_wacht_even_waits_a_minute_and_asks_again(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.mood": ["wacht even", "goed"]})

    keys = home.person.keys()
    first = keys.index("talk.waiting")
    assert keys[first : first + 3] == [
        "talk.waiting", "talk.back_again", "checkin.mood.ask",
    ]  # fmt: skip
    waited = home.person.said[first + 1][0] - home.person.said[first][0]
    assert waited.total_seconds() == pytest.approx(63, abs=0.1)


@pytest.mark.parametrize("words", ["sla over", "dat weet ik niet"])
def test_each_question_may_be_passed_over(tmp_path: Path, words: str) -> None:
    home = morning(tmp_path, {"checkin.sleep": words, "checkin.pain": words})

    assert home.person.keys().count("checkin.skipped") == 2
    questions = [answer.question for answer in home.told]
    assert "checkin.sleep" not in questions and "checkin.pain" not in questions
    assert home.outcomes == [Outcome.DONE]


def test_stop_ends_it_and_it_does_not_come_back(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.sleep": "stop"})

    assert home.person.keys()[-1] == "checkin.sleep.ask"
    assert home.outcomes == [Outcome.STOPPED]
    assert [answer.intent for answer in home.told] == [Intent.MOOD_GOOD]


ALMOST = "ik heb niet zo goed geslaben vannacht"


@pytest.mark.parametrize(
    ("confirmed", "kept"),
    [("ja", [Intent.SLEPT_BADLY]), ("nee", [])],
)
def test_what_was_almost_understood_is_asked_never_assumed(
    tmp_path: Path, confirmed: str, kept: list[Intent]
) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.sleep": [ALMOST, "sla over"],
            "talk.did_you_mean": confirmed,
        },
    )

    assert after(home, "checkin.sleep.ask")[1] == "talk.did_you_mean.ask"
    slept = [a.intent for a in home.told if a.question == "checkin.sleep"]
    assert slept == kept


def test_the_no_button_answers_while_the_question_is_still_spoken(
    tmp_path: Path,
) -> None:
    async def during(home: Home) -> None:
        while "checkin.pain.ask" not in home.person.keys():
            await home.until(home.clock.now() + timedelta(seconds=0.5))
        home.panel.press(Button.NO)
        before = len(home.person.heard)
        await home.until(home.clock.now() + timedelta(seconds=1))
        assert home.person.keys()[-1] == "checkin.pain.none"
        assert len(home.person.heard) == before

    home = morning(tmp_path, {}, during=during)

    assert home.told[2].intent is Intent.NO_PAIN


def test_the_yes_button_answers_while_it_listens(tmp_path: Path) -> None:
    async def during(home: Home) -> None:
        while "checkin.pain.ask" not in home.person.keys():
            await home.until(home.clock.now() + timedelta(seconds=0.5))
        await home.until(home.clock.now() + timedelta(seconds=5))
        home.panel.press(Button.YES)

    home = morning(
        tmp_path, {"checkin.pain": None, "checkin.pain_where": "mijn knie"},
        during=during,
    )  # fmt: skip

    pain = [a for a in home.told if a.question.startswith("checkin.pain")]
    assert [a.intent for a in pain] == [Intent.PAIN, Intent.PAIN]
    assert pain[1].value == "knee"


def test_who_talks_without_end_is_told_of_the_television_once(tmp_path: Path) -> None:
    television = Heard("", 0.0, "het weer voor morgen", is_endless=True)
    home = morning(
        tmp_path, {"checkin.sleep": [television, "goed geslapen"]}
    )  # fmt: skip
    keys = home.person.keys()
    at = keys.index("talk.others")
    assert keys[at - 1] == keys[at + 1] == "checkin.sleep.ask"
    assert "talk.not_understood" not in keys
    slept = [a.intent for a in home.told if a.question == "checkin.sleep"]
    assert slept == [Intent.SLEPT_WELL]


def test_a_television_alone_is_no_answer(tmp_path: Path) -> None:
    television = Heard("", 0.0, "ik slaap goed zei de minister", is_endless=True)
    home = morning(tmp_path, {"checkin.sleep": [television, television]})
    keys = home.person.keys()
    assert keys.count("checkin.sleep.ask") == 2
    assert keys.count("talk.others") == 1
    assert "talk.did_you_mean.ask" not in keys
    assert not [a for a in home.told if a.question == "checkin.sleep"]


def test_a_deaf_device_is_answered_with_the_yes_button(tmp_path: Path) -> None:
    async def during(home: Home) -> None:
        home.person.deaf = "microphone_off"
        for _ in range(80):
            await home.press(Button.YES, 6)

    home = morning(tmp_path, {}, during=during)

    assert home.outcomes == [Outcome.DONE]
    assert home.told[0].intent is Intent.MOOD_GOOD


def test_a_deaf_device_says_at_once_and_once_that_its_buttons_work(
    tmp_path: Path,
) -> None:
    async def during(home: Home) -> None:
        home.person.deaf = "no_recogniser"
        for _ in range(80):
            await home.press(Button.YES, 6)

    home = morning(tmp_path, {}, during=during)

    keys = home.person.keys()
    assert keys.count("talk.use_buttons") == 1
    at = keys.index("talk.use_buttons")
    waited = home.person.said[at][0] - home.person.said[at - 1][0]
    # The question took three seconds to say.
    assert waited.total_seconds() <= 3.1
    said = home.person.said[at][1]
    shown = [view.state for view in home.screen.views if view.said == said]
    assert shown[0] == "Ik praat"
    assert "Druk op ja of nee" in shown


def test_a_deaf_device_without_those_buttons_says_why(tmp_path: Path) -> None:
    async def during(home: Home) -> None:
        home.person.deaf = "microphone_off"

    home = morning(tmp_path, {}, NO_BUTTONS, during)

    assert home.person.keys() == [
        "checkin.convenient.ask",
        "cannot_hear.microphone_off",
    ]
    assert home.outcomes == [Outcome.NO_ANSWER]


def test_a_deaf_device_that_nobody_presses_says_why(tmp_path: Path) -> None:
    async def during(home: Home) -> None:
        home.person.deaf = "no_recogniser"

    home = morning(tmp_path, {}, during=during)

    assert home.person.keys()[-1] == "cannot_hear.no_recogniser"
    assert home.is_open == [True, False]


def test_an_unfinished_open_answer_gets_the_longer_silence(tmp_path: Path) -> None:
    home = morning(tmp_path, {})

    keys = [k for k in home.person.keys() if k.endswith(".ask")]
    by_question = dict(zip(keys, home.person.expectations, strict=True))
    assert by_question["checkin.mood.ask"].end_of_turn_s == 1.5
    assert by_question["checkin.plans.ask"].end_of_turn_s == 2.5
    assert by_question["checkin.message.ask"].phrases == ()
    standing = by_question["checkin.mood.ask"].standing
    assert standing is not None
    assert standing("het gaat prima") is Standing.FINAL
    assert standing("ik ben gevallen") is Standing.UNKNOWN


def without_check_in() -> Settings:
    return Settings(checkin=CheckInSettings(is_on=False))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("hoe laat is het", "about.time"),
        ("goedemorgen", "conversation.greeting"),
        ("ik voel me eenzaam", "conversation.lonely"),
        ("bel mijn dochter", "calling.family"),
        ("zeventien giraffen", "conversation.examples"),
    ],
)
def test_a_press_opens_a_conversation_that_ends_by_itself(
    tmp_path: Path, wish: str, said: str
) -> None:
    async def story() -> Home:
        answers = Answers({"conversation.wish": wish, "conversation.more": "nee"})
        async with living(tmp_path, START, answers, without_check_in()) as home:
            await home.press(Button.TALK, 120)
            assert home.companion.director.is_free
            return home

    home = run(story(), VirtualLoop())
    assert said in home.person.keys()
    assert home.is_open == [True, False]
    assert home.screen.view.said == home.screen.view.heard == ""


def test_wat_zegt_u_twice_brings_other_words_also_where_yes_is_no_answer(
    tmp_path: Path,
) -> None:
    async def story() -> Home:
        wishes: list[str | Heard | None] = ["wat zegt u", "wat zegt u", "goedemorgen"]
        answers = Answers({"conversation.wish": wishes, "conversation.more": "nee"})
        async with living(tmp_path, START, answers, without_check_in()) as home:
            await home.press(Button.TALK, 120)
            return home

    home = run(story(), VirtualLoop())
    first, again, other = home.person.speeches[:3]
    assert home.person.keys()[:3] == ["conversation.wish.ask"] * 3
    assert again.sentences == first.sentences != other.sentences


def test_a_yes_to_how_are_you_makes_it_a_yes_or_no_question(tmp_path: Path) -> None:
    async def during(home: Home) -> None:
        while "checkin.mood.ask" not in home.person.keys():
            await home.until(home.clock.now() + timedelta(seconds=0.5))
        home.panel.press(Button.YES)

    home = morning(tmp_path, {"checkin.mood.rephrase": "ja"}, during=during)

    assert after(home, "checkin.mood.ask")[1] == "checkin.mood.rephrase"
    assert home.told[0].intent is Intent.MOOD_GOOD


def test_what_is_said_next_was_rendered_while_the_person_spoke(tmp_path: Path) -> None:
    home = morning(tmp_path, {"checkin.sleep": "slecht geslapen"})

    prepared: set[tuple[str, ...]] = set()
    lacking = []
    told = dict(home.person.prepared)
    for number, (speech, key) in enumerate(
        zip(home.person.speeches, home.person.keys(), strict=True)
    ):
        if number >= home.person.keys().index("checkin.start"):
            if speech.sentences not in prepared:
                lacking.append(key)
        prepared |= {one.sentences for one in told.get(number + 1, ())}
    assert lacking == []


def test_no_more_is_rendered_ahead_than_may_be_needed(tmp_path: Path) -> None:
    home = morning(tmp_path, {})

    assert home.person.prepared
    for _, speeches in home.person.prepared:
        assert 2 <= len(speeches) <= MOST_LIKELY + 3
        assert len({speech.sentences for speech in speeches}) == len(speeches)
