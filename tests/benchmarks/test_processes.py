"""What processes use."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.measuring.processes import (
    Times,
    family_of,
    memory_of,
    name_of_machine,
    parse_sizes,
    parse_stat,
    threads_of,
    times_of,
    used_between,
)

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def test_a_name_may_hold_brackets_and_spaces() -> None:
    times = f"{2 * TICKS_PER_S} {TICKS_PER_S}"
    fields = f"S 7 1 1 0 -1 4194560 1 2 3 4 {times} 0 0 20 0 1"
    assert parse_stat(f"42 (a) b (c) {fields}\n") == ("a) b (c", 7, 3.0)


@pytest.mark.parametrize("line", ["", "42 (python", "42 (python) S 7 1"])
def test_what_is_no_line_of_stat(line: str) -> None:
    with pytest.raises(ValueError, match="no line of"):
        parse_stat(line)


def test_sizes_are_in_mb_and_the_rest_is_passed_over() -> None:
    text = "Name:\tpython\nVmHWM:\t    2048 kB\nThreads:\t3\nPss:  512 kB\n"
    assert parse_sizes(text) == {"VmHWM": 2.0, "Pss": 0.5}


def test_use_is_counted_by_process_and_thread() -> None:
    before = {1: Times("a", "main", 10.0), 2: Times("a", "python", 3.0)}
    after = {
        1: Times("a", "main", 11.0),
        3: Times("a", "python", 0.25),
        2: Times("a", "python", 3.5),
    }
    assert used_between(before, after) == {("a", "main"): 1.0, ("a", "python"): 0.75}


def test_a_process_and_its_children() -> None:
    child = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        family = family_of(os.getpid())
        assert family[0] == os.getpid()
        assert process.pid in family
        memory = memory_of(process.pid)
        assert 0 < memory.proportional <= memory.resident <= memory.peak
        assert threads_of(process.pid) == 1
        process.communicate()
    assert process.pid not in family_of(os.getpid())


def test_work_shows_as_processor_time() -> None:
    before = times_of([os.getpid()])
    end_s = time.thread_time() + 0.1
    while time.thread_time() < end_s:
        sum(range(1000))
    used = used_between(before, times_of([os.getpid()]))
    main = sum(cpu_s for (_, thread), cpu_s in used.items() if thread == "main")
    assert main >= 0.1 - 1.5 / TICKS_PER_S


def test_the_machine_is_named() -> None:
    assert f"{os.cpu_count()} cores, load " in name_of_machine()
