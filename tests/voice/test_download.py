"""Fetching files over lines that break, from servers that lie."""

import contextlib
import errno
import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from voice.download import (
    Checksum,
    NoRoom,
    Unreachable,
    WrongContent,
    download,
    full_disk_said,
    unpack,
)

CONTENT = bytes(range(256)) * 4_000
CHECKSUM = Checksum(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@dataclass
class Server:
    """A web server on loopback that behaves as a test wants it."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    break_after: list[int] = field(default_factory=list)
    """For each request to come: bytes to send before the line breaks."""
    takes_ranges: bool = True
    hangs: threading.Event | None = None
    asked: list[str | None] = field(default_factory=list)
    """The Range of each request."""


def handler_for(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            server.asked.append(asked)
            if server.hangs is not None:
                server.hangs.wait(20)
                return
            content = server.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = 0
            if asked and server.takes_ranges:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header(
                    "Content-Range",
                    f"bytes {start}-{len(content) - 1}/{len(content)}",
                )
            else:
                self.send_response(200)
            body = content[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if server.break_after:
                body = body[: server.break_after.pop(0)]
                self.close_connection = True
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    return Handler


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    server = Server(files={"/model.bin": CONTENT})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_for(server)) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield server
        if server.hangs is not None:
            server.hangs.set()
        http.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as it:
        yield it


def nobody(have: int, size: int) -> None:
    """Progress that nobody watches."""


def fetch(
    server: Server,
    target: Path,
    checksum: Checksum = CHECKSUM,
    progress: Callable[[int, int], None] = nobody,
) -> None:
    download(server.url + "/model.bin", target, checksum, progress, timeout_s=2.0)


def test_a_file_arrives_checked_and_progress_is_told(
    server: Server, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    fetch(server, tmp_path / "m", progress=lambda *step: told.append(step))
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)
    assert [it.name for it in tmp_path.iterdir()] == ["m"]


def test_a_broken_transfer_goes_on_where_it_broke(
    server: Server, tmp_path: Path
) -> None:
    server.break_after = [100_000, 200_000]
    fetch(server, tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-", "bytes=300000-"]


def test_the_next_run_goes_on_where_the_last_was_killed(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "m.part").write_bytes(CONTENT[:70_000])
    fetch(server, tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert server.asked == ["bytes=70000-"]


def test_a_killed_run_that_had_everything_asks_nothing(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "m.part").write_bytes(CONTENT)
    fetch(server, tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert server.asked == []


def test_a_server_without_ranges_sends_it_all_again(
    server: Server, tmp_path: Path
) -> None:
    server.takes_ranges = False
    server.break_after = [100_000]
    fetch(server, tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == CONTENT


def test_an_older_beginning_is_thrown_away_and_fetched_anew(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "m.part").write_bytes(b"x" * 70_000)
    fetch(server, tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == CONTENT
    assert server.asked == ["bytes=70000-", None]


def test_another_file_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["/model.bin"] = CONTENT[::-1]
    with pytest.raises(WrongContent):
        fetch(server, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_a_longer_file_is_refused(server: Server, tmp_path: Path) -> None:
    server.files["/model.bin"] = CONTENT + b"more"
    with pytest.raises(WrongContent):
        fetch(server, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_a_hash_of_another_kind_is_checked_too(server: Server, tmp_path: Path) -> None:
    right = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    fetch(server, tmp_path / "m", Checksum(len(CONTENT), md5=right))
    assert (tmp_path / "m").exists()
    with pytest.raises(WrongContent):
        fetch(server, tmp_path / "n", Checksum(len(CONTENT), md5="0" * 32))


def test_a_file_that_is_not_there_is_not_asked_for_again(
    server: Server, tmp_path: Path
) -> None:
    del server.files["/model.bin"]
    with pytest.raises(Unreachable) as caught:
        fetch(server, tmp_path / "m")
    assert caught.value.details["cause"] == "HTTP 404"
    assert len(server.asked) == 1


def test_a_silent_server_is_given_up(server: Server, tmp_path: Path) -> None:
    server.hangs = threading.Event()
    with pytest.raises(Unreachable):
        download(
            server.url + "/model.bin",
            tmp_path / "m",
            CHECKSUM,
            nobody,
            timeout_s=0.1,
            attempts=2,
        )
    assert len(server.asked) == 2


def test_no_network_is_said(tmp_path: Path) -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(Unreachable) as caught:
        download(url + "/model.bin", tmp_path / "m", CHECKSUM, nobody, timeout_s=1.0)
    assert caught.value.reason == "unreachable"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", ""])
def test_only_web_addresses_are_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        download(url, tmp_path / "m", CHECKSUM, nobody)


def test_a_disk_too_small_is_said_before_fetching(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(NoRoom):
        fetch(server, tmp_path / "m", Checksum(10**18, "0" * 64))
    assert server.asked == []


def test_a_disk_that_fills_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoRoom), full_disk_said(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PermissionError), full_disk_said(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_only_the_wanted_folder_is_unpacked(tmp_path: Path) -> None:
    entries = {"m/am/final.mdl": b"1", "m/README": b"2", "other/x": b"3"}
    (tmp_path / "to").mkdir()
    unpack(zipped(tmp_path / "z", entries), "m/", tmp_path / "to")
    found = {str(it.relative_to(tmp_path / "to")) for it in tmp_path.rglob("to/**/*")}
    assert found == {"am", "am/final.mdl", "README"}


@pytest.mark.parametrize("name", ["m/../../evil", "m//etc/evil", "m/a/../../../evil"])
def test_nothing_is_unpacked_elsewhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    with pytest.raises(WrongContent):
        unpack(zipped(tmp_path / "z", {name: b"x"}), "m/", tmp_path / "to")
    assert not list(tmp_path.rglob("evil"))


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("m/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "to").mkdir()
    with pytest.raises(WrongContent):
        unpack(tmp_path / "z", "m/", tmp_path / "to")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_archives_are_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "z").write_bytes(content)
    (tmp_path / "to").mkdir()
    with pytest.raises(WrongContent):
        unpack(tmp_path / "z", "m/", tmp_path / "to")
