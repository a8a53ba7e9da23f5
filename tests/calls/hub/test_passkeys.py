"""A passkey made of software registers and logs in, through the hub's own addresses."""

from typing import Any

import pytest

from calls.hub import members
from calls.hub.passkeys import MOST_CHALLENGES, Challenges
from calls.hub.settings import HubSettings
from calls.keys import to_base64url
from tests.calls.hub.peers import Browser, Place, SoftwarePasskey, browser, running_hub


async def registered(
    place: Place, browser: Browser, passkey: SoftwarePasskey
) -> dict[str, Any]:
    """Join with a passkey; returns /api/me."""
    _, token = await (await place.home()).invite()
    me = await browser.join(token)
    options = (await browser.ask("POST", "/api/passkeys/offer", {})).body
    assert options["rp"] == {"id": "localhost", "name": "Praatpaal"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    wish = {"credential": passkey.make(options), "name": "Telefoon"}
    answer = await browser.ask("POST", "/api/passkeys", wish)
    assert (answer.status, answer.body) == (201, {"id": passkey.id})
    return me


async def log_in(browser: Browser, passkey: SoftwarePasskey) -> str | None:
    options = (await browser.ask("POST", "/api/passkeys/challenge", {})).body
    wish = {"credential": passkey.use(options)}
    return (await browser.ask("POST", "/api/session", wish)).error


@pytest.fixture
def passkey(place: Place) -> SoftwarePasskey:
    return SoftwarePasskey(place.origin, "localhost")


async def test_it_logs_in_elsewhere_and_again(
    place: Place, anna: Browser, piet: Browser, passkey: SoftwarePasskey
) -> None:
    me = await registered(place, anna, passkey)
    assert await log_in(piet, passkey) is None
    assert (await piet.log_in())["households"] == me["households"]
    assert await log_in(piet, passkey) is None


async def test_its_owner_sees_and_removes_it(
    place: Place, anna: Browser, piet: Browser, passkey: SoftwarePasskey
) -> None:
    await registered(place, anna, passkey)
    await registered(place, piet, SoftwarePasskey(place.origin, "localhost"))
    found = (await anna.ask("GET", "/api/passkeys")).body
    created = place.time.now
    assert found == {
        "passkeys": [{"id": passkey.id, "name": "Telefoon", "created": created}]
    }
    # The browser is told not to make a second one there.
    options = (await anna.ask("POST", "/api/passkeys/offer", {})).body
    assert [each["id"] for each in options["excludeCredentials"]] == [passkey.id]
    path = f"/api/passkeys/{passkey.id}"
    assert (await piet.ask("DELETE", path)).error == "unknown_passkey"
    assert (await anna.ask("DELETE", path)).status == 204
    assert (await anna.ask("DELETE", path)).error == "unknown_passkey"
    assert await log_in(anna, passkey) == "unknown_passkey"


async def test_a_challenge_is_good_once_and_for_five_minutes(
    place: Place, anna: Browser, passkey: SoftwarePasskey
) -> None:
    await registered(place, anna, passkey)
    options = (await anna.ask("POST", "/api/passkeys/challenge", {})).body
    shown = {"credential": passkey.use(options)}
    assert (await anna.ask("POST", "/api/session", shown)).status == 204
    assert (await anna.ask("POST", "/api/session", shown)).error == "wrong_passkey"
    late = (await anna.ask("POST", "/api/passkeys/challenge", {})).body
    place.time.pass_(300)
    answer = await anna.ask("POST", "/api/session", {"credential": passkey.use(late)})
    assert answer.error == "wrong_passkey"
    own = SoftwarePasskey(place.origin, "localhost").use({"challenge": "AAAA"})
    answer = await anna.ask("POST", "/api/session", {"credential": own})
    assert answer.error == "wrong_passkey"


async def test_a_copy_that_lags_behind_does_not_log_in(
    place: Place, anna: Browser, passkey: SoftwarePasskey
) -> None:
    await registered(place, anna, passkey)
    assert await log_in(anna, passkey) is None
    passkey.count = 0
    assert await log_in(anna, passkey) == "wrong_passkey"


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [("http://evil.example", "localhost"), (None, "evil.example")],
)
async def test_a_passkey_of_another_page(
    place: Place,
    anna: Browser,
    passkey: SoftwarePasskey,
    origin: str | None,
    rp_id: str,
) -> None:
    await registered(place, anna, passkey)
    passkey.origin = origin or passkey.origin
    passkey.rp_id = rp_id
    assert await log_in(anna, passkey) == "wrong_passkey"


