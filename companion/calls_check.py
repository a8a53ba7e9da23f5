"""Checks what a video call needs: the camera, and the way to the hub."""

import asyncio
from pathlib import Path

import aiohttp

from calls.hub_client import hub_url
from companion.finding import Finding, found, simulated
from companion.household import read_enrolment
from companion.settings import Settings, resolve, resolve_camera
from hardware import v4l2
from hardware.camera import CameraError
from hardware.cameras import FileCamera
from hardware.pi import is_raspberry_pi

ASK_S = 10.0

# By the status of the hub's health.
OUTCOMES = {200: "fine", 503: "ill"}


async def check_camera(settings: Settings) -> list[Finding]:
    """Is there one, and may we use it? It is not opened: its light would frighten."""
    kinds = resolve(settings.device, is_raspberry_pi())
    chosen = resolve_camera(settings.camera, kinds)
    match chosen.kind:
        case "none":
            return [found("camera", "none", True)]
        case "v4l2":
            try:
                device = await asyncio.to_thread(v4l2.find, chosen.device)
            except CameraError as error:
                return [found("camera", "fault", False, problem=error)]
            return [found("camera", "fine", True, name=device.name)]
        case "file":
            return [await _look_at_file(Path(chosen.file))]
    return [simulated("camera")]


async def _look_at_file(file: Path) -> Finding:
    camera = FileCamera(file)
    try:
        await camera.open()
        await camera.picture()
    except CameraError as error:
        return found("camera", "file", False, problem=error)
    finally:
        await camera.close()
    return found("camera", "fine", True, name=file.name)


async def check_hub(settings: Settings) -> list[Finding]:
    """Does the hub answer, and does it know this device?"""
    address = settings.calls.hub
    if not address:
        return [found("hub", "own", True)]
    try:
        url = hub_url(address)
    except ValueError:
        return [found("hub", "address", False, url=address)]
    try:
        enrolment = read_enrolment(settings.folders.state_path(), address)
    except OSError as error:
        return [found("hub", "state", False, problem=error.strerror)]
    if enrolment is None:
        return [found("hub", "unknown", False, url=url)]
    timeout = aiohttp.ClientTimeout(total=ASK_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/api/health") as answer,
        ):
            outcome = OUTCOMES.get(answer.status, "away")
    except (aiohttp.ClientError, OSError):
        outcome = "away"
    return [found("hub", outcome, outcome == "fine", url=url)]
