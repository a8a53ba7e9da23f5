"""Recordings of people, out of Debian's packages."""

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.measuring.clips import ClipsError, read_folder
from benchmarks.measuring.human import clips_in, fetch, parse_dialogs, parse_sounds
from tests.sound.handmade import tone
from voice.files import write_wav

LUA = """
dialogId("let-m-divna", "font_small", "What kind of \\"ship\\" is that?")
dialogStr("Wat is dit voor \\"raar\\" schip?")

dialogId("let-v-leeg", "font_big", "Nothing.")
dialogStr("")
dialogId("let-v-nog", "font_big",
    "Not yet.")
dialogStr( "Nog niet, (echt niet)." )
dialogId("let-x-zonder", "font_big", "No translation.")
"""

XML = """<klettres><alphabet><sound name="A" file="nl/alpha/a-0.ogg" /></alphabet>
<syllables>
	<sound name="AAP" file="nl/syllab/ad-2.ogg" />
	<sound name="AA" file="nl/syllab/ad-0.ogg" />
	<sound name="YS" file="nl/syllab/ad-25.ogg" />
</syllables></klettres>"""


def test_dialogs_are_read_with_their_quotes() -> None:
    assert parse_dialogs(LUA) == {
        "let-m-divna": 'Wat is dit voor "raar" schip?',
        "let-v-nog": "Nog niet, (echt niet).",
    }


@pytest.mark.parametrize("text", ["", "dialogId(", 'dialogId("a", "b", "c")\n'])
def test_what_is_no_dialog_gives_nothing(text: str) -> None:
    assert parse_dialogs(text) == {}


def test_syllables_that_are_no_words_are_left_out() -> None:
    assert parse_sounds(XML) == {
        "nl/syllab/ad-2.ogg": "aap",
        "nl/syllab/ad-25.ogg": "ijs",
    }


def put(root: Path, path: str, content: str | None = None) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        write_wav(file, tone(440, 0.1))
    else:
        file.write_text(content, "utf-8")
    return file


GAME = "usr/share/games/fillets-ng"


def unpacked(root: Path) -> Path:
    """What the packages look like, with one recording of each kind."""
    figures = LUA + 'dialogId("let-m-10", "", "")\ndialogStr("Vlucht 10")\n'
    others = figures + 'dialogId("help1", "", "")\ndialogStr("Anders vervormd")\n'
    put(root, f"{GAME}/script/airplane/dialogs_nl.lua", others)
    for name in ("let-m-divna", "let-m-10", "help1"):
        put(root, f"{GAME}/sound/airplane/nl/{name}.ogg")
    put(root, "usr/share/klettres/nl/sounds.xml", XML)
    put(root, "usr/share/klettres/nl/syllab/ad-2.ogg")
    put(root, "usr/share/ktuberling/sounds/nl/bril.wav")
    put(root, "usr/share/doc/klettres-data/copyright", "GPL-2")
    return root


def test_recordings_are_found_with_their_words(tmp_path: Path) -> None:
    found = {
        (clip.file.name, clip.text, clip.speaker)
        for clip in clips_in(unpacked(tmp_path))
    }
    assert found == {
        ("let-m-divna.ogg", 'Wat is dit voor "raar" schip?', "fillets small"),
        ("ad-2.ogg", "aap", "klettres"),
        ("bril.wav", "bril", "ktuberling"),
    }


def programs(folder: Path, apt_get: str) -> Path:
    """An apt-get that does this; and the dpkg-deb of the system."""
    folder.mkdir()
    script = folder / "apt-get"
    script.write_text(f"#!/bin/sh\n{apt_get}\n", "utf-8")
    script.chmod(0o755)
    return folder


def package(root: Path, target: Path) -> Path:
    """Make a real package of a folder."""
    put(
        root,
        "DEBIAN/control",
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: a\n",
    )
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", str(root), str(target)],
        capture_output=True,
        check=True,
    )
    return target


def test_packages_become_a_folder_of_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = package(unpacked(tmp_path / "root"), tmp_path / "made.deb")
    # One package is not in this system's list; the others are.
    script = (
        '[ "$3" = ktuberling-data ] && { echo "E: no such package" >&2; exit 100; }\n'
        f'cp {made} "$3_1_all.deb"'
    )
    search = f"{programs(tmp_path / 'bin', script)}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", search)
    told: list[str] = []
    assert fetch(tmp_path / "speech", told.append) == 3
    assert any("ktuberling-data failed: E: no such package" in it for it in told)
    clips = read_folder(tmp_path / "speech")
    assert sorted(clip.text for clip in clips) == [
        'Wat is dit voor "raar" schip?',
        "aap",
        "bril",
    ]
    licence = tmp_path / "speech" / "klettres-data.copyright"
    assert licence.read_text() == "GPL-2"
    assert {it.name for it in tmp_path.iterdir()} == {
        "root", "made.deb", "bin", "speech",
    }  # fmt: skip


def test_nothing_is_left_where_no_package_is_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "E: Unable to locate package $3" >&2; exit 100'
    search = f"{programs(tmp_path / 'bin', script)}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", search)
    told: list[str] = []
    with pytest.raises(ClipsError, match="no recording could be fetched"):
        fetch(tmp_path / "speech", told.append)
    assert any("Unable to locate package klettres-data" in it for it in told)
    assert [it.name for it in tmp_path.iterdir()] == ["bin"]


def test_without_apt_it_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClipsError, match="apt-get is not there: this needs Debian"):
        fetch(tmp_path / "speech", lambda _: None)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "brief.txt", "lief")
    with pytest.raises(ClipsError, match="is not empty"):
        fetch(tmp_path, lambda _: None)
    assert [it.name for it in tmp_path.iterdir()] == ["brief.txt"]
