"""Runs pytest, and once more, each alone, the few tests that failed beside others.

    python -m tests.once_more [options of pytest]

A busy machine is late now and then, and one of thousands of tests minds. Alone on a
machine that has come to rest it has no excuse; what fails by itself fails twice.
"""

import subprocess
import sys
from collections.abc import Sequence

import pytest

# More than these are no chance.
AT_MOST = 3


class Failures:
    """A plugin that notes which tests failed, in whichever process.

    Attributes:
        names: As pytest takes them, in the order in which they failed.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for setup, call and end of each test."""
        if report.failed and report.nodeid not in self.names:
            self.names.append(report.nodeid)


def passes_alone(name: str) -> bool:
    """Run one test in a process of its own, whatever its marks."""
    print(f"\n• once more, alone: {name}", flush=True)
    command = (sys.executable, "-m", "pytest", "-m", "", name)
    return subprocess.run(command).returncode == pytest.ExitCode.OK


def main(options: Sequence[str]) -> int:
    """Run all of it; returns the exit status."""
    failures = Failures()
    status = pytest.main([*options], plugins=[failures])
    names = failures.names
    if status != pytest.ExitCode.TESTS_FAILED or not 0 < len(names) <= AT_MOST:
        return int(status)
    again = [name for name in names if not passes_alone(name)]
    for name in names:
        if name in again:
            print(f"failed beside others, and alone: {name}")
        else:
            print(f"failed beside others, passed alone: {name}")
    return int(bool(again))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
