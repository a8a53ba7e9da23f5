"""How long a social map takes to read in, in each form, as it grows.

    python -m benchmarks.activities_import [--form csv]... [--counts 1000,50000]
        [--json] [--plot FILE.svg]

The records are those of the made-up village, over and over with other names and
times; one in a hundred has a mistake. Each import runs in a process of its own,
which tells the most memory that it took. "bare" is the same file only taken apart by
Python's csv or json, or line by line, in the same run: what nobody could do without.
"again" is the same file a second time, of which nothing is written. Some 15 minutes
for all forms up to 100,000 records.
"""

import argparse
import contextlib
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl

from companion.activities.catalogue import open_catalogue
from companion.activities.example import making
from companion.activities.importing import IMPORTERS, Wanted, import_file

COUNTS = (1_000, 10_000, 50_000, 100_000)
PROMISED_RECORDS, PROMISED_S, PROMISED_MB = 50_000, 60.0, 300.0

ZONE = "Europe/Amsterdam"
NOW = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo(ZONE))
EACH_WRONG = 100

Cells = dict[str, str]


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
    listed_s: float
    peak_mb: float
    kept: int
    set_aside: int


# -- files --------------------------------------------------------------------------


def rows(form: str, count: int) -> Iterator[making.Row]:
    """As many rows of the village as are wanted, no two the same."""
    letter = dict(zip(IMPORTERS, "cxihs", strict=True))[form]
    of_form = [row for row in making._village(NOW.date()) if letter in row["vorm"]]
    for number in range(count):
        row = dict(of_form[number % len(of_form)])
        row["titel"] = f"{row['titel']} {number}"
        row["organisatie"] = f"{row['organisatie']} {number % 997}"
        row["id"] = f"{form}-{number}"
        if row["tijd"]:
            hour, minute = 8 + number % 9, number % 12 * 5
            row["tijd"] = f"{hour}:{minute:02}-{hour + 2}:{minute:02}"
        if row["over"]:
            row["over"] = str(1 + number % 300)
        yield row


def is_wrong(number: int) -> bool:
    """Whether this record gets a mistake."""
    return number % EACH_WRONG == EACH_WRONG - 1


def write(path: Path, form: str, count: int) -> None:
    """Write a file of one form."""
    {
        "csv": _write_csv,
        "xlsx": _write_xlsx,
        "ical": _write_ical,
        "hsds": _write_hsds,
        "schemaorg": _write_schemaorg,
    }[form](path, count)


def _cells(form: str, count: int) -> Iterator[Cells]:
    for number, row in enumerate(rows(form, count)):
        cells = making._cells(row, NOW.date())
        if is_wrong(number):
            cells["datum"] = "31-2-2026"
        yield cells


def _write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for number, cells in enumerate(_cells("csv", count)):
            if number == 0:
                writer.writerow(cells)
            writer.writerow(cells.values())


def _write_xlsx(path: Path, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("kaart")
    for number, cells in enumerate(_cells("xlsx", count)):
        if number == 0:
            sheet.append(list(cells))
        sheet.append([cell or None for cell in cells.values()])
    book.save(path)


def _write_ical(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        file.write("BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Agenda\n")
        for number, row in enumerate(rows("ical", count)):
            lines = making._event(row, NOW.date())
            if is_wrong(number):
                lines = [it for it in lines if not it.startswith("DTSTART")]
            file.write("".join(f"{making._folded(line)}\n" for line in lines))
        file.write("END:VCALENDAR\n")


def _write_hsds(path: Path, count: int) -> None:
    _write_list(
        path, "contents", (_service(it) for it in enumerate(rows("hsds", count)))
    )


def _service(item: tuple[int, making.Row]) -> object:
    service = making._service(item[1], NOW.date())
    return {**service, "status": "?"} if is_wrong(item[0]) else service


def _write_schemaorg(path: Path, count: int) -> None:
    every = enumerate(rows("schemaorg", count))
    _write_list(path, "@graph", (_linked(it) for it in every))


def _linked(item: tuple[int, making.Row]) -> object:
    event = making._linked(item[1], NOW.date())
    event["@id"] = item[1]["id"]
    return {**event, "startDate": "?"} if is_wrong(item[0]) else event


def _write_list(path: Path, name: str, items: Iterator[object]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"{name}": [\n')
        for number, item in enumerate(items):
            file.write((",\n" if number else "") + json.dumps(item, ensure_ascii=False))
        file.write("\n]}\n")


# -- measuring ------------------------------------------------------------------------


def bare(path: Path, form: str) -> None:
    """Take the file apart, and do nothing with the parts."""
    match form:
        case "csv":
            with path.open(encoding="utf-8", newline="") as file:
                for _ in csv.reader(file, delimiter=";"):
                    pass
        case "xlsx":
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
    with open_catalogue(path.with_suffix(".db"), NOW) as catalogue:

        def read() -> None:
            import_file(catalogue, path, wanted, NOW, ZONE)

        import_s, cpu_s = timed(read)
        (source,) = catalogue.sources()
        again_s, _ = timed(read)
        listed_s, _ = timed(lambda: sum(1 for _ in catalogue.records()))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(
        form=form,
        count=count,
        file_mb=path.stat().st_size / 1e6,
        bare_s=bare_s,
        import_s=import_s,
        cpu_s=cpu_s,
        again_s=again_s,
        listed_s=listed_s,
        peak_mb=peak_mb,
        kept=source.records,
        set_aside=source.set_aside,
    )


def measure_apart(folder: Path, form: str, count: int) -> Figures:
    """Write a file, and have another process read it in."""
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
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    for left in folder.iterdir():
        left.unlink()
    return Figures(**json.loads(done.stdout))


# -- telling ---------------------------------------------------------------------


def table(found: list[Figures]) -> list[str]:
    """Lines for people."""
    lines = [
        f"{'form':10}{'records':>9}{'file MB':>9}{'bare s':>8}{'import s':>10}"
        f"{'ms each':>9}{'again s':>9}{'list s':>8}{'peak MB':>9}{'aside':>7}"
    ]
    for it in found:
        lines.append(
            f"{it.form:10}{it.count:>9,}{it.file_mb:>9.1f}{it.bare_s:>8.2f}"
            f"{it.import_s:>10.2f}{1000 * it.import_s / it.count:>9.3f}"
            f"{it.again_s:>9.2f}{it.listed_s:>8.2f}{it.peak_mb:>9.0f}{it.set_aside:>7,}"
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

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, form in enumerate(dict.fromkeys(it.form for it in found)):
        of_form = [it for it in found if it.form == form]
        counts = [it.count for it in of_form]
        colour = f"C{number}"
        left.loglog(
            counts, [it.import_s for it in of_form], "o-", color=colour, label=form
        )
        left.loglog(counts, [it.bare_s for it in of_form], ":", color=colour)
        right.semilogx(
            counts, [it.peak_mb for it in of_form], "o-", color=colour, label=form
        )
    left.plot([PROMISED_RECORDS], [PROMISED_S], "kv")
    right.plot([PROMISED_RECORDS], [PROMISED_MB], "kv")
    left.set_ylabel("seconds; dotted: bare reading; triangle: promised")
    right.set_ylabel("most memory, MB")
    for axes in (left, right):
        axes.set_xlabel("records")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", action="append", choices=list(IMPORTERS))
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
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for form in chosen.form or list(IMPORTERS):
            for count in counts:
                sys.stderr.write(f"{form} {count:,}\n")
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
