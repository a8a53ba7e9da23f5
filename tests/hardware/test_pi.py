"""A Raspberry Pi is known by what its firmware says."""

from pathlib import Path

import pytest

from hardware.pi import is_raspberry_pi


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (b"Raspberry Pi 4 Model B Rev 1.5\x00", True),
        (b"Raspberry Pi 5 Model B Rev 1.0\x00", True),
        (b"Pine64 RockPro64 v2.1\x00", False),
        (b"", False),
    ],
)
def test_the_model_decides(tmp_path: Path, model: bytes, expected: bool) -> None:
    file = tmp_path / "model"
    file.write_bytes(model)
    assert is_raspberry_pi(file) is expected


def test_a_machine_without_a_device_tree_is_no_pi(tmp_path: Path) -> None:
    assert not is_raspberry_pi(tmp_path / "model")
