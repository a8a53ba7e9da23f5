"""What the page may say, and what is done with everything else."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.simulator.messages import (
    BLOCK_BYTES,
    BadMessage,
    ButtonMoved,
    MicrophoneLent,
    SoundTaken,
    SwitchMoved,
    read_block,
    read_message,
    write_block,
    write_light,
    write_view,
)
from hardware.lights import Colour
from hardware.panel import Button
from hardware.screen import View
from voice.audio import BLOCK_SAMPLES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"press","button":"talk"}', ButtonMoved(Button.TALK, is_down=True)),
        ('{"type":"release","button":"no"}', ButtonMoved(Button.NO, is_down=False)),
        ('{"type":"switch_microphone","is_on":false}', SwitchMoved(is_on=False)),
        ('{"type":"take_sound"}', SoundTaken()),
        ('{"type":"lend_microphone","is_lent":true}', MicrophoneLent(is_lent=True)),
    ],
)
def test_what_the_page_says_is_understood(text: str, message: object) -> None:
    assert read_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "talk",
        "null",
        "[]",
        "{}",
        '{"type":"press"}',
        '{"type":"press","button":"self-destruct"}',
        '{"type":"press","button":7}',
        '{"type":"switch_microphone","is_on":1}',
        '{"type":"lend_microphone","is_lent":"yes"}',
        '{"type":"view","view":{}}',
        "[" * 4000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        read_message(text)


@given(st.text(max_size=200))
def test_no_text_does_more_than_being_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        read_message(text)


@given(st.binary(max_size=2 * BLOCK_BYTES).filter(lambda data: len(data) != 1920))
def test_only_whole_blocks_are_sound(data: bytes) -> None:
    with pytest.raises(BadMessage):
        read_block(data)


def test_a_block_survives_the_way() -> None:
    block = np.linspace(-32768, 32767, BLOCK_SAMPLES).astype(np.int16)

    assert np.array_equal(read_block(write_block(block)), block)


def test_a_view_travels_with_its_buttons_in_order() -> None:
    view = View(clock="14:05", buttons=(("talk", "praten"), ("line", "bellen")))

    sent = json.loads(write_view(view))["view"]

    assert sent["clock"] == "14:05"
    assert sent["buttons"] == [["talk", "praten"], ["line", "bellen"]]


def test_the_light_travels_in_bytes() -> None:
    assert json.loads(write_light(Colour(1.0, 0.5, 0.0)))["colour"] == [255, 128, 0]
