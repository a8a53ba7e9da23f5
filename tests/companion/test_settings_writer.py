"""Changing a setting changes that setting, and nothing else."""

import os
import stat
import tomllib
from pathlib import Path

import pytest

from companion.commands.settings import example
from companion.settings import load
from companion.settings_writer import (
    SettingsNotWritten,
    new_file,
    toml_lines,
    with_values,
    write_settings,
)

VOICE = {"engine": "piper", "voice": "nl_NL-pim-medium"}
LINES = 'engine = "piper"\nvoice = "nl_NL-pim-medium"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[mouth]\n{LINES}"),
        (
            '[person]\nname = "Vos"\n\n\n',
            f'[person]\nname = "Vos"\n\n[mouth]\n{LINES}',
        ),
        # The values are replaced; what stands behind them stays.
        (
            '[mouth] # stem\nvoice = "a#b"  # van Piet\nvolume = 4\nengine="mbrola"\n',
            '[mouth] # stem\nvoice = "nl_NL-pim-medium"  # van Piet\nvolume = 4\n'
            'engine = "piper"\n',
        ),
        # Below what the example says about it, and not in another section.
        (
            '[mouth]\n# Stem.\n#engine = "auto"\n#voice = ""\n\n[ears]\nmodel = "x"\n',
            '[mouth]\n# Stem.\n#engine = "auto"\nengine = "piper"\n#voice = ""\n'
            'voice = "nl_NL-pim-medium"\n\n[ears]\nmodel = "x"\n',
        ),
        (
            '[mouth]\nvolume = 2\n[ears]\n# voice = ""\n',
            '[mouth]\nvoice = "nl_NL-pim-medium"\nengine = "piper"\nvolume = 2\n'
            '[ears]\n# voice = ""\n',
        ),
    ],
)
def test_the_rest_stays_as_it_was(before: str, after: str) -> None:
    assert with_values(before, "mouth", VOICE) == after
    assert with_values(after, "mouth", VOICE) == after


def test_line_ends_and_mark_of_windows_stay() -> None:
    before = '\ufeff[person]\r\nname = "Vos"\r\n'
    assert with_values(before, "mouth", {"voice": "nl"}) == (
        '\ufeff[person]\r\nname = "Vos"\r\n\r\n[mouth]\r\nvoice = "nl"\r\n'
    )


@pytest.mark.parametrize(
    "before",
    [
        'mouth = { voice = "nl" }\n',
        'mouth.voice = "nl"\n',
        '[person]\nname = """\n[mouth]\n"""\n',
        '[mouth]\nvoice = """\nnl"""\n',
        '[mouth]\n"voice" = "nl"\n',
        "[mouth\n",
    ],
)
def test_what_is_laid_out_otherwise_is_left_alone(before: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        with_values(before, "mouth", VOICE)
    file = tmp_path / "praatpaal.toml"
    file.write_text(before)
    with pytest.raises(SettingsNotWritten):
        write_settings(file, "mouth", VOICE)
    assert file.read_text() == before


def test_the_example_takes_a_choice_and_is_still_right(tmp_path: Path) -> None:
    file = tmp_path / "praatpaal.toml"
    file.write_text(example(), encoding="utf-8")
    file.chmod(0o640)
    write_settings(file, "mouth", VOICE)
    settings = load(file)
    assert (settings.mouth.engine, settings.mouth.voice) == tuple(VOICE.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    added = set(file.read_text().splitlines()) - set(example().splitlines())
    assert added == set(LINES.splitlines())


def test_quotes_and_accents_come_through() -> None:
    values = {"recordings": 'C:\\mam\'s "stem" één'}
    assert tomllib.loads(toml_lines("mouth", values)) == {"mouth": values}


def test_a_file_and_its_folder_are_made(tmp_path: Path) -> None:
    file = tmp_path / "nieuw" / "praatpaal.toml"
    write_settings(file, "mouth", VOICE)
    assert file.read_text() == f"[mouth]\n{LINES}"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "echt.toml").write_text("[mouth]\nvolume = 1\n")
    link = tmp_path / "praatpaal.toml"
    link.symlink_to("echt.toml")
    write_settings(link, "mouth", VOICE)
    assert link.is_symlink()
    assert load(link).mouth.engine == "piper"


def test_what_cannot_be_written_is_left_whole(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    folder.write_text("geen map")
    with pytest.raises(SettingsNotWritten) as caught:
        write_settings(folder / "praatpaal.toml", "mouth", VOICE)
    assert caught.value.path == folder / "praatpaal.toml"
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[person]\nname = "Andr\xe9"\n')
    with pytest.raises(SettingsNotWritten):
        write_settings(latin, "mouth", VOICE)
    assert sorted(os.listdir(tmp_path)) == ["latin.toml", "map"]


def test_a_new_file_goes_to_the_first_place_that_can_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "dicht").write_text("hier kan geen map komen")
    closed = tmp_path / "dicht/praatpaal/praatpaal.toml"
    home = tmp_path / "thuis/.config/praatpaal/praatpaal.toml"
    assert new_file((closed, home, closed)) == home
    assert new_file((closed, closed)) == closed
