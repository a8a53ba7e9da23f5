"""Settings that are right, where they are found, and what is shown of them."""

import copy
import json
import pickle
import tomllib
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from companion.cli import main
from companion.commands import settings as command
from companion.commands.complaints import explain
from companion.commands.texts import Texts
from companion.settings import (
    WEEKDAYS,
    DeviceSettings,
    FoldersSettings,
    Problem,
    ProblemKind,
    ScreenKind,
    Secret,
    Settings,
    SettingsError,
    find,
    load,
    resolve,
    with_overrides,
)
from companion.settings_reader import read_settings

ROOT = Path(__file__).parent.parent.parent


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "praatpaal.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load(environ={}, places=()) == Settings()
    settings = Settings()
    assert settings.checkin.times() == (time(9),) * 7
    assert settings.journal.keep_words is False


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, ""), environ={}) == Settings()


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [person]
        name = " De Vries "
        address = "mevrouw"
        [ears]
        patience_s = 12
        [mouth]
        volume = 5
        [buttons]
        yes = 5
        family = -1
        [checkin]
        at = "9:30"
        saturday = "10.15"
        sunday = "off"
        [quiet]
        starts = 22:00:00
        [journal]
        keep_words = true
        """,
    )
    settings = load(path, environ={})
    assert settings.person.name == "De Vries"
    assert settings.ears.patience_s == 12.0
    assert isinstance(settings.ears.patience_s, float)
    assert settings.buttons.family == -1
    assert settings.checkin.times() == (*[time(9, 30)] * 5, time(10, 15), None)
    assert settings.quiet.starts == time(22)
    assert settings.journal.keep_words


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf[person]\r\nname = "d\xe2\x80\x99Hont"\r\n',
        "[person]\nname = “d’Hont”\n".encode(),
        "[person]\nname = „d’Hont”\n".encode(),
        "[person]\rname = «d’Hont»\r".encode(),
    ],
    ids=["windows", "word processor", "Dutch quotes", "old Mac"],
)
def test_what_other_editors_make_of_it_is_accepted(
    tmp_path: Path, content: bytes
) -> None:
    name = load(written(tmp_path, content), environ={}).person.name
    assert name.replace("’", "'") == "d'Hont"


def test_a_smart_quote_inside_a_name_stays_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, '[person]\nname = "d’Hont"\n')
    assert load(path, environ={}).person.name == "d’Hont"


def test_the_first_place_that_names_a_file_wins(tmp_path: Path) -> None:
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    far.touch()
    places = (near, far)
    assert find(None, {}, places) == far
    near.touch()
    assert find(None, {}, places) == near
    assert find(None, {"PRAATPAAL_SETTINGS": "/a"}, places) == Path("/a")
    assert find(Path("/b"), {"PRAATPAAL_SETTINGS": "/a"}, places) == Path("/b")
    assert find(None, {}, ()) is None


def test_the_usual_places_follow_the_home_folder(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "praatpaal"
    folder.mkdir(parents=True)
    (folder / "praatpaal.toml").write_text("[mouth]\nvolume = 1\n")
    if not Path("/etc/praatpaal/praatpaal.toml").exists():
        assert load(environ={"HOME": str(tmp_path)}).mouth.volume == 1


@pytest.mark.parametrize("is_pi", [True, False])
def test_auto_takes_real_parts_on_a_pi_and_the_simulator_elsewhere(
    is_pi: bool,
) -> None:
    real = DeviceSettings("gpio", "sdl", "yes", "soundcard")
    simulated = DeviceSettings("browser", "browser", "no", "browser")
    assert resolve(DeviceSettings(), is_pi) == (real if is_pi else simulated)


@pytest.mark.parametrize("is_pi", [True, False])
def test_what_is_named_is_never_replaced(is_pi: bool) -> None:
    named = DeviceSettings("terminal", "none", "yes", "files")
    assert resolve(named, is_pi) == named


@pytest.mark.parametrize("screen", ["browser", "none"])
def test_only_what_is_drawn_on_hdmi_may_be_a_television(screen: ScreenKind) -> None:
    assert resolve(DeviceSettings(screen=screen), is_pi=True).television == "no"


def test_the_command_line_goes_over_the_file() -> None:
    changed = with_overrides(Settings(), panel="terminal", sound="soundcard")
    assert changed.device.panel == "terminal"
    assert changed.device.sound == "soundcard"
    assert changed.device.screen == "auto"
    with pytest.raises(SettingsError, match="needs_file"):
        with_overrides(Settings(), sound="files")


def test_folders_follow_the_settings_then_the_environment() -> None:
    environ = {"PRAATPAAL_STATE": "/state"}
    assert FoldersSettings().state_path(environ) == Path("/state")
    assert FoldersSettings().models_path(environ) == Path("/state/models")
    assert FoldersSettings().journal_path(environ) == Path("/state/journal.db")
    own = FoldersSettings(state="/own", models="/voices")
    assert own.state_path(environ) == Path("/own")
    assert own.models_path(environ) == Path("/voices")
    home = FoldersSettings().state_path({})
    assert home == Path.home() / ".local/share/praatpaal"
    assert FoldersSettings().state_path({"STATE_DIRECTORY": "/sd"}) == Path("/sd")


# -- documentation ----------------------------------------------------------------


def every_setting() -> list[tuple[str, str]]:
    return [
        (section, f.name)
        for section, kind in get_type_hints(Settings).items()
        for f in fields(kind)
    ]


def test_every_setting_is_explained_in_dutch_and_in_english() -> None:
    assert Texts("settings", "help").names == {
        f"{s}.{name}" for s, name in every_setting()
    }
    assert Texts("settings", "sections").names == set(get_type_hints(Settings))
    for kind in get_type_hints(Settings).values():
        for f in fields(kind):
            assert f.metadata["help"]
            is_number = f.type in (int, float)
            assert is_number == ("lowest" in f.metadata), f.name
            assert is_number == ("unit" in f.metadata), f.name
            if is_number:
                assert f.metadata["unit"] in Texts("settings", "units").names


def test_every_default_is_within_its_own_bounds(tmp_path: Path) -> None:
    example = command.example()
    uncommented = "\n".join(
        line.removeprefix("#") if line.startswith("#") and line[1] != " " else line
        for line in example.splitlines()
    )
    assert load(written(tmp_path, uncommented), environ={}) == Settings()
    named = {
        (section, key)
        for section, table in tomllib.loads(uncommented).items()
        for key in table
    }
    assert named == set(every_setting())


def test_the_example_in_the_documents_is_the_one_of_today() -> None:
    path = ROOT / "docs" / "praatpaal.toml"
    assert path.read_text(encoding="utf-8") == command.example()
    assert load(path, environ={}) == Settings()


def test_every_problem_has_its_sentence() -> None:
    assert Texts("settings", "problems").names == set(ProblemKind)
    for kind in ProblemKind:
        problem = Problem(kind, "ears", "model", 3, '"x"', "1 2")
        text = explain(SettingsError([problem]))
        assert text.startswith("Regel 3: ")
        assert "{" not in text


def test_each_weekday_is_a_setting() -> None:
    assert {"checkin"} == {s for s, name in every_setting() if name in WEEKDAYS}


# -- secrets ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hub:
    token_file: Secret = field(default=Secret(), metadata={"help": "A token."})


@dataclass(frozen=True, slots=True)
class WithSecret:
    hub: Hub = field(default_factory=Hub)


def no_problems(_: WithSecret) -> list[Problem]:
    return []


def test_a_secret_is_read_from_its_file_and_shown_as_stars(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\n")
    path = written(tmp_path, f'[hub]\ntoken_file = "{tmp_path}/token"\n')
    settings = read_settings(WithSecret, path, no_problems)
    assert settings.hub.token_file.reveal() == "hunter2"
    shown = (
        repr(settings),
        str(settings.hub.token_file),
        f"{settings.hub.token_file}",
        json.dumps(command.as_plain(settings)),
    )
    for text in shown:
        assert "********" in text
        assert "hunter2" not in text
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(settings.hub.token_file)


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe"])
def test_a_secret_that_cannot_be_read_is_a_problem(
    tmp_path: Path, content: str | bytes | None
) -> None:
    if isinstance(content, bytes):
        (tmp_path / "token").write_bytes(content)
    elif content is not None:
        (tmp_path / "token").write_text(content)
    path = written(tmp_path, f'[hub]\ntoken_file = "{tmp_path}/token"\n')
    with pytest.raises(SettingsError) as caught:
        read_settings(WithSecret, path, no_problems)
    [problem] = caught.value.problems
    assert problem.kind is ProblemKind.NO_SECRET_FILE
    assert problem.line == 2


def test_no_secret_is_no_stars() -> None:
    assert str(Secret()) == ""
    assert not Secret()


# -- the command --------------------------------------------------------------------


def test_show_marks_what_differs_from_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "[mouth]\nvolume = 5\n")
    assert main(["--settings", str(path), "settings", "show"]) == 0
    output = capsys.readouterr().out
    assert str(path) in output
    assert "* volume = 5" in output
    assert "  rate_wpm = 150" in output
    for _, name in every_setting():
        assert f" {name} = " in output


def test_show_as_json_can_be_read_by_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, '[checkin]\nat = "10:00"\n')
    assert main(["--settings", str(path), "settings", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["checkin"]["at"] == "10:00"
    assert {(s, n) for s, table in shown.items() for n in table} == set(every_setting())


def test_check_says_that_all_is_well_or_what_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "[mouth]\nvolume = 5\n")
    assert main(["--settings", str(path), "settings", "check"]) == 0
    assert capsys.readouterr().out == "De instellingen kloppen.\n"
    path = written(tmp_path, "[mouth]\nvolume = 50\nrate = 3\n")
    assert main(["--settings", str(path), "settings", "check"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["--settings", str(path), "settings", "check", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [p["line"] for p in report["problems"]] == [2, 3]
    assert report["problems"][0]["kind"] == "out_of_range"


def test_show_of_a_broken_file_complains_and_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "[mouth]\nvolume = 50\n")
    assert main(["--settings", str(path), "settings", "show"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "van 0 tot en met 6" in output.err


def test_choices_are_shown_with_their_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["settings", "example"]) == 0
    output = capsys.readouterr().out
    for choice in get_args(get_type_hints(DeviceSettings)["panel"]):
        assert f'"{choice}"' in output
