"""A model of paper, to which words are added by writing them down."""

from collections.abc import Collection, Sequence
from pathlib import Path

from voice.growing import GrowingModel


class Maker:
    """Adds words by writing them in a file, and can fail in each way."""

    def __init__(self) -> None:
        self.made: list[tuple[str, ...]] = []
        self.fails: Exception | None = None
        self.loads: Exception | None = None

    def add(self, base: Path, made: Path, words: Sequence[str]) -> None:
        made.mkdir()
        (made / "final.mdl").write_bytes((base / "final.mdl").read_bytes())
        if self.fails is not None:
            raise self.fails
        (made / "words").write_text("\n".join([*self.knows(base), *words]))
        self.made.append(tuple(words))

    def knows(self, base: Path) -> Collection[str]:
        return (base / "words").read_text().split()

    def try_out(self, made: Path) -> None:
        if self.loads is not None:
            raise self.loads


def growing(base: Path, maker: Maker) -> GrowingModel:
    folder = base.parents[1] / "models" / "own-words"
    return GrowingModel(base, folder, maker.add, maker.knows, maker.try_out)
