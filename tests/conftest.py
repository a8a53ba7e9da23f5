"""What all tests share."""

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A busy machine makes no test fail: speed is measured in benchmarks.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# What happens in real time goes one after the other: of two devices that talk at once
# the sound is torn, and a browser in a call takes a whole processor.
ONE_BY_ONE = {
    "tests/sound/": "sound",
    "tests/voice/test_soundcard.py": "sound",
    "tests/peers/": "browsers",
    "tests/calls/video/": "browsers",
}
# Of these folders, but they wait for words on a screen and not for sound in time.
BESIDE = ("tests/sound/test_device_faults.py",)

# These take longest after the groups, so they begin next: what is long and begins last
# goes on alone in the end. First what leaves the processor to the groups.
LONG = (
    *BESIDE,
    "tests/stories/",
    "tests/voice/test_vosk_recogniser.py",
    "tests/voice/test_whisper_recogniser.py",
)


def one_by_one(name: str) -> str:
    """Which of the groups a test belongs to; empty if to none."""
    if name.startswith(BESIDE):
        return ""
    return next((g for folder, g in ONE_BY_ONE.items() if name.startswith(folder)), "")


# Sound is torn first where the processor is shared, and what happens in no real time
# minds least.
NICE = {"sound": 0, "browsers": 5}
NICEST = 10


def turn(name: str) -> tuple[str, int]:
    """Sorts by when a test begins: the groups, then what is long."""
    places = (n for n, start in enumerate(LONG) if name.startswith(start))
    return one_by_one(name) or "~", next(places, len(LONG))


class GroupsAndFiles(LoadFileScheduling):  # type: ignore[misc]
    """Leaves each group to one process, and hands out the rest file by file.

    The groups of xdist 3.8 would say it shorter, were they not lost with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return one_by_one(nodeid) or str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupsAndFiles:
    """Called once, where tests go on side by side."""
    # In our own order, not by the number of tests.
    config.option.loadscopereorder = False
    return GroupsAndFiles(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave the processor to what happens in real time, in this process' children too.

    A process begins with one of the groups, if it has any of them.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        wanted = NICE.get(one_by_one(item.nodeid), NICEST)
        os.nice(max(0, wanted - os.nice(0)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: turn(item.nodeid))
