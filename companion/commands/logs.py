"""The log of a command that keeps running, on standard error."""

import logging

OURS = ("calls", "companion", "hardware", "voice")

# These write down whom a call is with, what a mail says or what is kept.
TALKATIVE = ("aioice", "aiortc", "aiosmtplib", "aiosqlite")


def hush_libraries() -> None:
    """Let no library log names or addresses, however much is asked for."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def log_to_stderr() -> None:
    """Log what a technician needs to follow a day; of libraries only their warnings."""
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
