"""Builds the small Dutch model, step by step; run it by script/build-model.

    python -m voice.model.build --texts FOLDER [--into FOLDER] [--seed N] [--quick]

Each step keeps what it made, with a note of what it was made from. After an
interruption, run it again: what is whole and made from the same is not made anew.
"""

import argparse
import asyncio
import errno
import hashlib
import logging
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice.model import children, corpus, lexicon, trials
from voice.model.acoustic import AcousticNetwork
from voice.model.card import Facts, card, training
from voice.model.corpus import Plan
from voice.model.errors import ModelBuildError
from voice.model.evaluate import evaluate, scores, table
from voice.model.files import write_whole
from voice.model.package import write_model
from voice.model.texts import load_material

logger = logging.getLogger(__name__)

MODEL_NAME = "praatpaal-nl-synthetic"
BUNDLED = Path(__file__).parent.parent / "bundled" / MODEL_NAME
WORK = Path("build/model")

PHRASES_FILE, WORDS_FILE = "phrases.txt", "words.txt"
NETWORK_FILE = "network.npz"
FACTS_FILE = "training.txt"
CORPUS_FOLDER = "corpus"
_MADE_FROM = "made-from.txt"
_WHOLE = "whole"

# The features of 12 hours and a checkpoint are 0.5 GB.
_NEEDED_BYTES = 1_000_000_000

# What changes the corpus or the network when it is changed.
_CORPUS_SOURCES = ("alignment", "augment", "corpus", "espeak_phonemes", "features",
                   "phones", "speaker", "texts", "voices")  # fmt: skip
