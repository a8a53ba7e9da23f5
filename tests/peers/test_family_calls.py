"""Calls on the family page: a real Chromium, and a device made with aiortc."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from calls.call_messages import (
    Accepted,
    Candidate,
    Ended,
    Media,
    Offer,
    Reason,
    Ring,
    Ringing,
    RingsBy,
)
from calls.wire import new_id
from tests.peers.chromium import wait_until
from tests.peers.fake_hub import household
from tests.peers.family_page import Family, answer, family, family_browser

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

# What is broken on purpose is told in the console as well.
HUB_GONE = ("WebSocket connection", "Failed to load resource")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each has a context of its own."""
    async with family_browser() as found:
        yield found


async def shows(page: Page, screen: str) -> None:
    """Wait for a screen."""
    await expect(page.locator(f'.screen[data-screen="{screen}"]')).to_be_visible()


async def sees(page: Page, pictures: int = 10) -> dict[str, Any]:
    """Wait until pictures and sound came to the page; returns what."""
    await wait_until(
        page,
        "async least => { const i = await window.inbound();"
        " return i.video >= least && i.audio > 10 && i.energy > 0.001 }",
        pictures,
    )
    found: dict[str, Any] = await page.evaluate("window.inbound()")
    return found


def page_of(home: Family) -> str:
    """The id of the page that answered or called last."""
    return home.device.page


# -- answering ------------------------------------------------------------------------


