"""What happens in real time goes one after the other, however many go side by side."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent / "conftest.py"
IN_REAL_TIME = ("sound", "peers", "calls/video")

# Notes which process it runs in.
TESTS = """
import os, pytest

@pytest.mark.parametrize("number", range(5))
def test_it(number):
    with open("NAME", "a") as file:
        print(os.getpid(), file=file)
"""


def test_what_happens_in_real_time_is_left_to_one_process(tmp_path: Path) -> None:
    for folder in (*IN_REAL_TIME, "calls", "voice", "companion"):
        path = tmp_path / "tests" / folder
        path.mkdir(parents=True, exist_ok=True)
        name = folder.replace("/", "_")
        tests = TESTS.replace("NAME", "real" if folder in IN_REAL_TIME else "other")
        (path / f"test_{name}.py").write_text(tests)
    shutil.copy(CONFTEST, tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "xdist", "-n", "2", "tests"),
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=True,
    )
    real, other = ((tmp_path / name).read_text().split() for name in ("real", "other"))
    assert len(real) == len(other) == 15
    assert len(set(real)) == 1
