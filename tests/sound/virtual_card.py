"""A sound card without a sound card: a private, headless PulseAudio.

What the device plays on `speaker` is heard by `record`, and what `speak_into`
plays on `mouth` is what the device's microphone `mic` hears. There is no echo
from one to the other.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from voice.audio import RATE_HZ, Samples
from voice.files import write_wav

START_WITHIN_S = 10.0

# norewinds: without it the first capture takes 1.4 s and more, because a null
# sink takes 2 s ahead.
_DEFAULT_PA = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=speaker rate=48000 channels=1 norewinds=1
load-module module-null-sink sink_name=mouth rate=48000 channels=1 norewinds=1
load-module module-remap-source source_name=mic master=mouth.monitor
set-default-sink speaker
set-default-source mic
"""

_CLIENT_CONF = "autospawn = no\nenable-shm = no\n"

_ASOUND_CONF = """\
pcm.pulse { type pulse }
ctl.pulse { type pulse }
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


class VirtualCard:
    """The server, and the environment in which programs find it."""

    def __init__(self, folder: Path) -> None:
        for program in ("pulseaudio", "pactl", "paplay", "parec"):
            if shutil.which(program) is None:
                raise RuntimeError(
                    f"{program} is missing: install pulseaudio and pulseaudio-utils"
                )
        self.folder = folder
        socket = folder / "native"
        (folder / "default.pa").write_text(_DEFAULT_PA.format(socket=socket))
        (folder / "client.conf").write_text(_CLIENT_CONF)
        (folder / "asound.conf").write_text(_ASOUND_CONF)
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
            "JACK_NO_START_SERVER": "1",
        }
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def _all_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def start(self) -> None:
        """Start the server and wait until it answers."""
        assert self._server is None, "the server runs already"
        log_path = self.folder / "log"
        with log_path.open("wb") as log:
            self._server = subprocess.Popen(
                [
                    "pulseaudio",
                    "-n",
                    "-F",
                    str(self.folder / "default.pa"),
                    "--daemonize=no",
                    "--exit-idle-time=-1",
                    "--use-pid-file=no",
                    "--disable-shm=yes",
                ],
                env=self._all_environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline_s = time.monotonic() + START_WITHIN_S
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline_s:
                self.kill()
                raise RuntimeError(f"pulseaudio: {log_path.read_text()[-2000:]}")

    def _is_ready(self) -> bool:
        # pactl waits for the server by itself, for as long as a start-up takes.
        answer = subprocess.run(
            ["pactl", "list", "short", "sources"],
            env=self._all_environment,
            capture_output=True,
            timeout=START_WITHIN_S,
        )
        return answer.returncode == 0 and b"mic" in answer.stdout

    def kill(self) -> None:
        """Kill the server, as when a card is pulled out; may be called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.kill()
            server.wait()

    async def run(self, *command: str) -> asyncio.subprocess.Process:
        """Start a program that finds the card."""
        return await asyncio.create_subprocess_exec(
            *command,
            env=self._all_environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )


@pytest.fixture
def virtual_card(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualCard]:
    """A running virtual card that PyAudio in this process finds."""
    # Not tmp_path: the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        card = VirtualCard(Path(folder))
        for name, value in card.environment.items():
            monkeypatch.setenv(name, value)
        card.start()
        try:
            yield card
        finally:
            card.kill()


async def speak_into(
    card: VirtualCard, samples: Samples, rate_hz: int = RATE_HZ
) -> None:
    """Play to the microphone; returns when all of it was played."""
    with tempfile.TemporaryDirectory(dir=card.folder) as folder:
        path = Path(folder) / "spoken.wav"
        write_wav(path, samples, rate_hz)
        player = await card.run("paplay", "--latency-msec=20", "-d", "mouth", str(path))
        try:
            assert await player.wait() == 0, "paplay failed"
        finally:
            if player.returncode is None:
                player.kill()
                await player.wait()


class Recording:
    """What the loudspeaker plays, as it comes."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream

    async def read(self, length_s: float) -> Samples:
        """The next samples at RATE_HZ, waiting for them to be played."""
        count = round(length_s * RATE_HZ)
        async with asyncio.timeout(length_s + START_WITHIN_S):
            data = await self._stream.readexactly(2 * count)
        return np.frombuffer(data, "<i2").astype(np.int16)


@asynccontextmanager
async def record(card: VirtualCard) -> AsyncIterator[Recording]:
    """Hear what the device plays, from the moment this is entered."""
    recorder = await card.run(
        "parec",
        "-d",
        "speaker.monitor",
        "--raw",
        "--latency-msec=10",
        f"--rate={RATE_HZ}",
        "--channels=1",
        "--format=s16le",
    )
    assert recorder.stdout is not None
    recording = Recording(recorder.stdout)
    try:
        await recording.read(0.01)
        yield recording
    finally:
        recorder.kill()
        # The pipe is read to its end, or its transport is left open.
        await recorder.communicate()
