"""Switching a television, with a cec-ctl that keeps its state in files."""

import asyncio
from pathlib import Path

import pytest

from hardware.television import Shown, Television

# The answers are those of v4l-utils 1.22.
CEC_CTL = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/asked"
[ -e "$here/hangs" ] && exec sleep 30
case "$*" in
*cec1*) address=$(cat "$here/address") ;;
*) address=f.f.f.f ;;
esac
case "$*" in
*--playback*)
    echo "Driver Info:"
    echo "	Physical Address           : $address" ;;
*--image-view-on*)
    [ -e "$here/deaf" ] || echo to-on > "$here/power" ;;
*--standby*)
    echo standby > "$here/power" ;;
*--give-device-power-status*)
    [ -e "$here/power" ] || exit 1
    echo "	pwr-state: $(cat "$here/power") (0x00)"
    [ "$(cat "$here/power")" = to-on ] && echo on > "$here/power" ;;
*--active-source*)
    case "$*" in *"phys-addr=$address"*) ;; *) exit 1 ;; esac
    echo "$address" > "$here/input" ;;
esac
exit 0
"""


class Set:
    """A television on the second HDMI."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = folder / "cec-ctl"
        command.write_text(CEC_CTL, encoding="utf-8")
        command.chmod(0o755)
        (folder / "cec0").touch()
        (folder / "cec1").touch()
        self["address"] = "2.0.0.0"
        self["power"] = "standby"
        self.television = Television(
            "Praatpaal op tafel", command=str(command), devices=folder, waking_s=0.8
        )

    def __getitem__(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8").strip()

    def __setitem__(self, name: str, value: str) -> None:
        (self.folder / name).write_text(value, encoding="utf-8")


@pytest.fixture
def tv(tmp_path: Path) -> Set:
    return Set(tmp_path)


async def test_it_wakes_and_shows_our_input_and_goes_back_to_sleep(tv: Set) -> None:
    assert await tv.television.show() is Shown.SHOWN
    assert tv["power"] == "on"
    assert tv["input"] == "2.0.0.0"
    assert tv.television.woken
    assert "--osd-name Praatpaal op t" in tv["asked"]
    await tv.television.rest()
    assert tv["power"] == "standby"


async def test_one_that_was_on_stays_on(tv: Set) -> None:
    tv["power"] = "on"
    assert await tv.television.show() is Shown.SHOWN
    assert "--image-view-on" not in tv["asked"]
    await tv.television.rest()
    assert tv["power"] == "on"


async def test_it_is_put_to_sleep_once_only(tv: Set) -> None:
    await tv.television.show()
    await tv.television.rest()
    tv["power"] = "on"
    await tv.television.rest()
    assert tv["power"] == "on"


async def test_without_a_television_it_is_not_there(tv: Set) -> None:
    tv["address"] = "f.f.f.f"
    assert await tv.television.show() is Shown.NOT_THERE
    await tv.television.rest()
    assert "--standby" not in tv["asked"]


async def test_one_that_does_not_know_cec_is_not_there(tv: Set) -> None:
    (tv.folder / "power").unlink()
    assert await tv.television.show() is Shown.NOT_THERE


async def test_without_the_command_or_a_device_it_is_not_there(tmp_path: Path) -> None:
    tv = Set(tmp_path)
    gone = Television("x", command=str(tmp_path / "gone"), devices=tmp_path)
    assert await gone.show() is Shown.NOT_THERE
    (tmp_path / "cec0").unlink()
    (tmp_path / "cec1").unlink()
    assert await tv.television.show() is Shown.NOT_THERE


async def test_one_that_does_not_wake_is_told(tv: Set) -> None:
    tv["deaf"] = ""
    assert await tv.television.show() is Shown.NO_ANSWER
    assert not tv.television.woken


async def test_a_command_that_hangs_is_ended(
    tv: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.television.ANSWER_S", 0.1)
    tv["hangs"] = ""
    async with asyncio.timeout(30):
        assert await tv.television.show() is Shown.NOT_THERE
