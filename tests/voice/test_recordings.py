"""A folder of recordings: found, converted once, set aside, noticed again."""

import asyncio
import logging
import os
from pathlib import Path

import pytest

from tests.voice.recorded import encoded, voice, wav
from voice.recorded_sound import Flaw
from voice.recordings import Recording, Recordings, file_name

GREETING, QUESTION, LAST = "Goedemorgen.", "Hoe gaat het met u?", "Tot ziens, dag."
SENTENCES = {file_name(it): it for it in (GREETING, QUESTION, LAST)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    return made


def recordings(folder: Path, convert_within_s: float = 20.0) -> Recordings:
    keep = folder.parent / "kept"
    return Recordings(folder, keep, SENTENCES, convert_within_s)


def flaws(found: Recordings) -> dict[str, Flaw | None]:
    return {it.path.name: it.flaw for it in found.found}


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Goedemorgen.", "goedemorgen"),
        ("Hoe gaat het vandaag met u?", "hoe-gaat-het-vandaag-met-u"),
        ("Dat valt niet mee, zo'n dag.", "dat-valt-niet-mee-zon-dag"),
        ("Eén ding: pijn in uw knieën", "een-ding-pijn-in-uw-knieen"),
        ("  HOE_gaat   het -- ", "hoe-gaat-het"),
        ("?", ""),
    ],
)
def test_a_file_is_called_as_what_is_said(sentence: str, name: str) -> None:
    assert file_name(sentence) == name
    assert file_name(name) == name


async def test_each_file_is_used_or_set_aside_with_its_reason(folder: Path) -> None:
    (folder / "Goedemorgen!.wav").write_bytes(wav(voice()))
    encoded(voice(), folder / "hoe-gaat-het-met-u.m4a", "aac")
    (folder / "tot-ziens-dag.wav").write_bytes(b"RIFF")
    (folder / "welterusten.wav").write_bytes(wav(voice()))
    (folder / "lijst.txt").write_text("wat er nog moet")
    (folder / ".verborgen.wav").write_bytes(b"")
    (folder / "foto.jpg").write_bytes(b"")
    (folder / "nieuwe map").mkdir()
    found = recordings(folder)
    await found.open()
    assert flaws(found) == {
        "Goedemorgen!.wav": None,
        "hoe-gaat-het-met-u.m4a": None,
        "tot-ziens-dag.wav": Flaw.NO_WAV,
        "welterusten.wav": None,
        "foto.jpg": Flaw.OTHER_KIND,
        "nieuwe map": Flaw.OTHER_KIND,
    }
    used = {it.sentence for it in found.found if it.is_used}
    assert used == {GREETING, QUESTION}
    # A file of a sentence that is never said is whole, and yet not used.
    assert Recording(folder / "welterusten.wav", None, None) in found.found
    assert [found.has(it) for it in SENTENCES.values()] == [True, True, False]
    sound = await found.sound(GREETING)
    assert sound is not None
    assert sound.size > 0
    assert await found.sound(LAST) is None


async def test_two_files_for_one_sentence(folder: Path) -> None:
    (folder / "goedemorgen.wav").write_bytes(wav(voice()))
    (folder / "Goedemorgen.wav").write_bytes(b"geen geluid")
    (folder / "goede-morgen.wav").write_bytes(wav(voice()))
    (folder / "goedemorgen..wav").write_bytes(wav(voice(2.0)))
    found = recordings(folder)
    await found.open()
    assert flaws(found) == {
        "Goedemorgen.wav": Flaw.NO_WAV,
        "goede-morgen.wav": None,
        "goedemorgen..wav": None,
        "goedemorgen.wav": Flaw.TWICE,
    }
    assert found.has(GREETING)


async def test_a_file_is_converted_once_and_a_change_is_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "goedemorgen.wav"
    file.write_bytes(wav(voice(1.0)))
    await recordings(folder).open()
    kept = {path: path.stat().st_ino for path in (folder.parent / "kept").iterdir()}
    assert len(kept) == 1

    # No child can be started any more: what is kept needs none.
    with monkeypatch.context() as changed:
        changed.setattr("sys.executable", "/bin/false")
        again = recordings(folder)
        await again.open()
        assert again.has(GREETING)

    file.write_bytes(wav(voice(2.0)))
    await again.open()
    longer = await again.sound(GREETING)
    assert longer is not None
    assert longer.size == pytest.approx(96_000, rel=0.05)

    file.unlink()
    await again.open()
    assert not again.has(GREETING)
    assert again.found == ()
    # Nor does anything of it stay behind.
    assert list((folder.parent / "kept").iterdir()) == []


async def test_what_was_kept_may_vanish_or_be_damaged(folder: Path) -> None:
    (folder / "goedemorgen.wav").write_bytes(wav(voice()))
    found = recordings(folder)
    await found.open()
    [kept] = (folder.parent / "kept").iterdir()
    kept.write_bytes(b"versleten kaart")
    assert await found.sound(GREETING) is None
    await found.open()
    assert await found.sound(GREETING) is not None


async def test_without_a_folder_nobody_recorded_anything(tmp_path: Path) -> None:
    found = recordings(tmp_path / "er niet")
    await found.open()
    assert found.found == ()
    assert not (tmp_path / "kept").exists()


async def test_without_room_the_synthetic_voice_has_to_speak(folder: Path) -> None:
    (folder / "goedemorgen.wav").write_bytes(wav(voice()))
    (folder.parent / "kept").write_text("hier kan geen map komen")
    found = recordings(folder)
    await found.open()
    assert flaws(found) == {"goedemorgen.wav": Flaw.NO_ROOM}
    assert not found.has(GREETING)


# A decoder with a mistake, in the place of PyAV.
ODD_DECODER = """
import os, time

def open(path, **_):
    if "goedemorgen" in path:
        os.abort()
    if "tot-ziens" in path:
        with __builtins__["open"](os.environ["TELL"], "w") as pipe:
            pipe.write(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def odd_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "av.py").write_text(ODD_DECODER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "odd"))


@pytest.mark.usefixtures("odd_decoder")
async def test_a_decoder_that_crashes_takes_one_file_along(folder: Path) -> None:
    (folder / "goedemorgen.m4a").write_bytes(b"vijandig")
    (folder / "hoe-gaat-het-met-u.wav").write_bytes(wav(voice()))
    found = recordings(folder)
    await found.open()
    assert flaws(found) == {
        "goedemorgen.m4a": Flaw.DAMAGED,
        "hoe-gaat-het-met-u.wav": None,
    }


@pytest.mark.usefixtures("odd_decoder")
async def test_a_decoder_that_hangs_is_ended(folder: Path) -> None:
    (folder / "hoe-gaat-het-met-u.mp3").write_bytes(b"oneindig")
    found = recordings(folder, convert_within_s=0.3)
    await found.open()
    assert flaws(found) == {"hoe-gaat-het-met-u.mp3": Flaw.DAMAGED}


@pytest.mark.usefixtures("odd_decoder")
async def test_closing_down_ends_the_decoder_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = folder.parent / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setenv("TELL", str(pipe))
    (folder / "tot-ziens-dag.mp3").write_bytes(b"oneindig")
    opening = asyncio.create_task(recordings(folder).open())
    decoder = int(await asyncio.to_thread(pipe.read_text))
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    with pytest.raises(ProcessLookupError):
        os.kill(decoder, 0)


async def test_no_log_tells_what_was_recorded(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "goedemorgen.wav").write_bytes(b"RIFF")
    with caplog.at_level(logging.DEBUG):
        await recordings(folder).open()
    assert "no_wav" in caplog.text
    assert "morgen" not in caplog.text
