"""How soon an answer gets its reply, and how often a person is cut off.

    python -m benchmarks.turns [--model FOLDER] [--answers 36] [--times 2]
        [--only gap|pauses] [--json] [--plot FILE.svg]

Gap: from the end of a short answer to the first sound of the reply at the
loudspeaker, over the virtual sound card, with Vosk; split into its parts. In real
time, so a busy machine makes it longer: its load is named.

Cut off: answers with thinking pauses of 0.5 to 2.5 s, faster than real time and the
same on every machine. Apart from them those who go on after an answer that was whole
by itself: nothing shows that more will come.

The baseline in the same run is what is usual elsewhere: 0.7 s of silence ends every
turn, whatever was said.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.gaps import PARTS, Gap, measure
from benchmarks.measuring.pauses import (
    GONE_ON,
    THINKING,
    Ended,
    as_it_is,
    fixed,
    listen,
    speak,
)
from benchmarks.measuring.processes import name_of_machine
from benchmarks.measuring.voices import models
from companion.understanding.meaning import Understanding
from tests.sound.virtual_card import VirtualCard
from voice.download import ModelError
from voice.vosk_recogniser import VoskRecogniser

MODEL = "praatpaal-nl-synthetic"
NAMES = ("by the words so far", "fixed 0.7 s")
CHANGES = (as_it_is, fixed)

PROMISED_P50_S = 0.5
PROMISED_P95_S = 0.9
PROMISED_CUT_OFF = 0.02

# Offline a busy machine may take its time: what is measured is time in the sound.
_CALL_TIMEOUT_S = 120.0
_SEED = 1

Gaps = list[list[Gap]]
Cuts = list[list[Ended]]


def gaps_over_card(folder: Path, count: int, tell: Callable[[str], None]) -> Gaps:
    """Measure the gap with each way of ending turns."""
    with tempfile.TemporaryDirectory(prefix="card-") as name:
        card = VirtualCard(Path(name))
        os.environ.update(card.environment)
        card.start()
        try:
            recogniser = VoskRecogniser(folder)
            return asyncio.run(measure(card, recogniser, CHANGES, count, tell))
        finally:
            card.kill()


async def cut_offs(folder: Path, times: int, tell: Callable[[str], None]) -> Cuts:
    """Hear answers with pauses, with each way of ending turns."""
    recogniser = VoskRecogniser(folder, call_timeout_s=_CALL_TIMEOUT_S)
    await recogniser.start()
    try:
        answers = await speak({**THINKING, **GONE_ON}, times, _SEED)
        understanding = Understanding()
        return [
            await listen(answers, recogniser, understanding, change, tell)
            for change in CHANGES
        ]
    finally:
        await recogniser.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share does not exceed; nan of nothing."""
    in_order = sorted(values)
    if not in_order:
        return float("nan")
    return in_order[min(len(in_order) - 1, round(share * (len(in_order) - 1)))]


def gap_table(found: Gaps) -> list[str]:
    """Lines about the gap and its parts, in milliseconds."""
    rows = [f"{'milliseconds':34}" + "".join(f"{name:>26}" for name in NAMES)]

    def row(name: str, figure: Callable[[list[Gap]], str]) -> None:
        rows.append(f"{name:34}" + "".join(f"{figure(gaps):>26}" for gaps in found))

    def both(values: list[float]) -> str:
        p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
        return f"p50 {1000 * p50:5.0f}  p95 {1000 * p95:5.0f}"

    row("answers", lambda gaps: str(len(gaps)))
    row("understood", lambda gaps: str(sum(gap.is_right for gap in gaps)))
    row("gap, all answers", lambda gaps: both([gap.gap_s for gap in gaps]))
    row("gap, understood", lambda gaps: both([g.gap_s for g in gaps if g.is_right]))
    for number, part in enumerate(PARTS):

        def of_part(gaps: list[Gap], at: int = number) -> str:
            return both([gap.parts_s[at] for gap in gaps if gap.is_right])

        row(f"  {part}", of_part)
    ours, baseline = (
        percentile([gap.gap_s for gap in gaps if gap.is_right], 0.5) for gaps in found
    )
    rows.append(f"p50 against the baseline: {ours / baseline:.2f}")
    rows.append(
        f"promised: p50 {1000 * PROMISED_P50_S:.0f}, p95 {1000 * PROMISED_P95_S:.0f}"
    )
    return rows


