"""Sounds kept on disk and in memory."""

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voice.audio import Samples
from voice.phrase_cache import PhraseCache, PhraseKey, RecentSounds

KEY = PhraseKey("espeak", "nl", 150, "Goedemorgen.")


def sound(size: int = 1000, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).integers(-9000, 9000, size)
    return noise.astype(np.int16)


def key(number: int) -> PhraseKey:
    return PhraseKey("espeak", "nl", 150, f"zin {number}")


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_kept_sound_survives_a_restart(tmp_path: Path) -> None:
    cache = PhraseCache(tmp_path / "phrases")
    assert cache.get(KEY) is None
    assert cache.put(KEY, sound())
    again = PhraseCache(tmp_path / "phrases")
    kept = again.get(KEY)
    assert kept is not None
    assert np.array_equal(kept, sound())
    assert again.has(KEY)


@pytest.mark.parametrize(
    "other",
    [
        PhraseKey("piper", "nl", 150, "Goedemorgen."),
        PhraseKey("espeak", "nl+f2", 150, "Goedemorgen."),
        PhraseKey("espeak", "nl", 160, "Goedemorgen."),
        PhraseKey("espeak", "nl", 150, "Goedemorgen!"),
    ],
)
def test_everything_that_changes_a_sound_is_in_its_key(
    tmp_path: Path, other: PhraseKey
) -> None:
    cache = PhraseCache(tmp_path)
    cache.put(KEY, sound())
    assert cache.get(other) is None


def test_the_text_cannot_be_read_from_the_disk(tmp_path: Path) -> None:
    PhraseCache(tmp_path).put(KEY, sound())
    file = only_file(tmp_path)
    assert "Goedemorgen" not in file.name
    assert b"Goedemorgen" not in file.read_bytes()


@pytest.mark.parametrize("cut", [0, 5, 40, 1000, -1])
def test_a_torn_file_is_made_again(tmp_path: Path, cut: int) -> None:
    cache = PhraseCache(tmp_path)
    cache.put(KEY, sound())
    file = only_file(tmp_path)
    file.write_bytes(file.read_bytes()[:cut])
    assert cache.get(KEY) is None
    assert not cache.has(KEY)
    assert cache.put(KEY, sound())
    assert cache.get(KEY) is not None


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    cache = PhraseCache(tmp_path)
    cache.put(KEY, sound())
    file = only_file(tmp_path)
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    assert cache.get(KEY) is None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = PhraseCache(tmp_path, most_bytes=10_500)
    for number in range(5):
        assert cache.put(key(number), sound(seed=number))
    now = time.time()
    for number, file in enumerate(sorted(tmp_path.iterdir())):
        os.utime(file, (now - 1e6 - number, now - 1e6 - number))
    # Reading marks it as used.
    assert cache.get(key(0)) is not None
    assert cache.put(key(5), sound(seed=5))
    assert cache.has(key(0))
    assert cache.has(key(5))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 10_500


def test_what_is_not_wanted_any_more_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "phrases"
    cache = PhraseCache(folder)
    cache.keep_only([key(1)])
    for number in range(4):
        assert cache.put(key(number), sound(seed=number))
    cache.keep_only([key(1), key(3), key(9)])
    assert [cache.has(key(number)) for number in range(4)] == [False, True] * 2
    cache.keep_only([])
    assert list(folder.iterdir()) == []


def test_a_sound_larger_than_everything_is_not_kept(tmp_path: Path) -> None:
    cache = PhraseCache(tmp_path, most_bytes=1000)
    assert not cache.put(KEY, sound())
    assert list(tmp_path.iterdir()) == []


def test_what_a_power_cut_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "half.new").write_bytes(b"half")
    PhraseCache(tmp_path).put(KEY, sound())
    assert only_file(tmp_path).suffix == ".sound"


def test_a_folder_that_cannot_be_made_costs_only_speed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = PhraseCache(blocked / "phrases")
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            assert not cache.put(key(number), sound())
            assert cache.get(key(number)) is None
            assert not cache.has(key(number))
    assert len(caplog.records) == 1


def test_a_disk_that_takes_nothing_costs_only_speed() -> None:
    """A folder in /proc can be seen, but takes no file, whoever asks."""
    cache = PhraseCache(Path("/proc/self/fdinfo"))
    assert not cache.put(KEY, sound())
    assert cache.get(KEY) is None


def test_threads_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    cache = PhraseCache(tmp_path, most_bytes=30_000)

    def use(number: int) -> bool:
        cache.put(key(number % 20), sound(seed=number % 20))
        kept = cache.get(key(number % 7))
        return kept is None or np.array_equal(kept, sound(seed=number % 7))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(use, range(400)))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 30_000


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    recent = RecentSounds(most_bytes=5000)
    recent.put(key(1), sound())
    recent.put(key(2), sound())
    assert recent.get(key(1)) is not None
    recent.put(key(3), sound())
    assert key(2) not in recent
    assert key(1) in recent
    recent.put(key(4), sound(size=9000))
    assert key(4) not in recent
    recent.clear()
    assert recent.get(key(1)) is None
