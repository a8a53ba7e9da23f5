"""The network as Kaldi reads it: what Vosk hears is what the arrays say."""

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import vosk
from numpy.typing import NDArray

from tests.voice.model.networks import random_network
from tests.voice.model.viterbi import acoustic_scores, best_words, scaled
from voice.model import transitions
from voice.model.bigrams import ANY_WORD
from voice.model.export import KaldiWriter, final_mdl
from voice.model.features import mfcc
from voice.model.fst import Fst
from voice.model.package import (
    ACOUSTIC_SCALE,
    SENTENCE_GRAPH_FILE,
    WORD_GRAPH_FILE,
    write_model,
)
from voice.model.phones import PDFS, SPEECH_PHONES
from voice.vosk_recogniser import load_model

# Vosk's factor on what the graph says (recognizer.cc), once the search is done.
GRAPH_SCALE = 0.9

WORDS = {
    "een": (("e:", "n"),),
    "twee": (("t", "w", "e:"),),
    "o": (("o:",),),
    "schip": (("s", "x", "I", "p"),),
    "mier": (("m", "i", "r"),),
    "gauw": (("x", "VU"),),
}


def test_basic_types_are_written_as_kaldi_reads_them() -> None:
    file = io.BytesIO()
    writer = KaldiWriter(file)
    writer.token("<A>")
    writer.integer(-1)
    writer.real(0.5)
    writer.double(0.25)
    writer.integers([7, 8])
    writer.vector(np.array([1.5], np.float32))
    writer.matrix(np.array([[1.0, 2.0]], np.float32))
    assert file.getvalue() == (
        b"<A> "
        + b"\4\xff\xff\xff\xff"
        + b"\4" + struct.pack("<f", 0.5)
        + b"\x08" + struct.pack("<d", 0.25)
        + b"\4" + struct.pack("<iii", 2, 7, 8)
        + b"FV \4" + struct.pack("<if", 1, 1.5)
        + b"FM \4" + struct.pack("<i", 1) + b"\4" + struct.pack("<iff", 2, 1.0, 2.0)
    )  # fmt: skip


def test_each_phone_has_its_steps_and_outputs() -> None:
    rows = transitions.tuples()
    assert rows == sorted(rows)
    assert [phone for phone, *_ in rows] == list(range(1, len(rows) + 1))
    outputs = {output for row in rows for output in row[2:]}
    assert outputs == set(range(PDFS))
    steps = [
        step(phone)
        for phone, *_ in rows
        for step in (transitions.staying, transitions.entering)
    ]
    assert steps == list(range(1, transitions.STEPS + 1))


@pytest.mark.parametrize(
    ("count", "positions"),
    [(1, ("S",)), (2, ("B", "E")), (4, ("B", "I", "I", "E"))],
)
def test_a_word_begins_and_ends(count: int, positions: tuple[str, ...]) -> None:
    assert transitions.positions_of(count) == positions


def test_no_position_or_phone_shares_a_number() -> None:
    numbers = [
        transitions.phone_id(phone, position)
        for phone in SPEECH_PHONES
        for position in transitions.POSITIONS
    ]
    assert len(set(numbers)) == len(numbers)
    assert transitions.SILENCE_ID not in numbers


def test_the_network_is_whole() -> None:
    network = random_network()
    data = final_mdl(network)
    assert data.startswith(b"\0B<TransitionModel> ")
    for layer in network.layers:
        assert layer.weights.astype("<f4").tobytes() in data
        assert layer.bias.astype("<f4").tobytes() in data
    assert np.exp(network.log_priors).astype("<f4").tobytes() in data


@pytest.mark.real
def test_vosk_hears_what_the_network_says(tmp_path: Path) -> None:
    """Vosk with Kaldi's reader, against numpy and a search of our own."""
    network = random_network()
    write_model(network, WORDS, tmp_path / "model", "card")
    # Everything is searched, as ours does.
    settings = tmp_path / "model" / "conf" / "model.conf"
    settings.write_text(settings.read_text().replace("beam=11.0", "beam=1000"))
    model = load_model(tmp_path / "model")
    words = Fst.from_bytes((tmp_path / "model" / WORD_GRAPH_FILE).read_bytes())
    words = scaled(words, GRAPH_SCALE)
    free = Fst.from_bytes((tmp_path / "model" / SENTENCE_GRAPH_FILE).read_bytes())
    costs = {label: GRAPH_SCALE * cost for label, _, cost, _ in free.arcs[ANY_WORD]}
    ending = GRAPH_SCALE * free.finals[ANY_WORD]
    names = ["", "", *WORDS]
    heard = []
    for seed in range(12):
        sound = _sound(seed)
        posteriors = network.log_posteriors(mfcc(sound))
        scores = acoustic_scores(posteriors, network.log_priors, ACOUSTIC_SCALE)
        cost, labels = best_words(scores, words, costs)
        expected = " ".join(names[label] for label in labels)
        recogniser = vosk.KaldiRecognizer(model, 16000)
        # The best row of words, not the one with the fewest doubtful words.
        recogniser.SetMaxAlternatives(1)
        recogniser.AcceptWaveform(sound.tobytes())
        best = json.loads(recogniser.FinalResult())["alternatives"][0]
        assert best["text"] == expected, seed
        # Vosk calls the cost so.
        assert -best["confidence"] == pytest.approx(cost + ending, abs=0.02)
        heard.append(expected)
    # Sounds that all gave the same would prove little.
    assert len(set(heard)) >= 6


def _sound(seed: int) -> NDArray[np.int16]:
    """Half a second of a few tones in noise, other ones for each seed."""
    chance = np.random.default_rng(seed)
    seconds = np.arange(8000) / 16000
    tones = [
        np.sin(2 * np.pi * hz * seconds) * (np.sin(2 * np.pi * turns * seconds) > 0)
        for hz, turns in zip(
            chance.uniform(150, 6000, 6), chance.uniform(1, 6, 6), strict=True
        )
    ]
    noise = chance.normal(size=len(seconds)) * 0.2
    return np.asarray((sum(tones) + noise) * 3000, np.int16)
