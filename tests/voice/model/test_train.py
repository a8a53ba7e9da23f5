"""Training learns, goes on after an interruption, and repeats itself by seed.

PyTorch is there only where models are built: it is imported in each test.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from voice.model.acoustic import AcousticNetwork
from voice.model.corpus import Sentences
from voice.model.features import COEFFICIENTS
from voice.model.phones import PDFS

if TYPE_CHECKING:
    from voice.model.train import Trained

pytestmark = pytest.mark.model


def sentences(count: int = 40) -> Sentences:
    """Features from which the right output can be told: one of four, with noise."""
    chance = np.random.default_rng(1)
    outputs = chance.integers(10, 20, count).astype(np.int32)
    targets = chance.integers(0, 4, outputs.sum()).astype(np.int16) * 2
    marks = chance.normal(0, 10, (PDFS, COEFFICIENTS))
    features = np.repeat(marks[targets], 3, axis=0) + 50
    features += chance.normal(0, 1, features.shape)
    return Sentences(features.astype(np.float16), targets, outputs * 3, outputs)


class Interrupted(Exception):
    """Stands for a power cut between two epochs."""


def trained(checkpoint: Path, seed: int = 1, interrupt_after: int = 99) -> "Trained":
    from voice.model.network import Shape
    from voice.model.train import Course, train

    def epoch_done(done: int, _: float) -> None:
        if done == interrupt_after:
            raise Interrupted

    shape = Shape(24, ((-2, -1, 0, 1, 2), (-1, 0, 1), (-3, 0, 3), (-6, 0, 3)))
    course = Course(epochs=8, seed=seed, rate=0.01, batch_frames=150)
    return train(sentences(), shape, course, checkpoint, epoch_done)


def weights(network: AcousticNetwork) -> np.ndarray:
    layers = [layer.weights.ravel() for layer in network.layers]
    return np.concatenate([*layers, network.output_weights.ravel()])


def test_it_learns(tmp_path: Path) -> None:
    assert trained(tmp_path / "checkpoint").frame_accuracy > 0.9


def test_it_goes_on_as_if_it_was_not_interrupted(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")
    with pytest.raises(Interrupted):
        trained(tmp_path / "parts", interrupt_after=3)
    resumed = trained(tmp_path / "parts")
    np.testing.assert_allclose(
        weights(resumed.network), weights(whole.network), atol=1e-5
    )


def test_another_seed_is_another_network(tmp_path: Path) -> None:
    """And a checkpoint of another training is not gone on from."""
    first = trained(tmp_path / "checkpoint", seed=1)
    again = trained(tmp_path / "other", seed=1)
    other = trained(tmp_path / "checkpoint", seed=2)
    np.testing.assert_allclose(
        weights(first.network), weights(again.network), atol=1e-5
    )
    assert not np.allclose(weights(first.network), weights(other.network), atol=1e-2)


def test_the_written_network_computes_what_was_trained(tmp_path: Path) -> None:
    import torch

    from voice.model import network

    shape = network.PRODUCT
    known = sentences()
    chance = torch.Generator().manual_seed(3)
    parameters = network.initial(shape, known.features, seed=1)
    for index in range(len(shape.offsets)):
        for name, low in (("mean", -1.0), ("variance", 0.5), ("shift", -0.5)):
            values = torch.rand(shape.width, generator=chance) + low
            parameters[f"{index}_{name}"] = values
    count = int(known.frames[0])
    features = known.features[:count].astype(np.float32)
    around = ((shape.before, shape.after), (0, 0))
    padded = torch.from_numpy(np.pad(features, around, mode="edge"))[None]
    with torch.no_grad():
        scores = network.scores(shape, parameters, padded, is_training=False)
    expected = torch.log_softmax(scores[0], dim=1).numpy()
    folded = network.folded(shape, parameters, np.zeros(PDFS, np.float32))
    np.testing.assert_allclose(folded.log_posteriors(features), expected, atol=1e-3)


def test_priors_know_of_smoothed_labels() -> None:
    from voice.model.train import log_priors

    priors = np.exp(log_priors(np.array([0, 0, 0, 1], np.int16)))
    assert priors.sum() == pytest.approx(1)
    assert priors[0] == pytest.approx(0.75, abs=0.05)
    # What never occurred is not nothing: the network gives it a little as well.
    assert priors[5] == pytest.approx(0.05 / PDFS)
