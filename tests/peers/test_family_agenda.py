"""The agenda on the family page, in a real Chromium."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from calls.messages import Gone
from tests.peers.fake_hub import FakeHub, fake_hub, household
from tests.peers.family_page import NO_WORKER, context_of, family_browser
from tests.peers.test_family_look import FOCUS, check

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

# The hub's time is 15 January 2027, nine o'clock in Amsterdam.
TODAY, TOMORROW, LATER = "2027-01-15", "2027-01-16", "2027-01-21"


def entry(what: str, day: str, time: str = "", **more: str) -> dict[str, str]:
    return {
        "kind": "appointment", "what": what, "day": day, "time": time, "place": "",
        **more,
    }  # fmt: skip


def proposal(name: str, state: str, **more: str) -> dict[str, Any]:
    return {
        "id": name, "what": "De tandarts", "day": TOMORROW, "time": "10:00",
        "place": "", "repeats": "once", "state": state, "changed": 1.0, **more,
    }  # fmt: skip


ENTRIES = [
    entry("Gisteren", "2027-01-14", "10:00"),
    entry("de kapper", TODAY, "14:30", place="Kerkstraat 2"),
    entry("Anna", TODAY, kind="birthday"),
    entry("het koor", TOMORROW, "20:00"),
    entry("<b>de & dokter</b> " + "x" * 60, LATER, "09:15"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with family_browser() as found:
        yield found


@asynccontextmanager
async def opened(
    browser: Browser,
    *,
    errors: tuple[str, ...] = (),
    locale: str = "nl-NL",
    zone: str = "Europe/Amsterdam",
    **agenda: Any,
) -> AsyncIterator[tuple[Page, FakeHub]]:
    """The agenda of a household, open."""
    async with fake_hub(household()) as hub:
        hub.agenda = {"entries": ENTRIES, **agenda}
        async with context_of(
            browser, hub, locale=locale, timezone_id=zone, errors=errors, **NO_WORKER
        ) as context:
            page = await context.new_page()
            await page.goto(hub.url)
            await hub.until(lambda: hub.sockets)
            await expect(page.locator(".agenda-button")).to_be_hidden()
            await hub.change("m1", agenda="a")
            await page.locator(".agenda-button").click()
            await expect(page.locator(".agenda-day").first).to_be_visible()
            yield page, hub


async def days(page: Page) -> list[str]:
    return [
        " ".join(text.split())
        for text in await page.locator(".agenda-day").all_inner_texts()
    ]


async def propose(page: Page, what: str, day: str, time: str = "") -> None:
    await page.locator("#agenda-what").fill(what)
    await page.locator("#agenda-day").fill(day)
    if time:
        await page.locator("#agenda-time").fill(time)
    await page.locator("#agenda-send").click()


async def keep_picture(page: Page, name: str) -> None:
    """For who wants to look at it: PICTURES names a folder."""
    folder = os.environ.get("PICTURES")
    if folder:
        path = Path(folder) / f"{name}.png"
        await page.screenshot(path=path, full_page=True, animations="disabled")


async def check_keys(page: Page) -> None:
    """The Tab key reaches everything; a day and a time have several stops each."""
    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        found = await page.evaluate(FOCUS)
        if not found["isNowhere"]:
            assert found["isSeen"] and found["isInView"], found
            reached.add(found["name"])
    assert reached >= {
        "Wijzig", "Trek in", "Haal weg", "agenda-what", "agenda-day", "agenda-all-day",
        "agenda-time", "agenda-repeats", "agenda-place", "agenda-send", "agenda-back",
    }, reached  # fmt: skip


async def test_what_is_to_come_is_shown_by_day(browser: Browser) -> None:
    async with opened(browser) as (page, _):
        heading = page.locator("#agenda-heading")
        await expect(heading).to_have_text("Agenda van Mevrouw\u00a0De\u00a0Vries")
        await expect(heading).to_be_focused()
        assert await days(page) == [
            "Vandaag 14:30 de kapper Kerkstraat 2 Hele dag Verjaardag: Anna",
            "Morgen 20:00 het koor",
            f"Donderdag 21 januari 09:15 <b>de & dokter</b> {'x' * 60}",
        ]
        await expect(page.locator("#agenda-zone")).to_be_hidden()
        await expect(page.locator("#agenda-stale")).to_be_hidden()
        await page.locator("#agenda-back").click()
        await expect(page.locator("#households")).to_be_visible()


async def test_in_english_and_from_another_zone(browser: Browser) -> None:
    """It is still the fourteenth in New York, and the agenda is of Amsterdam."""
    async with opened(
        browser,
        locale="en-US",
        zone="America/Los_Angeles",
        stale_since=1_799_000_000,
        left_out=12,
    ) as (page, _):
        found = await days(page)
        assert found[0].startswith("Today 14:30 de kapper")
        assert found[2].startswith("Thursday, January 21")
        await expect(page.locator("#agenda-zone")).to_contain_text("Times are those")
        await expect(page.locator("#agenda-stale")).to_contain_text("January 3, 2027")
        await expect(page.locator("#agenda-more")).to_contain_text("12")


async def test_something_is_proposed_changed_and_taken_back(browser: Browser) -> None:
    async with opened(browser) as (page, hub):
        await propose(page, "De tandarts", TOMORROW, "10:00")
        cards = page.locator("#agenda-proposals li")
        await expect(cards).to_have_count(1)
        await expect(cards).to_contain_text("Morgen, 10:00")
        await expect(cards).to_contain_text("nog niet aangekomen")
        await expect(page.locator("#agenda-said")).to_contain_text("Verstuurd")
        await expect(page.locator("#agenda-what")).to_have_value("")
        assert hub.asked("POST", "/api/agenda/m1/proposals") == [
            {
                "what": "De tandarts",
                "day": TOMORROW,
                "time": "10:00",
                "place": "",
                "repeats": "once",
            }
        ]
        await page.get_by_role("button", name="Wijzig: De tandarts").click()
        await expect(page.locator("#agenda-what")).to_be_focused()
        await page.locator("#agenda-all-day").check()
        await expect(page.locator("#agenda-time")).to_be_hidden()
        await page.locator("#agenda-repeats").select_option("weekly")
        await page.locator("#agenda-place").fill("Dorpsstraat 1")
        await page.locator("#agenda-send").click()
        await expect(cards).to_contain_text(
            "Elke week vanaf zaterdag 16 januari, Hele dag, D"
        )
        await expect(cards).to_have_count(1)
        await page.get_by_role("button", name="Trek in: De tandarts").click()
        await expect(cards).to_have_count(0)
        await expect(page.locator("#agenda-proposed")).to_be_hidden()


async def test_the_answer_is_shown_as_soon_as_it_is_there(browser: Browser) -> None:
    async with opened(browser, proposals=[proposal("p1", "waiting")]) as (page, hub):
        cards = page.locator("#agenda-proposals li")
        await expect(cards).to_contain_text("Wacht op antwoord van")
        hub.agenda["proposals"] = [
            proposal("p1", "in_agenda"),
            proposal("p2", "refused", what="De kapper"),
            proposal("p3", "over", what="Het koor"),
        ]
        await hub.change("m1", agenda="b")
        await expect(cards).to_have_count(3)
        await expect(cards.nth(0)).to_contain_text("zei ja")
        await expect(cards.nth(1)).to_contain_text("heeft dit liever niet")
        await expect(cards.nth(2)).to_contain_text("al voorbij")
        await page.get_by_role("button", name="Haal weg: De kapper").click()
        await expect(cards).to_have_count(2)


async def test_what_is_filled_in_wrongly_is_said(browser: Browser) -> None:
    async with opened(browser, errors=("Failed to load",)) as (page, hub):
        error = page.locator("#agenda-error")
        await propose(page, "...", TOMORROW, "10:00")
        await expect(error).to_contain_text("Vul in wat")
        await expect(page.locator("#agenda-what")).to_be_focused()
        await propose(page, "De tandarts", "", "10:00")
        await expect(error).to_contain_text("Kies een dag")
        await propose(page, "De tandarts", TODAY, "08:59")
        await expect(error).to_contain_text("al voorbij")
        await page.locator("#agenda-time").fill("")
        await propose(page, "De tandarts", TOMORROW)
        await expect(error).to_contain_text("Vul een tijd in")
        assert hub.asked("POST", "/api/agenda/m1/proposals") == []
        hub.refuses = "too_many_proposals"
        await propose(page, "De tandarts", TOMORROW, "10:00")
        await expect(error).to_contain_text("Er wachten al veel voorstellen")
        # What was written is still there.
        await expect(page.locator("#agenda-what")).to_have_value("De tandarts")


@pytest.mark.parametrize("how", ["taken back", "gone"])
async def test_it_is_closed_when_it_may_be_seen_no_more(
    browser: Browser, how: str
) -> None:
    async with opened(browser) as (page, hub):
        if how == "gone":
            await hub.tell(Gone("m1"))
        else:
            await hub.change("m1", agenda="")
        await expect(page.locator("#households")).to_be_attached()
        await expect(page.locator("#agenda-heading")).to_be_hidden()
        await expect(page.locator(".agenda-button")).to_be_hidden()


async def test_how_it_looks(browser: Browser) -> None:
    proposals = [
        proposal("p1", "waiting", place="Dorpsstraat 1"),
        proposal("p2", "in_agenda", what="x" * 80, repeats="weekly"),
    ]
    async with opened(
        browser, proposals=proposals, left_out=3, stale_since=1_799_000_000
    ) as (page, _):
        await keep_picture(page, "agenda-nl")
        await propose(page, "", TOMORROW)
        await check(page)
        await check_keys(page)
    async with opened(browser, locale="en-GB", proposals=proposals) as (page, _):
        await page.emulate_media(color_scheme="dark")
        await keep_picture(page, "agenda-en-dark")