def cut_table(found: Cuts) -> list[str]:
    """Lines about who is cut off, by what showed that more was to come."""
    rows = [f"{'cut off':34}" + "".join(f"{name:>26}" for name in NAMES)]

    def row(name: str, of: Sequence[str]) -> None:
        cells = []
        for ended in found:
            those = [one for one in ended if one.why in of]
            cut = sum(one.is_cut_off for one in those)
            cells.append(f"{cut} of {len(those)} ({cut / len(those):.0%})")
        rows.append(f"{name:34}" + "".join(f"{cell:>26}" for cell in cells))

    row("thinking pauses", tuple(THINKING))
    for why in THINKING:
        row(f"  {why}", (why,))
    for why in GONE_ON:
        row(why, (why,))
    waits = []
    for ended in found:
        left_s = [one.wait_s for one in ended if not one.is_cut_off]
        p50, p95 = percentile(left_s, 0.5), percentile(left_s, 0.95)
        waits.append(f"p50 {p50:.2f}  p95 {p95:.2f}")
    rows.append(f"{'wait after the others, s':34}" + "".join(f"{w:>26}" for w in waits))
    rows.append(f"promised for thinking pauses: {PROMISED_CUT_OFF:.0%}")
    return rows


def plot(gaps: Gaps, cuts: Cuts, file: Path) -> None:
    """Draw the parts of the gap, and who is cut off at which pause."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4))
    for number, (name, found) in enumerate(zip(NAMES, gaps, strict=False)):
        right_ones = [gap.parts_s for gap in found if gap.is_right]
        medians = np.median(np.array(right_ones), axis=0) if right_ones else []
        start_s = 0.0
        for at, length_s in enumerate(medians):
            label = PARTS[at] if number == 0 else None
            left.barh(name, length_s, left=start_s, color=f"C{at}", label=label)
            start_s += length_s
    left.set_xlabel("seconds after the end of the answer (medians)")
    left.legend(fontsize=7)
    for name, ended in zip(NAMES, cuts, strict=False):
        those = sorted(
            (one for one in ended if one.why in THINKING), key=lambda one: one.pause_s
        )
        cut = np.cumsum([one.is_cut_off for one in those])
        right.step([one.pause_s for one in those], cut, where="post", label=name)
    right.set_xlabel("thinking pause, seconds")
    right.set_ylabel("people cut off, of all with shorter pauses too")
    right.legend()
    figure.tight_layout()
    figure.savefig(file)


def main() -> int:
    """Measure and print; returns the exit status."""
    options = _options()
    try:
        folder = options.model or models().path_of(models().find(MODEL))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1

    def tell(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    gaps: Gaps = []
    cuts: Cuts = []
    load = os.getloadavg()[0]
    if options.only != "pauses":
        gaps = gaps_over_card(folder, options.answers, tell)
    if options.only != "gap":
        cuts = asyncio.run(cut_offs(folder, options.times, tell))
    machine = f"{name_of_machine()}, load {load:.1f} at the start"
    if options.plot is not None:
        plot(gaps, cuts, options.plot)
    if options.json:
        result: dict[str, Any] = {"machine": machine, "model": folder.name}
        for name, gap in zip(NAMES, gaps, strict=False):
            result.setdefault("gaps", {})[name] = [asdict(one) for one in gap]
        for name, cut in zip(NAMES, cuts, strict=False):
            result.setdefault("cut_offs", {})[name] = [asdict(one) for one in cut]
        print(json.dumps(result, indent=1))
        return 0
    print(f"{machine}; model {folder.name}")
    for line in (
        *(gap_table(gaps) if gaps else ()),
        *(cut_table(cuts) if cuts else ()),
    ):
        print(line)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help=f"a Vosk model; usually {MODEL}")
    parser.add_argument("--answers", type=int, default=36, help="for the gap")
    parser.add_argument("--times", type=int, default=2, help="each of 60 with pauses")
    parser.add_argument("--only", choices=("gap", "pauses"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="a picture, .svg or .png")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
