"""`script/install-hub`: what it writes is what hub, relay and settings take."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from calls.hub.turn import answers, read_secret, read_servers
from companion.settings import load

ROOT = Path(__file__).parents[1]
NAME = "praatpaal.example.org"


def install(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "script" / "install-hub", *words, "--into", folder],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def server(tmp_path: Path) -> Path:
    done = install(tmp_path, NAME)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_the_settings_are_those_of_a_public_hub(server: Path) -> None:
    hub = load(server / "etc/praatpaal/hub.toml").hub
    assert hub.url == f"https://{NAME}" and hub.is_public and hub.is_loopback
    assert {each.host for each in read_servers(hub.turn_urls)} == {NAME}


def test_the_secret_is_shared_with_the_relay_and_with_nobody_else(server: Path) -> None:
    file = server / "etc/praatpaal/turn-secret"
    relay = server / "etc/turnserver.conf"
    secret = read_secret(str(file)).decode()
    assert len(secret) > 40
    assert f"static-auth-secret={secret}\n" in relay.read_text()
    assert file.stat().st_mode & 0o007 == relay.stat().st_mode & 0o007 == 0


def test_a_second_time_keeps_secrets_and_what_was_filled_in(server: Path) -> None:
    settings = server / "etc/praatpaal/hub.toml"
    settings.write_text(settings.read_text().replace("#smtp_host", "smtp_host"))
    before = {path: path.read_bytes() for path in server.rglob("*") if path.is_file()}
    assert install(server, NAME).returncode == 0
    after = {path: path.read_bytes() for path in server.rglob("*") if path.is_file()}
    assert after == before


def test_what_somebody_else_wrote_stays_beside_it(tmp_path: Path) -> None:
    web = tmp_path / "etc/caddy/Caddyfile"
    web.parent.mkdir(parents=True)
    web.write_text("example.com {\n}\n")
    assert install(tmp_path, NAME).returncode == 0
    assert NAME in web.read_text()
    assert (web.parent / "Caddyfile.before").read_text() == "example.com {\n}\n"
    assert install(tmp_path, NAME).returncode == 0
    assert "example.com" in (web.parent / "Caddyfile.before").read_text()


@pytest.mark.parametrize(
    "words",
    [
        (), ("https://x.nl",), ("Praatpaal.nl",), ("localhost",), ("a b.nl",),
        ("x.nl; reboot",), ("a.nl", "b.nl"), ("--help",), ("-x.nl",),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_name_is_said_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = install(tmp_path, *words)
    assert done.returncode == 2
    assert done.stderr.startswith("praatpaal: ") and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.real
async def test_the_relay_starts_with_what_was_written(server: Path) -> None:
    port = 34_781
    relay = await asyncio.create_subprocess_exec(
        "turnserver", "-c", server / "etc/turnserver.conf",
        "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
        "--log-file=stdout", f"--pidfile={server / 'pid'}", f"--userdb={server / 'db'}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert relay.stdout is not None
    try:
        async with asyncio.timeout(30):
            while b"turn server id" not in (line := await relay.stdout.readline()):
                assert line, "turnserver ended; is Debian's coturn installed?"
            (known,) = read_servers(f"turn:127.0.0.1:{port}?transport=udp")
            while not await answers(known):
                pass
    finally:
        relay.kill()
        await relay.communicate()
