"""The whole device speaks with the voice of a daughter, as far as it goes."""

from pathlib import Path

import numpy as np
import pytest

from tests.peers.device import ready_device
from tests.voice.recorded import encoded
from voice.audio import RATE_HZ, Samples
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import read_wav
from voice.recorded_sound import read_recording

SENTENCE = "Later bel ik voor u uw familie, met beeld."
NEXT_SENTENCE = "Nu kan dat nog niet, bel gerust zelf."


def place_of(sound: Samples, among: Samples) -> tuple[int, float]:
    """Where a sound is found best, and how alike it is there: 1.0 is the same."""
    size = among.size + sound.size
    ours, theirs = sound.astype(np.float64), among.astype(np.float64)
    spectrum = np.fft.rfft(theirs, size) * np.conj(np.fft.rfft(ours, size))
    products = np.fft.irfft(spectrum, size)[: among.size - sound.size + 1]
    at = int(np.argmax(products))
    there = theirs[at : at + sound.size]
    return at, products[at] / np.linalg.norm(ours) / np.linalg.norm(there)


@pytest.mark.real
async def test_her_sentence_is_heard_and_a_broken_one_is_said_by_the_voice(
    tmp_path: Path,
) -> None:
    daughter = EspeakSynthesiser("nl+f5", pitch=70)
    await daughter.start()
    said = await daughter.render(SENTENCE, 150)
    await daughter.close()
    folder = tmp_path / "state" / "recordings"
    folder.mkdir(parents=True)
    name = "Later bel ik voor u uw familie met beeld.m4a"
    file = encoded(said / 32_768, folder / name, "aac", RATE_HZ)
    # The next one was cut off while it was copied.
    broken = folder / "nu-kan-dat-nog-niet-bel-gerust-zelf.m4a"
    broken.write_bytes(file.read_bytes()[:5_000])
    hers = read_recording(file)

    spoken = tmp_path / "spoken.wav"
    async with ready_device(tmp_path, device={"loudspeaker_file": str(spoken)}) as (
        device,
        page,
    ):
        await device.logs("recordings: 1 are used, 1 are set aside")
        await page.rests()
        await page.press("family")
        await page.says(NEXT_SENTENCE)
        await page.rests()
        assert "hardop" not in page.view["notice"]
    heard, _ = read_wav(spoken)
    at, likeness = place_of(hers, heard)
    assert likeness > 0.98
    after = heard[at + hers.size :]
    # The pause after a sentence, and then the voice.
    assert np.abs(after[: round(0.6 * RATE_HZ)]).max() < 50
    assert np.abs(after).max() > 1_000
    assert place_of(hers[: RATE_HZ // 2], after)[1] < 0.7
