"""The card of the model: what it was made from, what it can do and what it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

from voice.model.evaluate import Score, table
from voice.model.voices import HELD_OUT_VOICES, TRAINING_VOICES

_CARD = """\
# {name}

A small model of Dutch for Vosk, built from synthetic speech alone. It lets Praatpaal
be tested, shown and developed anywhere, without a network and without recordings
of people.

**It does not understand people.** It knows the synthetic voices of espeak-ng. On
recorded Dutch of two actors (`python -m benchmarks.ears --fetch-human`) it found the
right one of 20 phrases in none of 38 times and rejected all; of free speech it got
97 % of the words wrong. Praatpaal does not choose it with a real microphone. For
people, install Vosk's own Dutch model or Whisper (`praatpaal models list`).

## How it was made

- Speech: espeak-ng, {training}
- Texts: Praatpaal's own phrases and frequent words of Dutch. Half of the sentences
  are words in any order, so that other words can be added later.
- Sound: other tempos, pitches and vocal tracts, rooms, microphones, noise and
  voices in the background, from 4 to 32 dB below the speech.
- Network: {parameters:.1f} million weights, {seen_before_s:.2f} s back and
  {seen_after_s:.2f} s ahead; it gives 36 phones and silence, each 30 ms.
- Seed {seed}. `script/build-model` makes it again; another number of processor
  cores gives slightly other weights.

## What it can do

Right, rejected and wrong, in the grammar of the question, as the product uses it.
Held-out voices ({held_out}) are espeak-ng's too, but were not trained on.
Phrases, noise and rooms are of the kinds that it was trained with.

{measured}

## What it is not for

Recognising people; measuring how well Praatpaal understands people; safety. Its
figures say whether the software around it works.

## Licence

The model is part of Praatpaal, under the same licence (EUPL-1.2). It holds no voice
of a person and no text of others. What espeak-ng speaks is free to use. The words
that it knows are those of Praatpaal's language pack; the frequent words among them
are from the lists named in companion/nl/vocabulary/frequent.txt (CC BY-SA 4.0).
Voices of MBROLA and recordings of games are not in it, for their licences.
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be told of the training.

    Attributes:
        training: Sentences, hours, voices, epochs and the accuracy reached.
        weights: How many numbers the network consists of.
        seen_before_s, seen_after_s: How much sound it sees around each moment.
        seed: Of everything that was left to chance.
    """

    training: str
    weights: int
    seen_before_s: float
    seen_after_s: float
    seed: int


def card(name: str, facts: Facts, measured: Sequence[Score]) -> str:
    """The text of the model's README.md."""
    return _CARD.format(
        name=name,
        training=facts.training,
        parameters=facts.weights / 1e6,
        seen_before_s=facts.seen_before_s,
        seen_after_s=facts.seen_after_s,
        seed=facts.seed,
        held_out=", ".join(HELD_OUT_VOICES),
        measured=table(measured),
    )


def training(sentences: int, hours: float, epochs: int, frame_accuracy: float) -> str:
    """What the card says of the training."""
    return (
        f"{len(TRAINING_VOICES)} voices, {hours:.1f} hours in {sentences:,} sentences,"
        f" seen {epochs} times;\n  {100 * frame_accuracy:.1f} % of the moments of 30 ms"
        " right on sentences in noise that were kept apart."
    )
