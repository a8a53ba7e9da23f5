"""Files that a power cut leaves whole: as they were, or as they are now."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the owner and rights that it had.

    Raises:
        OSError: If that fails; the file is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            state = path.stat()
            os.chmod(name, state.st_mode & 0o7777)
            if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(name, state.st_uid, state.st_gid)
        else:
            os.chmod(name, 0o644)
        os.replace(name, path)
        _keep_names(path.parent)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _keep_names(folder: Path) -> None:
    """Have the new name of a file on disk as well, and not only what is in it."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
