"""What the person likes and thought of activities, in lines for `praatpaal journal`."""

from collections.abc import Iterator

from companion.activities.tastes import Aid, Opinion, PartOfDay, Tastes
from companion.commands.texts import Texts


def taste_lines(tastes: Tastes) -> Iterator[str]:
    """A line for each thing that is known; none if nothing is."""
    for category, strength in tastes.likes.items():
        yield _taste("likes", value=_named("kinds", category), strength=strength)
    for category, strength in tastes.dislikes.items():
        yield _taste("dislikes", value=_named("kinds", category), strength=strength)
    if tastes.walks_m is not None:
        yield _taste("walks", value=tastes.walks_m)
    if tastes.aid is not Aid.NONE:
        yield _taste("aid", value=_named("aids", tastes.aid))
    if tastes.needs_transport:
        yield _taste("needs_transport")
    if tastes.parts:
        parts = [it for it in PartOfDay if it in tastes.parts]
        yield _taste("parts", value=", ".join(_named("parts", it) for it in parts))
    if tastes.most_cents is not None:
        yield _taste("most", value=f"{tastes.most_cents / 100:.2f}".replace(".", ","))
    if tastes.wants_company is not None:
        yield _taste("company" if tastes.wants_company else "no_company")
    if tastes.languages != Tastes().languages:
        yield _taste("languages", value=", ".join(tastes.languages))


def opinion_line(opinion: Opinion, day: str, time: str) -> str:
    """When, of what, and what they thought of it."""
    return Texts("activities", "words").say(
        "opinion",
        day=day,
        time=time,
        kind=_named("kinds", opinion.category),
        organisation=opinion.organisation or opinion.source,
        thought=_named("opinions", opinion.kind),
        why=f" ({_named('whys', opinion.why)})" if opinion.why else "",
    )


def _taste(name: str, /, **facts: object) -> str:
    return Texts("activities", "tastes").say(name, **facts)


def _named(section: str, name: str) -> str:
    return Texts("activities", section).say(name)
