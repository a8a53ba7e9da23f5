"""What `praatpaal activities` shows, to people and to programs."""

import csv
import io
from collections import Counter
from dataclasses import asdict
from typing import Any

from companion.activities.catalogue import Source
from companion.activities.plain import to_plain
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities.record import Activity
from companion.activities.same import Merged
from companion.activities.when import Occurrence
from companion.commands.tables import table
from companion.commands.texts import Texts

# A terminal is no place for more; `--json` and `--csv` give all.
MOST_SHOWN = 200
WIDEST = 42
MOST_FIELDS = 3


def explain(problem: Problem) -> tuple[str, str]:
    """What is wrong, and what would be right."""
    texts = Texts("activities", "problems")
    facts = {"found": problem.found, "became": problem.became}
    return (
        texts.say(f"{problem.reason}.what", **facts),
        texts.say(f"{problem.reason}.right", **facts),
    )


def explain_fetch(failure: str) -> str:
    """Why an address was not read, in a sentence."""
    reason, _, detail = failure.partition(" ")
    texts = Texts("activities", "fetch")
    if reason == "not_read":
        detail = Texts("activities", "problems").say(f"{detail}.what", found="")
    return texts.say(reason, detail=detail)


def list_table(found: list[tuple[Occurrence | None, Merged]]) -> str:
    names = ("when", "title", "organisation", "place", "cost", "status")
    rows = [[_column(name) for name in names]]
    for when, merged in found[:MOST_SHOWN]:
        activity = merged.activity
        rows.append(
            [
                _when(when),
                _cut(activity.title),
                _cut(activity.organisation),
                _cut(activity.place.name or activity.place.address),
                _cost(activity),
                Texts("activities", "status").say(activity.status),
            ]
        )
    more = len(found) - MOST_SHOWN
    ending = f"\n{_word('more', count=more)}" if more > 0 else ""
    return table(rows) + ending


def _when(moment: Occurrence | None) -> str:
    if moment is None:
        return _word("opening")
    if moment.is_all_day:
        return f"{moment.start:%d-%m-%Y} {_word('all_day')}"
    return f"{moment.start:%d-%m-%Y %H:%M}"


def _cost(activity: Activity) -> str:
    cents = activity.cost.lowest_cents
    if cents is None:
        return _cut(activity.cost.text)
    if cents == 0:
        return _word("free")
    return f"€ {cents // 100},{cents % 100:02}"


def plain_entry(when: Occurrence | None, merged: Merged) -> dict[str, Any]:
    return {
        "next": when.start.isoformat() if when else None,
        "sources": [{"source": source, "id": id} for source, id in merged.sources],
        **to_plain(merged.activity),
    }


Found = list[tuple[str, Problem]]
"""Source and problem."""


def problem_rows(found: Found) -> list[list[str]]:
    names = (
        "outcome",
        "source",
        "line",
        "record",
        "field",
        "problem",
        "found",
        "right",
    )
    rows = [[_column(name) for name in names]]
    for source, problem in found:
        what, right = explain(problem)
        line = "" if problem.line is None else str(problem.line)
        place = [problem.record, problem.field]
        rows.append(
            [_outcome(problem), source, line, *place, what, problem.found, right]
        )
    return rows


def in_order(found: Found) -> Found:
    """What is missing first, then as it stands in the file from top to bottom."""
    order = list(Outcome)
    return sorted(
        found, key=lambda it: (order.index(it[1].outcome), it[0], it[1].line or 0)
    )


def problem_table(found: Found, count: int) -> str:
    """How much there is of what, and below it each of it.

    Args:
        found: Those that were kept.
        count: How many there were.
    """
    shown = in_order(found)[:MOST_SHOWN]
    rows = problem_rows(shown)
    parts = [_counts(found), ""]
    if len(shown) < count:
        parts.append(_word("counted_first", shown=len(shown), count=count))
    parts.append(table([[_cut(cell) for cell in row] for row in rows], right={2}))
    return "\n".join(parts)


def _counts(found: Found) -> str:
    """How often each thing is wrong, and in which fields: often it is one habit."""
    of = Counter(problem.outcome for _, problem in found)
    lines = [_word("counted", **{it: of[it] for it in Outcome})]
    kinds: dict[tuple[Outcome, Reason], Counter[str]] = {}
    for _, problem in in_order(found):
        fields = kinds.setdefault((problem.outcome, problem.reason), Counter())
        fields[problem.field] += 1
    ordered = sorted(
        kinds.items(),
        key=lambda it: (list(Outcome).index(it[0][0]), -it[1].total()),
    )
    for (outcome, reason), fields in ordered:
        named = [name for name, _ in fields.most_common(MOST_FIELDS) if name]
        lines.append(
            "  "
            + _word(
                "counted_each",
                count=fields.total(),
                outcome=_outcome(Problem(reason, outcome)),
                problem=explain(Problem(reason, outcome, found="…"))[0],
                fields=", ".join(named) or "-",
            ).replace(" (-)", "")
        )
    return "\n".join(lines)


def problem_csv(found: Found) -> str:
    """As Excel in Dutch opens it at a double click: with its mark, and with ";"."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in problem_rows(in_order(found)):
        writer.writerow([_harmless(cell) for cell in row])
    return f"\ufeff{text.getvalue()}"


def _harmless(cell: str) -> str:
    """What was found comes from anywhere: Excel must not take it for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _outcome(problem: Problem) -> str:
    return Texts("activities", "outcomes").say(problem.outcome)


def plain_problem(source: str, problem: Problem) -> dict[str, Any]:
    what, right = explain(problem)
    return {"source": source, **asdict(problem), "text": what, "right": right}


def source_table(sources: list[Source]) -> str:
    names = (
        "source",
        "records",
        "set_aside",
        "read_at",
        "licence",
        "location",
        "failure",
    )
    rows = [[_column(name) for name in names]]
    for it in sources:
        read_at = f"{it.read_at:%d-%m-%Y %H:%M}" if it.read_at else _word("never")
        failure = explain_fetch(it.failure) if it.failure else ""
        rows.append(
            [
                _cut(it.name),
                str(it.records),
                str(it.set_aside),
                read_at,
                _cut(it.licence),
                it.location,
                failure,
            ]
        )
    return table(rows, right={1, 2})


def plain_source(source: Source) -> dict[str, Any]:
    plain = asdict(source)
    for name in ("read_at", "tried_at"):
        plain[name] = plain[name].isoformat() if plain[name] else None
    return plain


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _word(name: str, /, **facts: object) -> str:
    return Texts("activities", "words").say(name, **facts)


def _column(name: str) -> str:
    return Texts("activities", "columns").say(name)
