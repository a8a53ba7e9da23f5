"""The process that reads recordings; started by `voice.recordings.Recordings`.

Files of unknown make go through libraries of C here, so that one that crashes or
hangs them takes nothing else along. For each line with a path and the digest of its
content comes one with its length in seconds, or with its flaw.
"""

import argparse
import json
import sys
from pathlib import Path

from voice.audio import RATE_HZ
from voice.phrase_cache import PhraseCache
from voice.recorded_sound import Flaw, FlawedRecording, read_recording
from voice.recordings import MOST_BYTES, key_of


def main() -> None:
    """Convert one recording after the other until the pipe closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, required=True)
    cache = PhraseCache(parser.parse_args().keep, MOST_BYTES)
    for line in sys.stdin:
        wanted = json.loads(line)
        answer = _convert(Path(wanted["path"]), wanted["digest"], cache)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _convert(path: Path, digest: str, cache: PhraseCache) -> dict[str, object]:
    try:
        samples = read_recording(path)
    except FlawedRecording as error:
        return {"flaw": error.flaw.value}
    except Exception:
        # A library's own error about a file that is no sound.
        return {"flaw": Flaw.DAMAGED.value}
    if not cache.put(key_of(digest), samples):
        return {"flaw": Flaw.NO_ROOM.value}
    return {"seconds": round(samples.size / RATE_HZ, 2)}


if __name__ == "__main__":
    main()
