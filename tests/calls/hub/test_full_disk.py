"""A disk that is full: calls go on, what must be kept is refused, nothing is lost."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.real
def test_calls_go_on_though_nothing_can_be_written(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    assert unshare, "unshare is missing: install util-linux"
    own = [unshare, "--user", "--map-root-user", "--mount"]
    ran = subprocess.run(
        [*own, sys.executable, "-m", "tests.calls.hub.on_full_disk", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, f"{' '.join(own)}: {ran.stderr}"
