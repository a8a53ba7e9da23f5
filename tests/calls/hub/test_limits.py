"""How often somebody may ask: pure, on a clock moved by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hub.limits import LIMITS, Buckets, Cost, Limit, asker
from calls.hub.settings import HubSettings
from tests.calls.hub.peers import Browser, browser, running_hub

TWO = {cost: Limit(burst=2, every_s=10.0) for cost in Cost}


def test_a_burst_and_then_one_at_a_time() -> None:
    buckets = Buckets(TWO)
    assert [buckets.take(Cost.ACT, "a", 0.0) for _ in range(3)] == [0, 0, 10]
    # Others, and other kinds, have their own.
    assert buckets.take(Cost.ACT, "b", 0.0) == 0
    assert buckets.take(Cost.READ, "a", 0.0) == 0
    # Who is refused does not wait longer for having asked.
    assert buckets.take(Cost.ACT, "a", 4.0) == 6
    assert buckets.take(Cost.ACT, "a", 10.0) == 0
    assert buckets.take(Cost.ACT, "a", 10.0) == 10
    assert [buckets.take(Cost.ACT, "a", 1_000.0) for _ in range(3)] == [0, 0, 10]


@given(st.lists(st.floats(0, 100), max_size=60))
def test_nobody_gets_more_than_the_burst_and_the_rate(steps: list[float]) -> None:
    buckets, now, taken = Buckets(TWO), 0.0, []
    for step in steps:
        now += step
        wait_s = buckets.take(Cost.ACT, "a", now)
        assert 0 <= wait_s <= 10.000001
        if not wait_s:
            taken.append(now)
    for first, at in enumerate(taken):
        within = [each for each in taken[first:] if each <= at + 100]
        assert len(within) <= 2 + 100 / 10 + 1


def test_they_take_bounded_memory() -> None:
    buckets = Buckets(TWO, most=100)
    for number in range(1_000):
        buckets.take(Cost.READ, str(number), 0.0)
    assert buckets.remembered == 100


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_who_counts_as_one(address: str, who: str) -> None:
    assert asker(address) == who


async def guess(browser: Browser, **headers: str) -> int:
    answer = await browser.ask(
        "POST", "/api/invitations/look", {"token": "x"}, **headers
    )
    if answer.status == 429:
        assert answer.error == "too_many"
        assert 0 < int(answer.headers["Retry-After"]) <= 90
    return answer.status


async def test_who_guesses_must_wait(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hub")
    async with (
        running_hub(folder, buckets=Buckets()) as place,
        browser(place) as anna,
    ):
        burst = LIMITS[Cost.GUESS].burst
        assert [await guess(anna) for _ in range(burst + 2)] == [404] * burst + [
            429
        ] * 2
        # Nobody says from where he asks; and the page itself still comes.
        assert await guess(anna, **{"X-Forwarded-For": "192.0.2.9"}) == 429
        assert (await anna.ask("GET", "/")).status == 200
        place.time.pass_(90)
        assert await guess(anna) == 404


async def test_a_web_server_before_the_hub_tells_who_asks(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = HubSettings(port=0, url="https://hub.example")
    folder = tmp_path_factory.mktemp("hub")
    async with (
        running_hub(folder, settings, buckets=Buckets()) as place,
        browser(place) as anna,
    ):
        # What the asker wrote himself stands before what the web server adds.
        for number in range(LIMITS[Cost.GUESS].burst):
            said = f"192.0.2.{number}, 198.51.100.7"
            assert await guess(anna, **{"X-Forwarded-For": said}) == 404
        assert await guess(anna, **{"X-Forwarded-For": "198.51.100.7"}) == 429
        assert await guess(anna, **{"X-Forwarded-For": "198.51.100.8"}) == 404
