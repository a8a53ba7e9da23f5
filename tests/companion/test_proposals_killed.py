"""Device and hub are killed at any moment: each proposal is asked and kept once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A process of its own: it forks children that have loaded all they need.
RUN = """
import dataclasses, json, sys
from pathlib import Path
from tests.companion.proposal_killing import kill_again_and_again
if __name__ == "__main__":
    outcome = kill_again_and_again(Path(sys.argv[1]), proposals=25, kills=8, seed=7)
    print(json.dumps(dataclasses.asdict(outcome)))
"""


@pytest.mark.long
def test_no_proposal_is_lost_or_kept_twice_though_both_are_killed(
    tmp_path: Path,
) -> None:
    program = tmp_path / "run.py"
    program.write_text(RUN)
    folder = tmp_path / "kept"
    folder.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "run", str(folder)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outcome = json.loads(ran.stdout.splitlines()[-1])
    assert outcome["wrong"] == []
    assert outcome["kills"] >= 8
    assert outcome["proposed"] >= 25
    assert outcome["answers"]["in_agenda"] > 0
    assert outcome["answers"]["refused"] > 0
