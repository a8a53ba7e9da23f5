"""The whole companion on a keyboard, fed by scripts."""

import asyncio
import io
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from companion.activities.tastes import OpinionKind
from companion.agenda_book import AgendaBook
from companion.app import run_typed
from companion.journal import Journal
from companion.settings import CheckInSettings, FoldersSettings, Settings
from companion.store import open_store
from companion.tastes_book import TastesBook
from companion.typed import TypedDevice, TypedScreen
from companion.understanding.intents import Intent
from hardware.screen import View
from tests.noon import zone_at
from tests.scanner import code_of, scan
from tests.stories.village import village

SCRIPT = """\
stel de dagelijkse vragen
het gaat goed
ik heb slecht geslapen
nee geen pijn
ja
ja een boterham
ja genoeg
ik ga wandelen
nee dank u
"""


def settings(folder: Path) -> Settings:
    """No check-in of its own, so that the script decides; it is about noon."""
    defaults = Settings()
    return replace(
        defaults,
        device=replace(defaults.device, time_zone=zone_at(12)),
        folders=FoldersSettings(state=str(folder)),
        checkin=CheckInSettings(is_on=False),
    )


async def play(folder: Path, script: str) -> list[str]:
    """What was printed; a program that hangs is a failure."""
    printed: list[str] = []
    async with asyncio.timeout(20):
        await run_typed(
            settings(folder), io.StringIO(script), printed.append, "geen knop: {word}"
        )
    return printed


async def kept(folder: Path) -> list[Intent]:
    now = datetime.now(UTC)
    journal = Journal(open_store(folder / "journal.db", now))
    try:
        answers = await journal.answers(
            now - timedelta(days=1), now + timedelta(days=1)
        )
        return [answer.intent for answer in answers]
    finally:
        await journal.close()


async def test_something_to_do_from_a_script(tmp_path: Path) -> None:
    zone = ZoneInfo(settings(tmp_path).device.time_zone)
    village(tmp_path, datetime.now(zone))

    printed = await play(tmp_path, "wat is er te doen\nja\nja\nnee\nnee\nnee\n")

    now = datetime.now(zone)
    with closing(open_store(tmp_path / "journal.db", now)) as store:
        (entry,) = AgendaBook(store.agenda).entries()
        told = [opinion.kind for opinion in TastesBook(store.tastes).opinions()]
    assert any(entry.what in line for line in printed), printed
    assert entry.source.startswith("Voorbeelddorp") and entry.activity
    assert told == [OpinionKind.SUGGESTED, OpinionKind.PLANNED]


async def test_a_whole_check_in_from_a_script(tmp_path: Path) -> None:
    await play(tmp_path, SCRIPT)

    assert await kept(tmp_path) == [
        Intent.MOOD_GOOD,
        Intent.SLEPT_BADLY,
        Intent.NO_PAIN,
        Intent.ATE_WELL,
        Intent.DRANK_ENOUGH,
        Intent.PLANS,
    ]


@pytest.mark.parametrize("lines", range(len(SCRIPT.splitlines()) + 1))
async def test_a_script_may_end_anywhere(tmp_path: Path, lines: int) -> None:
    script = "".join(SCRIPT.splitlines(keepends=True)[:lines])

    await play(tmp_path, script)

    # The first line asks for the questions; the last one is no answer to keep.
    assert len(await kept(tmp_path)) == len(
        [n for n in (2, 3, 4, 6, 7, 8) if n <= lines]
    )


PRESSES = ("/praat", "/familie", "/lijn", "/ja", "/nee", "/harder", "/zachter")


@pytest.mark.parametrize("before", ["", "/praat", "ik heb pijn op de borst\n\n"])
async def test_a_press_never_keeps_the_script_waiting(
    tmp_path: Path, before: str
) -> None:
    lines = [line for press in PRESSES for line in (before, press)]

    printed = await play(tmp_path, "\n".join([*lines, "/onzin", ""]))

    assert "geen knop: /onzin" in printed


async def test_a_press_while_it_listens_stops_the_conversation(tmp_path: Path) -> None:
    printed = await play(tmp_path, "/praat\n/praat\nhoe laat is het\n")

    # The third line opened a conversation of its own, and was heard in it.
    assert printed.count("♪ listening") == 2
    assert any("Ik herhaal het" in line for line in printed)


async def test_the_microphone_switch_makes_it_deaf_at_once(tmp_path: Path) -> None:
    printed = await play(tmp_path, "/praat\n/microfoon\n/microfoon\n/praat\nstop\n")

    assert any("de microfoon staat uit" in line for line in printed)
    assert "♪ done" in printed


async def test_empty_lines_are_silence_and_open_nothing(tmp_path: Path) -> None:
    printed = await play(tmp_path, "\n\n\n")

    assert printed == []


async def test_a_script_that_is_no_text_ends_the_program(tmp_path: Path) -> None:
    script = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\xff\n"), encoding="utf-8")

    async with asyncio.timeout(20):
        await run_typed(settings(tmp_path), script, lambda line: None, "{word}")


async def test_a_code_can_be_read_from_a_terminal() -> None:
    printed: list[str] = []
    screen = TypedScreen(TypedDevice(printed.append, ""))
    code = code_of()
    for view in (View(), View(code=code), View(code=code, said="Nog hier."), View()):
        screen.show(view)
    texts = [code.title, code.address, code.note]
    lines, told = printed[:-3], printed[-3:]
    assert told == texts
    # A letter of a terminal is twice as high as it is wide.
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    rows = [
        [halves[letter][half] for letter in line] for line in lines for half in (0, 1)
    ]
    picture = np.kron(np.array(rows, dtype=np.uint8), np.ones((6, 6), dtype=np.uint8))
    assert scan(np.pad(picture, 40)) == [code.address]
