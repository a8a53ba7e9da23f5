"""Device and hub are killed at any moment: no note and no answer is lost."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# A process of its own: it forks children that have loaded all they need.
RUN = """
import dataclasses, json, sys
from pathlib import Path
from tests.companion.note_killing import kill_again_and_again
if __name__ == "__main__":
    outcome = kill_again_and_again(Path(sys.argv[1]), notes=40, kills=14, seed=11)
    print(json.dumps(dataclasses.asdict(outcome)))
"""


def test_no_note_is_lost_though_device_and_hub_are_killed(tmp_path: Path) -> None:
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
    assert outcome["kills"] >= 14
    assert outcome["asked"] >= 40
    assert outcome["told"] > 0
    assert outcome["withdrawn"] > 0
