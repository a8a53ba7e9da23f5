"""Echo cancelling with WebRTC itself, in synthetic rooms, and without it."""

import logging
import sys

import numpy as np
import pytest

from tests.sound.rooms import (
    Room,
    Sound,
    at_level,
    loudness_db,
    noise,
    samples_of,
    spoken,
    through_loudspeaker,
)
from voice.audio import BLOCK_SAMPLES, HEARING_RATE_HZ, RATE_HZ, Samples
from voice.echo import Cancelling, EchoError, NoiseSuppressor, WebRtcEchoCanceller

ECHO_DB = -26.0
SENTENCES = (
    "Goedemorgen mevrouw De Vries. Heeft u vannacht goed geslapen?",
    "U mag rustig nadenken, ik wacht op u.",
    "De luisterlijn is dag en nacht bereikbaar.",
)


@pytest.fixture(scope="module")
def speech() -> Sound:
    """What the device says: some ten seconds."""
    pause = np.zeros(RATE_HZ // 2, np.float32)
    parts = [part for text in SENTENCES for part in (spoken(text), pause)]
    return at_level(np.concatenate(parts), -20.0)


def cancel(played: Sound, heard: Sound) -> Samples:
    canceller = WebRtcEchoCanceller()
    canceller.restart()
    remaining = []
    for start in range(0, played.size - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        canceller.played(samples_of(played[block]))
        remaining.append(canceller.heard(samples_of(heard[block])))
    return np.concatenate(remaining)


@pytest.mark.real
@pytest.mark.parametrize("delay_s", [0.04, 0.1, 0.2, 0.3])
def test_after_3_s_our_voice_is_25_db_softer(speech: Sound, delay_s: float) -> None:
    echo = at_level(Room(delay_s)(through_loudspeaker(speech)), ECHO_DB)
    heard = echo + noise(echo.size, -70.0)

    remaining = cancel(speech, heard)

    late = slice(3 * RATE_HZ, remaining.size)
    reduction_db = loudness_db(heard[late]) - loudness_db(remaining[late])
    assert reduction_db >= 25.0


@pytest.mark.real
def test_who_speaks_over_us_remains(speech: Sound) -> None:
    echo = at_level(Room(0.1)(through_loudspeaker(speech)), ECHO_DB)
    said = at_level(spoken("ik wil mijn dochter bellen", "nl+f2"), ECHO_DB)
    begin = 5 * RATE_HZ
    over = slice(begin, begin + said.size)
    heard = echo + noise(echo.size, -70.0)
    heard[over] += said

    remaining = cancel(speech, heard)[over]

    assert loudness_db(remaining) > loudness_db(said) - 6.0
    likeness = np.corrcoef(_loudness_over_time(remaining), _loudness_over_time(said))
    assert likeness[0, 1] > 0.7


def _loudness_over_time(sound: Samples | Sound) -> list[float]:
    size = RATE_HZ // 20
    pieces = np.split(sound[: sound.size // size * size], sound.size // size)
    return [max(-60.0, loudness_db(piece)) for piece in pieces]


@pytest.mark.real
def test_a_voice_alone_passes_unchanged() -> None:
    said = at_level(spoken("hoe laat is het", "nl+f2"), ECHO_DB)

    remaining = cancel(np.zeros_like(said), said)

    whole = slice(0, remaining.size)
    assert abs(loudness_db(remaining) - loudness_db(said[whole])) < 1.0


@pytest.mark.real
def test_a_restart_forgets_the_sound(speech: Sound) -> None:
    canceller = WebRtcEchoCanceller()
    canceller.restart()
    canceller.heard(samples_of(speech[:BLOCK_SAMPLES]))
    canceller.restart()

    assert not canceller.heard(np.zeros(BLOCK_SAMPLES, np.int16)).any()


@pytest.mark.real
def test_noise_is_suppressed_and_the_block_keeps_its_length() -> None:
    suppress = NoiseSuppressor()
    size = HEARING_RATE_HZ // 50
    hiss = samples_of(noise(4 * HEARING_RATE_HZ, -40.0))
    blocks = [suppress(block) for block in np.split(hiss, hiss.size // size)]

    assert {block.size for block in blocks} == {size}
    assert loudness_db(np.concatenate(blocks[100:])) < -50.0


class Breaks:
    """A canceller that halves what is heard, and breaks where it is told to."""

    leaves_our_voice = False

    def __init__(self, at: str = "") -> None:
        self.at = at
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1
        self._maybe_break("restart")

    def played(self, block: Samples) -> None:
        self._maybe_break("played")

    def heard(self, block: Samples) -> Samples:
        self._maybe_break("heard")
        return block // 2

    def _maybe_break(self, where: str) -> None:
        if self.at == where:
            raise EchoError(f"broke at {where}")


BLOCK: Samples = np.full(BLOCK_SAMPLES, 1_000, np.int16)


def test_nothing_is_taken_out_before_the_start_and_without_a_canceller() -> None:
    for cancelling in (Cancelling(Breaks()), Cancelling(None)):
        cancelling.played(BLOCK)
        assert np.array_equal(cancelling.heard(BLOCK), BLOCK)
        assert not cancelling.works and not cancelling.fault


@pytest.mark.parametrize("where", ["restart", "played", "heard"])
def test_one_that_breaks_makes_it_half_duplex_and_says_so_once(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    canceller = Breaks(where)
    cancelling = Cancelling(canceller)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            cancelling.restart()
            cancelling.played(BLOCK)
            heard = cancelling.heard(BLOCK)
            if where == "restart":
                continue
            assert not cancelling.works
            assert np.array_equal(heard, BLOCK)
            break
    assert (cancelling.works, cancelling.fault) == (False, f"broke at {where}")
    assert caplog.text.count("half duplex") == 1


def test_a_restart_may_mend_it() -> None:
    canceller = Breaks("heard")
    cancelling = Cancelling(canceller)
    cancelling.restart()
    cancelling.heard(BLOCK)
    canceller.at = ""
    cancelling.restart()
    assert (cancelling.works, cancelling.fault) == (True, "")
    assert cancelling.heard(BLOCK)[0] == 500


def test_without_the_library_it_is_half_duplex(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    cancelling = Cancelling(WebRtcEchoCanceller())
    cancelling.restart()
    assert not cancelling.works
    assert "livekit" in cancelling.fault
    with pytest.raises(EchoError, match="livekit"):
        NoiseSuppressor()
