"""What happens in real time goes one after the other, however many go side by side."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent / "conftest.py"
GROUPS = {"sound": "sound", "peers": "browsers", "calls/video": "browsers"}

# Notes which process it runs in.
TESTS = """
import os, pytest

@pytest.mark.parametrize("number", range(5))
def test_it(number):
    with open("NAME", "a") as file:
        print(os.getpid(), file=file)
"""


def test_what_happens_in_real_time_is_left_to_one_process(tmp_path: Path) -> None:
    for folder in (*GROUPS, "calls", "voice", "companion"):
        path = tmp_path / "tests" / folder
        path.mkdir(parents=True, exist_ok=True)
        tests = TESTS.replace("NAME", GROUPS.get(folder, "other"))
        (path / f"test_{folder.replace('/', '_')}.py").write_text(tests)
    shutil.copy(CONFTEST, tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "xdist", "-n", "2", "tests"),
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=True,
    )
    ran = {
        name: (tmp_path / name).read_text().split()
        for name in ("sound", "browsers", "other")
    }
    assert {name: len(where) for name, where in ran.items()} == {
        "sound": 5, "browsers": 10, "other": 15,
    }  # fmt: skip
    (sound,), (browsers,) = set(ran["sound"]), set(ran["browsers"])
    # Nor does one wait for the other.
    assert sound != browsers
