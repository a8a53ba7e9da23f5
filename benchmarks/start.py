"""How long `praatpaal run` takes to be ready, and to end.

    python -m benchmarks.start [--rounds 5]

Each round starts the device twice as a user would, with the page as its panel,
screen and sound; the ratio to a bare import in the same round says how much of it
is our own waiting on any machine. The first start has nothing cached.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.peers.device import READY, free_port

PROMISED_READY_S = 8.0
PROMISED_STOP_S = 2.0


def import_s() -> float:
    """Seconds to import the program and do nothing."""
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import companion.app"], check=True)
    return time.perf_counter() - begun_s


def start_and_stop(folder: Path) -> tuple[float, float]:
    """Seconds until it is ready, and from SIGTERM to its end.

    Raises:
        RuntimeError: If it ends before it is ready, or badly.
    """
    port = free_port()
    settings = folder / "praatpaal.toml"
    settings.write_text(
        '[device]\npanel = "browser"\nscreen = "browser"\nsound = "browser"\n'
        f"simulator_port = {port}\n"
        f'[folders]\nstate = "{folder}/state"\nmodels = "{models()}"\n'
    )
    begun_s = time.perf_counter()
    command = [sys.executable, "-m", "companion.cli", "--settings", str(settings)]
    with subprocess.Popen(
        [*command, "run"], stderr=subprocess.PIPE, text=True
    ) as device:
        assert device.stderr is not None
        if not any(READY in line for line in device.stderr):
            raise RuntimeError("praatpaal run ended before it was ready")
        ready_s = time.perf_counter() - begun_s
        begun_s = time.perf_counter()
        device.send_signal(signal.SIGTERM)
        device.stderr.read()
        if device.wait() != 0:
            raise RuntimeError(f"it ended with status {device.returncode}")
        return ready_s, time.perf_counter() - begun_s


def models() -> Path:
    """The folder of the installed models, those of whoever runs this."""
    from companion.settings import Settings

    return Settings().folders.models_path(os.environ)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure start and stop.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("models:", ", ".join(sorted(os.listdir(models()))) or "none")
    rows: list[tuple[float, float, float, float]] = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            bare_s = import_s()
            first_s, _ = start_and_stop(Path(folder))
            ready_s, stop_s = start_and_stop(Path(folder))
            row = (first_s, ready_s, bare_s, stop_s)
        rows.append(row)
        print(
            f"{number + 1}: first {row[0]:.2f} s, again {row[1]:.2f} s, import "
            f"{row[2]:.2f} s (x{row[1] / row[2]:.1f}), stop {row[3]:.2f} s"
        )
    ready_s, stop_s = (statistics.median(row[n] for row in rows) for n in (1, 3))
    print(
        f"median: ready in {ready_s:.2f} s (promised {PROMISED_READY_S:g}), "
        f"stopped in {stop_s:.2f} s (promised {PROMISED_STOP_S:g})"
    )


if __name__ == "__main__":
    main()
