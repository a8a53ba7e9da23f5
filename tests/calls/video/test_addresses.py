"""Addresses that go, as Linux tells it."""

import asyncio
import ipaddress
import struct

import pytest

from calls.video.addresses import lost_addresses, watch_addresses

NEW, DELETED = 20, 21
ADDRESS, LOCAL, LABEL = 1, 2, 3


def attribute(kind: int, data: bytes) -> bytes:
    whole = struct.pack("=HH", 4 + len(data), kind) + data
    return whole + bytes(-len(whole) % 4)


def message(kind: int, *attributes: tuple[int, bytes]) -> bytes:
    body = bytes(8) + b"".join(attribute(*one) for one in attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_of_all_messages_those_of_lost_addresses_count() -> None:
    told = (
        message(NEW, (ADDRESS, packed("10.0.0.1")))
        + message(DELETED, (LABEL, b"wlan0\0"), (ADDRESS, packed("10.0.0.2")))
        + message(DELETED, (ADDRESS, packed("10.9.9.9")), (LOCAL, packed("10.0.0.3")))
        + message(DELETED, (ADDRESS, packed("fd00::7")))
    )
    assert lost_addresses(told) == ["10.0.0.2", "10.0.0.3", "fd00::7"]


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"short",
        struct.pack("=IHHII", 0, DELETED, 0, 0, 0),
        struct.pack("=IHHII", 9_999, DELETED, 0, 0, 0),
        message(DELETED, (ADDRESS, b"odd")),
        message(DELETED)[:-1],
        message(DELETED) + struct.pack("=HH", 1, 1),
    ],
)
def test_what_is_cut_off_or_odd_is_none(told: bytes) -> None:
    assert lost_addresses(told) == []


async def test_the_kernel_is_listened_to_and_left_alone_again() -> None:
    lost: list[str] = []
    for _ in range(2):
        with watch_addresses(lost.append):
            await asyncio.sleep(0)
    assert lost == []
