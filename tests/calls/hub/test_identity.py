"""Devices, invitations, sessions and links, asked for as devices and browsers do."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from calls.hub import members
from calls.hub.enrolment import (
    devices,
    enrol_own,
    find_device,
    make_code,
    remove_device,
)
from calls.hub.errors import Refusal
from calls.hub.limits import LIMITS, Buckets, Cost, Limit
from calls.hub.sessions import MOST_SESSIONS
from calls.hub.tables import metadata
from calls.keys import DeviceKey
from calls.messages import Role
from calls.wire import new_id
from tests.calls.hub.peers import Answer, Browser, Place, browser, running_hub

DAY_S = 86_400


def new_key() -> str:
    return DeviceKey(ec.generate_private_key(ec.SECP256R1())).public


async def enrol(browser: Browser, code: str, key: str = "") -> Answer:
    body = {"code": code, "key": key or new_key(), "name": "Mevrouw Test"}
    return await browser.ask("POST", "/api/devices", body)


# -- devices ----------------------------------------------------------------------


async def test_a_device_comes_in_with_a_code(place: Place, anna: Browser) -> None:
    anna.origin = None  # it is no browser
    key = new_key()
    code = await make_code(place.hub.state.store, place.time.now)
    answer = await enrol(anna, code.text, key)
    assert answer.status == 201
    known = await find_device(place.hub.state.store, answer.body["device"])
    assert known is not None
    assert (known.public_key, known.is_removed) == (key, False)
    # The answer was lost, and it asks again; another one does not get in with it.
    assert (await enrol(anna, code.text, key)).body == answer.body
    assert (await enrol(anna, code.text)).error == "used_code"
    assert len(await devices(place.hub.state.store)) == 1


async def test_how_people_type_a_code(place: Place, anna: Browser) -> None:
    code = (await make_code(place.hub.state.store, place.time.now)).text
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await enrol(anna, f"  {typed} ")).status == 201


async def test_codes_that_let_nobody_in(place: Place, anna: Browser) -> None:
    code = await make_code(place.hub.state.store, place.time.now)
    for wrong in ("", "x", "0000-0000-0000", code.text[:-1], code.text + "0", "é" * 12):
        assert (await enrol(anna, wrong)).error in ("wrong_code", "malformed"), wrong
    assert (await enrol(anna, code.text, "AAAA")).error == "wrong_key"
    place.time.pass_(15 * 60)
    assert (await enrol(anna, code.text)).error == "expired_code"
    assert await devices(place.hub.state.store) == ()


async def test_a_key_is_of_one_device(place: Place, anna: Browser) -> None:
    store, key = place.hub.state.store, new_key()
    assert (await enrol(anna, (await make_code(store, place.time.now)).text, key)).body
    second = (await make_code(store, place.time.now)).text
    place.time.pass_(1)
    assert (await enrol(anna, second, key)).error == "known_key"
    # Which did not use it up.
    assert (await enrol(anna, second)).status == 201


async def test_the_device_that_the_hub_runs_on(place: Place) -> None:
    store, key = place.hub.state.store, new_key()
    first = await enrol_own(store, key, "Mevrouw Test", place.time.now)
    assert await enrol_own(store, key, "Mevrouw Toets", place.time.now + 9) == first
    with pytest.raises(Refusal, match="wrong_key"):
        await enrol_own(store, "nonsense", "Mevrouw Test", place.time.now)
    assert await remove_device(store, first, place.time.now)
    assert not await remove_device(store, first, place.time.now)
    known = await find_device(store, first)
    assert known is not None
    assert known.is_removed
    assert await find_device(store, "none") is None


# -- invitations --------------------------------------------------------------------


async def test_somebody_follows_a_household(place: Place, anna: Browser) -> None:
    home = await place.home("Mevrouw Test")
    told = []

    async def listen(household: str) -> None:
        told.append(household)

    place.hub.state.members_changed.append(listen)
    member, token = await home.invite("Anna", Role.CLOSE_FAMILY, "Anna@example.org")
    look = await anna.ask("POST", "/api/invitations/look", {"token": token})
    assert look.body == {
        "household": "Mevrouw Test",
        "name": "Anna",
        "role": "close_family",
        "expires": place.time.now + 7 * DAY_S,
    }
    me = await anna.join(token)
    assert me["name"] == "Anna"
    assert me["email"] == "anna@example.org"
    assert me["version"] == "small"
    assert me["households"] == [
        {"member": member, "name": "Mevrouw Test", "role": "close_family"}
    ]
    assert told == [home.id]
    (row,) = await members.members(place.hub.state.store, home.id)
    assert row.has_joined
    assert "Anna" not in repr(row)


@pytest.mark.parametrize("action", ["look", "accept"])
async def test_invitations_that_let_nobody_in(
    place: Place, anna: Browser, piet: Browser, action: str
) -> None:
    home = await place.home()
    store = place.hub.state.store

    async def error_of(token: str) -> str | None:
        body = {"token": token, "language": "nl"}
        return (await piet.ask("POST", f"/api/invitations/{action}", body)).error

    assert await error_of(new_id()) == "unknown_invitation"
    _, used = await home.invite()
    await anna.join(used)
    assert await error_of(used) == "used_invitation"
    withdrawn, token = await home.invite()
    await members.withdraw(store, home.id, withdrawn, place.time.now)
    assert await error_of(token) == "withdrawn_invitation"
    _, late = await home.invite()
    place.time.pass_(7 * DAY_S)
    assert await error_of(late) == "expired_invitation"
    # The clock was years ahead when this one was made, and is right again.
    place.time.pass_(10 * 365 * DAY_S)
    _, ahead = await home.invite()
    place.time.pass_(-10 * 365 * DAY_S)
    assert await error_of(ahead) == "expired_invitation"


async def test_a_clock_that_is_a_day_behind_keeps_nobody_out(
    place: Place, anna: Browser
) -> None:
    _, token = await (await place.home()).invite()
    place.time.pass_(-DAY_S)
    await anna.join(token)


async def test_who_is_logged_in_follows_one_more(place: Place, anna: Browser) -> None:
    mother, father = await place.home("Mevrouw Test"), await place.home("Meneer Toets")
    _, first = await mother.invite()
    await anna.join(first)
    place.time.pass_(1)
    _, second = await father.invite()
    me = await anna.join(second)
    assert [each["name"] for each in me["households"]] == [
        "Mevrouw Test",
        "Meneer Toets",
    ]


async def test_an_invitation_again_moves_the_member_to_the_new_browser(
    place: Place, anna: Browser, piet: Browser
) -> None:
    home = await place.home()
    ended = []

    async def listen(account: str, token_hash: bytes | None) -> None:
        ended.append((account, token_hash))

    place.hub.state.sessions_ended.append(listen)
    member, first = await home.invite()
    await anna.join(first)
    (row,) = await members.members(place.hub.state.store, home.id)
    _, second = await home.invite(member=member)
    me = await piet.join(second)
    assert [each["member"] for each in me["households"]] == [member]
    # Who had it before follows nobody any more, and is forgotten.
    assert (await anna.ask("GET", "/api/me")).error == "no_session"
    assert ended == [(row.account, None)]


async def test_an_older_invitation_is_used_up_with_the_newer(
    place: Place, anna: Browser, piet: Browser
) -> None:
    home = await place.home()
    member, first = await home.invite()
    _, second = await home.invite(member=member)
    await anna.join(second)
    answer = await piet.ask(
        "POST", "/api/invitations/accept", {"token": first, "language": "nl"}
    )
    assert answer.error == "used_invitation"


async def test_a_device_invites_for_its_own_household_only(place: Place) -> None:
    mother, father = await place.home(), await place.home()
    member, _ = await mother.invite()
    with pytest.raises(Refusal, match="no_member"):
        await father.invite(member=member)
    store = place.hub.state.store
    with pytest.raises(Refusal, match="no_member"):
        await members.withdraw(store, father.id, member, place.time.now)
    await members.withdraw(store, mother.id, member, place.time.now)
    with pytest.raises(Refusal, match="withdrawn"):
        await mother.invite(member=member)


# -- members ------------------------------------------------------------------------


async def test_what_a_member_may_is_agreed(place: Place) -> None:
    home = await place.home()
    store = place.hub.state.store
    member, _ = await home.invite(role=Role.FAMILY)
    changed = await members.agree(
        store,
        home.id,
        member,
        Role.CLOSE_FAMILY,
        sees_presence=True,
        sees_use=False,
    )
    assert (changed.role, changed.sees_presence, changed.sees_use) == (
        Role.CLOSE_FAMILY,
        True,
        False,
    )
    assert await members.members(store, home.id) == (changed,)
    with pytest.raises(Refusal, match="no_member"):
        await members.agree(
            store, home.id, "none", Role.FAMILY, sees_presence=True, sees_use=True
        )


async def test_a_withdrawal_works_at_once(place: Place, anna: Browser) -> None:
    home = await place.home()
    store = place.hub.state.store
    member, token = await home.invite("Anna", email="anna@example.org")
    await anna.join(token)
    (row,) = await members.members(store, home.id)
    assert row.account is not None
    assert await members.withdraw(store, home.id, member, place.time.now) == row.account
    assert await members.withdraw(store, home.id, member, place.time.now) is None
    assert (await anna.ask("GET", "/api/me")).error == "no_session"
    assert await members.members(store, home.id) == ()
    # Nothing of them is left but that they were there.
    async with store.reading() as connection:
        for table in metadata.sorted_tables:
            for found in await connection.execute(sa.select(table)):
                assert "Anna" not in found
                assert "anna@example.org" not in found
    with pytest.raises(Refusal, match="no_member"):
        await members.member_of_account(store, row.account, member)
    with pytest.raises(Refusal, match="withdrawn"):
        await members.member_of_household(store, home.id, member)


async def test_a_withdrawal_from_one_of_two(place: Place, anna: Browser) -> None:
    mother, father = await place.home(), await place.home("Meneer Toets")
    member, first = await mother.invite()
    _, second = await father.invite()
    await anna.join(first)
    await anna.join(second)
    await members.withdraw(place.hub.state.store, mother.id, member, place.time.now)
    me = (await anna.ask("GET", "/api/me")).body
    assert [each["name"] for each in me["households"]] == ["Meneer Toets"]


# -- sessions -----------------------------------------------------------------------


async def joined(place: Place, browser: Browser, email: str = "") -> None:
    _, token = await (await place.home()).invite(email=email)
    await browser.join(token)


async def test_a_session_lasts_while_it_is_used(place: Place, anna: Browser) -> None:
    await joined(place, anna)
    for _ in range(4):
        place.time.pass_(100 * DAY_S)
        answer = await anna.ask("GET", "/api/me")
        assert answer.status == 200
        # The browser keeps its cookie as long again.
        assert "Max-Age=15552000" in answer.headers["Set-Cookie"]
    assert "Set-Cookie" not in (await anna.ask("GET", "/api/me")).headers
    place.time.pass_(180 * DAY_S)
    assert (await anna.ask("GET", "/api/me")).error == "no_session"


async def test_a_clock_that_is_wrong_for_a_while_logs_nobody_out(
    place: Place, anna: Browser
) -> None:
    await joined(place, anna)
    for years in (-50, 50):
        place.time.now += years * 365 * DAY_S
        await anna.ask("GET", "/api/me")
        place.time.now -= years * 365 * DAY_S
        assert (await anna.ask("GET", "/api/me")).status == 200, years


async def test_the_cookie_of_a_hub_on_this_machine(place: Place, anna: Browser) -> None:
    _, token = await (await place.home()).invite()
    answer = await anna.ask(
        "POST", "/api/invitations/accept", {"token": token, "language": "nl"}
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("praatpaal=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize("token", ["", "x", "of another"])
async def test_a_token_that_is_not_of_this_session(
    place: Place, anna: Browser, piet: Browser, token: str
) -> None:
    await joined(place, anna)
    await joined(place, piet)
    anna.token = piet.token if token == "of another" else token
    assert (await anna.ask("DELETE", "/api/session")).error == "token"
    assert (await anna.ask("GET", "/api/me")).status == 200


async def test_logging_out_ends_this_browser_only(
    place: Place, anna: Browser, piet: Browser
) -> None:
    await joined(place, anna, "anna@example.org")
    await piet.ask("POST", "/api/links/use", {"token": await link_of(place, anna)})
    await piet.log_in()
    assert (await anna.ask("DELETE", "/api/session")).status == 204
    assert (await anna.ask("GET", "/api/me")).error == "no_session"
    assert (await piet.ask("GET", "/api/me")).status == 200


async def test_the_browser_unused_longest_makes_room(
    place: Place, anna: Browser
) -> None:
    await joined(place, anna, "anna@example.org")
    for _ in range(MOST_SESSIONS):
        place.time.pass_(60)
        token = await link_of(place, anna)
        async with browser(place) as another:
            answer = await another.ask("POST", "/api/links/use", {"token": token})
            assert answer.status == 204
    assert (await anna.ask("GET", "/api/me")).error == "no_session"


# -- links --------------------------------------------------------------------------


async def ask_link(browser: Browser, email: str) -> None:
    body = {"email": email, "language": "nl"}
    answer = await browser.ask("POST", "/api/links", body)
    assert (answer.status, answer.body) == (202, "")


async def link_of(place: Place, browser: Browser) -> str:
    await ask_link(browser, "anna@example.org")
    mail = await place.letterbox.next()
    assert mail.to == "anna@example.org"
    url = next(line for line in mail.text.splitlines() if line.startswith("http"))
    page, _, token = url.partition("#")
    assert page == f"{place.hub.url}/login"
    return token


async def test_a_link_by_mail_works_once(
    place: Place, anna: Browser, piet: Browser
) -> None:
    await joined(place, anna, "anna@example.org")
    token = await link_of(place, piet)
    # Who only looks, as mail scanners do, uses nothing.
    assert (await piet.ask("GET", f"/api/links/use?token={token}")).error == "method"
    answer = await piet.ask("POST", "/api/links/use", {"token": token})
    assert answer.status == 204
    assert (await piet.log_in())["name"] == "Anna"
    again = await anna.ask("POST", "/api/links/use", {"token": token})
    assert again.error == "used_link"


async def test_links_that_let_nobody_in(place: Place, anna: Browser) -> None:
    await joined(place, anna, "anna@example.org")
    first, second = await link_of(place, anna), await link_of(place, anna)

    async def error_of(token: str) -> str | None:
        return (await anna.ask("POST", "/api/links/use", {"token": token})).error

    assert await error_of(new_id()) == "unknown_link"
    place.time.pass_(15 * 60)
    assert await error_of(first) == "expired_link"
    fresh = await link_of(place, anna)
    assert await error_of(fresh) is None
    assert await error_of(second) == "used_link"


async def test_a_mail_server_that_hangs_keeps_nobody_waiting(
    place: Place, anna: Browser
) -> None:
    """So that how long the answer takes does not tell who is known."""
    await joined(place, anna, "anna@example.org")
    place.letterbox.is_stuck = True
    for email in ("anna@example.org", "nobody@example.org", "anna@example.org"):
        await ask_link(anna, email)
    await place.letterbox.tried.wait()
    assert place.letterbox.is_empty


async def test_one_address_gets_only_so_many_mails(
    tmp_path: Path,
) -> None:
    buckets = Buckets(
        {cost: Limit(1_000_000, 0.001) for cost in LIMITS}
        | {Cost.LETTER: Limit(2, 900)}
    )
    async with running_hub(tmp_path, buckets=buckets) as place, browser(place) as anna:
        await joined(place, anna, "anna@example.org")
        for _ in range(2):
            await link_of(place, anna)
        # The answer is the same, but no mail goes out until a quarter of an hour on.
        await ask_link(anna, "ANNA@example.org")
        place.time.pass_(900)
        await link_of(place, anna)
        assert place.letterbox.is_empty


async def test_an_address_that_nobody_has_gets_nothing(
    place: Place, anna: Browser
) -> None:
    await joined(place, anna, "anna@example.org")
    await ask_link(anna, "nobody@example.org")
    # They go out in their order: the first mail is of the second address.
    await link_of(place, anna)
    assert place.letterbox.is_empty


async def test_each_account_of_an_address_gets_its_link(
    place: Place, anna: Browser, piet: Browser
) -> None:
    _, first = await (await place.home("Mevrouw Test")).invite()
    _, second = await (await place.home("Meneer Toets")).invite()
    await anna.join(first, email="Both@example.org")
    await piet.join(second, email="both@Example.org")
    await ask_link(anna, "BOTH@example.org")
    texts = "".join([(await place.letterbox.next()).text for _ in range(2)])
    assert "Mevrouw Test" in texts
    assert "Meneer Toets" in texts
