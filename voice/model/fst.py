"""OpenFst's `vector` transducers over the tropical semiring, read and written.

The layout is that of OpenFst's fst.h and vector-fst.h: a header, then for each
state its final weight, the number of its arcs, and the arcs.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice.model.errors import DamagedModel

NOT_FINAL: Final = float("inf")

ARC = np.dtype(
    [("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("to", "<i4")], align=False
)
STATE: Final = struct.Struct("<fq")

_MAGIC: Final = 2125659606
_HEADER: Final = struct.Struct("<ii6si8siiQqqq")
_VERSION: Final = 2
# Expanded and mutable, as every vector transducer is, and sorted by output, which
# Vosk needs for composing and would find out by itself otherwise.
_PROPERTIES: Final = 0x3
_SORTED_BY_OUTPUT: Final = 0x4000_0000

Arc = tuple[int, int, float, int]
"""Input label, output label, weight, next state; label 0 is epsilon."""


@dataclass(slots=True)
class Fst:
    """A transducer that begins in state 0.

    Attributes:
        arcs: Of each state.
        finals: The final weight of each state; `NOT_FINAL` for none.
    """

    arcs: list[list[Arc]] = field(default_factory=list)
    finals: list[float] = field(default_factory=list)

    def add_state(self, final: float = NOT_FINAL) -> int:
        """Make a state and return its number."""
        self.arcs.append([])
        self.finals.append(final)
        return len(self.finals) - 1

    def to_bytes(self) -> bytes:
        """As a file; each state's arcs are sorted by their output label."""
        parts = [_header(len(self.finals), sum(map(len, self.arcs)))]
        for final, arcs in zip(self.finals, self.arcs, strict=True):
            parts.append(_state(final, sorted(arcs, key=_by_output)))
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Fst":
        """Read what `to_bytes` wrote.

        Raises:
            DamagedModel: If it is something else, or not whole.
        """
        count, _ = read_header(data)
        fst = cls()
        at = _HEADER.size
        for _ in range(count):
            final, arcs, at = _read_state(data, at)
            fst.finals.append(final)
            fst.arcs.append([tuple(arc) for arc in arcs.tolist()])
        return fst


def read_header(data: bytes) -> tuple[int, int]:
    """How many states and arcs there are.

    Raises:
        DamagedModel: If the data are no such transducer, or not whole.
    """
    if len(data) < _HEADER.size:
        raise DamagedModel("a graph is cut off")
    magic, _, kind, _, arc, version, flags, _, start, states, arcs = (
        _HEADER.unpack_from(data)
    )
    if (magic, kind, arc, version) != (_MAGIC, b"vector", b"standard", _VERSION):
        raise DamagedModel("a graph is not of the kind that this program writes")
    if flags or start != 0 or min(states, arcs) < 0:
        raise DamagedModel("a graph was made by another program")
    if len(data) != _HEADER.size + states * STATE.size + arcs * ARC.itemsize:
        raise DamagedModel("a graph does not have the length that it should have")
    return states, arcs


def extend(data: bytes, state: int, more: Sequence[Arc], new: Fst) -> bytes:
    """Give a state of a written transducer more arcs, and add states at the end.

    Takes the time of a copy, however large the transducer is, if `state` is one of
    the first.

    Args:
        data: From `Fst.to_bytes`.
        state: Which state gets the arcs.
        more: Its new arcs; their output labels come after all that it has.
        new: The states to add. Their arcs, and `more`, name states by the number
            that they will have.

    Raises:
        DamagedModel: If the data are no transducer of ours.
        ValueError: If the labels do not come after those that are there.
    """
    states, arcs = read_header(data)
    at = _HEADER.size
    for _ in range(state):
        _, _, at = _read_state(data, at)
    final, present, end = _read_state(data, at)
    if len(present) and more and int(present["output"][-1]) > min(a[1] for a in more):
        raise ValueError("new labels must come after the old ones")
    added = sum(map(len, new.arcs))
    return b"".join(
        (
            _header(states + len(new.finals), arcs + len(more) + added),
            data[_HEADER.size : at],
            STATE.pack(final, len(present) + len(more)),
            present.tobytes(),
            _packed(sorted(more, key=_by_output)),
            data[end:],
            *(
                _state(final, sorted(arcs, key=_by_output))
                for final, arcs in zip(new.finals, new.arcs, strict=True)
            ),
        )
    )


def _by_output(arc: Arc) -> tuple[int, int]:
    return arc[1], arc[0]


def _header(states: int, arcs: int) -> bytes:
    return _HEADER.pack(
        _MAGIC, 6, b"vector", 8, b"standard", _VERSION, 0,
        _PROPERTIES | _SORTED_BY_OUTPUT, 0, states, arcs,
    )  # fmt: skip


def _state(final: float, arcs: Sequence[Arc]) -> bytes:
    return STATE.pack(final, len(arcs)) + _packed(arcs)


def _packed(arcs: Sequence[Arc]) -> bytes:
    return np.array(arcs, ARC).tobytes()


def _read_state(data: bytes, at: int) -> tuple[float, NDArray[np.void], int]:
    """The final weight and the arcs of the state at a place, and where it ends."""
    try:
        final, count = STATE.unpack_from(data, at)
        at += STATE.size
        arcs = np.frombuffer(data, ARC, count, at)
    except (struct.error, ValueError):
        raise DamagedModel("a graph is damaged") from None
    return final, arcs, at + count * ARC.itemsize
