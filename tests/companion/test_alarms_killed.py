"""Device and hub are killed at any moment: no alarm is lost, nor that one is over."""

import json
import subprocess
import sys

import pytest


@pytest.mark.long
def test_no_alarm_is_lost_though_device_and_hub_are_killed() -> None:
    """More of both: `python -m benchmarks.device_alarms`."""
    # A process of its own: it forks children that have loaded all they need.
    arguments = ("--alarms", "80", "--kills", "10", "--seed", "4", "--json")
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.device_alarms", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outcome = json.loads(ran.stdout)
    assert outcome["wrong"] == []
    assert outcome["kills"] >= 10
    assert outcome["alarms"] >= 80
    assert outcome["over"] > 0
    assert outcome["taken"] > 0
