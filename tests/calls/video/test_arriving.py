"""Packets of sound in order again, with losses that are drawn from a seed."""

import random

import pytest

from calls.video.arriving import WAIT_S, Arriving, Guess, Piece, Play, Recover

PACKET_S = 0.02


def name(number: int) -> bytes:
    return str(number).encode()


def played(pieces: list[Piece]) -> list[int]:
    return [int(one.packet) for one in pieces if isinstance(one, Play)]


def test_in_order_each_is_played_at_once() -> None:
    arriving = Arriving()
    for number in range(100):
        pieces = arriving.put(number, name(number), number * PACKET_S)
        assert pieces == [Play(name(number))]
    assert arriving.until_s is None
    assert (arriving.arrived, arriving.played, arriving.lost) == (100, 100, 0)


def test_a_lost_one_is_recovered_from_the_next_one_without_waiting() -> None:
    arriving = Arriving()
    arriving.put(0, name(0), 0.0)
    assert arriving.put(2, name(2), 0.04) == [Recover(name(2)), Play(name(2))]
    assert arriving.lost == 1


def test_two_lost_ones_are_guessed_and_recovered() -> None:
    arriving = Arriving()
    arriving.put(0, name(0), 0.0)
    pieces = arriving.put(3, name(3), 0.06)
    assert pieces == [Guess(), Recover(name(3)), Play(name(3))]


def test_a_network_that_mixes_them_is_waited_for() -> None:
    arriving = Arriving()
    arriving.put(0, name(0), 0.0)
    # Given up, and then it comes: from now on two are awaited.
    arriving.put(2, name(2), 0.04)
    assert arriving.put(1, name(1), 0.05) == []
    assert arriving.put(4, name(4), 0.08) == []
    assert arriving.until_s == pytest.approx(0.08 + WAIT_S)
    assert played(arriving.put(3, name(3), 0.09)) == [3, 4]
    assert arriving.until_s is None


def test_after_a_gap_with_nothing_behind_it_goes_on_in_time() -> None:
    arriving = Arriving()
    arriving.put(0, name(0), 0.0)
    arriving.put(2, name(2), 0.04)
    arriving.put(1, name(1), 0.05)
    assert arriving.put(4, name(4), 0.08) == []
    assert arriving.due(0.08 + WAIT_S / 2) == []
    assert arriving.due(0.08 + WAIT_S) == [Recover(name(4)), Play(name(4))]


def test_doubles_and_those_that_come_too_late_are_not_played() -> None:
    arriving = Arriving()
    for number in (0, 1, 1, 0):
        arriving.put(number, name(number), 0.0)
    assert arriving.played == 2


def test_after_an_outage_it_goes_on_with_what_is_said_now() -> None:
    arriving = Arriving()
    arriving.put(0, name(0), 0.0)
    assert arriving.put(500, name(500), 10.0) == [Play(name(500))]
    assert arriving.put(501, name(501), 10.02) == [Play(name(501))]


def test_another_stream_is_followed() -> None:
    arriving = Arriving()
    arriving.put(40_000, name(1), 0.0)
    assert arriving.put(20_000, name(2), 0.02) == [Play(name(2))]
    assert arriving.put(20_001, name(3), 0.04) == [Play(name(3))]


def test_numbers_go_round() -> None:
    arriving = Arriving()
    whole: list[int] = []
    for number in range(65_500, 65_600):
        if number != 65_536:
            whole += played(arriving.put(number % 65_536, name(number), number * 0.02))
    assert whole == [n for n in range(65_500, 65_600) if n != 65_536]
    assert arriving.lost == 1


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("jitter_s", [0.0, 0.015, 0.04])
def test_what_arrives_is_played_in_order_and_soon(loss: float, jitter_s: float) -> None:
    """At least 99 % of what arrives, and none later than 120 ms."""
    dice = random.Random(7)
    sent = 3_000
    way = [
        (number * PACKET_S + dice.random() * jitter_s, number)
        for number in range(sent)
        if dice.random() >= loss
    ]
    arriving = Arriving()
    order: list[int] = []
    late_s: list[float] = []
    pieces_made = 0

    def take(pieces: list[Piece], now_s: float) -> None:
        nonlocal pieces_made
        pieces_made += len(pieces)
        for number in played(pieces):
            order.append(number)
            late_s.append(now_s - number * PACKET_S)

    for now_s, number in sorted(way):
        until_s = arriving.until_s
        if until_s is not None and until_s < now_s:
            take(arriving.due(until_s), until_s)
        take(arriving.put(number, name(number), now_s), now_s)
    assert order == sorted(order)
    assert len(order) >= 0.99 * len(way)
    assert max(late_s) <= 0.12 + jitter_s
    # What is lost leaves no hole: time goes on as it was spoken.
    assert pieces_made >= 0.98 * order[-1]
