"""Tells when this machine loses an address: another network, a cable pulled out.

Linux says so at once (rtnetlink(7)), where packets that stay away take seconds.
"""

import asyncio
import ipaddress
import logging
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

# linux/rtnetlink.h and linux/if_addr.h
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV6_IFADDR = 0x100
_RTM_DELADDR = 21
_IFA_ADDRESS, _IFA_LOCAL = 1, 2

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, number, port
_ADDRESS_BYTES = 8  # ifaddrmsg
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_MOST_BYTES = 65_536


def lost_addresses(data: bytes) -> list[str]:
    """The addresses that went, out of what the kernel tells (pure)."""
    found: list[str] = []
    while len(data) >= _HEADER.size:
        length, kind, _, _, _ = _HEADER.unpack_from(data)
        if not _HEADER.size <= length <= len(data):
            break
        if kind == _RTM_DELADDR:
            found += _addresses(data[_HEADER.size + _ADDRESS_BYTES : length])
        data = data[_aligned(length) :]
    return found


def _addresses(data: bytes) -> Iterator[str]:
    """Those of one message; of both ends of a line only ours."""
    by_kind: dict[int, bytes] = {}
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if not _ATTRIBUTE.size <= length <= len(data):
            break
        by_kind[kind] = data[_ATTRIBUTE.size : length]
        data = data[_aligned(length) :]
    packed = by_kind.get(_IFA_LOCAL, by_kind.get(_IFA_ADDRESS, b""))
    if len(packed) in (4, 16):
        yield str(ipaddress.ip_address(packed))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


@contextmanager
def watch_addresses(lost: Callable[[str], None]) -> Iterator[None]:
    """Call back on the loop with each address that goes; not where Linux refuses."""
    try:
        kernel = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0
        )
    except OSError as error:
        logger.warning("changes of network are noticed late: %s", error)
        yield
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            data = kernel.recv(_MOST_BYTES)
        except OSError:
            # ENOBUFS: it told more than we could read; what stays away tells it too.
            return
        for address in lost_addresses(data):
            lost(address)

    with kernel:
        try:
            kernel.bind((0, _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
        except OSError as error:
            logger.warning("changes of network are noticed late: %s", error)
            yield
            return
        loop.add_reader(kernel, read)
        try:
            yield
        finally:
            loop.remove_reader(kernel)
