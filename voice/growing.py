"""A model with words of one's own: the bundled one and what was added to it here.

What was added is one small file. The model that knows it is made from that file
and the bundled model whenever it is not there, so that it can be thrown away, and
a new version of Praatpaal takes the words along.
"""

import fcntl
import hashlib
import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voice.download import ModelError, full_disk_said
from voice.model_folder import HASHES, damage_in, put_in_place, write_hashes

logger = logging.getLogger(__name__)

MOST_WORDS = 1_000
"""Families and villages are smaller; more would make the model slow."""

_WORDS = "words.json"

# Adding takes less than a second; whoever takes longer than this hangs.
_WAIT_S = 10.0
_LOOK_S = 0.05

# A letter first, so that nothing of it can be an option, a number or "[unk]".
_WORD = re.compile(r"[^\W\d_][^\W\d_'-]{0,39}(?:['-][^\W\d_]{1,40})*")

Add = Callable[[Path, Path, Sequence[str]], None]
"""Makes, of the first folder's model, one in the second that knows more words.

May raise anything, and leave half of it behind.
"""

Knows = Callable[[Path], Collection[str]]
"""Reads which words a model knows."""


class WordsError(ModelError):
    """Words cannot be added; the reason and its details are for the language pack."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What was added, lower case, each once, in order of the alphabet.

    Attributes:
        names: Of the people, for as long as they are in the list.
        others: What somebody added by hand; for good.
    """

    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Both, each once."""
        return tuple(sorted({*self.names, *self.others}))


def is_word(text: str) -> bool:
    """Whether it is one word that can be spoken: letters, - and '."""
    return _WORD.fullmatch(text) is not None


