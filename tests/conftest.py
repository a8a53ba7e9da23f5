"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.once_more import IN_REAL_TIME

# A busy machine makes no test fail: speed is measured in benchmarks.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# Sound that must not stutter, and browsers that take a whole processor: one after the
# other, whatever else goes on side by side.
ROOT = Path(__file__).parent
FOLDERS_IN_REAL_TIME = ("sound", "peers", "calls/video")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all that happens in real time to one process of the tests."""
    for item in items:
        if any(item.path.is_relative_to(ROOT / name) for name in FOLDERS_IN_REAL_TIME):
            item.add_marker(pytest.mark.xdist_group(IN_REAL_TIME))