async def test_family_answers_and_both_see_and_hear(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.ring()
        await shows(home.page, "ringing")
        await expect(home.page.locator("#ringing-name")).to_have_text(
            "Mevrouw De Vries"
        )
        await expect(home.page).to_have_title("Mevrouw De Vries belt")
        await home.hub.until(lambda: home.hub.of(Ringing))
        assert [each.by for each in home.hub.of(Ringing)] == [RingsBy.PAGE]

        await home.page.locator("#answer").click()
        await home.device.hears_and_sees()
        found = await sees(home.page)
        await expect(home.page.locator("#no-far")).to_be_hidden()
        await expect(home.page.locator("#call-state")).to_be_hidden()
        await expect(home.page.locator("#own-frame")).to_be_visible()
        await expect(home.page).to_have_title("Praatpaal")

        kinds = [type(each) for each in home.hub.received]
        assert kinds.index(Accepted) < kinds.index(Offer) < kinds.index(Candidate)
        assert found["codec"] == home.device.video_codec == "video/H264"
        settings = await home.page.evaluate("window.peers.at(-1).settings")
        assert settings == {"iceServers": [], "bundlePolicy": "max-bundle"}
        await home.device.until(lambda d: d.media and d.media.camera)
        assert home.device.media and home.device.media.microphone
        (offer,) = home.hub.of(Offer)
        check_offer(offer)
        await home.device.until(lambda d: d.candidates[-1].candidate == "")


def check_offer(offer: Offer) -> None:
    """It has what the device can use, and nothing that it can't."""
    lines = offer.sdp.splitlines()
    opus = next(x for x in lines if "opus/48000" in x).split(":")[1].split()[0]
    (format_line,) = (x for x in lines if x.startswith(f"a=fmtp:{opus} "))
    assert "useinbandfec=1" in format_line
    assert sum(x.startswith("a=group:BUNDLE") for x in lines) == 1
    video = sdp_codecs(lines, "video")
    assert video[0] == "H264"
    assert "VP8" in video
    assert not {"VP9", "AV1", "H265"} & set(video)
    assert video.index("VP8") > max(i for i, c in enumerate(video) if c == "H264")
    assert offer.attempt == 1


def sdp_codecs(lines: list[str], kind: str) -> list[str]:
    """Names of the codecs of a medium, best first, repairs left out."""
    (medium,) = (line for line in lines if line.startswith(f"m={kind} "))
    names = {
        line.split(":")[1].split()[0]: line.split()[1].split("/")[0]
        for line in lines
        if line.startswith("a=rtpmap:")
    }
    found = [names[number] for number in medium.split()[3:] if number in names]
    return [name for name in found if name not in ("rtx", "red", "ulpfec")]


async def test_family_declines_and_calls_back_later(browser: Browser) -> None:
    async with family(browser) as home:
        title = home.page.locator("#ended-title")
        home.device.ring()
        await home.page.locator("#decline").click()
        await home.device.until(lambda d: d.ended == [Reason.DECLINED])
        await expect(title).to_have_text("U heeft niet opgenomen")
        assert home.hub.of(Offer) == []
        await home.page.locator("#ended-home").click()
        await shows(home.page, "home")

        # Who stops calling was missed.
        home.device.ring()
        await shows(home.page, "ringing")
        home.device.end(Reason.HUNG_UP)
        await expect(title).to_have_text("Mevrouw De Vries heeft gebeld")
        await home.page.locator("#ended-again").click()
        await home.device.hears_and_sees()
        assert [each.seconds for each in home.hub.of(Ring)] == [45]


async def test_a_ring_of_which_nothing_more_is_heard_ends(browser: Browser) -> None:
    async with family(browser) as home:
        await home.page.clock.install()
        home.device.ring(seconds=30)
        await shows(home.page, "ringing")
        await home.page.clock.fast_forward(34_000)
        await shows(home.page, "ringing")
        await home.page.clock.fast_forward(2_000)
        await shows(home.page, "ended")


async def test_a_page_that_opens_while_it_rings_rings(browser: Browser) -> None:
    async with family(browser) as home:
        await home.page.close()
        call = home.device.ring()
        page = await home.context.new_page()
        await page.goto(home.hub.url)
        await shows(page, "ringing")
        # Said again when a connection comes back, and once more for the same call.
        await home.hub.drop_pages()
        await home.hub.until(lambda: home.hub.sockets)
        await expect(page.locator("#banner")).to_be_hidden()
        await page.locator("#answer").click()
        await home.device.hears_and_sees()
        assert {each.call for each in home.hub.of(Accepted)} == {call}


async def test_answered_in_a_notification(browser: Browser) -> None:
    async with family(browser) as home:
        await home.page.close()
        call = home.device.ring()
        page = await home.context.new_page()
        await page.goto(f"{home.hub.url}/#answer={call}")
        await home.device.hears_and_sees()
        await shows(page, "call")
        assert page.url == f"{home.hub.url}/"


# -- calling --------------------------------------------------------------------------


async def test_family_calls_and_hangs_up(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.answers = False
        await home.page.get_by_role("button", name="Bel Mevrouw De Vries").click()
        await shows(home.page, "call")
        state = home.page.locator("#call-state")
        await expect(state).to_have_text("Het toestel gaat over …")
        await expect(home.page.locator("#mute")).to_be_hidden()
        device = home.device
        device.send(Accepted(new_id(), device.call, device.member, device.page))
        await device.hears_and_sees()
        await sees(home.page)
        (ring,) = home.hub.of(Ring)
        assert (ring.member, ring.page, ring.name) == ("m1", page_of(home), "")

        await home.page.locator("#hang-up").click()
        await device.until(lambda d: d.ended == [Reason.HUNG_UP])
        await expect(home.page.locator("#ended-title")).to_have_text(
            "Het gesprek is voorbij"
        )
        assert await home.page.evaluate("window.peers.at(-1).connectionState") == (
            "closed"
        )
        await home.page.locator("#ended-home").click()

        await home.page.locator(".call-button").click()
        await device.until(lambda d: d.page and len(home.hub.of(Ring)) == 2)
        await home.page.get_by_role("button", name="Stoppen met bellen").click()
        await device.until(lambda d: d.ended == [Reason.HUNG_UP] * 2)
        await expect(home.page.locator("#ended-title")).to_have_text(
            "U bent gestopt met bellen"
        )


WHY = {
    Reason.DECLINED: "Mevrouw De Vries neemt nu niet op",
    Reason.UNANSWERED: "Mevrouw De Vries heeft niet opgenomen",
    Reason.BUSY: "Mevrouw De Vries is in gesprek",
    Reason.QUIET: "Mevrouw De Vries rust nu",
    Reason.NO_MICROPHONE: "Mevrouw De Vries kan u niet horen of spreken",
    Reason.OFFLINE: "Praatpaal bij Mevrouw De Vries is niet verbonden",
    Reason.WITHDRAWN: "U kunt Mevrouw De Vries niet meer bellen",
}


async def test_why_nobody_answers_is_said(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.answers = False
        await home.page.locator(".call-button").click()
        for reason, title in WHY.items():
            await home.device.until(lambda d: d.call)
            home.device.end(reason, page_of(home))
            await expect(home.page.locator("#ended-title")).to_have_text(title)
            home.device.call = ""
            if reason is not Reason.WITHDRAWN:
                await home.page.locator("#ended-again").click()
        await expect(home.page.locator("#ended-again")).to_be_hidden()


@pytest.mark.parametrize("years", [-12, 12])
async def test_a_wrong_clock_changes_nothing(browser: Browser, years: int) -> None:
    """The page reckons with the time of the hub, by which credentials are made."""
    shift_ms = years * 365 * 86_400_000
    async with family(browser) as home:
        await home.page.context.add_init_script(
            f"const now = Date.now; Date.now = () => now() + {shift_ms};"
        )
        for lasts_s, asked in ((3_600.0, 1), (30.0, 2)):
            home.hub.ice_lasts_s = lasts_s
            await home.page.reload()
            await home.hub.until(lambda: home.hub.sockets)
            await expect(home.page.locator(".call-button")).to_be_enabled()
            home.hub.requests.clear()
            # Those that are good are used; those that run out are asked for anew.
            await answer(home)
            assert len(home.hub.asked("GET", "/api/ice")) == asked - 1
            await home.page.locator("#hang-up").click()
            await home.page.locator("#ended-home").click()


async def test_both_call_each_other_and_are_connected(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.answers = False
        await home.page.locator(".call-button").click()
        await home.device.until(lambda d: d.call)
        call = home.device.ring()
        await home.device.hears_and_sees()
        assert [each.call for each in home.hub.of(Accepted)] == [call]
        await shows(home.page, "call")


# -- one of several -------------------------------------------------------------------


async def test_of_two_tabs_one_answers_and_the_other_is_quiet(browser: Browser) -> None:
    async with family(browser) as home:
        other = await home.another_page()
        home.device.ring()
        await shows(home.page, "ringing")
        await shows(other, "ringing")
        await home.page.locator("#answer").click()
        await home.device.hears_and_sees()
        await expect(other.locator("#ended-title")).to_have_text(
            "U heeft ergens anders opgenomen"
        )
        await shows(home.page, "call")
        assert len(home.hub.of(Accepted)) == 1


async def test_a_second_household_hears_that_one_is_busy(browser: Browser) -> None:
    async with family(browser) as home:
        home.hub.households["m2"] = household("m2", "Oom Jan")
        await answer(home)
        ring = Ring(new_id(), new_id(), "m2", "", "Oom Jan", 45)
        home.hub.deliver(ring)
        await home.hub.until(lambda: home.hub.of(Ended))
        (ended,) = home.hub.of(Ended)
        assert (ended.call, ended.member, ended.reason) == (
            ring.call,
            "m2",
            Reason.BUSY,
        )
        await shows(home.page, "call")


async def test_only_what_is_meant_for_this_call_and_page_counts(
    browser: Browser,
) -> None:
    async with family(browser) as home:
        # Also what comes twice is done once.
        home.hub.says_twice = True
        await answer(home)
        assert len(home.hub.of(Ringing)) == len(home.hub.of(Offer)) == 1
        assert await home.page.evaluate("window.peers.length") == 1

        page, call = page_of(home), home.device.call
        strangers = [
            Ended(new_id(), new_id(), "m1", page, Reason.HUNG_UP),
            Ended(new_id(), call, "m2", page, Reason.HUNG_UP),
            Ended(new_id(), call, "m1", "another", Reason.HUNG_UP),
            # To all pages, and to another one that had answered as well.
            Ended(new_id(), call, "m1", "", Reason.ELSEWHERE),
            Ended(new_id(), call, "m1", "another", Reason.ELSEWHERE),
            Media(new_id(), new_id(), "m1", page, False, False, True),
        ]
        for each in strangers:
            home.hub.deliver(each)
        await home.hub.until(
            lambda: {each.id for each in strangers} <= set(home.hub.acked)
        )
        await home.device.hears_and_sees()
        await shows(home.page, "call")
        await expect(home.page.locator(".sign")).to_have_count(0)
        home.device.end(Reason.ELSEWHERE, page)
        await shows(home.page, "ended")
        # What the device said is not said to it again.
        assert home.hub.of(Ended) == []


# -- during a call --------------------------------------------------------------------


async def test_microphone_and_camera_go_off_and_on(browser: Browser) -> None:
    async with family(browser) as home:
        await answer(home)
        page = home.page
        await page.get_by_role("button", name="Zet uw microfoon uit").click()
        await home.device.until(lambda d: d.media and not d.media.microphone)
        await expect(page.locator(".sign")).to_have_text(["Uw microfoon staat uit."])
        await page.get_by_role("button", name="Zet uw microfoon aan").click()
        await home.device.until(lambda d: d.media and d.media.microphone)

        await page.get_by_role("button", name="Zet uw camera uit").click()
        await home.device.until(lambda d: d.media and not d.media.camera)
        await expect(page.locator("#own-frame")).to_be_hidden()
        # Off is off: no camera is open any more.
        assert await page.evaluate(
            "window.peers.at(-1).getSenders().map(s => s.track?.kind ?? null)"
        ) == ["audio", None]
        await page.get_by_role("button", name="Zet uw camera aan").click()
        await home.device.until(lambda d: d.media and d.media.camera)
        await home.device.hears_and_sees()
        await expect(page.locator("#own-frame")).to_be_visible()
        await check_far_signs(home)


async def check_far_signs(home: Family) -> None:
    """What the other side does is shown."""
    signs = home.page.locator(".sign")
    home.device.tell(microphone=True, camera=True, captions=True)
    await expect(signs).to_have_text(["Mevrouw De Vries leest mee wat u zegt."])
    home.device.tell(microphone=False, camera=True, captions=False)
    await expect(signs).to_have_text(
        ["De microfoon van Mevrouw De Vries staat uit. U hoort elkaar nu niet."]
    )
    home.device.tell(microphone=True, camera=False, captions=False)
    await expect(signs).to_have_text(
        ["Er komt geen beeld van Mevrouw De Vries. U hoort elkaar wel."]
    )
    await expect(home.page.locator("#no-far")).to_be_visible()


async def test_a_device_without_a_camera_is_a_good_audio_call(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.size = None
        home.device.ring()
        await home.page.locator("#answer").click()
        await home.device.until(lambda d: d.loud > 5 and d.pictures > 5)
        await expect(home.page.locator("#call-state")).to_be_hidden()
        await expect(home.page.locator(".sign")).to_contain_text(["geen beeld"])


async def test_without_a_camera_the_call_goes_on_by_sound(browser: Browser) -> None:
    async with family(browser, allowed=("microphone",)) as home:
        home.device.ring()
        await home.page.locator("#answer").click()
        await home.device.until(lambda d: d.loud > 10)
        assert home.device.pictures == 0
        await home.device.until(lambda d: d.media and d.media.microphone)
        assert home.device.media and not home.device.media.camera
        await expect(home.page.locator(".sign")).to_contain_text(
            ["Uw camera mag niet aan van de browser."]
        )
        await home.page.get_by_role("button", name="Wat kan ik doen?").click()
        await expect(home.page.locator("#help-steps li")).to_have_count(3)
        await expect(home.page.locator("#help-close")).to_be_focused()
        await home.page.locator("#help-close").click()
        await shows(home.page, "call")


async def test_without_a_microphone_there_is_no_call_but_help(browser: Browser) -> None:
    async with family(browser, allowed=("camera",)) as home:
        home.device.ring()
        await home.page.locator("#answer").click()
        await home.device.until(lambda d: d.ended == [Reason.NO_MICROPHONE])
        await expect(home.page.locator("#ended-title")).to_have_text(
            "Uw microfoon doet niet mee"
        )
        await expect(home.page.locator("#ended-help li")).to_have_count(3)
        await expect(home.page.locator("#ended-again")).to_be_visible()


# -- broken connections ---------------------------------------------------------------


async def test_a_page_that_is_loaded_again_goes_on_with_the_call(
    browser: Browser,
) -> None:
    async with family(browser) as home:
        await answer(home)
        page, call = page_of(home), home.device.call
        home.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await home.page.reload()
        await home.device.hears_and_sees()
        await sees(home.page)
        await shows(home.page, "call")
        await expect(home.page.locator("#call-state")).to_be_hidden()
        assert [
            (each.call, each.page, each.attempt) for each in home.hub.of(Offer)
        ] == [
            (call, page, 1),
            (call, page, 2),
        ]
        assert home.device.ended == []
        # And not once more: who loads it after the call is at home.
        await home.page.locator("#hang-up").click()
        await home.page.reload()
        await shows(home.page, "home")


async def test_the_device_asks_for_a_new_connection(browser: Browser) -> None:
    async with family(browser) as home:
        await answer(home)
        home.device.reconnect(2)
        await home.device.until(lambda d: len(d.offers) == 2)
        await home.device.hears_and_sees()
        await sees(home.page)
        # Late, and of a connection that was replaced: nothing happens.
        home.device.reconnect(2)
        await home.device.hears_and_sees()
        assert [each.attempt for each in home.device.offers] == [1, 2]
        states = await home.page.evaluate("window.peers.map(p => p.connectionState)")
        assert states == ["closed", "connected"]


async def test_when_nothing_comes_the_page_says_so_and_connects_anew(
    browser: Browser,
) -> None:
    async with family(browser) as home:
        await answer(home)
        state = home.page.locator("#call-state")
        await home.device.fall_silent()
        await expect(state).to_have_text("Verbinding onderbroken")
        await home.device.hears_and_sees()
        await expect(state).to_be_hidden()
        assert [each.attempt for each in home.device.offers] == [1, 2]
        assert home.device.ended == []


async def test_a_hub_that_starts_anew_disturbs_no_call(browser: Browser) -> None:
    async with family(browser, errors=HUB_GONE) as home:
        await answer(home)
        home.hub.refuses_sockets = True
        await home.hub.drop_pages()
        await expect(home.page.locator("#banner")).to_be_visible()
        await home.device.hears_and_sees()
        # Told when it is back.
        await home.page.locator("#mute").click()
        home.hub.refuses_sockets = False
        await home.device.until(lambda d: d.media and not d.media.microphone)
        await expect(home.page.locator("#banner")).to_be_hidden()
        await shows(home.page, "call")
        assert len(home.hub.of(Offer)) == 1
