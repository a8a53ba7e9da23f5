"""The hub is killed again and again while alarms are told: none is lost."""

from pathlib import Path

from tests.calls.hub.killing import kill_again_and_again


def test_no_alarm_is_lost_though_the_hub_is_killed(tmp_path: Path) -> None:
    """More alarms and kills: `python -m benchmarks.hub_alarms`."""
    outcome = kill_again_and_again(tmp_path, count=12, kills=6, seed=4)
    assert outcome.lost == ()
    # What it was telling when it was killed, and nothing else.
    assert outcome.most_doubles <= 1
    assert all(number < outcome.kills for number in outcome.doubles)
