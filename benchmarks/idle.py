"""What the device uses while nobody talks to it: processor and memory.

    python -m benchmarks.idle [--seconds 60] [--sound soundcard|files|browser]
        [--model NAME] [--beside NAME] [--json] [--plot FILE.svg]

The real command is started with simulated buttons and screen and, unless chosen
otherwise, a private virtual sound card; once it is ready and has settled, it is
watched, and once more while it listens and nobody speaks. Baselines in the same run:
the program imported with an idle event loop, a sound card's two streams open with
nothing behind them, and with --beside the device with another recogniser. The sound
server is not ours and is not counted. Of threads that Python does not name for the
system, those of a process are counted together.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring.processes import (
    Memory,
    family_of,
    memory_of,
    name_of,
    name_of_machine,
    times_of,
    used_between,
)
from benchmarks.measuring.voices import models
from tests.peers.device import READY, started_device
from tests.sound.virtual_card import VirtualCard
from voice.download import ModelError

PROMISED_CPU_PERCENT = 5.0
PROMISED_MB = 350.0

# What may be answered is read in the background after the start: 10 s here with
# another program beside it.
SETTLE_S = 30.0

# A busy machine tries a model that is new to it for half a minute.
READY_WITHIN_S = 180.0

# Shorter than the patience after which it would speak again.
LISTENING_S = 20.0

STREAMS = "sound streams, nothing else"

_IMPORTED = """\
import asyncio, sys
import companion.cli, companion.app
sys.stderr.write("ready\\n")
asyncio.run(asyncio.sleep(86400))
"""

# What PortAudio and the sound server's library take, whatever is done with the sound.
_STREAMS = """\
import sys, time
from voice import portaudio
audio = portaudio.start()
found = portaudio.devices(audio)
for is_input in (True, False):
    stream, form = portaudio.open_stream(
        audio,
        portaudio.choose(found, "", is_input=is_input),
        lambda data, count, time, status: (bytes(2 * count), 0),
        is_input=is_input,
    )
    stream.start_stream()
sys.stderr.write("ready\\n")
time.sleep(86400)
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What a row of the table uses.

    Attributes:
        cpu_percent: Of one core.
        memory: All its processes together.
        processes: Memory by process.
        threads: Percent of one core by process and thread.
    """

    cpu_percent: float
    memory: Memory
    processes: Mapping[str, Memory]
    threads: Mapping[str, float]


async def watch(pid: int, seconds: float) -> Use:
    """Watch a process and all that it started."""
    before = times_of(family_of(pid))
    await asyncio.sleep(seconds)
    family = family_of(pid)
    used = used_between(before, times_of(family))
    memory = {member: memory_of(member) for member in family}
    return Use(
        cpu_percent=100 * sum(used.values()) / seconds,
        memory=sum(memory.values(), Memory(0, 0, 0)),
        processes={
            f"{name_of(member)} ({member})": size for member, size in memory.items()
        },
        threads={
            f"{process}: {thread}": 100 * cpu_s / seconds
            for (process, thread), cpu_s in sorted(
                used.items(), key=lambda item: item[1], reverse=True
            )
        },
    )


async def little(program: str, environment: Mapping[str, str], seconds: float) -> Use:
    """A program in which next to nothing happens, for a baseline."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        assert process.stderr is not None
        if await process.stderr.readline() != b"ready\n":
            raise RuntimeError("a baseline does not start")
        return await watch(process.pid, seconds)
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def sound_server(sound: str) -> AsyncIterator[Mapping[str, str]]:
    """A virtual sound card where one is wanted; yields its environment."""
    if sound != "soundcard":
        yield {}
        return
    # Not deeper: the path of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        card = VirtualCard(Path(folder))
        card.start()
        try:
            yield card.environment
        finally:
            card.kill()


async def device(
    options: argparse.Namespace, model: str, environment: Mapping[str, str]
) -> tuple[Use, Use]:
    """The device, ready and left alone; then waiting for words in silence."""
    # It listens for as long as it is watched.
    ears: dict[str, Any] = {"recogniser": "auto", "model": model, "patience_s": 30.0}
    with tempfile.TemporaryDirectory() as folder:
        async with started_device(
            Path(folder),
            environment,
            device={"sound": options.sound},
            ears=ears,
            folders={"models": str(models().folder)},
        ) as running:
            try:
                await running.logs(READY, READY_WITHIN_S)
                await running.logs(f"recogniser {model} is ready", READY_WITHIN_S)
            except TimeoutError:
                raise RuntimeError(f"the device is not ready: {running.log}") from None
            await asyncio.sleep(options.settle)
            rest = await watch(running.process.pid, options.seconds)
            async with running.page() as page:
                await page.press()
                await page.listens()
                # A page that does not answer is taken for closed.
                following = asyncio.create_task(page.until(lambda _: False))
                try:
                    listening_s = min(LISTENING_S, options.seconds)
                    return rest, await watch(running.process.pid, listening_s)
                finally:
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)


