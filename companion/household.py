"""With which hub this device is connected, and as whom."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from companion.whole_file import write_whole

FILE = "hub.json"
KEY_FILE = "device.key"
HUB_FILE = "hub.db"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """This device at a hub.

    Attributes:
        url: Of the hub.
        device: Its id there.
    """

    url: str
    device: str


def key_path(state: Path) -> Path:
    """Where the device's key is kept, in its folder of state."""
    return state / KEY_FILE


def hub_database(state: Path) -> Path:
    """Where a hub on this machine keeps what it knows."""
    return state / HUB_FILE


def read_enrolment(state: Path, url: str) -> Enrolment | None:
    """As what this device is known at that hub; None: it is not yet.

    Args:
        state: The device's folder of state.
        url: Of the hub, as the settings name it.

    Raises:
        OSError: If the file is there, and cannot be read.
    """
    try:
        found = json.loads((state / FILE).read_text("utf-8"))
        enrolment = Enrolment(str(found["url"]), str(found["device"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        # Half of a file that a power cut left: the device connects anew with a code.
        return None
    return enrolment if enrolment.url == url else None


def write_enrolment(state: Path, enrolment: Enrolment) -> None:
    """Keep it: whole, or the one before.

    Raises:
        OSError: If that fails.
    """
    write_whole(state / FILE, json.dumps(asdict(enrolment)).encode())
