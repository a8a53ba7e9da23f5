"""An engine process that misbehaves when told to."""

import os
import sys
import time

from voice.render_process import Render, serve


def load() -> Render:
    """Load, unless the command line says otherwise."""
    if "hang" in sys.argv:
        time.sleep(60)
    if "refuse" in sys.argv:
        raise LookupError("no such voice")

    def render(text: str, rate_wpm: int) -> tuple[bytes, int]:
        match text:
            case "hang":
                time.sleep(60)
            case "die":
                os._exit(1)
            case "raise":
                raise ValueError("what was said")
            case "lie":
                return b"", 3
            case "print":
                sys.stdout.write("noise\n")
                sys.stdout.flush()
        return text.encode() * 2, 16_000

    return render


if __name__ == "__main__":
    serve(load, 30)
