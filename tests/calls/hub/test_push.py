"""Web Push: encrypted for the browser, and to nowhere but push services."""

import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as some

from calls.hub.push import (
    BadSubscription,
    PublicResolver,
    Pushed,
    Pusher,
    PushKeyError,
    Subscription,
    check_subscription,
    encrypt,
    is_public,
    load_push_key,
    topic_of,
)
from tests.calls.hub.push_service import PushService, push_service

NEWS = {"kind": "ring", "call": "c", "member": "m", "name": "Mevrouw Test"}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


def pusher_for(service: PushService, folder: Path) -> Pusher:
    key = load_push_key(folder)
    return Pusher(key, "mailto:beheer@example.org", time.time, [service.origin])


async def test_the_browser_reads_what_was_pushed(
    service: PushService, tmp_path: Path
) -> None:
    pusher = pusher_for(service, tmp_path)
    outcome = await pusher.send(service.subscription(), NEWS, topic="call-c")
    await pusher.close()
    await pusher.close()
    assert outcome is Pushed.SENT
    assert service.news == [NEWS]
    headers = service.headers[0]
    assert (headers["TTL"], headers["Urgency"]) == ("45", "high")
    assert headers["Topic"] == topic_of("call-c")
    assert headers["Content-Encoding"] == "aes128gcm"
    assert b"Mevrouw" not in encrypt(
        service.subscription(), b"Mevrouw", [service.origin]
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Pushed.SENT),
        (202, Pushed.SENT),
        (404, Pushed.GONE),
        (410, Pushed.GONE),
        (302, Pushed.FAILED),
        (403, Pushed.FAILED),
        (429, Pushed.FAILED),
        (503, Pushed.FAILED),
    ],
)
async def test_what_the_push_service_answers(
    service: PushService, tmp_path: Path, status: int, outcome: Pushed
) -> None:
    service.status = status
    pusher = pusher_for(service, tmp_path)
    assert await pusher.send(service.subscription(), NEWS, topic="c") is outcome
    await pusher.close()


async def test_nobody_there_is_a_failure_and_no_error(tmp_path: Path) -> None:
    async with push_service() as gone:
        subscription = gone.subscription()
    pusher = pusher_for(gone, tmp_path)
    assert await pusher.send(subscription, NEWS, topic="c") is Pushed.FAILED
    await pusher.close()


async def test_a_private_address_is_never_asked(
    service: PushService, tmp_path: Path
) -> None:
    pusher = Pusher(load_push_key(tmp_path), "mailto:a@example.org", time.time)
    good = service.subscription()
    port = service.origin.rpartition(":")[2]
    # A name that leads to this machine, as in DNS rebinding.
    for endpoint in (f"https://localhost:{port}/push/1", "https://localhost/push/1"):
        there = Subscription(endpoint, good.p256dh, good.auth)
        outcome = await pusher.send(there, NEWS, topic="c")
        assert outcome in (Pushed.FAILED, Pushed.GONE)
    assert service.news == []
    await pusher.close()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/1",
        "https://127.0.0.1/1",
        "https://[::1]/1",
        "https://192.168.1.1/1",
        "https://push.example.org:8443/1",
        "https://user@push.example.org/1",
        "https:///1",
        "ftp://push.example.org/1",
        "file:///etc/passwd",
        "https://push.example.org:port/1",
        "",
    ],
)
def test_an_endpoint_that_is_no_push_service_is_refused(endpoint: str) -> None:
    good = PushService().subscription()
    check_subscription(
        Subscription("https://push.example.org/1", good.p256dh, good.auth)
    )
    with pytest.raises(BadSubscription):
        check_subscription(Subscription(endpoint, good.p256dh, good.auth))


@given(some.text(max_size=100), some.text(max_size=40))
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadSubscription):
        check_subscription(Subscription("https://push.example.org/1", p256dh, auth))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("142.250.179.202", True),
        ("2a00:1450:400e:80c::200a", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.5.5", False),
        ("192.168.178.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::8efa:b3ca", True),
        ("2002:7f00:1::", False),
        ("push.example.org", False),
        ("", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


class Answers(AbstractResolver):
    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=each, port=port, family=family, proto=0, flags=0
            )
            for each in self._addresses
        ]

    async def close(self) -> None:
        return None


async def test_only_public_addresses_of_a_name_are_used() -> None:
    both = PublicResolver(Answers("10.0.0.1", "142.250.179.202"))
    found = await both.resolve("push.example.org", 443)
    assert [each["host"] for each in found] == ["142.250.179.202"]
    private = PublicResolver(Answers("10.0.0.1"), also=["ours"])
    with pytest.raises(OSError):
        await private.resolve("push.example.org", 443)
    assert len(await private.resolve("ours", 443)) == 1


def test_the_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    first = load_push_key(tmp_path / "hub")
    assert load_push_key(tmp_path / "hub").public == first.public
    (file,) = (tmp_path / "hub").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("nonsense")
    with pytest.raises(PushKeyError):
        load_push_key(tmp_path / "hub")
    assert file.read_text() == "nonsense"


@given(some.text(max_size=300))
def test_a_topic_fits_whatever_it_is_made_of(name: str) -> None:
    # RFC 8030, 5.4: at most 32 letters of base64url.
    assert len(topic_of(name)) == 32
    assert set(topic_of(name)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_a_subscription_stays_out_of_logs() -> None:
    assert repr(PushService().subscription()) == "Subscription()"
