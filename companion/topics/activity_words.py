"""An activity in words: when, where, how far, what it costs, and why it was named."""

from collections.abc import Sequence
from datetime import datetime

from companion.activities.record import Access, Activity, Category
from companion.activities.suggesting import Because, Reason, Suggestion
from companion.activities.tastes import PartOfDay
from companion.people import say_phone, show_phone
from companion.understanding.numbers import say_number
from companion.understanding.say_when import join, say_when
from companion.understanding.times import say_time
from companion.understanding.when import When
from companion.wording import Line, Phrasebook

# On foot nobody of 84 goes further for a cup of coffee; then it is said how far it is.
LONGEST_WALK_MIN = 30

# Of what a source says about it: more is read, not heard.
LONGEST_ABOUT = 100

# "Waarom?" is answered with what weighed most.
MOST_REASONS = 2


def say_money(cents: int) -> str:
    """An amount as people say it: "drie euro vijftig", "vijftig cent".

    Args:
        cents: In euro cents.
    """
    euros, left = divmod(cents, 100)
    if not euros:
        return f"{say_number(left)} cent"
    return f"{say_number(euros)} euro{f' {say_number(left)}' if left else ''}"


def say_minutes(minutes: int) -> str:
    """ "Eén minuut", "zes minuten", "een kwartier"."""
    special = {15: "een kwartier", 30: "een half uur"}
    if minutes in special:
        return special[minutes]
    return f"{say_number(minutes)} {'minuut' if minutes == 1 else 'minuten'}"


