"""Folders of models: there whole or not at all, and known by hashes."""

import json
import os
import shutil
from pathlib import Path

from voice.download import hash_of

HASHES = "praatpaal-files.json"
"""The list of hashes in each model's folder."""


def write_hashes(folder: Path) -> None:
    """List the files of a finished model, so that damage is found later."""
    hashes = {
        path.relative_to(folder).as_posix(): hash_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / HASHES
    }
    (folder / HASHES).write_text(json.dumps(hashes, indent=1) + "\n")


def damage_in(folder: Path) -> tuple[str, ...]:
    """Hash the files again.

    Returns:
        The names of files that changed or vanished; empty when sound.
    """
    try:
        hashes = json.loads((folder / HASHES).read_text())
        return tuple(
            name
            for name, wanted in hashes.items()
            if not (folder / name).is_file() or hash_of(folder / name) != wanted
        )
    except (OSError, ValueError, AttributeError):
        return (HASHES,)


def put_in_place(made: Path, target: Path, aside: Path) -> None:
    """Let a finished folder appear in one step, also when the power fails.

    Args:
        made: The folder, on the same disk as the target.
        target: Where it shall be; what is there makes way.
        aside: Where what is there goes meanwhile.
    """
    # A rename may reach the disk before the bytes do.
    for path in (*made.rglob("*"), made):
        _to_disk(path)
    if target.exists():
        take_away(target, aside)
    made.replace(target)
    _to_disk(target.parent)


def take_away(folder: Path, aside: Path) -> None:
    """Make a folder vanish in one step, then delete it at leisure."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(exist_ok=True)
    folder.replace(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
