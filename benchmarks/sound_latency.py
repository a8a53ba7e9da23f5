"""How long sound is under way through the virtual card; prints milliseconds.

Run as `python -m benchmarks.sound_latency`. The recorder of the virtual card
adds some 20 ms to each figure.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from tests.sound.handmade import tone
from tests.sound.virtual_card import Recording, VirtualCard, record, speak_into
from voice.path import AudioPath
from voice.soundcard import SoundCard

RUNS = 15


async def _until(recording: Recording, is_so: Callable[[int], bool]) -> float:
    while not is_so(int(np.abs(await recording.read(0.005)).max())):
        pass
    return time.monotonic()


async def measure(card: VirtualCard) -> dict[str, list[float]]:
    """Milliseconds by what was measured."""
    figures: dict[str, list[float]] = {
        "play to loudspeaker": [],
        "cancel to silence": [],
        "play returns after its end was heard": [],
        "spoken to listener (with paplay's start)": [],
    }
    device = SoundCard()
    path = AudioPath(device)
    await path.open()
    async with record(card) as recording:
        for _ in range(RUNS):
            loud = asyncio.create_task(_until(recording, lambda level: level > 1_000))
            begun_s = time.monotonic()
            play = asyncio.create_task(path.play(tone(440, 5.0)))
            figures["play to loudspeaker"].append(await loud - begun_s)
            silent = asyncio.create_task(_until(recording, lambda level: level < 100))
            begun_s = time.monotonic()
            play.cancel()
            figures["cancel to silence"].append(await silent - begun_s)
            play = asyncio.create_task(path.play(tone(440, 0.3)))
            await _until(recording, lambda level: level > 1_000)
            silent = asyncio.create_task(_until(recording, lambda level: level < 100))
            await play
            returned_s = time.monotonic()
            figures["play returns after its end was heard"].append(
                returned_s - await silent
            )
    for _ in range(RUNS):
        # Without the last sound in its pre-roll.
        path.end_conversation()
        path.begin_conversation()
        async with path.listen() as blocks:
            begun_s = time.monotonic()
            speaking = asyncio.create_task(speak_into(card, tone(600, 0.2)))
            while np.abs(await anext(blocks)).max() < 1_000:
                pass
            figures["spoken to listener (with paplay's start)"].append(
                time.monotonic() - begun_s
            )
            await speaking
    # The baseline: what the card itself says that sound takes to get out.
    ratio = median(figures["play to loudspeaker"]) / device.output_latency_s
    print(f"{device.name}: gaps {device.gaps}")
    print(f"play to loudspeaker: {ratio:.2f} times the latency of the card")
    await path.close()
    return figures


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        card = VirtualCard(Path(folder))
        os.environ.update(card.environment)
        card.start()
        try:
            for what, seconds in asyncio.run(measure(card)).items():
                print(
                    f"{what}: median {1000 * median(seconds):.0f} ms, "
                    f"worst {1000 * max(seconds):.0f} ms"
                )
        finally:
            card.kill()


if __name__ == "__main__":
    main()