class GrowingModel:
    """A model to which words can be added without training.

    Args:
        base: Folder of the model as it came; never changed.
        folder: Where the words are kept and the grown model is made.
        add: Makes it; gets only words that the base does not know.
        knows: Reads what the base knows.
        try_out: Loads a model in another process; raises where it does not load.
        needed: What is listened for: an older model may lack some of it.
    """

    def __init__(
        self,
        base: Path,
        folder: Path,
        add: Add,
        knows: Knows = lambda base: (),
        try_out: Callable[[Path], object] = lambda made: None,
        needed: Callable[[], Iterable[str]] = lambda: (),
    ) -> None:
        self._base = base
        self._folder = folder
        self._add = add
        self._knows = knows
        self._try_out = try_out
        self._needed = needed
        self._known: frozenset[str] | None = None
        self._failed: tuple[str, ...] | None = None
        self._sound: set[Path] = set()

    @property
    def words(self) -> OwnWords:
        """What was added; nothing where that cannot be read."""
        try:
            kept = json.loads((self._folder / _WORDS).read_text("utf-8"))
            return _own(kept["names"], kept["others"])
        except FileNotFoundError:
            return OwnWords()
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Only its kind: there are names in it.
            logger.warning("the own words are unreadable: %s", type(error).__name__)
            return OwnWords()

    def in_use(self) -> Path:
        """The folder to load: the grown model where it is there and whole."""
        try:
            grown = self._path_for(self.words)
        except ModelError:
            # Loading it will tell what is wrong with it.
            return self._base
        return grown if grown is not None and self._is_whole(grown) else self._base

    def grow(
        self,
        names: Iterable[str] | None = None,
        others: Iterable[str] = (),
    ) -> Path:
        """Keep words and make the model that knows them, if it is not there.

        Args:
            names: Of all the people there are now; None: as they were.
            others: Words to add to those that were added before.

        Returns:
            The folder to load.

        Raises:
            ModelError: If it fails; then the model that was there goes on.
        """
        words = self._with(names, others)
        if words == self.words and not self._leftovers(there := self._path_for(words)):
            if there is None or self._is_whole(there):
                return there or self._base
        try:
            with full_disk_said(self._folder), self._lock():
                # Another program may have added some meanwhile.
                return self._grow(self._with(names, others))
        except OSError as error:
            raise WordsError("no_access", folder=str(self._folder)) from error

    def follow(self, names: Iterable[str] | None) -> Path:
        """As `grow` with these names, but never raising.

        What fails is logged, and not tried again until there are other names: a
        turn must not wait for it each time.
        """
        wanted = self.words.names if names is None else tuple(names)
        if wanted == self._failed:
            return self.in_use()
        try:
            grown = self.grow(wanted)
        except ModelError as error:
            self._failed = wanted
            logger.warning("names are not added to the model: %s", error.reason)
            return self.in_use()
        self._failed = None
        return grown

    def _with(self, names: Iterable[str] | None, others: Iterable[str]) -> OwnWords:
        kept = self.words
        if names is None:
            names = kept.names
        # No more names in the file than must be.
        return _own(self._lacking(_tidied(names)), (*kept.others, *others))

    def _grow(self, words: OwnWords) -> Path:
        if len(words.all) > MOST_WORDS:
            raise WordsError("too_many_words", most=str(MOST_WORDS))
        grown = self._path_for(words)
        if grown is not None and not self._is_whole(grown):
            self._make(words, grown)
        # Not before they are in a model: who reads them finds it.
        self._keep(words)
        self._tidy(grown)
        return grown or self._base

    # ---- How

    def _lacking(self, words: Sequence[str]) -> tuple[str, ...]:
        if self._known is None:
            try:
                self._known = frozenset(self._knows(self._base))
            except (OSError, ValueError) as error:
                raise WordsError("bundled_damaged", name=self._base.name) from error
        return tuple(word for word in words if word not in self._known)

    def _lacking_of(self, words: OwnWords) -> tuple[str, ...]:
        return self._lacking(_tidied((*words.all, *self._needed())))

    def _path_for(self, words: OwnWords) -> Path | None:
        """A folder whose name tells what it is made of; None if the base will do."""
        if not (lacking := self._lacking_of(words)):
            return None
        try:
            base = (self._base / HASHES).read_bytes()
        except OSError as error:
            raise WordsError("bundled_damaged", name=self._base.name) from error
        made_of = base + json.dumps(lacking).encode()
        digest = hashlib.sha256(made_of).hexdigest()
        return self._folder / f"{self._base.name}-{digest[:16]}"

    def _is_whole(self, grown: Path) -> bool:
        """Hash it once in the life of this object; whether it is there, each time."""
        if not (grown / HASHES).is_file():
            return False
        if grown not in self._sound:
            if damage_in(grown):
                logger.warning("the model with own words is damaged: made again")
                return False
            self._sound.add(grown)
        return True

    def _make(self, words: OwnWords, grown: Path) -> None:
        making = self._folder / ".making"
        shutil.rmtree(making, ignore_errors=True)
        try:
            with full_disk_said(self._folder):
                self._add(self._base, making, self._lacking_of(words))
                self._try_out(making)
                write_hashes(making)
                put_in_place(making, grown, self._folder / ".old")
        except ModelError:
            raise
        except Exception as error:
            raise WordsError("words_failed", cause=type(error).__name__) from error
        finally:
            shutil.rmtree(making, ignore_errors=True)
        self._sound.add(grown)

    def _keep(self, words: OwnWords) -> None:
        text = json.dumps({"names": words.names, "others": words.others})
        news = self._folder / f".{_WORDS}"
        news.write_text(text, "utf-8")
        news.replace(self._folder / _WORDS)

    def _tidy(self, grown: Path | None) -> None:
        """Take away what is no longer used, and what a power cut left."""
        for path in self._leftovers(grown):
            shutil.rmtree(path, ignore_errors=True)

    def _leftovers(self, grown: Path | None) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [p for p in self._folder.iterdir() if p.is_dir() and p != grown]

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            # It holds names.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self._folder / ".lock").open("w")
        except OSError as error:
            raise WordsError("no_access", folder=str(self._folder)) from error
        with file:
            until_s = time.monotonic() + _WAIT_S
            while True:
                try:
                    # The kernel lets go of it however we end.
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until_s:
                        raise WordsError("busy", folder=str(self._folder)) from None
                    time.sleep(_LOOK_S)
            yield


def _own(names: Iterable[str], others: Iterable[str]) -> OwnWords:
    return OwnWords(_tidied(names), _tidied(others))


def _tidied(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word.lower() for word in words if is_word(word)}))
