"""Which machine this is."""

from pathlib import Path

MODEL_FILE = Path("/proc/device-tree/model")


def is_raspberry_pi(model_file: Path = MODEL_FILE) -> bool:
    """Say whether this is a Raspberry Pi, as its firmware tells the kernel.

    Args:
        model_file: Where the kernel shows the name of the board; no such file
            on machines without a device tree.
    """
    try:
        return model_file.read_bytes().startswith(b"Raspberry Pi")
    except OSError:
        return False
