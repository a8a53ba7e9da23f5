"""How well recognisers understand recorded speech, and what it costs.

    python -m benchmarks.ears [--sound FOLDER ...] [--synthetic COUNT]
        [--model NAME_OR_FOLDER ...] [--clips COUNT] [--noise DB] [--json]
        [--plot FILE.svg]
    python -m benchmarks.ears --fetch-human FOLDER

Without --sound the speech is made on the spot: answers to the device's questions
by voices that trained no model, clean and in noise. What a folder of your own must
hold stands in benchmarks/measuring/clips.py. Every recogniser listens in a process
of its own, through the product's own voice activity and turn-taking.

WER is the part of the words that was heard wrong, without a grammar. Where a
question is asked, or a short phrase is one of twenty, the answer is right, asked
back, rejected or wrong; "let in" is talk that answers nothing and was taken for
an answer. CPU is in seconds of the recogniser for each second of sound. The delay
is from the last speech to the result, over sound that comes as slowly as it was
spoken. "x" compares the right answers with those of the last recogniser.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import human, synthetic
from benchmarks.measuring.clips import (
    Clip,
    ClipsError,
    read_folder,
    read_sound,
    sample,
    with_noise,
)
from benchmarks.measuring.hearing import (
    HearingError,
    Job,
    Prepared,
    Result,
    question_of,
)
from benchmarks.measuring.processes import name_of_machine
from benchmarks.measuring.voices import espeak_voices, models, piper_voices
from benchmarks.measuring.words import total, word_errors, words_of
from voice.audio import HEARING_RATE_HZ
from voice.download import ModelError
from voice.files import write_wav
from voice.model.voices import HELD_OUT_VOICES
from voice.synthesiser import SynthesisError

SEED = 20260321

# Answers are this short; a longer one is never one of twenty phrases.
SHORT_WORDS = 6
PHRASES = 20
# Each so many phrases is asked for among twenty others.
ANOTHER_EACH = 4
# Clips of each data set that are heard as slowly as they were spoken.
PACED = 10

OUR_MODEL = "praatpaal-nl-synthetic"
USUAL_MODELS = (OUR_MODEL, "vosk-model-small-nl-0.22", "whisper-base")

# A Pi hears a hundred clips with Whisper in ten minutes.
CHILD_WITHIN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A recogniser of the table.

    Attributes:
        name: How the table calls it.
        kind: "vosk" or "whisper".
        folder: Of its model.
        is_told: Whether it gets the expected answers.
    """

    name: str
    kind: str
    folder: Path
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of the table: one recogniser on one data set.

    Attributes:
        clips: How many were heard.
        wer: Word error rate; None where nothing was heard without a grammar.
        answers: Clips that are an answer to what was asked.
        right: Parts of the answers, 0 to 1; None without answers.
        asked: As `right`.
        rejected: As `right`.
        wrong: As `right`.
        others: Clips that answer nothing of what was asked.
        let_in: Part of those that was taken for an answer all the same.
        cpu_per_s: Processor seconds for each second of sound.
        delay_s: Median of the end-of-turn delay; None if none was paced.
        delay_worst_s: Longest of them.
        lacking: Words said that the model does not know; None if it cannot tell.
        peak_mb: Most memory of the process.
        own_mb: Of that what came with the recogniser.
    """

    clips: int
    wer: float | None
    answers: int
    right: float | None
    asked: float | None
    rejected: float | None
    wrong: float | None
    others: int
    let_in: float | None
    cpu_per_s: float
    delay_s: float | None
    delay_worst_s: float | None
    lacking: int | None
    peak_mb: float
    own_mb: float


def listeners(names: Sequence[str]) -> tuple[list[Listener], list[str]]:
    """Find recognisers by name of a model, or by the folder of one.

    Returns:
        Those that are here, Whisper twice (with and without the expected answers),
        and notes on those that are not.

    Raises:
        ClipsError: If a name is known nowhere.
    """
    store = models()
    found: list[Listener] = []
    notes = []
    for name in names:
        folder = Path(name)
        if folder.is_dir():
            kind = "whisper" if (folder / "model.bin").is_file() else "vosk"
            name = folder.resolve().name
        else:
            try:
                model = store.find(name)
            except ModelError as error:
                known = ", ".join(m.name for m in store.manifest if m.kind != "piper")
                raise ClipsError(
                    f"no model and no folder {name!r}; known: {known}"
                ) from error
            if not store.is_installed(model):
                notes.append(f"{name} is not installed")
                continue
            kind, folder = model.kind, store.path_of(model)
        if kind not in ("vosk", "whisper"):
            raise ClipsError(f"{name} is no recogniser: {kind}")
        found.append(Listener(name, kind, folder))
        if kind == "whisper":
            found.append(Listener(f"{name}, not told", kind, folder, is_told=False))
    return found, notes


def phrases_for(clips: Sequence[Clip], seed: int) -> list[tuple[str, ...]]:
    """For each clip the twenty phrases among which it is to be found.

    Clips with a question, and long ones, get none; each ANOTHER_EACH-th gets
    twenty others.
    """
    chance = random.Random(seed)
    short = list(
        dict.fromkeys(
            " ".join(words)
            for clip in clips
            if not clip.question and len(words := words_of(clip.text)) <= SHORT_WORDS
        )
    )
    chosen: list[tuple[str, ...]] = []
    count = 0
    for clip in clips:
        text = " ".join(words_of(clip.text))
        if clip.question or text not in short or len(short) <= PHRASES:
            chosen.append(())
            continue
        count += 1
        others = [phrase for phrase in short if phrase != text]
        phrases = chance.sample(others, PHRASES)
        if count % ANOTHER_EACH:
            phrases[0] = text
        chosen.append(tuple(sorted(phrases)))
    return chosen


def prepare(
    clips: Sequence[Clip], folder: Path, noise_db: float | None, paced: int
) -> list[Prepared]:
    """Bring clips to the form in which recognisers get them.

    Raises:
        ClipsError: If a sound cannot be read.
        HearingError: If a question is not known.
    """
    folder.mkdir()
    prepared = []
    to_pace = paced
    for number, (clip, phrases) in enumerate(
        zip(clips, phrases_for(clips, SEED), strict=True)
    ):
        if clip.question:
            question_of(clip.question)
        sound = read_sound(clip.file)
        if noise_db is not None:
            sound = with_noise(sound, noise_db, SEED + number)
        file = folder / f"{number:04}.wav"
        write_wav(file, sound, HEARING_RATE_HZ)
        is_answer = bool(clip.question or phrases)
        is_paced = is_answer and to_pace > 0
        to_pace -= is_paced
        prepared.append(
            Prepared(
                str(file),
                " ".join(words_of(clip.text)),
                clip.question,
                phrases,
                is_paced,
            )
        )
    return prepared


def let_hear(
    listener: Listener, clips: Mapping[str, list[Prepared]], folder: Path
) -> dict[str, Any]:
    """Start a process in which a recogniser hears all of it.

    Raises:
        HearingError: If that fails; with its reason.
    """
    job = Job(listener.kind, str(listener.folder), listener.is_told, dict(clips))
    job_file, result_file = folder / "job.json", folder / "result.json"
    job_file.write_text(json.dumps(asdict(job)), "utf-8")
    module = "benchmarks.measuring.hearing"
    try:
        child = subprocess.run(
            [sys.executable, "-m", module, str(job_file), str(result_file)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=CHILD_WITHIN_S,
        )
    except subprocess.TimeoutExpired as error:
        raise HearingError(f"nothing within {CHILD_WITHIN_S:g} s") from error
    if child.returncode:
        reason = child.stderr.strip().splitlines()
        raise HearingError(reason[-1] if reason else f"status {child.returncode}")
    result: dict[str, Any] = json.loads(result_file.read_text("utf-8"))
    return result


def figures_of(
    clips: Sequence[Prepared],
    results: Sequence[Result],
    lacking: int | None,
    peak_mb: float,
    before_mb: float,
) -> Figures:
    """Count what became of a data set."""
    answers = [it.outcome for it in results if it.outcome and it.is_answer]
    others = [it.outcome for it in results if it.outcome and not it.is_answer]
    heard = [
        word_errors(clip.text, result.open_text)
        for clip, result in zip(clips, results, strict=True)
        if result.open_text is not None
    ]
    delays = [it.end_of_turn_s for it in results if it.end_of_turn_s is not None]

    def part(outcomes: Sequence[str], outcome: str) -> float | None:
        return outcomes.count(outcome) / len(outcomes) if outcomes else None

    return Figures(
        clips=len(results),
        wer=total(heard).rate,
        answers=len(answers),
        right=part(answers, "right"),
        asked=part(answers, "asked"),
        rejected=part(answers, "rejected"),
        wrong=part(answers, "wrong"),
        others=len(others),
        let_in=part(others, "wrong"),
        cpu_per_s=sum(it.cpu_s for it in results) / sum(it.audio_s for it in results),
        delay_s=statistics.median(delays) if delays else None,
        delay_worst_s=max(delays, default=None),
        lacking=lacking,
        peak_mb=peak_mb,
        own_mb=peak_mb - before_mb,
    )


Rows = dict[str, dict[str, Figures]]
"""Figures by data set and by recogniser."""


def measure(
    listening: Sequence[Listener],
    sets: Mapping[str, list[Prepared]],
    folder: Path,
    notes: list[str],
) -> Rows:
    """Let each recogniser hear each data set; what fails becomes a note."""
    rows: Rows = {name: {} for name in sets}
    for listener in listening:
        sys.stderr.write(f"{listener.name} listens\n")
        try:
            found = let_hear(listener, sets, folder)
        except HearingError as error:
            notes.append(f"{listener.name} failed: {error}")
            continue
        for name, clips in sets.items():
            rows[name][listener.name] = figures_of(
                clips,
                [Result(**it) for it in found["sets"][name]],
                found["lacking"].get(name),
                found["peak_mb"],
                found["before_mb"],
            )
    return rows


def as_table(rows: Rows) -> str:
    """The figures, a line each."""
    lines = []
    head = (
        f"{'':28}{'clips':>6}{'WER':>6}{'answers':>8}{'right':>6}{'asked':>6}"
        f"{'rej.':>6}{'wrong':>6}{'x':>6}{'others':>7}{'let in':>7}{'CPU':>6}"
        f"{'delay':>7}{'worst':>6}{'lacks':>6}{'MB':>5}{'own':>5}"
    )
    for name, listening in rows.items():
        lines += [f"\n{name}", head]
        last = list(listening.values())[-1] if listening else None
        for who, it in listening.items():
            ratio = None
            if last is not None and last.right and it.right is not None:
                ratio = it.right / last.right
            lines.append(
                f"{who:28}{it.clips:6}{_percent(it.wer):>6}{it.answers:8}"
                f"{_percent(it.right):>6}{_percent(it.asked):>6}"
                f"{_percent(it.rejected):>6}{_percent(it.wrong):>6}"
                f"{_number(ratio):>6}{it.others:7}{_percent(it.let_in):>7}"
                f"{it.cpu_per_s:6.2f}{_number(it.delay_s):>7}"
                f"{_number(it.delay_worst_s):>6}"
                f"{'-' if it.lacking is None else it.lacking:>6}"
                f"{it.peak_mb:5.0f}{it.own_mb:5.0f}"
            )
    return "\n".join(lines)


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.0f}%"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def draw(rows: Rows, file: Path) -> None:
    """Draw what became of the answers, a bar for each recogniser and data set."""
    from matplotlib.figure import Figure

    bars = [
        (f"{name}\n{who}", figures)
        for name, listening in rows.items()
        for who, figures in listening.items()
        if figures.answers
    ]
    figure = Figure(figsize=(9, 1 + 0.45 * len(bars)), layout="constrained")
    axes = figure.subplots()
    left = [0.0] * len(bars)
    for outcome, colour in (
        ("right", "#2a7f62"),
        ("asked", "#9bc9b5"),
        ("rejected", "#d9d9d9"),
        ("wrong", "#c0392b"),
    ):
        parts = [100 * (getattr(figures, outcome) or 0.0) for _, figures in bars]
        labels = [label for label, _ in bars]
        axes.barh(labels, parts, left=left, color=colour, label=outcome)
        left = [at + part for at, part in zip(left, parts, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("% of the answers")
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.savefig(file)


def gather(
    options: argparse.Namespace, folder: Path, notes: list[str]
) -> dict[str, list[Prepared]]:
    """Find or make the speech.

    Raises:
        ClipsError: If a folder cannot be used.
        HearingError: If a question of it is not known.
        SynthesisError: If a voice does not speak.
    """
    sets: dict[str, list[Clip]] = {}
    noises: list[float | None] = [None]
    if options.noise is not None:
        noises.append(options.noise)
    for sound in options.sound:
        chosen = sample(read_folder(sound), options.clips, SHORT_WORDS, SEED)
        sets[str(sound)] = chosen
    if options.synthetic:
        piper, absent = piper_voices()
        notes += absent
        made = folder / "made"
        made.mkdir()
        voices = [*espeak_voices(HELD_OUT_VOICES), *piper]
        sets[f"synthetic, {len(voices)} voices"] = synthetic.speak(
            made, voices, options.synthetic, SEED
        )
    return {
        name if noise is None else f"{name}, noise at {noise:g} dB": prepare(
            clips, folder / f"set-{number}-{noise}", noise, options.paced
        )
        for number, (name, clips) in enumerate(sets.items())
        for noise in noises
    }


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    notes: list[str] = []
    names = options.model or USUAL_MODELS
    listening, absent = listeners(names)
    notes += absent
    if not listening:
        raise ClipsError(f"no recogniser is here: {'; '.join(notes)}")
    machine = name_of_machine()
    with tempfile.TemporaryDirectory(prefix="ears-") as work:
        folder = Path(work)
        sets = gather(options, folder, notes)
        rows = measure(listening, sets, folder, notes)
    if options.plot is not None:
        draw(rows, options.plot)
    if options.json:
        plain = {
            name: {who: asdict(figures) for who, figures in listening_to.items()}
            for name, listening_to in rows.items()
        }
        print(json.dumps({"machine": machine, "sets": plain, "notes": notes}, indent=2))
    else:
        print(machine)
        print(as_table(rows))
        for note in notes:
            print(f"note: {note}")
    return 0 if any(rows.values()) else 1


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sound", type=Path, action="append", default=[], metavar="FOLDER"
    )
    parser.add_argument("--synthetic", type=int, metavar="COUNT")
    parser.add_argument("--model", action="append", metavar="NAME_OR_FOLDER")
    parser.add_argument("--clips", type=int, default=100, help="most of a folder")
    parser.add_argument("--noise", type=float, metavar="DB", help="besides clean")
    parser.add_argument("--paced", type=int, default=PACED, metavar="COUNT")
    parser.add_argument("--fetch-human", type=Path, metavar="FOLDER")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; a folder or model that cannot be used is told in a line."""
    options = build_parser().parse_args(arguments)
    if options.synthetic is None and not options.sound:
        options.synthetic, options.noise = 100, options.noise or 15.0
    try:
        if options.fetch_human is not None:
            count = human.fetch(
                options.fetch_human, lambda it: print(it, file=sys.stderr)
            )
            print(f"{count} recordings in {options.fetch_human}")
            return 0
        return run(options)
    except (ClipsError, HearingError, SynthesisError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