async def measure(options: argparse.Namespace) -> dict[str, Use]:
    """Measure each row."""
    short_s = min(10.0, options.seconds)
    found = {"imported, asleep": await little(_IMPORTED, {}, short_s)}
    async with sound_server(options.sound) as environment:
        if options.sound == "soundcard":
            found[STREAMS] = await little(_STREAMS, environment, 2 * short_s)
        for model in dict.fromkeys((options.model, *options.beside)):
            rest, listening = await device(options, model, environment)
            found[f"at rest, {model}"] = rest
            found[f"listening, {model}"] = listening
    return found


def as_table(rows: Mapping[str, Use]) -> str:
    """The rows, then the processes and threads of the device."""
    lines = [f"{'':34} {'CPU %':>7} {'RSS MB':>7} {'PSS MB':>7} {'peak':>7} {'x':>6}"]
    baseline = next(iter(rows.values()))
    for name, use in rows.items():
        memory = use.memory
        ratio = memory.proportional / baseline.memory.proportional
        lines.append(
            f"{name:34} {use.cpu_percent:7.2f} {memory.resident:7.0f}"
            f" {memory.proportional:7.0f} {memory.peak:7.0f} {ratio:6.2f}"
        )
    lines.append("x: PSS beside the first row")
    for name, use in rows.items():
        if name not in (STREAMS, next(iter(rows))):
            lines += _in_detail(name, use)
    return "\n".join(lines)


def _in_detail(name: str, use: Use) -> list[str]:
    lines = [f"\n{name}, by process: RSS, PSS in MB"]
    lines += [
        f"  {process:40} {size.resident:7.1f} {size.proportional:7.1f}"
        for process, size in use.processes.items()
    ]
    lines.append("  by thread: % of a core")
    lines += [
        f"  {thread:40} {percent:7.2f}"
        for thread, percent in use.threads.items()
        if percent >= 0.01
    ]
    return lines


def verdict(use: Use) -> str:
    """Whether the promise is kept, in a line."""
    is_kept = (
        use.cpu_percent <= PROMISED_CPU_PERCENT
        and use.memory.proportional <= PROMISED_MB
    )
    return (
        f"promised: {PROMISED_CPU_PERCENT:g} % of a core and {PROMISED_MB:g} MB; "
        + ("kept" if is_kept else "NOT kept")
    )


def check_installed(name: str) -> None:
    """Make sure that the device will find a model.

    Raises:
        ModelError: If it is not known or not installed.
    """
    store = models()
    if not store.is_installed(store.find(name)):
        raise ModelError(f"{name} is not installed: `praatpaal models install {name}`")


def draw(rows: Mapping[str, Use], file: Path) -> None:
    """Draw processor use by thread and memory by process."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    processor, memory = figure.subplots(1, 2)
    for axes, pieces in (
        (processor, [use.threads for use in rows.values()]),
        (memory, [_sizes(use) for use in rows.values()]),
    ):
        left = [0.0] * len(rows)
        for name in dict.fromkeys(name for piece in pieces for name in piece):
            widths = [piece.get(name, 0.0) for piece in pieces]
            # A sliver would be in the legend and nowhere to be seen.
            label = name if max(widths) >= 0.1 else None
            axes.barh(list(rows), widths, left=left, label=label)
            left = [at + width for at, width in zip(left, widths, strict=True)]
        axes.invert_yaxis()
        axes.legend(fontsize="small", loc="lower right")
    processor.axvline(PROMISED_CPU_PERCENT, linestyle=":", color="black")
    memory.axvline(PROMISED_MB, linestyle=":", color="black")
    processor.set_xlabel("% of a core")
    memory.set_xlabel("MB (PSS)")
    memory.set_yticks([])
    figure.savefig(file)


def _sizes(use: Use) -> dict[str, float]:
    """MB by name of a process, without its number."""
    sizes: dict[str, float] = {}
    for process, size in use.processes.items():
        name = process.partition(" (")[0]
        sizes[name] = sizes.get(name, 0.0) + size.proportional
    return sizes


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the device at rest.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=SETTLE_S)
    parser.add_argument(
        "--sound", choices=("soundcard", "files", "browser"), default="soundcard"
    )
    parser.add_argument("--model", default="praatpaal-nl-synthetic")
    parser.add_argument("--beside", action="append", default=[], metavar="MODEL")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        for model in (options.model, *options.beside):
            check_installed(model)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    machine = name_of_machine()
    rows = asyncio.run(measure(options))
    if options.plot is not None:
        draw(rows, options.plot)
    if options.json:
        found = {name: asdict(use) for name, use in rows.items()}
        print(json.dumps({"machine": machine, "rows": found}, indent=2))
        return 0
    print(machine)
    print(as_table(rows))
    print(verdict(rows[f"at rest, {options.model}"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
