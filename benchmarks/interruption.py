"""How well it hears who speaks over its own voice, and takes its own voice out.

    python -m benchmarks.interruption [--minutes 10] [--people 48] [--json]
        [--plot FILE.svg]

Faster than real time, with the audio path, the canceller and the ears as the device
has them; the rooms, the loudspeaker's distortion and all voices are synthetic
(espeak-ng says the device's sentences and, in other voices, what people say over
them). Beside it the same without echo cancelling, in the same run.

Columns: the level of the person against the echo; the delay of the echo, the sound
card's buffers included; the share of the people who silenced it; how long that took,
from their first sound (median, and 95th percentile), without the 40 to 100 ms that a
card takes to fall silent; false stops per minute of echo alone; reduction of the echo
after 3 s.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measuring.processes import name_of_machine
from tests.sound.handmade import HandmadeDevice, let_tasks_run
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
from tests.virtual_time import VirtualLoop, run
from voice.activity import activity_in_noise
from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples
from voice.blocks import level_db
from voice.ears import Ears
from voice.echo import EchoCanceller, WebRtcEchoCanceller
from voice.path import AudioPath

DELAYS_S = (0.04, 0.1, 0.2, 0.3)
RATIOS_DB = (0.0, -6.0, -12.0)
OWN_DB = -20.0
ECHO_DB = -26.0
NOISE_DB = -65.0
SETTLED_S = 3.0

# Between people the device talks on alone, so that each comes upon a settled canceller.
EACH_S = 4.0
FIRST_S = 5.0
# Somebody who is noticed this long after the last sound was not.
LATE_S = 0.2

DEVICE_SAYS = (
    "Goedemorgen mevrouw De Vries. Heeft u vannacht goed geslapen?",
    "Het is vandaag zondag tweeëntwintig november.",
    "U mag rustig nadenken, ik wacht op u.",
    "Hoe gaat het vandaag met u?",
    "Zal ik uw dochter bellen, of liever iemand anders?",
    "Ik heb u niet goed verstaan, kunt u dat nog een keer zeggen?",
    "Dat is fijn om te horen. Heeft u ergens pijn?",
    "De luisterlijn is dag en nacht bereikbaar, op nul acht acht, nul zeven zes zeven.",
)
PEOPLE_SAY = (
    "stop", "ja hoor", "wacht even", "wat zegt u", "harder graag", "ik heb pijn",
    "help", "nee dank u", "goed geslapen", "ik ben gevallen", "hoe laat is het",
    "ik wil mijn dochter bellen",
)  # fmt: skip
PEOPLE = ("nl+f2", "nl+m3", "nl+f4", "nl+m7", "nl+f5")


class NoCanceller:
    """The baseline: what the microphone hears, with nothing taken out."""

    leaves_our_voice = False

    def restart(self) -> None:
        """Nothing to forget."""

    def played(self, block: Samples) -> None:
        """Nothing to learn."""

    def heard(self, block: Samples) -> Samples:
        """All of it."""
        return block


class Weighed:
    """A canceller of which is measured what it leaves."""

    def __init__(self, canceller: EchoCanceller) -> None:
        self._canceller = canceller
        self._blocks = 0
        self._power = 0.0

    def restart(self) -> None:
        """Begin anew, the measuring too."""
        self._canceller.restart()
        self._blocks, self._power = 0, 0.0

    def played(self, block: Samples) -> None:
        """Hand on."""
        self._canceller.played(block)

    def heard(self, block: Samples) -> Samples:
        """Hand on, and weigh what is left after SETTLED_S."""
        left = self._canceller.heard(block)
        self._blocks += 1
        if self._blocks * BLOCK_S > SETTLED_S:
            self._power += 10 ** (level_db(left) / 10)
        return left

    @property
    def leaves_our_voice(self) -> bool:
        """As the canceller itself."""
        return self._canceller.leaves_our_voice

    @property
    def left_db(self) -> float:
        """Mean level of what is left, in dB below full scale."""
        blocks = max(1.0, self._blocks - SETTLED_S / BLOCK_S)
        return 10 * float(np.log10(max(self._power / blocks, 1e-12)))


@dataclass(frozen=True, slots=True)
class Over:
    """One person who speaks over the device, in seconds from its first word."""

    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        cancels: False for the baseline.
        ratio_db: Level of the people against the echo; None for echo alone.
        delay_s: Of the echo.
        people: How many spoke.
        noticed: How many silenced it.
        median_s: How long that took; None where nobody did.
        slow_s: The 95th percentile of it.
        false_per_minute: Stops while nobody spoke; None where somebody did.
        reduction_db: After 3 s, of the echo; None where somebody spoke.
        minutes: How much sound.
        cpu_share: Processor time per second of sound.
    """

    cancels: bool
    ratio_db: float | None
    delay_s: float
    people: int
    noticed: int
    median_s: float | None
    slow_s: float | None
    false_per_minute: float | None
    reduction_db: float | None
    minutes: float
    cpu_share: float