_NETWORK_SOURCES = (*_CORPUS_SOURCES, "acoustic", "network", "train")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made: the product, or a trial of some minutes.

    Attributes:
        sentences: To train on.
        epochs: How often each is seen.
        measured: Utterances of each large group that is measured.
    """

    sentences: int
    epochs: int
    measured: int


PRODUCT = Size(sentences=18_000, epochs=6, measured=200)
QUICK = Size(sentences=500, epochs=2, measured=10)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build; returns the exit code, with a message when something is in the way."""
    options = _options(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        build(options.texts, options.work, options.into, options.seed, options.size)
    except ModelBuildError as error:
        logger.error("%s", error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        logger.error("the disk is full; make room and run this again to go on")
    except KeyboardInterrupt:
        logger.error("interrupted; run this again to go on")
        return 130
    else:
        return 0
    return 1


def build(texts: Path, work: Path, into: Path, seed: int, size: Size) -> None:
    """Make everything that is not there yet.

    Args:
        texts: Folder with PHRASES_FILE and WORDS_FILE, and what is evaluated.
        work: Where the steps keep what they make.
        into: Becomes the model.
        seed: Of everything that is left to chance.
        size: How much.

    Raises:
        ModelBuildError: If something that is needed is not there.
        OSError: If a file cannot be written.
    """
    material = load_material(texts / PHRASES_FILE, texts / WORDS_FILE)
    plan = Plan(material, size.sentences, seed)
    _check_disk(work)
    make_corpus(plan, work / CORPUS_FOLDER)
    network = make_network(plan, size.epochs, work)
    make_model(network, texts, work, into, size, seed)


def make_corpus(plan: Plan, folder: Path) -> None:
    """Step 1: speak all sentences."""
    made_from = _signature(_CORPUS_SOURCES, plan)
    note = folder / _MADE_FROM
    if not _is_made_from(note, made_from):
        if folder.exists():
            logger.info("the corpus was made from something else; making it anew")
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        _write(note, made_from)
    if (folder / _WHOLE).exists():
        logger.info("1. the corpus is there")
        return
    logger.info("1. speaking %d sentences", plan.sentences)
    corpus.generate(plan, folder, children.cores(), _Told())
    _write(folder / _WHOLE, "")


def make_network(plan: Plan, epochs: int, work: Path) -> AcousticNetwork:
    """Step 2: train.

    Raises:
        ModelBuildError: If PyTorch is not installed.
    """
    path, note = work / NETWORK_FILE, work / f"{NETWORK_FILE}.{_MADE_FROM}"
    made_from = _signature(_NETWORK_SOURCES, (plan, epochs))
    if path.exists() and _is_made_from(note, made_from):
        logger.info("2. the network is there")
        return AcousticNetwork.load(path)
    try:
        from voice.model import network, train
    except ModuleNotFoundError as error:
        raise ModelBuildError(
            f"{error.name} is not installed; script/build-model installs it,"
            " or: script/setup model"
        ) from error
    sentences = corpus.load(work / CORPUS_FOLDER)
    logger.info("2. training on %.1f hours of speech", sentences.hours)
    course = train.Course(epochs=epochs, seed=plan.seed)
    made = train.train(
        sentences, network.PRODUCT, course, work / "training.pt", _tell_epoch
    )
    with write_whole(path) as half_written:
        made.network.save(half_written)
    facts = training(
        len(sentences.frames), sentences.hours, epochs, made.frame_accuracy
    )
    _write(work / FACTS_FILE, facts)
    # Last: a network without its note is made again.
    _write(note, made_from)
    return made.network


def make_model(
    network: AcousticNetwork, texts: Path, work: Path, into: Path, size: Size, seed: int
) -> None:
    """Step 3: pronounce the words, write the model, measure it, write its card.

    Raises:
        ModelBuildError: If the texts lack something, or espeak-ng is not there.
    """
    logger.info("3. pronouncing the words and writing the model")
    words = lexicon.pronounce((texts / WORDS_FILE).read_text("utf-8").split())
    facts = _facts_of(network, (work / FACTS_FILE).read_text("utf-8").strip(), seed)
    unmeasured = work / "unmeasured"
    phrases = (texts / PHRASES_FILE).read_text("utf-8").splitlines()
    write_model(network, words, unmeasured, card(MODEL_NAME, facts, ()), phrases)
    logger.info("4. measuring it on voices that it was not trained on")
    planned = trials.make_trials(trials.load_material(texts), size.measured)
    said = trials.speak(planned)
    measured = scores(asyncio.run(evaluate(unmeasured, said)))
    groups = list(dict.fromkeys(trial.group for trial in planned))
    measured.sort(key=lambda score: groups.index(score.group))
    write_model(network, words, into, card(MODEL_NAME, facts, measured), phrases)
    shutil.rmtree(unmeasured)
    count = sum(path.stat().st_size for path in into.rglob("*") if path.is_file())
    logger.info("%s: %.1f MB\n%s", into, count / 1e6, table(measured))


def _facts_of(network: AcousticNetwork, training: str, seed: int) -> Facts:
    layers = network.layers
    weights = sum(layer.weights.size + layer.bias.size for layer in layers)
    return Facts(
        training,
        weights + network.output_weights.size + network.output_bias.size,
        seen_before_s=-sum(min(layer.offsets) for layer in layers) / 100,
        seen_after_s=sum(max(layer.offsets) for layer in layers) / 100,
        seed=seed,
    )


class _Told:
    """Logs how far it is, at most each ten seconds."""

    def __init__(self) -> None:
        self._began_s = self._told_s = time.monotonic()
        self._had: int | None = None

    def __call__(self, done: int, count: int) -> None:
        now_s = time.monotonic()
        had = done if self._had is None else self._had
        self._had = had
        if done == had or (now_s - self._told_s < 10 and done < count):
            return
        self._told_s = now_s
        left_s = (now_s - self._began_s) * (count - done) / (done - had)
        logger.info(
            "   %d of %d sentences, about %.0f minutes left", done, count, left_s / 60
        )


def _tell_epoch(done: int, frame_accuracy: float) -> None:
    logger.info("   epoch %d done, %.1f %% of frames right", done, 100 * frame_accuracy)


def _check_disk(work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(work).free
    if free < _NEEDED_BYTES:
        raise ModelBuildError(
            f"building needs {_NEEDED_BYTES / 1e9:.0f} GB of disk, and {work} has"
            f" {free / 1e9:.1f} GB free"
        )


def _signature(modules: Sequence[str], inputs: object) -> str:
    """Changes when an input or the code that works on it does."""
    digest = hashlib.sha256(repr(inputs).encode())
    for module in modules:
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return digest.hexdigest()


def _is_made_from(note: Path, signature: str) -> bool:
    return note.exists() and note.read_text("utf-8") == signature


def _write(path: Path, text: str) -> None:
    with write_whole(path) as half_written:
        half_written.write_text(text, encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/build-model", description="Build the small Dutch model."
    )
    parser.add_argument("--texts", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help="of all chance (1)")
    parser.add_argument(
        "--into", type=Path, help="the folder that becomes the model (the product's)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a trial of some minutes, in build/model/quick; it hears hardly anything",
    )
    options = parser.parse_args(arguments)
    options.size = QUICK if options.quick else PRODUCT
    options.work = WORK / "quick" if options.quick else WORK
    options.into = options.into or (
        options.work / MODEL_NAME if options.quick else BUNDLED
    )
    return options


if __name__ == "__main__":
    sys.exit(main())
