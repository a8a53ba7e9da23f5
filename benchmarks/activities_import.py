"""How long a social map takes to read in, in each form, as it grows.

    python -m benchmarks.activities_import [--form csv]... [--counts 1000,50000]
        [--json] [--plot FILE.svg]

The records are those of the made-up village, over and over with other names and
times; one in a hundred has a mistake. Each import runs in a process of its own,
which tells the most memory that it took. "bare" is the same file only taken apart by
Python's csv or json, or line by line, in the same run: what nobody could do without.
"again" is the same file a second time, which is not read. "1 %" is a file in which one
record in a hundred is another one, and "written" how many records were written then.
"xlsx" has its texts in the cells, as most programs write a workbook; "xlsx-shared" has
them in a table beside the sheet (sharedStrings.xml), as Excel does. Some 12
minutes for all forms up to 100,000 records.
"""

import argparse
import contextlib
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.measuring.processes import memory_of
from benchmarks.measuring.social_maps import FORMS, NOW, ZONE, later, write
from companion.activities.catalogue import open_catalogue
from companion.activities.importing import Wanted, import_file
from companion.activities.intake import Outcomes

COUNTS = (1_000, 10_000, 100_000)
PROMISED_RECORDS, PROMISED_S, PROMISED_MB = 50_000, 60.0, 300.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one import took.

    Attributes:
        form: Name of the form.
        count: Records in the file.
        file_mb: Size of the file, in MB of 10**6 bytes.
        bare_s: Only taking the file apart, in seconds on the wall.
        import_s: Reading it in, in seconds on the wall.
        cpu_s: Of that, on a processor.
        again_s: Reading it in again, unchanged.
        changed_s: Reading it in with one record in a hundred changed.
        written: How many records were written then.
        listed_s: Reading all of the catalogue, with what is the same put together.
        peak_mb: The most memory of the whole process, in MB of 2**20 bytes.
        kept: Records in the catalogue.
        set_aside: Records that were set aside.
    """

    form: str
    count: int
    file_mb: float
    bare_s: float
    import_s: float
    cpu_s: float
    again_s: float
    changed_s: float
    written: int
    listed_s: float
    peak_mb: float
    kept: int
    set_aside: int


# -- measuring ------------------------------------------------------------------------


def bare(path: Path, form: str) -> None:
    """Take the file apart, and do nothing with the parts."""
    match form:
        case "csv":
            with path.open(encoding="utf-8", newline="") as file:
                for _ in csv.reader(file, delimiter=";"):
                    pass
        case "xlsx" | "xlsx-shared":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    with archive.open(name) as part:
                        while part.read(1 << 20):
                            pass
        case "ical":
            with path.open(encoding="utf-8") as file:
                for line in file:
                    line.partition(":")
        case _:
            # Line by line: as a whole it would take more memory than the import.
            with path.open(encoding="utf-8") as file:
                for line in file:
                    with contextlib.suppress(ValueError):
                        json.loads(line.rstrip(",\n"))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and on a processor."""
    wall_s, cpu_s = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - wall_s, time.process_time() - cpu_s


def measure(path: Path, form: str, count: int) -> Figures:
    """Read a file in, in this process."""
    wanted = Wanted(form, str(path), "CC0")
    bare_s, _ = timed(lambda: bare(path, form))
    found: list[Outcomes] = []
    with open_catalogue(path.with_suffix(".db"), NOW) as catalogue:

        def read(file: Path) -> None:
            found.append(import_file(catalogue, file, wanted, NOW, ZONE))

        import_s, cpu_s = timed(lambda: read(path))
        again_s, _ = timed(lambda: read(path))
        changed_s, _ = timed(lambda: read(later(path)))
        listed_s, _ = timed(lambda: sum(1 for _ in catalogue.records()))
    return Figures(
        form=form,
        count=count,
        file_mb=path.stat().st_size / 1e6,
        bare_s=bare_s,
        import_s=import_s,
        cpu_s=cpu_s,
        again_s=again_s,
        changed_s=changed_s,
        written=found[-1].new + found[-1].changed + found[-1].gone,
        listed_s=listed_s,
        # Not that of `getrusage`: it counts who started this process as well.
        peak_mb=memory_of(os.getpid()).peak,
        kept=found[0].records,
        set_aside=found[0].set_aside,
    )


