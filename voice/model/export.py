"""Writes the network as Kaldi's final.mdl, in Kaldi's binary form, without Kaldi.

What is written where follows Kaldi's own readers: hmm/hmm-topology.cc,
hmm/transition-model.cc, nnet3/nnet-nnet.cc, nnet3/nnet-simple-component.cc and
nnet3/am-nnet-simple.cc.
"""

import io
import math
import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from voice.model import transitions
from voice.model.acoustic import AcousticNetwork, Floats, Layer


class KaldiWriter:
    """Kaldi's basic types in binary; see base/io-funcs.cc."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def token(self, token: str) -> None:
        self._file.write(token.encode() + b" ")

    def raw(self, data: bytes) -> None:
        self._file.write(data)

    def integer(self, value: int) -> None:
        self._file.write(struct.pack("<bi", 4, value))

    def real(self, value: float) -> None:
        self._file.write(struct.pack("<bf", 4, value))

    def double(self, value: float) -> None:
        self._file.write(struct.pack("<bd", 8, value))

    def integers(self, values: list[int]) -> None:
        """std::vector<int32>: its count has no size before it."""
        self._file.write(struct.pack(f"<bi{len(values)}i", 4, len(values), *values))

    def vector(self, values: Floats) -> None:
        self.token("FV")
        self.integer(len(values))
        self._floats(values)

    def matrix(self, values: Floats) -> None:
        self.token("FM")
        self.integer(values.shape[0])
        self.integer(values.shape[1])
        self._floats(values)

    def _floats(self, values: NDArray[np.floating]) -> None:
        self._file.write(np.ascontiguousarray(values, "<f4").tobytes())


def final_mdl(network: AcousticNetwork) -> bytes:
    """The transition model and the network, as `am/final.mdl` holds them."""
    file = io.BytesIO()
    file.write(b"\0B")
    writer = KaldiWriter(file)
    _write_transitions(writer)
    _write_network(writer, network)
    # Kaldi finds the contexts by itself when it loads.
    for side in ("<LeftContext>", "<RightContext>"):
        writer.token(side)
        writer.integer(0)
    writer.token("<Priors>")
    writer.vector(np.exp(network.log_priors))
    return file.getvalue()


def _write_transitions(writer: KaldiWriter) -> None:
    tuples = transitions.tuples()
    writer.token("<TransitionModel>")
    writer.token("<Topology>")
    writer.integers([phone for phone, *_ in tuples])
    # Which of the topologies each phone has; -1 for no phone.
    writer.integers([-1] + [0] * len(tuples))
    # Entering and staying give different outputs: -1 says so.
    writer.integer(-1)
    writer.integer(1)
    writer.integer(2)
    _write_state(writer, 0, 1, [(0, 0.5), (1, 0.5)])
    _write_state(writer, -1, -1, [])
    writer.token("</Topology>")
    writer.token("<Tuples>")
    writer.integer(len(tuples))
    for row in tuples:
        for value in row:
            writer.integer(value)
    writer.token("</Tuples>")
    writer.token("<LogProbs>")
    log_probs = np.full(1 + transitions.STEPS, math.log(0.5), np.float32)
    log_probs[0] = 0
    writer.vector(log_probs)
    writer.token("</LogProbs>")
    writer.token("</TransitionModel>")


def _write_state(
    writer: KaldiWriter, enters: int, stays: int, steps: list[tuple[int, float]]
) -> None:
    writer.integer(enters)
    writer.integer(stays)
    writer.integer(len(steps))
    for to, probability in steps:
        writer.integer(to)
        writer.real(probability)


def _write_network(writer: KaldiWriter, network: AcousticNetwork) -> None:
    inputs = network.layers[0].weights.shape[1] // len(network.layers[0].offsets)
    lines = [f"input-node name=input dim={inputs}"]
    components = io.BytesIO()
    parts = KaldiWriter(components)
    count, below = 0, "input"
    for index, layer in enumerate(network.layers, start=1):
        lines += _layer_lines(index, layer, below)
        _write_affine(parts, f"affine{index}", layer.weights, layer.bias)
        _write_nonlinear(parts, f"relu{index}", "RectifiedLinear", len(layer.bias))
        count += 2
        below = f"relu{index}"
        if layer.is_residual:
            _write_no_op(parts, f"sum{index}", len(layer.bias))
            count += 1
            below = f"sum{index}"
    lines += [
        f"component-node name=scores component=scores input={below}",
        "component-node name=posteriors component=posteriors input=scores",
        "output-node name=output input=posteriors objective=linear",
    ]
    _write_affine(parts, "scores", network.output_weights, network.output_bias)
    _write_nonlinear(parts, "posteriors", "LogSoftmax", len(network.output_bias))
    writer.token("<Nnet3>")
    writer.raw(("\n" + "\n".join(lines) + "\n\n").encode())
    writer.token("<NumComponents>")
    writer.integer(count + 2)
    writer.raw(components.getvalue())
    writer.token("</Nnet3>")


def _layer_lines(index: int, layer: Layer, below: str) -> list[str]:
    seen = ", ".join(
        below if offset == 0 else f"Offset({below}, {offset})"
        for offset in layer.offsets
    )
    taken = seen if len(layer.offsets) == 1 else f"Append({seen})"
    affine, relu = f"affine{index}", f"relu{index}"
    lines = [
        f"component-node name={affine} component={affine} input={taken}",
        f"component-node name={relu} component={relu} input={affine}",
    ]
    if layer.is_residual:
        name = f"sum{index}"
        lines.append(
            f"component-node name={name} component={name} input=Sum({relu}, {below})"
        )
    return lines


def _write_affine(
    writer: KaldiWriter, name: str, weights: Floats, bias: Floats
) -> None:
    _begin(writer, name, "FixedAffineComponent")
    writer.token("<LinearParams>")
    writer.matrix(weights)
    writer.token("<BiasParams>")
    writer.vector(bias)
    writer.token("</FixedAffineComponent>")


def _write_nonlinear(writer: KaldiWriter, name: str, kind: str, width: int) -> None:
    _begin(writer, name, f"{kind}Component")
    writer.token("<Dim>")
    writer.integer(width)
    # What training would have gathered; there is nothing to gather any more.
    for gathered in ("<ValueAvg>", "<DerivAvg>"):
        writer.token(gathered)
        writer.vector(np.zeros(0, np.float32))
    writer.token("<Count>")
    writer.double(0.0)
    writer.token(f"</{kind}Component>")


def _write_no_op(writer: KaldiWriter, name: str, width: int) -> None:
    _begin(writer, name, "NoOpComponent")
    writer.token("<Dim>")
    writer.integer(width)
    writer.token("<BackpropScale>")
    writer.real(1.0)
    writer.token("</NoOpComponent>")


def _begin(writer: KaldiWriter, name: str, kind: str) -> None:
    writer.token("<ComponentName>")
    writer.token(name)
    writer.token(f"<{kind}>")
