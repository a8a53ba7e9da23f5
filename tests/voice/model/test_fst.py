"""Transducers in OpenFst's own form."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.model.errors import DamagedModel
from voice.model.fst import NOT_FINAL, Arc, Fst, extend, read_header

weights = st.floats(-100, 100, width=32)


@st.composite
def fsts(draw: st.DrawFn) -> Fst:
    count = draw(st.integers(1, 5))
    arcs = st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 9), weights, st.integers(0, count - 1)
        ),
        max_size=6,
    )
    finals = st.one_of(st.just(NOT_FINAL), weights)
    return Fst(
        [sorted(draw(arcs), key=by_output) for _ in range(count)],
        [draw(finals) for _ in range(count)],
    )


def by_output(arc: Arc) -> tuple[int, int]:
    return arc[1], arc[0]


@given(fsts())
def test_what_is_written_is_read_back(fst: Fst) -> None:
    data = fst.to_bytes()
    assert Fst.from_bytes(data) == fst
    assert read_header(data) == (len(fst.finals), sum(map(len, fst.arcs)))


@given(fsts(), st.data())
def test_extending_a_file_is_extending_the_transducer(
    fst: Fst, data: st.DataObject
) -> None:
    state = data.draw(st.integers(0, len(fst.finals) - 1))
    new_state = len(fst.finals)
    more: list[Arc] = [(3, 10, 0.5, new_state), (4, 11, 0.25, 0)]
    new = Fst([[(5, 0, 1.0, new_state), (0, 0, 0.0, state)]], [0.5])
    expected = Fst(
        [[*arcs, *more] if at == state else arcs for at, arcs in enumerate(fst.arcs)]
        + [sorted(new.arcs[0], key=by_output)],
        [*fst.finals, 0.5],
    )
    assert extend(fst.to_bytes(), state, more, new) == expected.to_bytes()


def test_the_layout_is_openfsts() -> None:
    """As fst.h and vector-fst.h of OpenFst 1.6 and later have it."""
    data = Fst([[(1, 2, 0.5, 0)]], [0.0]).to_bytes()
    assert data == (
        struct.pack("<i", 2125659606)
        + struct.pack("<i6s", 6, b"vector")
        + struct.pack("<i8s", 8, b"standard")
        + struct.pack("<ii", 2, 0)
        + struct.pack("<Q", 0x40000003)
        + struct.pack("<qqq", 0, 1, 1)
        + struct.pack("<fq", 0.0, 1)
        + struct.pack("<iifi", 1, 2, 0.5, 0)
    )


def test_labels_that_would_not_be_sorted_are_refused() -> None:
    data = Fst([[(1, 5, 0.0, 0)]], [0.0]).to_bytes()
    with pytest.raises(ValueError, match="after the old ones"):
        extend(data, 0, [(1, 4, 0.0, 0)], Fst())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"x" + data[1:],
        lambda data: data.replace(b"vector", b"consts"),
        lambda data: data[:30] + b"\1" + data[31:],
    ],
)
def test_a_damaged_or_foreign_file_is_told(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DamagedModel):
        Fst.from_bytes(spoil(Fst([[(1, 2, 0.5, 0)]], [0.0]).to_bytes()))


def test_a_count_of_arcs_that_is_wrong_is_told() -> None:
    data = bytearray(Fst([[(1, 2, 0.5, 0)]], [0.0]).to_bytes())
    data[66 + 4] = 99
    with pytest.raises(DamagedModel, match="damaged"):
        Fst.from_bytes(bytes(data))
