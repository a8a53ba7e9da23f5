"""Words of one's own for the bundled model, made with `voice.model`.

That package is imported when it is needed: devices for people never need it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from voice.growing import GrowingModel, WordsError
from voice.vosk_recogniser import try_model

FOLDER = "own-words"
"""The folder among the models that holds the words and the model that knows them."""


def growing(
    base: Path, models: Path, needed: Callable[[], Iterable[str]] = lambda: ()
) -> GrowingModel:
    """A bundled model to which words can be added.

    Args:
        base: Its folder, in the package.
        models: The folder of the installed models, for what is made.
        needed: What is listened for: the bundled model may be older than that.
    """
    return GrowingModel(base, models / FOLDER, add, known_words, try_model, needed)


def known_words(folder: Path) -> Collection[str]:
    """The words that a model of ours knows.

    Raises:
        WordsError: If they cannot be read.
    """
    from voice.model import errors, words

    try:
        return frozenset(words.known_words(folder))
    except errors.DamagedModel as error:
        raise WordsError("bundled_damaged", name=folder.name) from error


def add(base: Path, made: Path, wanted: Sequence[str]) -> None:
    """Make a model that knows more words; which cannot be said are left out.

    Raises:
        WordsError: If espeak-ng or the base model is missing or damaged.
    """
    from voice.model import errors, words
    from voice.model.lexicon import pronounce

    try:
        # One foreign name must not keep the others out.
        words.add_words(base, pronounce(wanted), made)
    except errors.EspeakMissing as error:
        raise WordsError("no_espeak") from error
    except errors.DamagedModel as error:
        raise WordsError("bundled_damaged", name=base.name) from error


def unsayable(wanted: Sequence[str]) -> tuple[str, ...]:
    """Which of the words espeak-ng cannot say as Dutch: these cannot be added.

    Raises:
        WordsError: If espeak-ng is missing.
    """
    from voice.model import errors
    from voice.model.lexicon import pronounce

    try:
        said = pronounce(wanted)
    except errors.EspeakMissing as error:
        raise WordsError("no_espeak") from error
    return tuple(word for word in wanted if word not in said)
