"""Whether an activity is for everybody of an age, or for some of them (pure).

Nobody should be asked out of the blue to come to what is for people who mourn, or whose
memory fails: whoever wants that finds it by asking, or through somebody who knows them.
"""

import functools
from importlib import resources

import yaml

from companion.activities.record import Audience
from companion.activities.words import bare


def is_for_some(audience: Audience, language: str = "nl") -> bool:
    """Whether the source names more than an age."""
    general = _general(language)
    words = bare(audience.text).split()
    return any(not word.isdecimal() and word not in general for word in words)


@functools.cache
def _general(language: str) -> frozenset[str]:
    """The words that shut nobody out, from `<language>/activities/audiences.yaml`."""
    file = resources.files("companion") / language / "activities" / "audiences.yaml"
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    return frozenset((*read["everybody"], *read["small"]))
