"""What a zip unpacks to, looked at before any of it is unpacked."""

import zipfile
import zlib
from pathlib import Path

from companion.activities.problems import Reason
from companion.activities.reading import NotRead

# 100,000 rows of the template take some 150 MB unpacked; more is a bomb, or no table.
LARGEST_BYTES = 600_000_000
LARGEST_RATIO = 200
MOST_PARTS = 2_000

# What `zipfile` raises for one that is broken, or packed in a way nobody uses.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)

# A small file may well unpack to more than 200 times its size.
SMALLEST_BYTES = 50_000


ZIP = b"PK\x03\x04"
"""What a zip with something in it begins with (APPNOTE.TXT, 4.3.7)."""


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def weigh(path: Path) -> None:
    """See whether a zip is one that may be unpacked.

    Python's `zipfile` unpacks no more of a part than its entry says, so that the
    entries can be believed.

    Raises:
        NotRead: If it is too large, or no zip.
        OSError: If the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            is_locked = any(part.flag_bits & 1 for part in parts)
    except BROKEN as error:
        raise NotRead(Reason.NOT_READABLE, path.name) from error
    if is_locked:
        raise NotRead(Reason.LOCKED, path.name)
    unpacked = sum(part.file_size for part in parts)
    most = LARGEST_RATIO * max(path.stat().st_size, SMALLEST_BYTES)
    if unpacked > min(LARGEST_BYTES, most) or len(parts) > MOST_PARTS:
        raise NotRead(Reason.TOO_LARGE, f"{unpacked / 1e6:.0f} MB")


# A declaration stands before everything else; what is behind a comment of this length
# the parser itself keeps within a hundred megabytes.
_BEGINNING_BYTES = 4_096


def refuse_entities(path: Path) -> None:
    """See that no part of a workbook declares what it is made of, as only bombs do.

    Raises:
        NotRead: If one does, or cannot be unpacked.
        OSError: If the file cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            try:
                with archive.open(name) as part:
                    start = part.read(_BEGINNING_BYTES)
            except (*BROKEN, OSError) as error:
                # Also where an entry points to nowhere in the file.
                raise NotRead(Reason.NOT_READABLE, name) from error
            # Without the zeros that UTF-16 has between its letters.
            if b"<!DOCTYPE" in start.replace(b"\0", b""):
                raise NotRead(Reason.NOT_READABLE, "DOCTYPE")


def zipped_form(path: Path) -> str:
    """Name of the form of a zip, by what lies in it.

    Raises:
        NotRead: If it is one of those that cannot be read.
        OSError: If the file cannot be read.
    """
    weigh(path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "mimetype" in names:
            kind = archive.read("mimetype")[:100].decode("ascii", errors="replace")
            raise NotRead(Reason.OTHER_SPREADSHEET, kind.rpartition(".")[2])
    if any(it.startswith("xl/") for it in names):
        return "xlsx"
    if any(it.casefold().endswith((".json", ".csv")) for it in names):
        return "hsds"
    raise NotRead(Reason.NOTHING_KNOWN, ", ".join(names[:3]))
