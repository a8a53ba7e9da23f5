"""How many there are of something, as it is said."""

from companion.understanding.numbers import say_number
from companion.wording import Phrasebook


def say_count(phrasebook: Phrasebook, count: int, one: str, many: str) -> str:
    """One or more of them: "één wens", "drie wensen".

    Args:
        phrasebook: Has the words.
        count: From 1.
        one: Name of the word for one of them.
        many: Name of the word for more.
    """
    return f"{say_number(count)} {phrasebook.text(one if count == 1 else many)}"
