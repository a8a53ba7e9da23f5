"""A real Chromium, with a file for a microphone."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"

# Playwright would give up after 5 s, which a busy machine takes.
WITHIN_S = 30.0
expect.set_options(timeout=1000 * WITHIN_S)

POLL_MS = 50

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
)


@asynccontextmanager
async def chromium(
    microphone: Path | None = None,
    *,
    may_record: bool = True,
    camera: Path | None = None,
) -> AsyncIterator[Browser]:
    """Run a headless Chromium.

    Args:
        microphone: WAV file that its microphone hears, once; None for beeps.
        camera: Y4M file that its camera sees, over and over; None: a test picture.
        may_record: What its user answers when a page asks for the microphone.

    Raises:
        FileNotFoundError: If Chromium is not installed.
    """
    if shutil.which(CHROMIUM) is None:
        raise FileNotFoundError(
            f"{CHROMIUM} is missing; install Debian's package chromium"
        )
    arguments = list(ARGUMENTS)
    if may_record:
        arguments.append("--use-fake-ui-for-media-stream")
    else:
        arguments.append("--deny-permission-prompts")
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    if camera is not None:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments
        )
        try:
            yield browser
        finally:
            await browser.close()


async def wait_until(page: Page, script: str, arg: object = None) -> None:
    """Wait until an asynchronous function of the page returns true.

    Playwright's `wait_for_function` asks such a function once, and is content with
    whatever it returns.

    Args:
        page: Where it runs.
        script: The function, in JavaScript.
        arg: What it is called with.

    Raises:
        TimeoutError: If it does not within WITHIN_S.
    """
    waiting = f"""
    async arg => {{
      const holds = {script};
      while (!(await holds(arg))) {{
        await new Promise(done => setTimeout(done, {POLL_MS}));
      }}
    }}
    """
    async with asyncio.timeout(WITHIN_S):
        await page.evaluate(waiting, arg)
