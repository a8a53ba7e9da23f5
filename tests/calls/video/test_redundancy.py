"""Packets of sound with copies of those before them."""

import random

import pytest

from calls.video.redundancy import COPIES, Copies, Types, agree, offered

OPUS = 111
FRAME = 960

OFFER = """v=0
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
m=video 9 UDP/TLS/RTP/SAVPF 96 98
a=rtpmap:96 VP8/90000
a=rtpmap:98 red/90000""".splitlines()

ANSWER = """v=0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
a=rtpmap:111 opus/48000/2\r
m=video 9 UDP/TLS/RTP/SAVPF 96\r
a=rtpmap:96 VP8/90000\r
"""


def read(packet: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """As a receiver (RFC 2198, 3): copies by how much earlier, and the new sound."""
    heads: list[tuple[int, int]] = []
    at = 0
    while packet[at] & 0x80:
        head = int.from_bytes(packet[at : at + 4], "big")
        assert head >> 24 & 0x7F == OPUS
        heads.append((head >> 10 & 0x3FFF, head & 0x3FF))
        at += 4
    assert packet[at] == OPUS
    at += 1
    copies = []
    for earlier, length in heads:
        copies.append((earlier, packet[at : at + length]))
        at += length
    return copies, packet[at:]


def test_each_packet_has_the_two_before_it_oldest_first() -> None:
    copies = Copies(OPUS)
    packets = [copies.add(b"sound %d" % n, n * FRAME) for n in range(4)]
    assert read(packets[0]) == ([], b"sound 0")
    assert read(packets[1]) == ([(FRAME, b"sound 0")], b"sound 1")
    assert read(packets[3]) == (
        [(2 * FRAME, b"sound 1"), (FRAME, b"sound 2")],
        b"sound 3",
    )


def test_after_a_pause_there_is_no_copy_of_what_is_long_over() -> None:
    copies = Copies(OPUS)
    copies.add(b"before", 0)
    assert read(copies.add(b"after", 48_000)) == ([], b"after")


def test_what_is_too_long_for_a_copy_goes_out_once() -> None:
    copies = Copies(OPUS)
    copies.add(bytes(1_024), 0)
    assert read(copies.add(b"next", FRAME)) == ([], b"next")


@pytest.mark.parametrize(("loss", "most"), [(0.05, 0.001), (0.1, 0.002), (0.2, 0.012)])
def test_of_a_bad_network_little_is_missing(loss: float, most: float) -> None:
    """A packet is missing where it is lost together with those that have a copy."""
    dice = random.Random(5)
    copies = Copies(OPUS)
    count = 20_000
    there: set[int] = set()
    for number in range(count):
        packet = copies.add(b"%d" % number, number * FRAME)
        if dice.random() >= loss:
            found, whole = read(packet)
            there |= {int(whole), *(int(copy) for _, copy in found)}
    assert 1 - len(there) / count <= most
    assert most >= loss ** (COPIES + 1)


def test_a_browser_that_takes_copies_offers_so() -> None:
    assert offered(OFFER) == Types(red=63, opus=OPUS)


@pytest.mark.parametrize(
    "line",
    ["a=rtpmap:111 opus/48000/2", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"],
)
def test_without_any_part_of_the_offer_there_are_none(line: str) -> None:
    assert offered([one for one in OFFER if one != line]) is None


def test_the_answer_takes_it_up_and_leaves_opus_first() -> None:
    lines = agree(ANSWER, Types(63, OPUS)).splitlines()
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 63" in lines
    assert "m=video 9 UDP/TLS/RTP/SAVPF 96" in lines
    at = lines.index("a=rtpmap:111 opus/48000/2")
    assert lines[at + 1 : at + 3] == ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"]
