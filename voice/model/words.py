"""Gives a model of ours more words, without training, in less than a second.

    missing_words(model_folder: Path, words: Iterable[str]) -> tuple[str, ...]
    add_words(model_folder: Path, words: Iterable[str], target_folder: Path)
        -> tuple[str, ...]

The network hears sounds, not words: a new word needs only its sounds, which
espeak-ng gives, and a place in the graph. Errors are those of
`voice.model.errors`, all below `ModelBuildError`:

    DamagedModel    the folder is no model that this program wrote, or not whole
    EspeakMissing   espeak-ng is not installed
    NotPronounced   espeak-ng cannot say a word as Dutch; the message names it
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from voice.model import graph, lexicon
from voice.model.bigrams import ANY_WORD, cost_of_added_word
from voice.model.errors import DamagedModel
from voice.model.fst import Fst, extend, read_header
from voice.model.lexicon import Lexicon
from voice.model.package import (
    LEXICON_FILE,
    NETWORK_FILE,
    SENTENCE_GRAPH_FILE,
    WORD_GRAPH_FILE,
    WORDS_FILE,
    put,
    replacing,
    words_text,
)
from voice.model_folder import HASHES, write_hashes


def known_words(model_folder: Path) -> tuple[str, ...]:
    """The words that a model of ours can hear, the most usual first.

    Raises:
        DamagedModel: If the folder is no model of ours, or damaged.
    """
    path = model_folder / WORDS_FILE
    try:
        rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedModel(f"{path} cannot be read: {_reason(error)}") from error
    names = [row[0] for row in rows if len(row) == 2]
    if rows != [[name, str(label)] for label, name in enumerate(names)] or names[
        : graph.FIRST_LABEL
    ] != ["<eps>", graph.UNKNOWN]:
        raise DamagedModel(f"{path} is damaged, or from another program")
    return tuple(names[graph.FIRST_LABEL :])


def missing_words(model_folder: Path, words: Iterable[str]) -> tuple[str, ...]:
    """Which of the words the model cannot hear, each once, in their order.

    Args:
        model_folder: A model of ours.
        words: As a grammar has them: lower case, without spaces.

    Raises:
        DamagedModel: If the folder is no model of ours, or damaged.
    """
    known = frozenset(known_words(model_folder))
    return tuple(word for word in dict.fromkeys(words) if word not in known)


def add_words(
    model_folder: Path, words: Iterable[str], target_folder: Path
) -> tuple[str, ...]:
    """Write the model with more words beside it, all of it or nothing.

    Args:
        model_folder: A model of ours; it stays as it is.
        words: As for `missing_words`; those that it has already do no harm.
        target_folder: Becomes the model; what is there is replaced.

    Returns:
        The words that were added.

    Raises:
        DamagedModel: If the folder is no model of ours, or damaged.
        EspeakMissing: If espeak-ng is not installed.
        NotPronounced: If it cannot say one of the words.
        OSError: If the target cannot be written.
    """
    known = known_words(model_folder)
    more = missing_words(model_folder, words)
    changed = _read(model_folder)
    spoken = lexicon.pronounce_all(more)
    labels = range(
        graph.FIRST_LABEL + len(known), graph.FIRST_LABEL + len(known + more)
    )
    put_in = dict(zip(more, labels, strict=True))
    changed[WORD_GRAPH_FILE] = _with_paths(changed[WORD_GRAPH_FILE], put_in, spoken)
    changed[SENTENCE_GRAPH_FILE] = _with_loops(changed[SENTENCE_GRAPH_FILE], put_in)
    changed[WORDS_FILE] = words_text((*known, *more)).encode()
    changed[LEXICON_FILE] += lexicon.to_text(spoken).encode()
    with replacing(target_folder) as new:
        for path in sorted(model_folder.rglob("*")):
            name = str(path.relative_to(model_folder))
            if path.is_file() and name not in (*changed, HASHES):
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, new / name)
        for name, content in changed.items():
            put(new / name, content)
        write_hashes(new)
        write_hashes(new)
    return more


def _read(model_folder: Path) -> dict[str, bytes]:
    """The files that change; the others are only looked at.

    Raises:
        DamagedModel: If one is missing or not whole.
    """
    names = (WORD_GRAPH_FILE, SENTENCE_GRAPH_FILE, LEXICON_FILE)
    try:
        read = {name: (model_folder / name).read_bytes() for name in names}
        with (model_folder / NETWORK_FILE).open("rb") as network:
            is_kaldis = network.read(2) == b"\0B"
        lexicon.from_text(read[LEXICON_FILE].decode())
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedModel(
            f"{model_folder} is no whole model: {_reason(error)}"
        ) from error
    if not is_kaldis:
        raise DamagedModel(f"{model_folder / NETWORK_FILE} is damaged")
    for name in (WORD_GRAPH_FILE, SENTENCE_GRAPH_FILE):
        try:
            read_header(read[name])
        except DamagedModel as error:
            raise DamagedModel(f"{model_folder / name}: {error}") from error
    return read


def _with_paths(data: bytes, labels: dict[str, int], spoken: Lexicon) -> bytes:
    """HCLr.fst with the sounds of the words."""
    states, _ = read_header(data)
    new = Fst()
    said = [(labels[word], form) for word, forms in spoken.items() for form in forms]
    return extend(data, graph.WORDS, graph.word_arcs(said, new, states), new)


def _with_loops(data: bytes, labels: dict[str, int]) -> bytes:
    """Gr.fst with the words."""
    cost = cost_of_added_word()
    more = [(label, label, cost, ANY_WORD) for label in labels.values()]
    return extend(data, ANY_WORD, more, Fst())


def _reason(error: Exception) -> str:
    match error:
        case OSError(filename=name, strerror=reason) if name:
            return f"{name}: {reason}"
        case _:
            return str(error)
