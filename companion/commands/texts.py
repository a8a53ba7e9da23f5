"""Short Dutch texts of the command line, from the language pack."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import yaml


class Texts:
    """The texts of one file of the language pack, by dotted name."""

    def __init__(self, file: str, section: str = "") -> None:
        """Read `nl/replies/<file>.yaml`, or one section of it."""
        self._texts = _read(file)
        self._prefix = f"{section}." if section else ""

    def say(self, name: str, /, **facts: object) -> str:
        """One text with its facts filled in.

        Raises:
            KeyError: If the language pack lacks it.
        """
        return self._texts[self._prefix + name].format_map(facts)

    @property
    def names(self) -> frozenset[str]:
        """Names of all its texts."""
        return frozenset(
            name.removeprefix(self._prefix)
            for name in self._texts
            if name.startswith(self._prefix)
        )


@cache
def _read(file: str) -> Mapping[str, str]:
    path = resources.files("companion") / "nl" / "replies" / f"{file}.yaml"
    return dict(_leaves("", yaml.safe_load(path.read_text(encoding="utf-8"))))


def _leaves(prefix: str, tree: object) -> Iterator[tuple[str, str]]:
    if not isinstance(tree, dict):
        yield prefix, str(tree)
        return
    for name, branch in tree.items():
        yield from _leaves(f"{prefix}.{name}" if prefix else str(name), branch)
