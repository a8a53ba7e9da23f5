"""Dutch as people speak it, out of Debian's packages.

Their licences (GPL-2 and others) let anybody measure with them; they are fetched
when that is wanted, and never part of Praatpaal:

- fillets-ng-data-nl: a game in which two actors talk; what they say stands in
  fillets-ng-data. Other parts, whose voices are distorted, are left out.
- klettres-data: a woman who reads letters and syllables to children; only those
  syllables that are words.
- ktuberling-data: thirteen words for children.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring.clips import Clip, ClipsError, write_table

PACKAGES = (
    "fillets-ng-data",
    "fillets-ng-data-nl",
    "klettres-data",
    "ktuberling-data",
)

# 190 MB in all; a slow line takes some minutes.
_FETCH_WITHIN_S = 1800.0
_UNPACK_WITHIN_S = 300.0

_FILLETS = Path("usr/share/games/fillets-ng")
_KLETTRES = Path("usr/share/klettres")
_KTUBERLING = Path("usr/share/ktuberling/sounds/nl")

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_DIALOG = re.compile(
    rf"dialogId\(\s*{_QUOTED}\s*,\s*{_QUOTED}\s*,\s*{_QUOTED}\s*\)\s*"
    rf"dialogStr\(\s*{_QUOTED}\s*\)"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PART = re.compile(r"-([mv])-")
_ACTORS = {"m": "fillets small", "v": "fillets big"}
_SOUND = re.compile(r'<sound\s+name="([^"]+)"\s+file="([^"]+)"')

# The syllables of klettres that are words, as they are written.
_WORDS = {
    **{word.upper(): word for word in "aan aap een eet en ik in is me om".split()},
    **{word.upper(): word for word in "oog oom oor op te ui uur".split()},
    "YS": "ijs",
}


def parse_dialogs(text: str) -> dict[str, str]:
    """Read a Lua file of dialogs: what is said, by the name of its sound."""
    return {
        _ESCAPED.sub(r"\1", name): _ESCAPED.sub(r"\1", said)
        for name, _font, _english, said in _DIALOG.findall(text)
        if said.strip()
    }


def parse_sounds(text: str) -> dict[str, str]:
    """Read klettres' list of sounds: the word said, by its file."""
    return {file: _WORDS[name] for name, file in _SOUND.findall(text) if name in _WORDS}


def clips_in(root: Path) -> Iterator[Clip]:
    """Find the recordings in unpacked packages.

    Args:
        root: Holds usr/share of one or more of them.
    """
    for script in sorted((root / _FILLETS / "script").glob("*/*dialogs_nl.lua")):
        sounds = root / _FILLETS / "sound" / script.parent.name / "nl"
        for name, said in parse_dialogs(script.read_text("utf-8", "replace")).items():
            part = _PART.search(name)
            sound = sounds / f"{name}.ogg"
            # Figures are not written as they are spoken.
            if part and sound.is_file() and not re.search(r"[\d/\ufffd]", said):
                yield Clip(sound, said, _ACTORS[part[1]])
    listed = root / _KLETTRES / "nl" / "sounds.xml"
    if listed.is_file():
        for file, word in parse_sounds(listed.read_text("utf-8")).items():
            if (root / _KLETTRES / file).is_file():
                yield Clip(root / _KLETTRES / file, word, "klettres")
    for sound in sorted((root / _KTUBERLING).glob("*.wav")):
        yield Clip(sound, sound.stem, "ktuberling")


def fetch(folder: Path, tell: Callable[[str], None]) -> int:
    """Fetch the packages and make a folder of speech of them.

    Args:
        folder: New or empty; nothing is left in it if this fails.
        tell: Told what is going on.

    Returns:
        How many recordings there are.

    Raises:
        ClipsError: If there are no tools, no packages or no recordings in them.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise ClipsError(
                f"{program} is not there: this needs Debian or a system made of it"
            )
    if folder.exists() and any(folder.iterdir()):
        raise ClipsError(f"{folder} is not empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside it: moved in place when all is there.
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        root = Path(work) / "unpacked"
        root.mkdir()
        for package in PACKAGES:
            tell(f"fetching {package}")
            try:
                _fetch_one(package, Path(work), root)
            except ClipsError as error:
                tell(f"{error}")
        made = Path(work) / "made"
        clips = [_moved(clip, root, made) for clip in clips_in(root)]
        if not clips:
            raise ClipsError("no recording could be fetched")
        for licence in root.glob("usr/share/doc/*/copyright"):
            shutil.copy(licence, made / f"{licence.parent.name}.copyright")
        write_table(made, clips)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    return len(clips)


def _fetch_one(package: str, work: Path, root: Path) -> None:
    _run(["apt-get", "-q", "download", package], work, _FETCH_WITHIN_S)
    for archive in work.glob(f"{package}_*.deb"):
        _run(["dpkg-deb", "-x", str(archive), str(root)], work, _UNPACK_WITHIN_S)
        archive.unlink()


def _run(command: list[str], folder: Path, within_s: float) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within_s,
        )
    except subprocess.TimeoutExpired as error:
        raise ClipsError(f"{' '.join(command)} takes too long") from error
    if done.returncode:
        complaints = [it for it in done.stderr.splitlines() if it.startswith("E:")]
        raise ClipsError(
            f"{' '.join(command)} failed: {' '.join(complaints) or done.returncode}; "
            "`apt-get update` makes the list of packages new"
        )


def _moved(clip: Clip, root: Path, made: Path) -> Clip:
    name = "-".join(clip.file.relative_to(root).parts[-3:])
    target = made / clip.speaker.replace(" ", "-") / name
    target.parent.mkdir(parents=True, exist_ok=True)
    clip.file.rename(target)
    return Clip(target, clip.text, clip.speaker, clip.question)
