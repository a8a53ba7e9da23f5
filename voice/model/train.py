"""Trains the network on the corpus, on ordinary processor cores."""

import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from voice.model import network
from voice.model.acoustic import SUBSAMPLING, AcousticNetwork, Floats
from voice.model.corpus import Sentences
from voice.model.features import COEFFICIENTS, mel_masks
from voice.model.files import write_whole
from voice.model.network import Parameters, Shape, Tensor
from voice.model.phones import PDFS

logger = logging.getLogger(__name__)

# Of all sentences: those that only measure.
_MEASURING_SHARE = 0.02
_LABEL_SMOOTHING = 0.05
_WEIGHT_DECAY = 0.01
# Steps from no learning to the full rate: batch statistics are wild at first.
_WARMING_UP = 200
_LARGEST_GRADIENT = 5.0
# Target of frames that only fill up a batch.
_IGNORED = -1
_PROGRESS_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class Course:
    """How training goes.

    Attributes:
        epochs: How often every sentence is seen.
        seed: Of the first weights, the order and the masks.
        rate: Highest learning rate; it falls to nothing along a cosine.
        batch_frames: About how many frames of 10 ms are learnt from at once.
        mask_share: Of the sentences, those of which frequencies and times are hidden.
    """

    epochs: int
    seed: int
    rate: float = 2e-3
    batch_frames: int = 9_000
    mask_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out.

    Attributes:
        network: To be written in the model.
        frame_accuracy: Share of 30 ms steps whose phone is right, on sentences
            that were kept apart.
    """

    network: AcousticNetwork
    frame_accuracy: float


def train(
    sentences: Sentences,
    shape: Shape,
    course: Course,
    checkpoint: Path,
    epoch_done: Callable[[int, float], None],
) -> Trained:
    """Train a network, or go on where an interrupted training was.

    Args:
        sentences: To learn from.
        shape: Of the network.
        course: How.
        checkpoint: Written after each epoch; one of another course, network or
            corpus is not gone on from.
        epoch_done: Told after each epoch, when it is kept, how many are done and
            the share of frames right.
    """
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    batches = _Batches(sentences, shape, course)
    parameters = network.initial(shape, sentences.features[::7], course.seed)
    learner = torch.optim.AdamW(
        [parameters[name] for name in network.trained(parameters)],
        lr=course.rate,
        weight_decay=_WEIGHT_DECAY,
    )
    sign = f"{course} {shape} {len(sentences.targets)} {sentences.targets[:999].sum()}"
    done = _restore(checkpoint, sign, parameters, learner)
    for epoch in range(done, course.epochs):
        _learn(batches, epoch, shape, course, parameters, learner)
        accuracy = _accuracy(batches, shape, parameters)
        _keep(checkpoint, sign, epoch + 1, parameters, learner)
        epoch_done(epoch + 1, accuracy)
    made = network.folded(shape, parameters, log_priors(sentences.targets))
    return Trained(made, _accuracy(batches, shape, parameters))


def log_priors(targets: NDArray[np.int16]) -> Floats:
    """How often the network gives each output: as often as it was taught to.

    Smoothed labels teach it that every output is right now and then, also one that
    never is; without that, dividing by its prior would let it win everywhere.
    """
    shares = np.bincount(targets, minlength=PDFS) / len(targets)
    taught = (1 - _LABEL_SMOOTHING) * shares + _LABEL_SMOOTHING / PDFS
    return np.asarray(np.log(taught), np.float32)


class _Batches:
    """Sentences of like length together, padded to the longest of them."""

    def __init__(self, sentences: Sentences, shape: Shape, course: Course) -> None:
        self._sentences = sentences
        self._shape = shape
        self._course = course
        self._frame_ends = np.cumsum(sentences.frames)
        self._output_ends = np.cumsum(sentences.outputs)
        order = np.random.default_rng(course.seed).permutation(len(sentences.frames))
        measuring = max(1, int(len(order) * _MEASURING_SHARE))
        self._measuring, self._learning = order[:measuring], order[measuring:]
        # Hidden frequencies and times look like the mean.
        self._mean = torch.from_numpy(
            sentences.features[::7].mean(axis=0, dtype=np.float64).astype(np.float32)
        )

    def learning(self, epoch: int) -> list[NDArray[np.int64]]:
        """The batches of an epoch, in an order of its own."""
        chance = np.random.default_rng((self._course.seed, epoch))
        return self._grouped(self._learning, chance)

    def measuring(self) -> list[NDArray[np.int64]]:
        """Batches of the sentences that were kept apart."""
        return self._grouped(self._measuring, np.random.default_rng(0))

    def _grouped(
        self, chosen: NDArray[np.int64], chance: np.random.Generator
    ) -> list[NDArray[np.int64]]:
        # Some chance in the lengths, so that other sentences meet in each epoch.
        lengths = self._sentences.frames[chosen].astype(np.float64)
        lengths = lengths * chance.uniform(0.95, 1.05, len(chosen))
        by_length = chosen[np.argsort(lengths)]
        groups: list[NDArray[np.int64]] = []
        start = longest = 0
        for at, index in enumerate(by_length):
            longest = max(longest, int(self._sentences.frames[index]))
            if (at + 1 - start) * longest >= self._course.batch_frames:
                groups.append(by_length[start : at + 1])
                start, longest = at + 1, 0
        if start < len(by_length):
            groups.append(by_length[start:])
        return [groups[at] for at in chance.permutation(len(groups))]

    def tensors(self, batch: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Features with the frames around them, and targets."""
        sentences = self._sentences
        frames, outputs = sentences.frames[batch], sentences.outputs[batch]
        before, after = self._shape.before, self._shape.after
        longest = int(frames.max())
        features = np.empty(
            (len(batch), before + longest + after, COEFFICIENTS), np.float32
        )
        targets = np.full((len(batch), -(-longest // SUBSAMPLING)), _IGNORED, np.int64)
        for row, index in enumerate(batch):
            end = self._frame_ends[index]
            own = sentences.features[end - frames[row] : end]
            features[row, :before] = own[0]
            features[row, before : before + frames[row]] = own
            features[row, before + frames[row] :] = own[-1]
            end = self._output_ends[index]
            targets[row, : outputs[row]] = sentences.targets[end - outputs[row] : end]
        return torch.from_numpy(features), torch.from_numpy(targets)

    def masked(self, features: Tensor, chance: np.random.Generator) -> Tensor:
        """Hide a band of frequencies and a moment of some sentences."""
        count = features.shape[0]
        hidden = chance.random(count) < self._course.mask_share
        masks = torch.from_numpy(mel_masks(count, chance))
        away = torch.bmm(features - self._mean, masks)
        away[~torch.from_numpy(hidden)] = 0
        masked = features - away
        for row in np.flatnonzero(chance.random(count) < self._course.mask_share):
            start = int(chance.integers(features.shape[1]))
            masked[row, start : start + int(chance.integers(1, 13))] = self._mean
        return masked


def _learn(
    batches: _Batches,
    epoch: int,
    shape: Shape,
    course: Course,
    parameters: Parameters,
    learner: Any,
) -> None:
    """One epoch."""
    chance = np.random.default_rng((course.seed, epoch, 1))
    groups = batches.learning(epoch)
    told_s = time.monotonic()
    for step, batch in enumerate(groups):
        progress = (epoch + step / len(groups)) / course.epochs
        warmth = min(1.0, (epoch * len(groups) + step + 1) / _WARMING_UP)
        for group in learner.param_groups:
            falling = 0.5 * (1 + math.cos(math.pi * progress))
            group["lr"] = course.rate * warmth * (0.01 + 0.99 * falling)
        features, targets = batches.tensors(batch)
        features = batches.masked(features, chance)
        found = network.scores(shape, parameters, features, is_training=True)
        loss = functional.cross_entropy(
            found.reshape(-1, PDFS),
            targets.reshape(-1),
            ignore_index=_IGNORED,
            label_smoothing=_LABEL_SMOOTHING,
        )
        learner.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(
            [parameters[name] for name in network.trained(parameters)],
            _LARGEST_GRADIENT,
        )
        learner.step()
        if time.monotonic() - told_s > _PROGRESS_EVERY_S:
            told_s = time.monotonic()
            logger.info(
                "epoch %d: %.0f %%, loss %.3f",
                epoch + 1,
                100 * step / len(groups),
                loss.item(),
            )


def _accuracy(batches: _Batches, shape: Shape, parameters: Parameters) -> float:
    """Share of outputs whose phone is right, on the sentences kept apart."""
    right = count = 0
    with torch.no_grad():
        for batch in batches.measuring():
            features, targets = batches.tensors(batch)
            found = network.scores(shape, parameters, features, is_training=False)
            # Two outputs are one phone: which of its frames it is does not matter.
            is_right = (found.argmax(dim=2) // 2) == (targets // 2)
            is_counted = targets != _IGNORED
            right += int((is_right & is_counted).sum())
            count += int(is_counted.sum())
    return right / max(1, count)


def _keep(
    checkpoint: Path, sign: str, done: int, parameters: Parameters, learner: Any
) -> None:
    state = {
        "sign": sign,
        "done": done,
        "parameters": {name: tensor.detach() for name, tensor in parameters.items()},
        "learner": learner.state_dict(),
    }
    with write_whole(checkpoint) as half_written:
        torch.save(state, half_written)


def _restore(checkpoint: Path, sign: str, parameters: Parameters, learner: Any) -> int:
    """Take up an earlier training of the same; gives how many epochs it did."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    if state["sign"] != sign:
        logger.info("the earlier training was of something else; beginning anew")
        return 0
    with torch.no_grad():
        for name, tensor in parameters.items():
            tensor.copy_(state["parameters"][name])
    learner.load_state_dict(state["learner"])
    logger.info("going on after %d epochs", state["done"])
    return int(state["done"])
