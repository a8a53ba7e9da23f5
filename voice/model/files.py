"""Writes files of the build whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HALF_WRITTEN = ".half"


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Give a name to write to; what is written gets its own name at the end.

    After an error or a crash `path` is what it was.
    """
    half_written = path.with_name(path.name + _HALF_WRITTEN)
    try:
        yield half_written
        half_written.replace(path)
    finally:
        half_written.unlink(missing_ok=True)


def remove_half_written(folder: Path) -> None:
    """Remove what a process that was killed left behind."""
    for half_written in folder.glob(f"*{_HALF_WRITTEN}"):
        half_written.unlink(missing_ok=True)
