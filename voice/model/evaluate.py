"""Measures a model through `VoskRecogniser`, as the product uses it.

    python -m voice.model.evaluate MODEL TEXTS [--size N] [--json FILE]

MODEL is a model's folder, TEXTS what `python -m companion.vocabulary` wrote. An
utterance is right, rejected, or wrong: taken for something else. Speech that is no
answer is right when it is rejected.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from voice.audio import HEARING_RATE_HZ, Samples
from voice.hearing import Expectation
from voice.model import trials
from voice.model.trials import Trial
from voice.model.words import add_words
from voice.vosk_recogniser import VoskRecogniser

logger = logging.getLogger(__name__)

# Sound comes in pieces, as from a microphone; larger ones decode faster.
_PIECE = HEARING_RATE_HZ // 2


@dataclass(frozen=True, slots=True)
class Score:
    """How the utterances of a group were heard.

    Attributes:
        group: What was measured.
        right, rejected, wrong: Numbers of utterances.
    """

    group: str
    right: int
    rejected: int
    wrong: int

    @property
    def total(self) -> int:
        """How many utterances there were."""
        return self.right + self.rejected + self.wrong

    @property
    def share(self) -> float:
        """How many were right, 0 to 1."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One trial and what was heard of it."""

    trial: Trial
    heard: str

    @property
    def kind(self) -> str:
        """ "right", "rejected" or "wrong"."""
        trial = self.trial
        if not trial.is_expected:
            return "wrong" if self.heard else "right"
        if not self.heard:
            return "rejected"
        # "Een" and "één" are the same word to whoever reads the result.
        return "right" if _plain(self.heard) == _plain(trial.text) else "wrong"


async def hear(
    recogniser: VoskRecogniser, said: Iterable[tuple[Trial, Samples]]
) -> list[Outcome]:
    """Let a recogniser that is started hear each trial.

    Raises:
        RecogniserError: If the engine breaks.
    """
    outcomes = []
    for trial, sound in said:
        expected = Expectation(phrases=trial.grammar, with_open_vocabulary=False)
        session = await recogniser.open(expected)
        for at in range(0, len(sound), _PIECE):
            await session.feed(sound[at : at + _PIECE])
        heard = await session.finish()
        outcomes.append(Outcome(trial, heard.text))
        await session.close()
    return outcomes


def scores(outcomes: Sequence[Outcome]) -> list[Score]:
    """Count by group, in the order of the groups."""
    counted: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counted.setdefault(outcome.trial.group, Counter())[outcome.kind] += 1
    return [
        Score(group, kinds["right"], kinds["rejected"], kinds["wrong"])
        for group, kinds in counted.items()
    ]


async def evaluate(
    model_folder: Path, said: Sequence[tuple[Trial, Samples]]
) -> list[Outcome]:
    """Hear all trials with a model, to which unknown words of theirs are added.

    Raises:
        RecogniserError: If the model does not load.
        ModelBuildError: If it is not a model of ours.
    """
    expected = dict.fromkeys(
        word for trial, _ in said for phrase in trial.grammar for word in phrase.split()
    )
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model"
        added = add_words(model_folder, expected, whole)
        logger.info("added %d words that the model lacked", len(added))
        recogniser = VoskRecogniser(whole)
        await recogniser.start()
        try:
            return await hear(recogniser, said)
        finally:
            await recogniser.close()


def table(measured: Sequence[Score]) -> str:
    """The scores as a table in Markdown."""
    lines = [
        "| what was said | right | rejected | wrong | of |",
        "|---|---|---|---|---|",
        *(
            f"| {score.group} | {score.share:.1%} | {score.rejected} | {score.wrong} |"
            f" {score.total} |"
            for score in measured
        ),
    ]
    return "\n".join(lines)


def as_json(measured: Sequence[Score]) -> str:
    """The scores for other programs."""
    rows: list[Mapping[str, object]] = [asdict(score) for score in measured]
    return json.dumps(rows, indent=1)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    return "".join(c for c in letters if not unicodedata.combining(c))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m voice.model.evaluate")
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("texts", type=Path, help="folder of the texts")
    parser.add_argument("--size", type=int, default=300, help="utterances of a group")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    material = trials.load_material(options.texts)
    said = trials.speak(trials.make_trials(material, options.size))
    measured = scores(asyncio.run(evaluate(options.model, said)))
    sys.stdout.write(table(measured) + "\n")
    if options.json:
        options.json.write_text(as_json(measured) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