async def test_a_passkey_with_another_key_or_owner(
    place: Place, anna: Browser, piet: Browser, passkey: SoftwarePasskey
) -> None:
    await registered(place, anna, passkey)
    other = SoftwarePasskey(place.origin, "localhost")
    await registered(place, piet, other)
    passkey.user, user = other.user, passkey.user
    assert await log_in(anna, passkey) == "wrong_passkey"
    passkey.user = user
    passkey.key = other.key
    assert await log_in(anna, passkey) == "wrong_passkey"


async def test_somebody_elses_offer_makes_none(
    place: Place, anna: Browser, piet: Browser, passkey: SoftwarePasskey
) -> None:
    await registered(place, anna, passkey)
    await registered(place, piet, SoftwarePasskey(place.origin, "localhost"))
    offer = (await anna.ask("POST", "/api/passkeys/offer", {})).body
    made = SoftwarePasskey(place.origin, "localhost").make(offer)
    wish = {"credential": made, "name": "Telefoon"}
    answer = await piet.ask("POST", "/api/passkeys", wish)
    assert answer.error == "wrong_passkey"
    # One that is known already is not taken over.
    offer = (await piet.ask("POST", "/api/passkeys/offer", {})).body
    wish = {"credential": passkey.make(offer), "name": "Telefoon"}
    assert (await piet.ask("POST", "/api/passkeys", wish)).error == "known_passkey"


@pytest.mark.parametrize(
    "part",
    ["clientDataJSON", "attestationObject"],
)
@pytest.mark.parametrize("junk", ["AA", "////", to_base64url(b"{}"), "o" * 5_000])
async def test_what_is_no_passkey(
    place: Place, anna: Browser, passkey: SoftwarePasskey, part: str, junk: str
) -> None:
    _, token = await (await place.home()).invite()
    await anna.join(token)
    offer = (await anna.ask("POST", "/api/passkeys/offer", {})).body
    made = passkey.make(offer)
    made["response"][part] = junk
    answer = await anna.ask("POST", "/api/passkeys", {"credential": made, "name": "x"})
    assert answer.status == 400
    assert answer.error in ("wrong_passkey", "malformed")


async def test_who_follows_nobody_any_more_does_not_log_in(
    place: Place, anna: Browser, passkey: SoftwarePasskey
) -> None:
    home = await place.home()
    member, token = await home.invite()
    await anna.join(token)
    offer = (await anna.ask("POST", "/api/passkeys/offer", {})).body
    wish = {"credential": passkey.make(offer), "name": "Telefoon"}
    assert (await anna.ask("POST", "/api/passkeys", wish)).status == 201
    await members.withdraw(place.hub.state.store, home.id, member, place.time.now)
    assert await log_in(anna, passkey) == "unknown_passkey"


async def test_a_public_hub_has_its_name_and_a_safe_cookie(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = HubSettings(port=0, url="https://hub.example")
    folder = tmp_path_factory.mktemp("hub")
    async with running_hub(folder, settings) as place, browser(place) as anna:
        options = (await anna.ask("POST", "/api/passkeys/challenge", {})).body
        assert options["rpId"] == "hub.example"
        _, token = await (await place.home()).invite()
        answer = await anna.ask(
            "POST", "/api/invitations/accept", {"token": token, "language": "nl"}
        )
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-praatpaal=")
        assert "; Secure" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_challenges_take_bounded_memory() -> None:
    challenges = Challenges()
    for number in range(MOST_CHALLENGES + 10):
        challenges.give(number.to_bytes(8, "big"), b"", 0.0)
    assert len(challenges._given) == MOST_CHALLENGES