def own_voice(length_s: float, seed: int) -> Sound:
    """The device's sentences, with the pauses it makes."""
    random = np.random.default_rng(seed)
    parts: list[Sound] = []
    size = 0
    while size < length_s * RATE_HZ:
        sentence = at_level(spoken(DEVICE_SAYS[len(parts) // 2 % 8]), OWN_DB)
        pause = np.zeros(round(random.uniform(0.4, 1.2) * RATE_HZ), np.float32)
        parts += [sentence, pause]
        size += sentence.size + pause.size
    return np.concatenate(parts)[: round(length_s * RATE_HZ)]


def people_over(
    samples: int, count: int, level_db: float, seed: int
) -> tuple[Sound, list[Over]]:
    """People one after another, a metre from the microphone."""
    random = np.random.default_rng(seed)
    sound = np.zeros(samples, np.float32)
    over = []
    for number in range(count):
        begins_s = FIRST_S + EACH_S * number + float(random.uniform(0.0, 1.0))
        said = spoken(
            PEOPLE_SAY[(number + seed) % len(PEOPLE_SAY)],
            PEOPLE[(number + seed) % len(PEOPLE)],
        )
        ends_s = begins_s + said.size / RATE_HZ
        echoing = np.concatenate([said, np.zeros(RATE_HZ // 4, np.float32)])
        arrived = at_level(Room(0.0, 0.3, 6.0, seed=5)(echoing), level_db)
        start = round(begins_s * RATE_HZ)
        sound[start : start + arrived.size] += arrived
        over.append(Over(begins_s, ends_s))
    return sound, over


async def listen_over(
    played: Sound, heard: Samples, canceller: EchoCanceller
) -> list[float]:
    """When the device would have fallen silent, in seconds.

    Args:
        played: What it says; it does not fall silent here.
        heard: What the microphone hears meanwhile.
        canceller: Takes the one out of the other.
    """
    device = HandmadeDevice()
    path = AudioPath(device, cancel_echo=canceller)
    ears = Ears(path, activity_in_noise, [])
    await path.open()
    path.begin_conversation()
    stops: list[float] = []
    speaking = asyncio.create_task(path.play(samples_of(played)))
    waiting = asyncio.create_task(ears.interrupted())
    await let_tasks_run()
    for number in range(heard.size // BLOCK_SAMPLES):
        device.pull()
        device.push(heard[number * BLOCK_SAMPLES : (number + 1) * BLOCK_SAMPLES])
        await let_tasks_run()
        if waiting.done():
            stops.append((number + 1) * BLOCK_S)
            waiting = asyncio.create_task(ears.interrupted())
            await let_tasks_run()
    for task in (waiting, speaking):
        task.cancel()
    await asyncio.gather(waiting, speaking, return_exceptions=True)
    await path.close()
    return stops


async def measure(
    delay_s: float, ratio_db: float | None, people: int, minutes: float, cancels: bool
) -> Row:
    """One row of the table: people over the device, or the device alone."""
    length_s = minutes * 60 if ratio_db is None else FIRST_S + EACH_S * people + 1
    seed = round(1000 * delay_s)
    played = own_voice(length_s, seed)
    # Alone it is a harder room: much reverberation, and as loud as it gets.
    is_alone = ratio_db is None
    room = Room(delay_s, 0.5, 0.0, seed) if is_alone else Room(delay_s, seed=seed)
    level_db = ECHO_DB + 4 if is_alone else ECHO_DB
    heard = at_level(room(through_loudspeaker(played)), level_db)
    heard += noise(heard.size, NOISE_DB, seed)
    over: list[Over] = []
    if ratio_db is not None:
        sound, over = people_over(heard.size, people, ECHO_DB + ratio_db, seed)
        heard += sound
    canceller = Weighed(WebRtcEchoCanceller() if cancels else NoCanceller())
    begun_s = time.process_time()
    stops = await listen_over(played, samples_of(heard), canceller)
    cpu_s = time.process_time() - begun_s
    took_s = times_to_notice(over, stops)
    alone_db = loudness_db(heard[round(SETTLED_S * RATE_HZ) :])
    return Row(
        cancels=cancels,
        ratio_db=ratio_db,
        delay_s=delay_s,
        people=len(over),
        noticed=len(took_s),
        median_s=median(took_s) if took_s else None,
        slow_s=float(np.percentile(took_s, 95)) if took_s else None,
        false_per_minute=len(stops) * 60 / length_s if is_alone else None,
        reduction_db=alone_db - canceller.left_db if is_alone else None,
        minutes=length_s / 60,
        cpu_share=cpu_s / length_s,
    )


def times_to_notice(over: Sequence[Over], stops: Sequence[float]) -> list[float]:
    """How long it took to notice each of the people who was noticed at all."""
    took_s = []
    for person in over:
        ends_s = person.ends_s + LATE_S
        found = [s for s in stops if person.begins_s <= s <= ends_s]
        took_s += [found[0] - person.begins_s] if found else []
    return took_s


async def measure_all(
    minutes: float, people: int, tell: Callable[[str], None]
) -> list[Row]:
    """All rows; those without cancelling are shorter, since they are soon clear."""
    rows = []
    for cancels in (True, False):
        delays_s = DELAYS_S if cancels else DELAYS_S[1:2]
        each = minutes / len(DELAYS_S) if cancels else min(minutes, 1.0)
        for delay_s in delays_s:
            for ratio_db in (*RATIOS_DB, None):
                row = await measure(delay_s, ratio_db, people, each, cancels)
                rows.append(row)
                tell(as_text(row))
    return rows


HEAD = "echo       person  delay  noticed        median    p95    false/min  reduction"


def as_text(row: Row) -> str:
    """One line of the table."""
    person = "alone" if row.ratio_db is None else f"{row.ratio_db:+.0f} dB"
    noticed = f"{row.noticed}/{row.people}" if row.people else "-"
    share = f"{row.noticed / row.people:.0%}" if row.people else ""
    return (
        f"{'cancelled' if row.cancels else 'left in':10} {person:>6}"
        f" {1000 * row.delay_s:4.0f} ms  {noticed:>7} {share:>4}"
        f"  {_milliseconds(row.median_s):>7} {_milliseconds(row.slow_s):>8}"
        f"  {_number(row.false_per_minute, '.2f'):>9}"
        f"  {_number(row.reduction_db, '.1f'):>6}"
    )


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:.0f} ms"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def draw(rows: Sequence[Row], file: Path) -> None:
    """The share of people who are noticed, by level and delay."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for cancels, delay_s in dict.fromkeys((row.cancels, row.delay_s) for row in rows):
        line = [
            (row.ratio_db, 100 * row.noticed / row.people)
            for row in rows
            if (row.cancels, row.delay_s) == (cancels, delay_s)
            and row.ratio_db is not None
            and row.people
        ]
        name = f"{1000 * delay_s:.0f} ms" + ("" if cancels else ", echo left in")
        style = "-o" if cancels else "--x"
        axes.plot([x for x, _ in line], [y for _, y in line], style, label=name)
    axes.set(xlabel="person against the echo, dB", ylabel="noticed, %", ylim=(0, 102))
    axes.legend()
    figure.savefig(file)


def summary(rows: Sequence[Row]) -> str:
    """What the product promises, and what came of it."""
    with_echo = [row for row in rows if row.cancels]
    softer = [row for row in with_echo if row.ratio_db == -6.0]
    alone = [row for row in with_echo if row.false_per_minute is not None]
    noticed = sum(row.noticed for row in softer) / sum(row.people for row in softer)
    slowest_s = max(row.median_s or float("inf") for row in softer)
    minutes = sum(row.minutes for row in alone)
    false = sum((row.false_per_minute or 0.0) * row.minutes for row in alone) / minutes
    reduction_db = min(row.reduction_db or 0.0 for row in alone)
    cpu = sum(row.cpu_share for row in with_echo) / len(with_echo)
    return (
        f"at -6 dB: {noticed:.0%} noticed (promised 90 %), the slowest median"
        f" {1000 * slowest_s:.0f} ms (300 ms)\n"
        f"echo alone: {false:.2f} false stops per minute over {minutes:.1f} minutes"
        f" (0.5), least reduction {reduction_db:.1f} dB (25 dB)\n"
        f"processor: {cpu:.3f} s per second of sound, canceller, voice activity and"
        " this program together"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure interruption by voice.")
    parser.add_argument("--minutes", type=float, default=10.0, help="echo alone")
    parser.add_argument("--people", type=int, default=48, help="in each row")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    machine = name_of_machine()
    if not options.json:
        print(f"{machine}\n{HEAD}", flush=True)

    def tell(line: str) -> None:
        if not options.json:
            print(line, flush=True)

    # No time passes on this loop, however slow the machine: plays have a time-out.
    rows = run(measure_all(options.minutes, options.people, tell), VirtualLoop())
    if options.plot is not None:
        draw(rows, options.plot)
    if options.json:
        found = [asdict(row) for row in rows]
        print(json.dumps({"machine": machine, "rows": found}, indent=2))
    else:
        print(summary(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
