"""The command line as a new user meets it: Dutch, one sentence, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from companion.cli import main
from companion.commands.parser import translate

ENGLISH = ("usage", "argument", "required", "invalid", "choose", "expected")


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "OPDRACHT"),
        (("praat",), "praat"),
        (("say",), "TEKST, --out"),
        (("say", "hallo", "--out"), "--out"),
        (("hear",), "BESTAND"),
        (("run", "--panel", "wiel"), "gpio, browser, terminal"),
        (("check", "--hard"), "praatpaal check --help"),
        (("settings",), "praatpaal settings --help"),
        (("journal", "show", "--days", "x"), "--days"),
        (("journal", "forget", "--all", "--last"), "--last en --all"),
        (("people", "add", "Naam", "buurman"), "neighbour"),
        (("people", "list", "--json=3"), "--json"),
        (("activities", "problems", "--csv", "--json"), "--json en --csv"),
    ],
)
def test_wrong_use_is_one_dutch_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str
) -> None:
    text = complaint(capsys, *arguments)
    assert named in text
    assert "--help" in text
    assert not any(word in text for word in ENGLISH)


def test_what_argparse_may_say_later_is_dutch_too() -> None:
    assert translate("something new") == "Deze opdracht is niet te begrijpen."


@pytest.mark.parametrize(
    "command",
    ["", *"run talk say hear check settings models journal people activities".split()],
)
def test_the_help_is_dutch(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command.split(), "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("gebruik: praatpaal")
    for english in ("usage:", "options:", "positional", "show this", "show program"):
        assert english not in text


def test_settings_may_stand_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "praatpaal.toml"
    file.write_text("[mouth]\nvolume = 2\n")
    for arguments in (
        ["--settings", str(file), "settings", "show"],
        ["settings", "--settings", str(file), "show"],
        ["settings", "show", "--settings", str(file)],
    ):
        assert main(arguments) == 0
        assert "* volume = 2" in capsys.readouterr().out
    assert main(["settings", "show", "--settings", str(tmp_path / "geen.toml")]) == 1
    assert "geen.toml" in capsys.readouterr().err


def run(
    arguments: str, tmp_path: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """A shell line in which `praatpaal` is this program."""
    program = tmp_path / "praatpaal"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m companion.cli "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", arguments],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        timeout=60,
    )


BUSY = """
import atexit, sys, threading
from companion.cli import program
atexit.register(print, "taken apart")
if sys.argv.pop() == "busy":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
program()
"""


@pytest.mark.parametrize("is_busy", [False, True])
def test_python_is_not_taken_apart_under_a_thread_that_works(is_busy: bool) -> None:
    how = "busy" if is_busy else "idle"
    done = subprocess.run(
        [sys.executable, "-c", BUSY, "settings", "show", how],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "volume" in done.stdout
    assert ("taken apart" in done.stdout) is not is_busy


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    for line in ("praatpaal settings show | true", "praatpaal --help | true"):
        done = run(line, tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_under_the_output_is_said(tmp_path: Path) -> None:
    done = run("praatpaal settings show > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("Dit lukt niet")
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_with_few_letters_gets_question_marks(tmp_path: Path) -> None:
    done = run("praatpaal --help", tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Praatpaal: ??n knop" in done.stdout or b"?n knop" in done.stdout
