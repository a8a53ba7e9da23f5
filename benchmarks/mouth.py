"""How fast and how steadily the voices make sound.

    python -m benchmarks.mouth [--renders 1000] [--piper FOLDER]

Prints one JSON object. "ratio_to_cli" compares a sentence with starting the
espeak-ng program for it, in the same run: the rest depends on the machine.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import time
from pathlib import Path

from voice.audio import RATE_HZ
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.piper_synthesiser import PiperSynthesiser

SENTENCES = (
    "Goedemorgen, komt het gelegen?",
    "Heeft u vannacht goed geslapen?",
    "Gisteren had u pijn in uw rug, hoe is dat vandaag?",
    "U mag rustig nadenken.",
    "Wat gaat u vandaag allemaal doen?",
)


def resident_mb(pid: int | None) -> float:
    """Memory of a process that is in RAM, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def measure(
    voice: EspeakSynthesiser | PiperSynthesiser, renders: int
) -> dict[str, float]:
    """Render that many sentences with one voice."""
    start_s = -time.perf_counter()
    await voice.start()
    start_s += time.perf_counter()
    taken, sounded = [], 0.0
    before_mb = 0.0
    for number in range(renders):
        # Warm after a tenth, so that what grows later is growth.
        if number == renders // 10:
            before_mb = resident_mb(voice.pid)
        began = time.perf_counter()
        sound = await voice.render(SENTENCES[number % len(SENTENCES)], 150 + number % 3)
        taken.append(time.perf_counter() - began)
        sounded += sound.size / RATE_HZ
    after_mb = resident_mb(voice.pid)
    await voice.close()
    return {
        "renders": renders,
        "start_s": round(start_s, 3),
        "median_s": round(statistics.median(taken), 4),
        "slowest_s": round(max(taken), 4),
        "real_time_factor": round(sum(taken) / sounded, 4),
        "memory_before_mb": round(before_mb, 1),
        "memory_after_mb": round(after_mb, 1),
    }


def cli_median_s(times: int = 50) -> float:
    """Median time of the espeak-ng program for the same sentences."""
    taken = []
    for number in range(times):
        began = time.perf_counter()
        sentence = SENTENCES[number % len(SENTENCES)]
        subprocess.run(
            ["espeak-ng", "-v", "nl", "-s", "150", "--stdout", sentence],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=int, default=1000)
    parser.add_argument("--piper", type=Path, help="folder of a Piper voice")
    options = parser.parse_args()
    cli_s = cli_median_s()
    espeak = asyncio.run(measure(EspeakSynthesiser(), options.renders))
    espeak["ratio_to_cli"] = round(espeak["median_s"] / cli_s, 2)
    result = {"espeak": espeak}
    if options.piper is not None:
        piper = PiperSynthesiser(options.piper)
        result["piper"] = asyncio.run(measure(piper, max(20, options.renders // 20)))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
