"""What fails beside others gets another chance alone, and no more than that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each run is another process, so these count in files how often they ran.
TESTS = """
import pathlib, pytest

@pytest.mark.parametrize("name, fails", FAILS.items())
def test_it(name, fails):
    runs = pathlib.Path(f"runs-{name}")
    with runs.open("a") as file:
        file.write("x")
    assert len(runs.read_text()) > fails
"""


def run(folder: Path, fails: dict[str, int], *options: str) -> tuple[int, list[str]]:
    """Run tests that fail so often; returns the exit status, and what was told."""
    (folder / "test_it.py").write_text(TESTS.replace("FAILS", repr(fails)))
    (folder / "pytest.ini").write_text("[pytest]\n")
    found = subprocess.run(
        (sys.executable, "-m", "tests.once_more", "-p", "no:cacheprovider", *options),
        cwd=folder,
        # Without the plugins that these do not need it starts much sooner.
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = found.stdout.splitlines()
    return found.returncode, [each for each in lines if each.startswith("failed ")]


def runs(folder: Path, name: str) -> int:
    """How often it ran."""
    return len((folder / f"runs-{name}").read_text())


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")])
def test_who_passes_alone_is_told_and_fails_nothing(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    status, lines = run(tmp_path, {"a": 0, "b": 1, "c@home": 1}, *options)
    assert status == 0
    assert sorted(lines) == [
        "failed beside others, passed alone: test_it.py::test_it[b-1]",
        "failed beside others, passed alone: test_it.py::test_it[c@home-1]",
    ]
    assert runs(tmp_path, "a") == 1, "only what failed runs again"


def test_who_fails_twice_fails(tmp_path: Path) -> None:
    status, lines = run(tmp_path, {"a": 1, "b": 2})
    assert status == 1
    assert lines == [
        "failed beside others, passed alone: test_it.py::test_it[a-1]",
        "failed beside others, and alone: test_it.py::test_it[b-2]",
    ]


def test_many_that_fail_are_no_chance(tmp_path: Path) -> None:
    status, lines = run(tmp_path, {"a": 1, "b": 1, "c": 1, "d": 1})
    assert (status, lines) == (1, [])
    assert runs(tmp_path, "a") == 1


def test_what_cannot_be_read_gets_no_second_chance(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n")
    status, lines = run(tmp_path, {"a": 0})
    assert (status, lines) == (pytest.ExitCode.INTERRUPTED, [])
