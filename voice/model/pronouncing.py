"""Pronounces words in a child process, for the library of espeak-ng may crash.

The parent half is `pronunciations`; the child is this module run by itself. It
reads words, one a line, and answers each with its phones, or with an empty line,
at once: when it dies, the parent knows at which word, and goes on after it.
"""

import logging
import subprocess
import sys
from collections.abc import Sequence

from voice.model.errors import EspeakMissing, ForeignSounds
from voice.model.speaker import phones_of

logger = logging.getLogger(__name__)

# A word takes 0.5 ms; a child that is busy for so long hangs.
_TIMEOUT_S = 120.0
_IS_MISSING = 3


_CHILD = (sys.executable, "-m", "voice.model.pronouncing")


def pronunciations(
    words: Sequence[str], child: Sequence[str] = _CHILD
) -> dict[str, tuple[str, ...]]:
    """The phones of words as espeak-ng says them in Dutch.

    Args:
        words: Without spaces; others are left out.
        child: The command that runs this module.

    Returns:
        The words that it can say; others are left out.

    Raises:
        EspeakMissing: If espeak-ng is not installed.
    """
    found: dict[str, tuple[str, ...]] = {}
    left = [word for word in words if word and not any(map(str.isspace, word))]
    while left:
        answers = _ask_child(left, child)
        said = zip(left, answers, strict=False)
        found |= {word: tuple(answer.split()) for word, answer in said if answer}
        # A child that died did so at the word after its last answer.
        if len(answers) < len(left):
            logger.warning("espeak-ng crashed on a word, which is left out")
        left = left[len(answers) + 1 :]
    return found


def _ask_child(words: Sequence[str], child: Sequence[str]) -> list[str]:
    try:
        ended = subprocess.run(
            child,
            input="".join(f"{word}\n" for word in words),
            capture_output=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as hanging:
        written = hanging.stdout or b""
        text = written.decode() if isinstance(written, bytes) else written
        return text.split("\n")[:-1]
    if ended.returncode == _IS_MISSING:
        raise EspeakMissing(ended.stderr.strip())
    return ended.stdout.split("\n")[:-1]


def _serve() -> int:
    """What the child does; returns its exit status."""
    for line in sys.stdin:
        try:
            answer = " ".join(phones_of(line.rstrip("\n")))
        except ForeignSounds:
            answer = ""
        except EspeakMissing as error:
            sys.stderr.write(f"{error}\n")
            return _IS_MISSING
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_serve())
