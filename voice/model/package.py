"""Writes a folder that Vosk loads as a model, all of it or nothing."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from voice.model import graph, lexicon, transitions
from voice.model.acoustic import AcousticNetwork
from voice.model.bigrams import sentence_graph
from voice.model.export import final_mdl
from voice.model.graph import USUAL_COSTS, GraphCosts
from voice.model.lexicon import Lexicon
from voice.model_folder import write_hashes

NETWORK_FILE = "am/final.mdl"
WORD_GRAPH_FILE = "graph/HCLr.fst"
SENTENCE_GRAPH_FILE = "graph/Gr.fst"
WORDS_FILE = "graph/words.txt"
LEXICON_FILE = "lexicon.txt"
CARD_FILE = "README.md"
_BOUNDARY_FILE = "graph/phones/word_boundary.int"
_PHONES_FILE = "graph/phones.txt"
_DISAMBIGUATION_FILE = "graph/disambig_tid.int"
_FEATURES_FILE = "conf/mfcc.conf"
_DECODING_FILE = "conf/model.conf"

# As `voice.model.features` computes them.
_FEATURES = """\
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=7600
--dither=0
"""

ACOUSTIC_SCALE = 0.4
"""Factor on what the sound says, against what the graph says."""

# A wider beam is slow and finds a row of phones for everything. A wider lattice holds
# countless rows of phones for [unk], and those must not be told apart: both made
# the end of a turn take seconds. Vosk's end of an utterance only cuts the result in
# parts; when a turn ends is the ears' decision. Chunks of 6 frames, not 20, give words
# 0.15 s sooner, for 0.02 s of processor time more in each second of sound.
_DECODING = f"""\
--min-active=200
--max-active=3000
--beam=11.0
--lattice-beam=1.5
--phone-determinize=false
--max-mem=1000000
--acoustic-scale={ACOUSTIC_SCALE}
--frames-per-chunk=6
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.8
--endpoint.rule4.min-trailing-silence=1.5
"""


def write_model(
    network: AcousticNetwork,
    words: Lexicon,
    folder: Path,
    card: str,
    phrases: Iterable[str] = (),
    costs: GraphCosts = USUAL_COSTS,
) -> None:
    """Write a whole model; an older one in its place is replaced.

    Args:
        network: As trained.
        words: What it can hear, the most usual first.
        folder: Becomes the model.
        card: The text of its README.md.
        phrases: What people are expected to say, for when there is no grammar.
        costs: Of the graph.

    Raises:
        OSError: If it cannot be written; what was there stays then.
    """
    labels = {word: at for at, word in enumerate(words, start=graph.FIRST_LABEL)}
    spoken = [(labels[word], form) for word, forms in words.items() for form in forms]
    with replacing(folder) as new:
        put(new / NETWORK_FILE, final_mdl(network))
        put(new / WORD_GRAPH_FILE, graph.word_graph(spoken, costs).to_bytes())
        put(new / SENTENCE_GRAPH_FILE, sentence_graph(phrases, labels).to_bytes())
        put(new / WORDS_FILE, words_text(tuple(words)))
        put(new / LEXICON_FILE, lexicon.to_text(words))
        put(new / _BOUNDARY_FILE, _boundaries())
        put(new / _PHONES_FILE, _phones())
        # No step is one to take away, but the file must be there.
        put(new / _DISAMBIGUATION_FILE, f"{transitions.STEPS + 1}\n")
        put(new / _FEATURES_FILE, _FEATURES)
        put(new / _DECODING_FILE, _DECODING)
        put(new / CARD_FILE, card)
        write_hashes(new)
        write_hashes(new)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a new folder, which takes the place of another when all went well.

    Raises:
        OSError: If there is no room, or no right to write; nothing changed then.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    kept = tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)
    new, old = Path(kept) / "new", Path(kept) / "old"
    try:
        new.mkdir()
        yield new
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(kept, ignore_errors=True)


def put(path: Path, content: str | bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)


def words_text(words: Sequence[str]) -> str:
    """words.txt: each word with its label, epsilon and `[unk]` first."""
    named = ("<eps>", graph.UNKNOWN, *words)
    return "".join(f"{word} {label}\n" for label, word in enumerate(named))


def _boundaries() -> str:
    """Which phones begin and end words, for the times of words."""
    return "".join(
        f"{number} {kind}\n" for number, _, _, kind in transitions.numbered_phones()
    )


def _phones() -> str:
    named = "".join(
        f"{name} {number}\n" for number, name, *_ in transitions.numbered_phones()
    )
    return f"<eps> 0\n{named}"
