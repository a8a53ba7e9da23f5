"""A bundled model that loads for real, and hears nothing: no training went into it."""

from collections.abc import Iterable
from pathlib import Path

from tests.voice.model.networks import random_network
from voice.model.package import write_model
from voice.model_folder import write_hashes

NAME = "praatpaal-nl-synthetic"


def paper_bundle(folder: Path, words: Iterable[str]) -> Path:
    """Write it as `folder`/praatpaal-nl-synthetic; each word sounds like "ja".

    Returns:
        `folder`, for `voice.models.BUNDLED`.
    """
    lexicon = {word: (("j", "a:"),) for word in words}
    write_model(random_network(), lexicon, folder / NAME, "A model of paper.")
    write_hashes(folder / NAME)
    return folder
