"""How well, how fast and how steadily the voices speak.

    python -m benchmarks.mouth [--renders 1000] [--piper FOLDER ...]
        [--voice ESPEAK_NAME ...] [--model NAME_OR_FOLDER ...] [--json]
        [--plot FILE.svg]

Every voice that is here says the same sentences, and recognisers that are told
nothing write down what they hear: the word error rate compares the voices (the
recognisers make errors of their own; Praatpaal's synthetic model has learnt
espeak-ng's voices and is no judge of those). Then each voice says a thousand
sentences, a slow one fewer: what grows shows as memory, descriptors and threads, of
its process and of this one. "x" is the time of a sentence beside starting the
espeak-ng program for it, in the same run.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.ears import Listener, let_hear, listeners
from benchmarks.measuring.clips import ClipsError
from benchmarks.measuring.hearing import HearingError, Prepared
from benchmarks.measuring.processes import (
    memory_of,
    name_of_machine,
    open_files_of,
    threads_of,
)
from benchmarks.measuring.voices import (
    Voice,
    espeak_voices,
    mbrola_voices,
    piper_voices,
    speak_all,
)
from benchmarks.measuring.words import total, word_errors, words_of
from companion.voice_offers import ESPEAK_VOICES
from voice.audio import HEARING_RATE_HZ, RATE_HZ
from voice.files import resample, write_wav
from voice.piper_synthesiser import PiperSynthesiser
from voice.synthesiser import SynthesisError

RATE_WPM = 150
JUDGES = ("whisper-base", "praatpaal-nl-synthetic")

SENTENCES = (
    "Goedemorgen, komt het gelegen?",
    "Heeft u vannacht goed geslapen?",
    "Gisteren had u pijn in uw rug, hoe is dat vandaag?",
    "U mag rustig nadenken.",
    "Wat gaat u vandaag allemaal doen?",
    "Het is tien over half vier.",
    "Vandaag is het donderdag, zes maart.",
    "Zal ik uw dochter voor u bellen?",
    "Ik heb u niet goed verstaan, kunt u het nog een keer zeggen?",
    "Heeft u vandaag al warm gegeten?",
    "Morgen om tien uur komt de fysiotherapeut langs.",
    "Dank u wel, dan vraag ik het morgen weer.",
)

# Piper takes ten times as long as espeak-ng for a sentence, on a Pi a hundred.
_PIPER_PART = 20


@dataclass(frozen=True, slots=True)
class Steadiness:
    """What a voice does over many sentences.

    Attributes:
        renders: How many it was asked for.
        failed: How many gave no sound in time, or broke it.
        start_s: Until it was ready.
        median_s: Of a sentence.
        slowest_s: Of a sentence.
        real_time_factor: Seconds of work for each second of sound.
        ratio_to_cli: Median beside that of the espeak-ng program.
        growth: What there was more of at the end than after a tenth, by name.
    """

    renders: int
    failed: int
    start_s: float
    median_s: float
    slowest_s: float
    real_time_factor: float
    ratio_to_cli: float
    growth: Mapping[str, float]


def held(pid: int | None) -> dict[str, float]:
    """What a voice's process, and this one, hold now."""
    sizes = {"our MB": memory_of(os.getpid()).resident}
    sizes["our files"] = open_files_of(os.getpid())
    sizes["our threads"] = threads_of(os.getpid())
    if pid is not None:
        sizes["its MB"] = memory_of(pid).resident
        sizes["its files"] = open_files_of(pid)
        sizes["its threads"] = threads_of(pid)
    return sizes


async def speak_long(voice: Voice, renders: int, cli_s: float) -> Steadiness:
    """Say that many sentences with one voice.

    Raises:
        SynthesisError: If the voice does not start.
    """
    engine = voice.synthesiser
    began_s = time.perf_counter()
    await engine.start()
    start_s = time.perf_counter() - began_s
    taken, sounded, failed = [], 0.0, 0
    before: dict[str, float] = {}
    try:
        for number in range(renders):
            # Warm after a tenth, so that what grows later is growth.
            if number == renders // 10:
                before = held(engine.pid)
            began_s = time.perf_counter()
            try:
                sound = await engine.render(
                    SENTENCES[number % len(SENTENCES)], RATE_WPM + number % 3
                )
            except SynthesisError:
                failed += 1
                await engine.start()
                continue
            taken.append(time.perf_counter() - began_s)
            sounded += sound.size / RATE_HZ
        after = held(engine.pid)
    finally:
        await engine.close()
    if not taken:
        raise SynthesisError(f"{voice.name} made no sound of {renders} sentences")
    median_s = statistics.median(taken)
    return Steadiness(
        renders=renders,
        failed=failed,
        start_s=start_s,
        median_s=median_s,
        slowest_s=max(taken),
        real_time_factor=sum(taken) / sounded,
        ratio_to_cli=median_s / cli_s,
        growth={name: after[name] - size for name, size in before.items()},
    )


def cli_median_s(times: int = 50) -> float:
    """Median time of the espeak-ng program for the same sentences.

    Raises:
        SynthesisError: If it is not installed.
    """
    taken = []
    for number in range(times):
        sentence = SENTENCES[number % len(SENTENCES)]
        command = ["espeak-ng", "-v", "nl", "-s", f"{RATE_WPM}", "--stdout", sentence]
        began_s = time.perf_counter()
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except FileNotFoundError as error:
            raise SynthesisError("espeak-ng is not installed") from error
        taken.append(time.perf_counter() - began_s)
    return statistics.median(taken)


