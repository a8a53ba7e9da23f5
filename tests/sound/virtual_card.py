"""A sound card without a sound card: a private, headless PulseAudio.

What the device plays on `speaker` is heard by `record`, and what `speak_into`
plays on `mouth` is what the device's microphone `mic` hears. `set_echo` lets the
microphone hear the loudspeaker too, as in a room.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from voice.audio import RATE_HZ, Samples
from voice.files import write_wav

START_WITHIN_S = 10.0

# What the player keeps ready, so that a busy machine tears no holes into a word: with
# 20 ms it did, 0.4 s in 24. No delay comes with it: the server takes it at its pace.
PLAYER_LATENCY_MS = 200

# Below this PulseAudio's own buffers are late now and then.
LEAST_ECHO_DELAY_S = 0.02

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


@dataclass(frozen=True, slots=True)
class Echo:
    """What the microphone hears of the loudspeaker.

    Attributes:
        level_db: Of the echo, against what is played, in dB.
        delay_s: From the loudspeaker's monitor to the microphone, in seconds; the
            way out of and into the device comes on top of it.
    """

    level_db: float = -12.0
    delay_s: float = 0.1

    def __post_init__(self) -> None:
        """Check the delay.

        Raises:
            ValueError: If the server cannot keep to it.
        """
        if self.delay_s < LEAST_ECHO_DELAY_S:
            raise ValueError(f"an echo takes at least {LEAST_ECHO_DELAY_S} s")


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
        self._echo = ""

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

    def set_echo(self, echo: Echo | None) -> None:
        """Let the microphone hear the loudspeaker, or no longer.

        The card starts without.
        """
        if self._echo:
            self._control("unload-module", self._echo)
            self._echo = ""
        if echo is None:
            return
        # adjust_time=0: with adjustment the delay drifts by 0.1 ms a second, and
        # the rate of the echo is another than that of the loudspeaker.
        self._echo = self._control(
            "load-module",
            "module-loopback",
            "source=speaker.monitor",
            "sink=mouth",
            "rate=48000",
            "channels=1",
            f"latency_msec={round(1000 * echo.delay_s)}",
            "adjust_time=0",
        )
        streams = self._control("list", "short", "sink-inputs").splitlines()
        stream = next(line for line in streams if "module-loopback" in line)
        number = stream.split("\t")[0]
        self._control("set-sink-input-volume", number, f"{echo.level_db}dB")

    def _control(self, *words: str) -> str:
        """Tell the server something; returns what it answers."""
        answer = subprocess.run(
            ["pactl", *words],
            env=self._all_environment,
            capture_output=True,
            timeout=START_WITHIN_S,
            text=True,
        )
        if answer.returncode != 0:
            raise RuntimeError(f"pactl {words[0]}: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def kill(self) -> None:
        """Kill the server, as when a card is pulled out; may be called twice."""
        self._echo = ""
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
        latency = f"--latency-msec={PLAYER_LATENCY_MS}"
        player = await card.run("paplay", latency, "-d", "mouth", str(path))
        try:
            assert await player.wait() == 0, "paplay failed"
        finally:
            if player.returncode is None:
                player.kill()
                await player.wait()


class Recording:
    """What a source of the card gives, as it comes."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream

    async def read(self, length_s: float) -> Samples:
        """The next samples at RATE_HZ, waiting for them."""
        count = round(length_s * RATE_HZ)
        async with asyncio.timeout(length_s + START_WITHIN_S):
            data = await self._stream.readexactly(2 * count)
        return np.frombuffer(data, "<i2").astype(np.int16)


@asynccontextmanager
async def record(
    card: VirtualCard, source: str = "speaker.monitor"
) -> AsyncIterator[Recording]:
    """Hear what the device plays, from the moment this is entered.

    With "mic" for a source: what the device hears.
    """
    recorder = await card.run(
        "parec",
        "-d",
        source,
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
