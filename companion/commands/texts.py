"""Short Dutch texts of the command line, from the language pack."""

from functools import cache
from importlib import resources
from typing import Any

import yaml


class Texts:
    """The texts of one file of the language pack, by dotted name."""

    def __init__(self, file: str, section: str = "") -> None:
        """Read `nl/replies/<file>.yaml`, or one section of it."""
        self._tree = _read(file)
        self._section = section

    def say(self, name: str, **facts: object) -> str:
        """One text with its facts filled in.

        Raises:
            KeyError: If the language pack lacks it.
        """
        node: Any = self._tree
        path = f"{self._section}.{name}" if self._section else name
        for part in path.split("."):
            node = node[part]
        return str(node).format_map(facts)


@cache
def _read(file: str) -> Any:
    path = resources.files("companion") / "nl" / "replies" / f"{file}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
