"""A terminal is given back as it was found, whatever happens."""

import asyncio
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from hardware.panel import Button, HardwareError, Light, MicrophoneSwitched, Pressed
from hardware.terminal import KEYS, TerminalPanel

Pair = tuple[int, int]


@pytest.fixture
def terminal() -> Iterator[Pair]:
    """A window's side and a keyboard's side."""
    window, keyboard = pty.openpty()
    yield window, keyboard
    os.close(window)
    os.close(keyboard)


def has_echo(keyboard: int) -> bool:
    flags: int = termios.tcgetattr(keyboard)[3]
    return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)


def ignore(light: Light) -> None:
    """Nobody looks."""


async def test_every_button_has_one_key() -> None:
    assert sorted(KEYS.values()) == sorted(Button)


async def test_keys_need_no_enter_and_capitals_do(terminal: Pair) -> None:
    window, keyboard = terminal
    panel = TerminalPanel(keyboard, show_light=ignore)
    await panel.open()
    os.write(window, "Txém+".encode())
    async with asyncio.timeout(5.0):
        events = panel.events()
        heard = [await anext(events) for _ in range(3)]
    await panel.close()
    assert isinstance(heard[0], Pressed) and heard[0].button is Button.TALK
    assert heard[1] == MicrophoneSwitched(is_on=False)
    assert isinstance(heard[2], Pressed) and heard[2].button is Button.LOUDER


async def test_the_terminal_is_restored_on_closing(terminal: Pair) -> None:
    _, keyboard = terminal
    panel = TerminalPanel(keyboard, show_light=ignore)
    await panel.open()
    assert not has_echo(keyboard)
    await panel.close()
    assert has_echo(keyboard)
    await panel.close()


def test_the_terminal_is_restored_when_the_program_breaks(terminal: Pair) -> None:
    _, keyboard = terminal
    program = (
        "import asyncio\n"
        "from hardware.terminal import TerminalPanel\n"
        "async def main():\n"
        "    await TerminalPanel().open()\n"
        "    raise RuntimeError('broken on purpose')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=keyboard,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "broken on purpose" in ended.stderr
    assert has_echo(keyboard)


async def test_a_light_is_one_word(
    terminal: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    _, keyboard = terminal
    panel = TerminalPanel(keyboard)
    await panel.open()
    panel.show(Light.LISTENING)
    panel.show(Light.LISTENING)
    panel.show(Light.MICROPHONE_OFF)
    await panel.close()
    words = capsys.readouterr().err.split()
    assert words == ["[listening]", "[microphone_off]", "[off]"]


async def test_what_is_no_terminal_is_refused() -> None:
    reading, writing = os.pipe()
    with pytest.raises(HardwareError, match="needs a keyboard"):
        await TerminalPanel(reading, show_light=ignore).open()
    os.close(reading)
    os.close(writing)


async def test_a_window_that_is_closed_leaves_a_quiet_panel() -> None:
    window, keyboard = pty.openpty()
    panel = TerminalPanel(keyboard, show_light=ignore)
    await panel.open()
    os.write(window, b"t")
    events = panel.events()
    async with asyncio.timeout(5.0):
        assert isinstance(await anext(events), Pressed)
    os.close(window)
    waiting = asyncio.ensure_future(anext(events, None))
    await panel.close()
    async with asyncio.timeout(5.0):
        assert await waiting is None
    os.close(keyboard)
