"""What processes use, out of Linux's /proc."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# Fields of /proc/PID/stat after the name in brackets, as proc(5) counts them
# from 3: ppid is 4, utime 14, stime 15.
_PPID, _UTIME, _STIME = 1, 11, 12


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of one or more processes, in MB of 2**20 bytes.

    Attributes:
        resident: In RAM, with what is shared with others (RSS).
        proportional: In RAM, shared pages divided among those that share (PSS).
        peak: The most that was resident since the process began.
    """

    resident: float
    proportional: float
    peak: float

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(
            self.resident + other.resident,
            self.proportional + other.proportional,
            self.peak + other.peak,
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Processor time of a thread so far.

    Attributes:
        process: Name of its process, as one would type it.
        thread: Its own name; "main" for the first thread.
        cpu_s: In seconds.
    """

    process: str
    thread: str
    cpu_s: float


def parse_stat(line: str) -> tuple[str, int, float]:
    """Read a line of /proc/PID/stat: name, parent and processor time in seconds.

    Raises:
        ValueError: If it is no such line.
    """
    # The name may hold spaces and brackets itself.
    head, found, tail = line.rpartition(")")
    fields = tail.split()
    if not found or len(fields) <= _STIME:
        raise ValueError(f"no line of /proc/PID/stat: {line[:60]!r}")
    ticks = int(fields[_UTIME]) + int(fields[_STIME])
    return head.partition("(")[2], int(fields[_PPID]), ticks / _TICKS_PER_S


def parse_sizes(text: str) -> dict[str, float]:
    """Read lines such as "VmRSS:  1024 kB"; returns MB by name."""
    sizes = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[1] == "kB":
            sizes[name] = int(words[0]) / 1024
    return sizes


def memory_of(pid: int) -> Memory:
    """Memory of a process now.

    Raises:
        OSError: If the process has ended.
    """
    folder = _PROC / str(pid)
    status = parse_sizes((folder / "status").read_text())
    rollup = parse_sizes((folder / "smaps_rollup").read_text())
    return Memory(status["VmRSS"], rollup["Pss"], status["VmHWM"])


def family_of(pid: int) -> list[int]:
    """A process and all that it started, the process itself first."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                _, parent, _ = parse_stat((entry / "stat").read_text())
            except OSError:
                # It ended while we looked.
                continue
            children.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for member in family:
        family += sorted(children.get(member, ()))
    return family


def name_of(pid: int) -> str:
    """What runs in a process, without folders and settings.

    A Python process is named by its module, any other by its program.
    """
    parts = (_PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")
    if "-m" in parts[:-1]:
        return parts[parts.index("-m") + 1]
    return Path(parts[0]).name or "?"


def times_of(pids: list[int]) -> Mapping[int, Times]:
    """Processor time so far of each thread of the processes, by thread number."""
    found = {}
    for pid in pids:
        try:
            process = name_of(pid)
            for entry in (_PROC / str(pid) / "task").iterdir():
                name, _, cpu_s = parse_stat((entry / "stat").read_text())
                thread = int(entry.name)
                found[thread] = Times(process, "main" if thread == pid else name, cpu_s)
        except OSError:
            continue
    return found


def used_between(
    before: Mapping[int, Times], after: Mapping[int, Times]
) -> dict[tuple[str, str], float]:
    """Processor seconds used between, by process and name of thread.

    A thread that began meanwhile counts from its beginning; what one that ended
    used is lost.
    """
    used: dict[tuple[str, str], float] = {}
    for thread, then in after.items():
        began_s = before[thread].cpu_s if thread in before else 0.0
        key = (then.process, then.thread)
        used[key] = used.get(key, 0.0) + then.cpu_s - began_s
    return used


def open_files_of(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(os.listdir(_PROC / str(pid) / "fd"))


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    return len(os.listdir(_PROC / str(pid) / "task"))


def name_of_machine() -> str:
    """What the figures were measured on, in a line."""
    model = ""
    for line in (_PROC / "cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        # A Pi names the board, a PC the processor.
        if name.strip() in ("Model", "model name"):
            model = value.strip()
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    return f"{model or os.uname().machine}, {cores} cores, load {load:.1f}"
