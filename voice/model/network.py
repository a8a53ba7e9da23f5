"""The network in PyTorch, as plain functions over plain tensors.

Functions, and no `torch.nn.Module`: PyTorch is there only where models are built,
and the types of what is not there cannot be inherited from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from voice.model.acoustic import SUBSAMPLING, AcousticNetwork, Floats, Layer
from voice.model.phones import PDFS

Tensor = Any
Parameters = dict[str, Tensor]
"""Tensors by name; those named `*_mean` and `*_variance` are not trained."""

# PyTorch's own, of batch normalisation.
_MOMENTUM = 0.1
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a network is.

    Attributes:
        width: Of every layer.
        offsets: Which frames of 10 ms each layer sees. The first layer has every
            frame; the others only each SUBSAMPLING-th, which the second picks.
    """

    width: int
    offsets: tuple[tuple[int, ...], ...]

    @property
    def before(self) -> int:
        """How many frames before the present one are seen."""
        return -sum(min(offsets) for offsets in self.offsets)

    @property
    def after(self) -> int:
        """How many frames after the present one are seen."""
        return sum(max(offsets) for offsets in self.offsets)


# 0.2 s ahead, which is delay; 0.4 s back, which is free and tells what the noise
# in this room is like.
PRODUCT = Shape(
    width=256,
    offsets=(
        (-2, -1, 0, 1, 2),
        (-1, 0, 1),
        (-3, 0, 3),
        (-3, 0, 3),
        (-3, 0, 3),
        (-6, 0, 3),
        (-9, 0, 3),
        (-12, 0, 3),
    ),
)


def initial(shape: Shape, features: NDArray[np.floating], seed: int) -> Parameters:
    """Parameters to start training from.

    Args:
        shape: Of the network.
        features: What it will see, shape (frames, coefficients): the network
            brings them to mean 0 and spread 1 first.
        seed: Of the random weights.
    """
    chance = torch.Generator().manual_seed(seed)
    inputs = features.shape[1]
    made: Parameters = {
        "input_mean": torch.tensor(features.mean(axis=0, dtype=np.float64)).float(),
        "input_variance": torch.tensor(features.var(axis=0, dtype=np.float64)).float(),
    }
    for index, offsets in enumerate(shape.offsets):
        fan_in = inputs * len(offsets)
        weights = torch.randn(shape.width, fan_in, generator=chance)
        made[f"{index}_weights"] = weights * (2 / fan_in) ** 0.5
        made[f"{index}_scale"] = torch.ones(shape.width)
        made[f"{index}_shift"] = torch.zeros(shape.width)
        made[f"{index}_mean"] = torch.zeros(shape.width)
        made[f"{index}_variance"] = torch.ones(shape.width)
        inputs = shape.width
    made["output_weights"] = torch.randn(PDFS, inputs, generator=chance) * 0.05
    made["output_bias"] = torch.zeros(PDFS)
    for name in trained(made):
        made[name].requires_grad_()
    return made


def trained(parameters: Mapping[str, Tensor]) -> list[str]:
    """Names of what training changes by its gradient."""
    return [name for name in parameters if not name.endswith(("_mean", "_variance"))]


def scores(
    shape: Shape, parameters: Parameters, features: Tensor, is_training: bool
) -> Tensor:
    """What the network says of each 30 ms, before the softmax.

    Args:
        shape: Of the network.
        parameters: From `initial`; their means and variances follow in training.
        features: Shape (sentences, before + frames + after, coefficients).
        is_training: Normalise by this batch, and not by the running statistics.

    Returns:
        Shape (sentences, ceil(frames / SUBSAMPLING), PDFS).
    """
    spread = (parameters["input_variance"] + _EPSILON).sqrt()
    hidden = (features - parameters["input_mean"]) / spread
    for index, offsets in enumerate(shape.offsets):
        # From the second layer on there is one frame of each three.
        step = 1 if index < 2 else SUBSAMPLING
        stride = SUBSAMPLING if index == 1 else 1
        before, after = -min(offsets) // step, max(offsets) // step
        count = hidden.shape[1] - before - after
        taken = [
            hidden[:, before + offset // step :][:, :count:stride] for offset in offsets
        ]
        spliced = torch.cat(taken, dim=2)
        made = functional.linear(spliced, parameters[f"{index}_weights"])
        made = functional.relu(_normalised(made, parameters, index, is_training))
        hidden = made + taken[offsets.index(0)] if index >= 2 else made
    return functional.linear(
        hidden, parameters["output_weights"], parameters["output_bias"]
    )


def folded(
    shape: Shape, parameters: Mapping[str, Tensor], log_priors: Floats
) -> AcousticNetwork:
    """The same network with its normalisation made part of the weights."""
    arrays = {
        name: tensor.detach().numpy().astype(np.float64)
        for name, tensor in parameters.items()
    }
    layers = []
    for index, offsets in enumerate(shape.offsets):
        spread = np.sqrt(arrays[f"{index}_variance"] + _EPSILON)
        scale = arrays[f"{index}_scale"] / spread
        weights = arrays[f"{index}_weights"] * scale[:, None]
        bias = arrays[f"{index}_shift"] - arrays[f"{index}_mean"] * scale
        if index == 0:
            spread = np.sqrt(arrays["input_variance"] + _EPSILON)
            weights = weights / np.tile(spread, len(offsets))
            bias = bias - weights @ np.tile(arrays["input_mean"], len(offsets))
        layers.append(
            Layer(
                offsets,
                weights.astype(np.float32),
                bias.astype(np.float32),
                is_residual=index >= 2,
            )
        )
    return AcousticNetwork(
        tuple(layers),
        arrays["output_weights"].astype(np.float32),
        arrays["output_bias"].astype(np.float32),
        log_priors,
    )


def _normalised(
    hidden: Tensor, parameters: Parameters, index: int, is_training: bool
) -> Tensor:
    flat = functional.batch_norm(
        hidden.reshape(-1, hidden.shape[2]),
        parameters[f"{index}_mean"],
        parameters[f"{index}_variance"],
        parameters[f"{index}_scale"],
        parameters[f"{index}_shift"],
        is_training,
        _MOMENTUM,
        _EPSILON,
    )
    return flat.reshape(hidden.shape)