def measure_apart(folder: Path, form: str, count: int) -> Figures:
    """Write the files, and have another process read them in."""
    path = folder / f"{form}-{count}"
    write(path, form, count)
    command = [
        sys.executable,
        "-m",
        __spec__.name,
        "--one",
        form,
        str(count),
        str(path),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    for left in folder.iterdir():
        left.unlink()
    return Figures(**json.loads(done.stdout))


# -- telling ---------------------------------------------------------------------


def table(found: list[Figures]) -> list[str]:
    """Lines for people."""
    lines = [
        f"{'form':12}{'records':>8}{'file MB':>8}{'bare s':>7}{'import s':>9}"
        f"{'ms each':>8}{'again s':>8}{'1 % s':>7}{'written':>8}{'list s':>7}"
        f"{'peak MB':>8}{'aside':>6}"
    ]
    for it in found:
        lines.append(
            f"{it.form:12}{it.count:>8,}{it.file_mb:>8.1f}{it.bare_s:>7.2f}"
            f"{it.import_s:>9.2f}{1000 * it.import_s / it.count:>8.3f}"
            f"{it.again_s:>8.2f}{it.changed_s:>7.2f}{it.written:>8,}{it.listed_s:>7.2f}"
            f"{it.peak_mb:>8.0f}{it.set_aside:>6,}"
        )
    for form in dict.fromkeys(it.form for it in found):
        of_form = [it for it in found if it.form == form]
        first, last = of_form[0], of_form[-1]
        if first is not last:
            grown = (last.import_s / last.count) / (first.import_s / first.count)
            lines.append(
                f"{form}: each of {last.count:,} takes {grown:.2f} times"
                f" what each of {first.count:,} takes"
            )
    lines.append(
        f"promised: {PROMISED_RECORDS:,} records in {PROMISED_S:.0f} s"
        f" and {PROMISED_MB:.0f} MB"
    )
    return lines


def plot(found: list[Figures], file: Path) -> None:
    """Draw time and memory by number of records."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, form in enumerate(dict.fromkeys(it.form for it in found)):
        of_form = [it for it in found if it.form == form]
        counts = [it.count for it in of_form]
        colour = f"C{number}"
        bare_s = [it.bare_s for it in of_form]
        left.plot(counts, [it.import_s for it in of_form], "o-", label=form)
        left.plot(counts, bare_s, ":", color=colour)
        right.plot(counts, [it.peak_mb for it in of_form], "o-", label=form)
    left.plot([PROMISED_RECORDS], [PROMISED_S], "kv", label="promised")
    right.plot([PROMISED_RECORDS], [PROMISED_MB], "kv", label="promised")
    left.set_ylabel("seconds of an import (dotted: of bare reading)")
    right.set_ylabel("most memory, MB")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("records")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:,g}")
        axes.grid(alpha=0.3, which="both")
        axes.legend(loc="upper left")
    right.set_ylim(30, 1_000)
    right.set_yticks([30, 50, 100, 200, 300, 500, 1_000], minor=False)
    right.minorticks_off()
    figure.savefig(file)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", action="append", choices=FORMS)
    parser.add_argument("--counts", default=",".join(map(str, COUNTS)))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="a picture, .svg or .png")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        form, count, path = chosen.one
        print(json.dumps(asdict(measure(Path(path), form, int(count)))))
        return 0
    counts = [int(it) for it in chosen.counts.split(",")]
    found = []
    begun_s = time.monotonic()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for form in chosen.form or FORMS:
            for count in counts:
                passed_s = time.monotonic() - begun_s
                sys.stderr.write(f"{passed_s:4.0f} s: {form} {count:,}\n")
                found.append(measure_apart(Path(folder), form, count))
    if chosen.plot is not None:
        plot(found, chosen.plot)
    if chosen.json:
        rounded = [
            asdict(replace(it, peak_mb=round(it.peak_mb), file_mb=round(it.file_mb, 1)))
            for it in found
        ]
        print(json.dumps({"load": load, "imports": rounded}, indent=1))
        return 0
    print(f"load {load:.1f} at the start")
    print("\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