def say_distance(metres: int) -> str:
    """About how far: "tweehonderd meter", "drie kilometer"."""
    if metres < 950:
        return f"{say_number(max(50, round(metres / 50) * 50))} meter"
    halves = round(metres / 500)
    if halves == 3:
        return "anderhalve kilometer"
    whole = say_number(halves // 2) if halves != 2 else "een"
    return f"{whole}{' en een halve' if halves % 2 else ''} kilometer"


def say_moment(start: datetime, now: datetime, is_all_day: bool = False) -> str:
    """When it begins: "morgen om tien uur 's ochtends"."""
    local = start.astimezone(now.tzinfo)
    times = () if is_all_day else (local.time(),)
    return say_when(When(local.date(), times), now)


def named(suggestion: Suggestion, now: datetime) -> Line:
    """What is said of a suggestion before the question."""
    facts = facts_of(suggestion, now)
    key = "outings.named"
    if "place" in facts:
        way = next((it for it in ("walk", "distance") if it in facts), "place")
        key = {
            "walk": "outings.named_walk",
            "distance": "outings.named_far",
            "place": "outings.named_place",
        }[way]
    return Line(key, facts)


def facts_of(suggestion: Suggestion, now: datetime) -> dict[str, str]:
    """What fills the sentences about it, as far as it is known."""
    activity, when = suggestion.activity, suggestion.occurrence
    facts = {
        "title": activity.title,
        "moment": say_moment(when.start, now, when.is_all_day),
        "organisation": activity.organisation,
        "place": activity.place.name or activity.place.address,
        "address": activity.place.address if activity.place.name else "",
        "bring": activity.bring,
    }
    walk, metres = suggestion.walk_min, suggestion.distance_m
    if suggestion.is_rough:
        # Wrong by a kilometre is worse than not said.
        walk = metres = None
    if walk is not None and walk <= LONGEST_WALK_MIN:
        facts["walk"] = say_minutes(max(1, walk))
    elif metres is not None:
        facts["distance"] = say_distance(metres)
    if when.end is not None and not when.is_all_day:
        facts["until"] = say_time(when.end.astimezone(now.tzinfo))
    return {name: text for name, text in facts.items() if text}


# --- what it costs -------------------------------------------------------------------

_COSTS = {
    "free": ("outings.fits.ask_free", "outings.cost.free"),
    "gift": ("outings.fits.ask_gift", "outings.cost.gift"),
    "cents": ("outings.fits.ask_cost", "outings.cost.cents"),
    "between": ("outings.fits.ask_between", "outings.cost.between"),
    "unknown": ("outings.fits.ask", "outings.cost.unknown"),
}


def ask_with_cost(activity: Activity) -> Line:
    """The question whether it is something for them, after what it costs."""
    kind, facts = _cost(activity)
    return Line(_COSTS[kind][0], facts)


def tell_cost(activity: Activity) -> Line:
    """What it costs, when that is asked."""
    kind, facts = _cost(activity)
    return Line(_COSTS[kind][1], facts)


def _cost(activity: Activity) -> tuple[str, dict[str, str]]:
    cost = activity.cost
    low, high = cost.lowest_cents, cost.highest_cents
    if low is None:
        return "unknown", {}
    if low == 0:
        # Without a highest price everybody gives what they like.
        is_gift = high is None or high > 0
        return ("gift" if is_gift else "free"), {}
    if high is not None and high > low:
        return "between", {"cost": say_money(low), "most": say_money(high)}
    return "cents", {"cost": say_money(low)}


# --- what is asked about it ----------------------------------------------------------


def tell_detail(
    which: str, suggestion: Suggestion, phrasebook: Phrasebook, now: datetime
) -> Sequence[Line]:
    """The answer to a question about it.

    Args:
        which: One of `intents.DETAILS`.
        suggestion: What was named.
        phrasebook: Knows what kinds of things are called.
        now: Local and aware.
    """
    activity = suggestion.activity
    facts = facts_of(suggestion, now)
    match which:
        case "why":
            return tell_why(suggestion.reasons, phrasebook)
        case "cost":
            return (tell_cost(activity),)
        case "place":
            return (_tell_place(facts),)
        case "when":
            has_end = "until" in facts
            key = "outings.when.until" if has_end else "outings.when.moment"
            return (Line(key, facts),)
        case "access":
            return _tell_access(activity)
        case "bring":
            is_known = "bring" in facts
            key = "outings.bring.text" if is_known else "outings.bring.nothing"
            return (Line(key, facts),)
    about = _first_sentence(activity.description)
    if not about:
        return (Line("outings.about.unknown"),)
    return (Line("outings.about.text", {"about": about}),)


def _tell_place(facts: dict[str, str]) -> Line:
    if "place" not in facts:
        return Line("outings.where.unknown")
    if "address" not in facts:
        return Line("outings.where.name", facts)
    key = "outings.where.walk" if "walk" in facts else "outings.where.place"
    return Line(key, facts)


def _tell_access(activity: Activity) -> Sequence[Line]:
    known = activity.accessibility
    lines = []
    if Access.WHEELCHAIR in known:
        lines.append(Line("outings.access.wheelchair"))
    elif Access.ROLLATOR in known:
        lines.append(Line("outings.access.rollator"))
    else:
        lines.append(Line("outings.access.unknown"))
    if Access.LIFT in known:
        lines.append(Line("outings.access.lift"))
    if Access.TOILET in known:
        lines.append(Line("outings.access.toilet"))
    return lines


def _first_sentence(text: str) -> str:
    """The first sentence of what a source says, without its full stop."""
    first = text.split(". ")[0].splitlines()[:1]
    sentence = first[0].strip(" .!?") if first else ""
    if len(sentence) <= LONGEST_ABOUT:
        return sentence
    return sentence[:LONGEST_ABOUT].rsplit(" ", 1)[0].rstrip(" ,;:")


# --- why it was named ----------------------------------------------------------------


def tell_why(reasons: Sequence[Because], phrasebook: Phrasebook) -> Sequence[Line]:
    """Why it was named: what weighed most, as it was."""
    lines = [line for it in reasons if (line := _because(it, phrasebook)) is not None]
    return lines[:MOST_REASONS] or (Line("outings.why.nothing"),)


def _because(because: Because, phrasebook: Phrasebook) -> Line | None:
    if not isinstance(because.reason, Reason) or because.points <= 0:
        return None
    facts: dict[str, str] = {}
    match because.value:
        case Category():
            facts["kind"] = phrasebook.text(f"outings.kind.{because.value}")
        case PartOfDay():
            facts["part"] = phrasebook.text(f"outings.part.{because.value}")
        case str() if because.reason is Reason.ACCESSIBLE:
            facts["aid"] = phrasebook.text(f"outings.aid.{because.value}")
        case str() if because.reason is Reason.SAME_ORGANISATION:
            facts["organisation"] = because.value
        case str() if because.reason is Reason.SEASON:
            facts["season"] = because.value
    return Line(f"outings.why.{because.reason}", facts)


def say_kinds(kinds: Sequence[Category], phrasebook: Phrasebook) -> str:
    """ "Muziek, spelletjes en wandelen"."""
    return join([phrasebook.text(f"outings.kind.{kind}") for kind in kinds])


# --- on the screen -------------------------------------------------------------------


def card_of(suggestion: Suggestion, phrasebook: Phrasebook, now: datetime) -> str:
    """What the screen shows of it, a line each: what, when, where, how far, cost."""
    facts = facts_of(suggestion, now)
    kind, cost = _cost(suggestion.activity)
    walk = facts.get("walk")
    shown = [
        facts["title"],
        facts["moment"][:1].upper() + facts["moment"][1:],
        facts.get("place", ""),
        phrasebook.text("outings.shown_walk", walk=walk) if walk else "",
        phrasebook.text("outings.shown_free") if kind in ("free", "gift") else "",
        phrasebook.text("outings.shown_cost", **cost) if kind == "cents" else "",
    ]
    return "\n".join(line[:1].upper() + line[1:] for line in shown if line)


def number_lines(activity: Activity) -> tuple[Line, str] | None:
    """Whom to ring about it: said digit by digit, and shown; None without a number."""
    phone = activity.contact.phone
    if not phone:
        return None
    e164 = phone if phone.startswith("+") else f"+31{phone.removeprefix('0')}"
    who = activity.contact.name or activity.organisation or activity.title
    facts = {"who": who, "number": say_phone(e164)}
    return Line("outings.number", facts), f"{who} {show_phone(e164)}"
