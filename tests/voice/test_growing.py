"""Words of one's own: kept, made into a model, and never half of it."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.voice.paper_model import Maker, growing
from voice.download import ModelError
from voice.growing import MOST_WORDS, GrowingModel, OwnWords, WordsError, is_word
from voice.model_folder import HASHES, write_hashes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "bundled" / "ours"
    folder.mkdir(parents=True)
    (folder / "final.mdl").write_bytes(b"weights")
    (folder / "words").write_text("ja nee anna")
    write_hashes(folder)
    return folder


def words_in(folder: Path) -> set[str]:
    return set((folder / "words").read_text().split())


def left(base: Path) -> set[str]:
    """What is in the folder of the own words, without the lock."""
    folder = base.parents[1] / "models" / "own-words"
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_added_words_are_known_and_the_base_stays_as_it_was(
    base: Path, maker: Maker
) -> None:
    before = {path.name: path.read_bytes() for path in base.iterdir()}
    model = growing(base, maker)
    assert model.in_use() == base
    grown = model.grow(others=["Geertruida", "anna"])
    assert words_in(grown) == {"ja", "nee", "anna", "geertruida"}
    assert grown == model.in_use() == growing(base, maker).in_use()
    assert maker.made == [("geertruida",)]
    assert {path.name: path.read_bytes() for path in base.iterdir()} == before
    assert not grown.is_relative_to(base.parent)
    assert (grown / HASHES).is_file()


def test_what_is_there_is_not_made_again(base: Path, maker: Maker) -> None:
    model = growing(base, maker)
    grown = model.grow(["wies"])
    assert model.grow(["wies"]) == model.grow() == grown
    assert growing(base, maker).follow(["wies"]) == grown
    assert len(maker.made) == 1


def test_names_go_with_the_people_and_other_words_stay(
    base: Path, maker: Maker
) -> None:
    model = growing(base, maker)
    model.grow(["wies", "anna"])
    model.grow(others=["roodborstje"])
    assert model.words == OwnWords(("wies",), ("roodborstje",))
    grown = model.grow(["piet"])
    assert words_in(grown) == {"ja", "nee", "anna", "piet", "roodborstje"}
    # Nothing is left of who is no longer in the list.
    assert left(base) == {"words.json", grown.name}
    kept = (grown.parent / "words.json").read_text()
    assert "wies" not in kept and "anna" not in kept


def test_without_words_of_ones_own_there_is_no_other_model(
    base: Path, maker: Maker
) -> None:
    model = growing(base, maker)
    assert model.follow(["anna", "ja"]) == base
    assert model.grow() == base
    assert not (base.parents[1] / "models").exists()
    model.grow(["wies"])
    assert model.grow([]) == model.in_use() == base
    assert left(base) == {"words.json"}
    assert maker.made == [("wies",)]


def test_a_new_base_takes_the_words_along(base: Path, maker: Maker) -> None:
    old = growing(base, maker).grow(["wies"], ["roodborstje"])
    (base / "final.mdl").write_bytes(b"better weights")
    write_hashes(base)
    model = growing(base, maker)
    # Until it is made again nobody hears with the old weights.
    assert model.in_use() == base
    grown = model.follow(["wies"])
    assert grown != old
    assert (grown / "final.mdl").read_bytes() == b"better weights"
    assert words_in(grown) == {"ja", "nee", "anna", "wies", "roodborstje"}
    assert left(base) == {"words.json", grown.name}


@pytest.mark.parametrize("damaged", ["final.mdl", "words", HASHES])
def test_a_damaged_model_with_own_words_is_made_again(
    base: Path, maker: Maker, damaged: str
) -> None:
    grown = growing(base, maker).grow(["wies"])
    (grown / damaged).write_bytes(b"{")
    model = growing(base, maker)
    assert model.in_use() == base
    assert model.grow(["wies"]) == grown
    assert (grown / "final.mdl").read_bytes() == b"weights"
    assert model.in_use() == grown


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"names": 3, "others": []}']
)
def test_an_unreadable_list_of_words_is_an_empty_one(
    base: Path, maker: Maker, content: bytes
) -> None:
    grown = growing(base, maker).grow(["wies"])
    (grown.parent / "words.json").write_bytes(content)
    model = growing(base, maker)
    assert model.words == OwnWords()
    assert model.in_use() == base
    assert words_in(model.follow(["wies"])) == {"ja", "nee", "anna", "wies"}


@pytest.mark.parametrize("when", ["while adding", "while trying"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WordsError("no_espeak"), "no_espeak"),
        (ValueError("it is about wies"), "words_failed"),
        (OSError(28, "No space left on device"), "no_room"),
        (PermissionError(13, "Permission denied"), "words_failed"),
    ],
)
def test_what_fails_leaves_the_model_that_was_there(
    base: Path, maker: Maker, when: str, error: Exception, reason: str
) -> None:
    before = growing(base, maker).grow(["wies"])
    if when == "while adding":
        maker.fails = error
    else:
        maker.loads = error
    model = growing(base, maker)
    with pytest.raises(ModelError) as caught:
        model.grow(["wies", "piet"])
    assert caught.value.reason == reason
    assert "wies" not in str(caught.value)
    assert model.words == OwnWords(("wies",))
    assert model.in_use() == before
    assert left(base) == {"words.json", before.name}


def test_a_turn_does_not_wait_for_what_failed_before(
    base: Path, maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    maker.fails = WordsError("no_espeak")
    model = growing(base, maker)
    for _ in range(3):
        assert model.follow(["wies"]) == base
    assert len(caplog.records) == 1
    assert "no_espeak" in caplog.text and "wies" not in caplog.text
    maker.fails = None
    assert model.follow(["wies"]) == base  # the same names: not now
    assert words_in(model.follow(["wies", "piet"])) >= {"wies", "piet"}
    assert model.follow(None) == model.in_use() != base


def test_too_many_words_are_refused(base: Path, maker: Maker) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = [a + b + c for a in letters for b in letters for c in letters]
    with pytest.raises(WordsError, match="too many"):
        growing(base, maker).grow(others=many[: MOST_WORDS + 1])
    assert growing(base, maker).in_use() == base


def test_a_folder_that_cannot_be_used_is_said(base: Path, maker: Maker) -> None:
    (base.parents[1] / "models").write_text("no folder")
    model = growing(base, maker)
    with pytest.raises(WordsError, match="no access"):
        model.grow(["wies"])
    assert model.in_use() == model.follow(["piet"]) == base


def test_a_base_that_is_gone_is_not_grown(base: Path, maker: Maker) -> None:
    def unreadable(folder: Path) -> Collection[str]:
        raise WordsError("bundled_damaged", name=folder.name)

    folder = base.parents[1] / "own"
    model = GrowingModel(base, folder, maker.add, unreadable)
    assert model.follow(["wies"]) == model.in_use() == base
    (base / HASHES).unlink()
    with pytest.raises(WordsError, match="bundled damaged"):
        growing(base, maker).grow(["wies"])


def test_two_that_add_at_once_both_succeed(base: Path, maker: Maker) -> None:
    names = ["wies", "piet", "geertruida", "roodborstje"]
    threads = [
        threading.Thread(
            target=GrowingModel.grow,
            args=(growing(base, maker),),
            kwargs={"others": [name]},
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    model = growing(base, maker)
    assert model.words.others == tuple(sorted(names))
    assert words_in(model.in_use()) == {"ja", "nee", "anna", *names}


# Where the power may fail: each is a call in the life of an addition.
MOMENTS = {
    "half written": "voice.growing.GrowingModel._path_for",
    "before trying": "tests.voice.paper_model.Maker.try_out",
    "before the hashes": "voice.growing.write_hashes",
    "before it is in place": "voice.growing.put_in_place",
    "before the words are kept": "voice.growing.GrowingModel._keep",
    "before tidying": "voice.growing.GrowingModel._tidy",
}

DYING = """
    import os, pkgutil, signal, sys
    from pathlib import Path
    from tests.voice.paper_model import Maker, growing
    where, _, name = sys.argv[2].rpartition(".")
    owner = pkgutil.resolve_name(where)

    def die(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    class Half(Maker):
        def add(self, base, made, words):
            made.mkdir()
            (made / "final.mdl").write_bytes(b"wei")
            die()

    if sys.argv[3] == "half written":
        model = growing(Path(sys.argv[1]), Half())
    else:
        setattr(owner, name, die)
        model = growing(Path(sys.argv[1]), Maker())
    model.grow(["wies", "piet"])
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_power_cut_at_any_moment_leaves_a_whole_model(
    base: Path, maker: Maker, moment: str
) -> None:
    before = growing(base, maker).grow(["wies"])
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DYING), base, MOMENTS[moment], moment],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    model = growing(base, maker)
    now = model.in_use()
    assert words_in(now) >= {"ja", "nee", "anna", "wies"}
    assert (now / "final.mdl").read_bytes() == b"weights"
    if moment != "before tidying":
        assert now == before
    grown = model.grow(["wies", "piet"])
    assert words_in(grown) == {"ja", "nee", "anna", "wies", "piet"}
    assert left(base) == {"words.json", grown.name}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("anna", True), ("Chloë", True), ("anne-marie", True), ("d'hondt", True),
        ("", False), ("'s", False), ("-add", False), ("[unk]", False), ("a b", False),
        ("4", False), ("r2d2", False), ("jan-", False), ("a_b", False),
        ("a" * 99, False), ("anna\n", False), ("#0", False), ("<eps>", False),
    ],
)  # fmt: skip
def test_what_is_a_word(text: str, is_one: bool) -> None:
    assert is_word(text) is is_one
