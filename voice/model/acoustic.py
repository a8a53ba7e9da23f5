"""The trained network as plain arrays: what training gives and export writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SUBSAMPLING = 3
"""Feature frames for each output; Vosk's word times are fixed to 3."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """ReLU(weights x + bias), over frames around the present one.

    Attributes:
        offsets: Which frames of its input it sees, in feature frames of 10 ms.
        weights: Shape (outputs, len(offsets) * inputs), the earliest frame first.
        bias: Shape (outputs,).
        is_residual: Whether its input at offset 0 is added after the ReLU.
    """

    offsets: tuple[int, ...]
    weights: Floats
    bias: Floats
    is_residual: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AcousticNetwork:
    """From features of 10 ms to log posteriors of 30 ms.

    Attributes:
        layers: From the features on; normalisation is folded in.
        output_weights: Shape (PDFS, width of the last layer).
        output_bias: Shape (PDFS,).
        log_priors: How often each output occurs in training, shape (PDFS,).
    """

    layers: tuple[Layer, ...]
    output_weights: Floats
    output_bias: Floats
    log_priors: Floats

    def log_posteriors(self, features: Floats) -> Floats:
        """Compute as Kaldi does, edge frames repeated; slow, to check others by.

        Args:
            features: Shape (frames, coefficients).

        Returns:
            Shape (ceil(frames / SUBSAMPLING), PDFS).
        """
        count = len(features)
        reach = sum(max(map(abs, layer.offsets)) for layer in self.layers)
        hidden = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
        for layer in self.layers:
            hidden = _apply(layer, hidden)
        kept = hidden[reach : reach + count : SUBSAMPLING]
        scores = kept @ self.output_weights.T + self.output_bias
        scores -= scores.max(axis=1, keepdims=True)
        result: Floats = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return result

    def save(self, path: Path) -> None:
        """Write as an .npz file."""
        arrays: dict[str, NDArray[np.generic]] = {
            "output_weights": self.output_weights,
            "output_bias": self.output_bias,
            "log_priors": self.log_priors,
        }
        for index, layer in enumerate(self.layers):
            arrays[f"{index}_weights"] = layer.weights
            arrays[f"{index}_bias"] = layer.bias
            arrays[f"{index}_offsets"] = np.array(layer.offsets, np.int32)
            arrays[f"{index}_residual"] = np.array(layer.is_residual)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> "AcousticNetwork":
        """Read what `save` wrote.

        Raises:
            OSError, KeyError, ValueError: If there is no such file, or another.
        """
        with np.load(path) as file:
            count = sum(name.endswith("_offsets") for name in file.files)
            layers = tuple(
                Layer(
                    tuple(int(offset) for offset in file[f"{index}_offsets"]),
                    file[f"{index}_weights"],
                    file[f"{index}_bias"],
                    bool(file[f"{index}_residual"]),
                )
                for index in range(count)
            )
            return cls(
                layers,
                file["output_weights"],
                file["output_bias"],
                file["log_priors"],
            )


def _apply(layer: Layer, hidden: Floats) -> Floats:
    spliced = np.concatenate([_shifted(hidden, by) for by in layer.offsets], axis=1)
    made: Floats = np.maximum(spliced @ layer.weights.T + layer.bias, 0)
    return made + hidden if layer.is_residual else made


def _shifted(hidden: Floats, by: int) -> Floats:
    """Frame t of the result is frame t + by; edges are repeated."""
    rows: Sequence[int] = np.clip(
        np.arange(len(hidden)) + by, 0, len(hidden) - 1
    ).tolist()
    return hidden[rows]