def understood(
    voices: Sequence[Voice], judges: Sequence[Listener], notes: list[str]
) -> dict[str, dict[str, float | None]]:
    """Word error rate of each voice by each recogniser that hears it."""
    with tempfile.TemporaryDirectory(prefix="mouth-") as work:
        folder = Path(work)
        spoken: dict[str, list[Prepared]] = {}
        for voice in voices:
            try:
                sounds = asyncio.run(speak_all(voice.synthesiser, SENTENCES, RATE_WPM))
            except SynthesisError as error:
                notes.append(f"{voice.name} does not speak: {error}")
                continue
            spoken[voice.name] = []
            for number, sound in enumerate(sounds):
                file = folder / f"{len(spoken)}-{number}.wav"
                write_wav(
                    file, resample(sound, RATE_HZ, HEARING_RATE_HZ), HEARING_RATE_HZ
                )
                text = " ".join(words_of(SENTENCES[number]))
                spoken[voice.name].append(Prepared(str(file), text))
        rates: dict[str, dict[str, float | None]] = {name: {} for name in spoken}
        for judge in judges:
            try:
                heard = let_hear(judge, spoken, folder)["sets"]
            except HearingError as error:
                notes.append(f"{judge.name} failed: {error}")
                continue
            for name, clips in spoken.items():
                pairs = zip(clips, heard[name], strict=True)
                rates[name][judge.name] = total(
                    word_errors(clip.text, it["open_text"] or "") for clip, it in pairs
                ).rate
    return rates


def as_table(
    rates: Mapping[str, Mapping[str, float | None]],
    steady: Mapping[str, Steadiness],
    cli_s: float,
) -> str:
    """Both tables, a voice a line."""
    judges = list(dict.fromkeys(name for by in rates.values() for name in by))
    lines = [f"{'word error rate':30}" + "".join(f"{name:>30}" for name in judges)]
    for voice, by in rates.items():
        cells = (by.get(judge) for judge in judges)
        shown = ("-" if it is None else f"{100 * it:.0f} %" for it in cells)
        lines.append(f"{voice:30}" + "".join(f"{it:>30}" for it in shown))
    lines.append(
        f"\n{'':30}{'renders':>8}{'failed':>7}{'start s':>8}{'median s':>9}"
        f"{'slowest':>8}{'RTF':>7}{'x':>6}  grown since a tenth"
    )
    for voice, it in steady.items():
        grown = ", ".join(
            f"{size:+.1f} {name}"
            for name, size in it.growth.items()
            if abs(size) > 0.05
        )
        lines.append(
            f"{voice:30}{it.renders:8}{it.failed:7}{it.start_s:8.2f}{it.median_s:9.4f}"
            f"{it.slowest_s:8.3f}{it.real_time_factor:7.3f}{it.ratio_to_cli:6.2f}"
            f"  {grown or 'nothing'}"
        )
    lines.append(f"{'the espeak-ng program':30}{'':23}{cli_s:9.4f}{'':15}{1:6.2f}")
    return "\n".join(lines)


def draw(rates: Mapping[str, Mapping[str, float | None]], file: Path) -> None:
    """Draw the word error rates, a bar for each voice and recogniser."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.5 * len(rates)), layout="constrained")
    axes = figure.subplots()
    judges = list(dict.fromkeys(name for by in rates.values() for name in by))
    for number, judge in enumerate(judges):
        axes.barh(
            [at + 0.8 * number / len(judges) for at in range(len(rates))],
            [100 * (by.get(judge) or 0.0) for by in rates.values()],
            height=0.8 / len(judges),
            label=judge,
        )
    axes.set_yticks(range(len(rates)), list(rates))
    axes.invert_yaxis()
    axes.set_xlabel("% of the words heard wrong")
    axes.legend()
    figure.savefig(file)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    notes: list[str] = []
    names = tuple(options.voice) or ESPEAK_VOICES
    piper, absent = piper_voices(options.piper)
    mbrola, absent_too = mbrola_voices()
    voices = [*espeak_voices(names), *mbrola, *piper]
    judges, absent_judges = listeners(options.model or JUDGES)
    notes += [*absent, *absent_too, *absent_judges]
    # Told nothing, both ways of a recogniser are the same.
    judges = [judge for judge in judges if judge.is_told]
    judges = [Listener(it.name, it.kind, it.folder, is_told=False) for it in judges]
    machine = name_of_machine()
    cli_s = cli_median_s()
    rates = understood(voices, judges, notes) if judges else {}
    steady: dict[str, Steadiness] = {}
    for voice in (*voices[:1], *mbrola, *piper):
        is_slow = isinstance(voice.synthesiser, PiperSynthesiser)
        renders = options.renders // (_PIPER_PART if is_slow else 1)
        try:
            steady[voice.name] = asyncio.run(speak_long(voice, max(20, renders), cli_s))
        except SynthesisError as error:
            notes.append(f"{voice.name} does not speak: {error}")
    if options.plot is not None:
        draw(rates, options.plot)
    if options.json:
        found: dict[str, Any] = {
            "machine": machine,
            "cli_s": cli_s,
            "word_error_rates": rates,
            "steadiness": {name: asdict(it) for name, it in steady.items()},
            "notes": notes,
        }
        print(json.dumps(found, indent=2))
    else:
        print(machine)
        print(as_table(rates, steady, cli_s))
        for note in notes:
            print(f"note: {note}")
    return 0 if steady else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; a voice or model that cannot be used is told in a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--renders", type=int, default=1000)
    parser.add_argument("--piper", type=Path, action="append", default=[])
    parser.add_argument("--voice", action="append", default=[], metavar="ESPEAK_NAME")
    parser.add_argument("--model", action="append", metavar="NAME_OR_FOLDER")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    try:
        return run(parser.parse_args(arguments))
    except (ClipsError, SynthesisError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
