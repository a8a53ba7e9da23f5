"""Calling somebody, from the press to the end, on the virtual clock."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from calls.call import CallEvent, CallState
from calls.call_messages import Reason, RingsBy
from companion.buttons import Floor
from companion.checkins import Outcome
from companion.settings import CallsSettings
from hardware.panel import Button, Light, MicrophoneSwitched
from tests.stories.home_with_phone import (
    ANNA,
    PIET,
    SETTINGS,
    START,
    STOPPERS,
    TRUUS,
    at_home,
    calls_of,
)
from tests.stories.paper_phone import (
    ANSWERS,
    RINGS,
    PaperCall,
    PaperPhone,
    answered,
    connected,
    over,
    says,
)
from tests.stories.person import Home, key_of
from voice.hearing import Heard
from voice.speech import Chime


def test_a_call_from_the_press_to_the_end(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.panel.press(Button.FAMILY)
        # The press rings at once; nothing is said first.
        await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        (call,) = phone.calls
        assert (call.caller.address, call.seconds, call.camera) == (
            "member-1",
            30,
            True,
        )
        assert home.companion.stage.floor is Floor.CALLING
        await asyncio.sleep(7)
        assert home.person.keys() == ["calling.dial", "calling.rings"]
        assert home.screen.view.caller == "Anna"
        assert home.screen.view.call == "Gaat over"
        await asyncio.sleep(5)
        assert home.screen.view.call == "In gesprek"
        assert home.panel.light() is Light.LISTENING
        said = len(home.person.said)
        turns = len(home.person.expectations)
        await asyncio.sleep(600)
        # They speak: the device says nothing and listens to nothing.
        assert len(home.person.said) == said
        assert len(home.person.expectations) == turns
        await home.press(Button.LINE, 1)
        assert call.now.reason is Reason.HUNG_UP
        assert home.person.keys()[-1] == "calling.hung_up"
        await asyncio.sleep(5)
        assert home.companion.director.is_free
        assert home.screen.view.caller == ""
        assert await calls_of(home) == [("out", "hung_up", True)]

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]})
    assert home.person.texts() == [
        "Ik bel Anna.",
        "Hij gaat over.",
        "Anna neemt op.",
        "Ik verbreek de verbinding.",
    ]


def test_the_next_person_is_offered_and_rung_after_a_yes(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 75)
        assert phone.rung() == ["Anna", "Piet"]
        assert phone.calls[1].now.state is CallState.ACTIVE
        phone.calls[1].over(Reason.HUNG_UP)
        await asyncio.sleep(10)
        assert await calls_of(home) == [
            ("out", "unanswered", False),
            ("out", "hung_up", True),
        ]

    home = at_home(
        tmp_path,
        story,
        {"member-1": [says(Reason.UNANSWERED, 30)], "member-2": [ANSWERS]},
        {"calling.next": "ja"},
    )
    assert home.person.texts() == [
        "Ik bel Anna.",
        "Hij gaat over.",
        "Anna neemt niet op.",
        "Zal ik Piet bellen?",
        "Ik bel Piet.",
        "Hij gaat over.",
        "Piet neemt op.",
        "Piet heeft opgehangen.",
    ]
    # The tone of a telephone, as long as it rings and nobody speaks.
    assert home.person.chimes.count(Chime.RINGS_THERE) >= 4


def test_who_does_not_want_the_next_gets_the_number(tmp_path: Path) -> None:
    shown: list[str] = []

    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 120)
        shown.extend(view.alert for view in home.screen.views if view.alert)
        assert home.companion.director.is_free
        assert phone.rung() == ["Anna"]

    home = at_home(
        tmp_path,
        story,
        {"member-1": [says(Reason.DECLINED)]},
        {"calling.next": "nee", "calling.number_again": "nee"},
    )
    assert home.person.keys()[2:] == [
        "calling.ended.declined",
        "calling.next.ask",
        "calling.number",
        "calling.number_again.ask",
        "calling.no_message",
    ]
    assert "0 6, 1 2, 3 4, 5 6, 7 8" in home.person.texts()[4]
    assert set(shown) == {"Anna 06 12 34 56 78"}


@pytest.mark.parametrize("reason", [r for r in Reason if r is not Reason.HUNG_UP])
def test_each_failure_is_said_at_once(tmp_path: Path, reason: Reason) -> None:
    ended_at: list[datetime] = []

    async def story(home: Home, phone: PaperPhone) -> None:
        def end(call: PaperCall) -> None:
            ended_at.append(home.clock.now())
            call.over(reason)

        phone._scripts["member-1"] = [((5.2, end),)]
        await home.press(Button.FAMILY, 200)
        assert home.companion.director.is_free

    home = at_home(tmp_path, story)
    said = {key_of(text): at for at, text in home.person.said}
    waited = said[f"calling.ended.{reason}"] - ended_at[0]
    assert 0 <= waited.total_seconds() <= 1


def test_without_a_hub_it_says_so_and_gives_the_number(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 60)
        assert phone.rung() == ["Anna"]

    home = at_home(
        tmp_path,
        story,
        {"member-1": [((0.0, over(Reason.OFFLINE)),)]},
        {"calling.number_again": "nee"},
    )
    # What was begun is cut short: the reason counts.
    assert home.person.keys() == [
        "calling.dial",
        "calling.ended.offline",
        "calling.number",
        "calling.number_again.ask",
        "calling.no_message",
    ]


def test_a_phone_that_breaks_is_a_failed_call(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        phone.is_broken = True
        await home.press(Button.FAMILY, 60)
        assert home.companion.director.is_free

    home = at_home(tmp_path, story, answers={"calling.next": "nee"})
    assert home.person.keys()[0] == "calling.ended.failed"


@pytest.mark.parametrize("button", [*STOPPERS, Button.NO])
def test_a_press_while_it_rings_stops_it(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 10)
        await home.press(button, 1)
        assert phone.calls[0].now.reason is Reason.HUNG_UP
        assert home.person.keys()[-1] == "calling.stopped"
        await asyncio.sleep(5)
        assert home.companion.director.is_free
        assert await calls_of(home) == [("out", "hung_up", False)]

    at_home(tmp_path, story, {"member-1": [RINGS]})


@pytest.mark.parametrize("word", ["stop", "nee", "laat maar", "nee stop maar"])
def test_a_word_while_it_rings_stops_it(tmp_path: Path, word: str) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 15)
        assert phone.calls[0].now.reason is Reason.HUNG_UP
        await asyncio.sleep(10)
        assert home.companion.director.is_free

    home = at_home(
        tmp_path,
        story,
        {"member-1": [RINGS]},
        {"calling.rings": ["wat mooi weer", word]},
    )
    # What was said to somebody else is not asked about.
    assert home.person.keys() == ["calling.dial", "calling.rings", "calling.stopped"]


def test_a_word_over_the_voice_stops_it(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.person.speaks_over["calling.dial"] = [0.5]
        await home.press(Button.FAMILY, 6)
        assert phone.calls[0].now.reason is Reason.HUNG_UP

    home = at_home(tmp_path, story, {"member-1": [RINGS]}, {"calling.dial": "stop"})
    assert home.person.keys() == ["calling.dial", "calling.stopped"]


def test_a_cry_for_help_while_it_rings_is_answered(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 15)
        assert phone.calls[0].now.state is CallState.ENDED
        assert "danger.medical.say" in home.person.keys()

    at_home(
        tmp_path,
        story,
        {"member-1": [RINGS]},
        {"calling.rings": "ik ben gevallen", "danger.repeat": "nee"},
    )


def test_only_what_rings_is_said_to_ring(tmp_path: Path) -> None:
    def by(way: RingsBy) -> Callable[[PaperCall], None]:
        return lambda call: call.rings(way)

    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 8)
        assert home.screen.view.call == "Melding gestuurd"
        await asyncio.sleep(22)
        assert home.screen.view.call == "Gaat over"
        await home.press(Button.TALK)

    home = at_home(
        tmp_path,
        story,
        {
            "member-1": [
                (
                    (1.0, by(RingsBy.PUSH)),
                    (12.0, by(RingsBy.MAIL)),
                    (10.0, by(RingsBy.PAGE)),
                )
            ]
        },
    )
    assert home.person.keys() == [
        "calling.dial",
        "calling.rings_push",
        "calling.rings_mail",
        "calling.rings",
        "calling.stopped",
    ]


def test_a_connection_that_hampers_is_said_once_and_shown(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 20)
        (call,) = phone.calls
        for _ in range(3):
            call.happen(CallEvent.NOTHING_COMES)
            await asyncio.sleep(4)
            assert home.screen.view.call == "Verbinding hapert"
            call.happen(CallEvent.RECONNECT)
            await asyncio.sleep(4)
            assert home.screen.view.call == "Ik verbind opnieuw"
            call.happen(CallEvent.SOUND_CAME)
            await asyncio.sleep(4)
            assert home.screen.view.call == "In gesprek"
        call.over(Reason.LOST)
        await asyncio.sleep(20)

    home = at_home(
        tmp_path,
        story,
        {"member-1": [ANSWERS, says(Reason.BUSY)]},
        {"calling.again": "ja", "calling.next": "nee", "calling.number_again": "nee"},
    )
    keys = home.person.keys()
    assert keys.count("calling.interrupted") == 1
    # Whom they were speaking with is rung again, but only after a yes.
    assert keys[4:7] == ["calling.ended.lost", "calling.again.ask", "calling.dial"]


def test_no_sound_after_an_answer_ends_in_words(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 60)
        assert phone.calls[0].now.reason is Reason.FAILED

    home = at_home(tmp_path, story, {"member-1": [(*RINGS, (2.0, answered))]})
    assert "calling.ended.failed" in home.person.keys()


def test_a_press_frees_the_device_from_a_call_that_hangs(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 20)
        phone.calls[0].is_stuck = True
        await home.press(Button.TALK, 10)
        assert home.companion.director.is_free

    at_home(tmp_path, story, {"member-1": [ANSWERS]})


def test_with_the_microphone_off_it_says_so_before_and_during(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.panel.put(MicrophoneSwitched(is_on=False))
        home.person.deaf = "microphone_off"
        await home.press(Button.FAMILY, 25)
        assert phone.calls[0].now.state is CallState.ACTIVE
        assert home.screen.view.call == "Uw microfoon staat uit"
        assert home.panel.light() is Light.MICROPHONE_OFF
        home.panel.put(MicrophoneSwitched(is_on=True))
        await asyncio.sleep(1)
        assert home.screen.view.call == "In gesprek"
        home.panel.put(MicrophoneSwitched(is_on=False))
        await asyncio.sleep(10)

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]})
    assert home.person.keys() == [
        "calling.dial",
        "calling.microphone_first",
        "calling.rings",
        "calling.answered",
        "calling.microphone_off",
        "calling.microphone_off",
    ]


def test_who_switched_off_theirs_is_named(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 20)
        phone.calls[0].microphone(False)
        await asyncio.sleep(5)

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]})
    assert home.person.keys()[-1] == "calling.their_microphone"


def test_without_camera_or_screen_it_is_a_call_all_the_same(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 20)
        assert phone.calls[0].camera is False

    device = replace(SETTINGS.device, screen="none")
    home = at_home(
        tmp_path,
        story,
        {"member-1": [says(Reason.BUSY, 30)]},
        settings=replace(SETTINGS, device=device, calls=CallsSettings(ring_s=45)),
        has_camera=False,
    )
    assert home.person.texts()[:3] == [
        "Ik bel Anna.",
        "Anna hoort u straks, maar ziet u niet.",
        "U hoort Anna straks, maar er is geen beeld.",
    ]


def test_of_two_daughters_the_one_who_is_meant_is_rung(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 60)
        assert phone.rung() == ["Truus"]

    at_home(
        tmp_path,
        story,
        {"member-3": [ANSWERS]},
        {"conversation.wish": "bel mijn dochter", "calling.who": ["nee", "ja"]},
        people=[ANNA, TRUUS, PIET],
    )


def test_who_has_no_address_is_told_by_number(tmp_path: Path) -> None:
    bert = replace(PIET, video=None, phone="+31201234567")

    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 60)
        assert phone.rung() == []

    home = at_home(
        tmp_path,
        story,
        answers={"conversation.wish": "bel piet", "calling.number_again": "nee"},
        people=[ANNA, bert],
    )
    assert home.person.keys()[1:] == [
        "calling.no_video",
        "calling.number",
        "calling.number_again.ask",
        "calling.no_message",
    ]


def test_with_a_full_card_people_are_rung_all_the_same(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.card.refuses = "all"
        await home.press(Button.FAMILY, 20)
        assert phone.calls[0].now.state is CallState.ACTIVE
        await home.press(Button.TALK, 10)
        home.card.refuses = ""
        await home.press(Button.LOUDER, 10)
        assert await calls_of(home) == [("out", "hung_up", True)]

    at_home(tmp_path, story, {"member-1": [ANSWERS]})


def test_a_slow_card_holds_up_no_press(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.card.seconds = 20.0
        await home.press(Button.FAMILY, 1)
        assert phone.rung() == ["Anna"]
        phone.calls[0].rings()
        answered(phone.calls[0])
        connected(phone.calls[0])
        await asyncio.sleep(1)
        assert home.companion.stage.floor is Floor.IN_CALL
        await home.press(Button.TALK, 1)
        assert phone.calls[0].now.reason is Reason.HUNG_UP
        await asyncio.sleep(300)
        assert await calls_of(home) == [("out", "hung_up", True)]

    at_home(tmp_path, story)


LONELY = {"checkin.mood": "ik voel me alleen", "checkin.company": "ja"}


def test_who_feels_alone_is_led_to_somebody_in_the_list(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 75)
        (call,) = phone.calls
        assert call.now.state is CallState.ACTIVE
        call.over(Reason.HUNG_UP)
        await asyncio.sleep(30)
        # Who spoke with somebody is asked nothing more by a device.
        assert home.companion.director.is_free
        assert await calls_of(home) == [("out", "hung_up", True)]
        (done,) = await home.journal.check_ins(START.date(), START.date())
        assert done.outcome is Outcome.DONE

    home = at_home(
        tmp_path,
        story,
        {"member-1": [ANSWERS]},
        {
            **LONELY,
            "conversation.wish": "de dagelijkse vragen",
            "calling.next": "ja",
        },
    )
    assert home.person.texts()[-4:] == [
        "Ik bel Anna.",
        "Hij gaat over.",
        "Anna neemt op.",
        "Anna heeft opgehangen.",
    ]


def test_who_feels_alone_and_does_not_want_that_hears_of_the_line(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 120)
        assert phone.calls == []
        keys = home.person.keys()
        at = keys.index("calling.next.ask")
        assert keys[at + 1 : at + 3] == ["company.whom", "company.line_number"]

    wishes: list[str | Heard | None] = ["ik voel me alleen", None]
    at_home(
        tmp_path,
        story,
        answers={
            "conversation.wish": wishes,
            "checkin.company": "ja",
            "calling.next": "nee",
        },
    )


def test_a_television_that_stays_dark_is_said_once_in_a_call(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 30)
        assert phone.calls[0].now.state is CallState.ACTIVE
        for is_dark in (True, False, True):
            home.companion.television(is_dark)
            await asyncio.sleep(5)
        await home.press(Button.TALK, 10)

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]})
    said = [text for text in home.person.texts() if "televisie" in text]
    assert said == ["Zet uw televisie zelf aan om Anna te zien."]
