"""What all tests share."""

from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A busy machine makes no test fail: speed is measured in benchmarks.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# Sound that must not stutter, and browsers that take a whole processor: one after the
# other, whatever else goes on side by side.
IN_REAL_TIME = ("tests/sound/", "tests/peers/", "tests/calls/video/")


class OneInRealTime(LoadFileScheduling):  # type: ignore[misc]
    """Hands out tests file by file, and all that happens in real time at once.

    The groups of xdist 3.8 would say it shorter, were they not lost with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(IN_REAL_TIME):
            return "in real time"
        return str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneInRealTime:
    """Called once, where tests go on side by side."""
    # In our own order, not by the number of tests.
    config.option.loadscopereorder = False
    return OneInRealTime(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, which is waiting."""
    items.sort(key=lambda item: not item.nodeid.startswith(IN_REAL_TIME))
