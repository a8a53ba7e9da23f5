"""What the person told of home visits, to be taken along."""

from companion.visits import Known


def plain_visits(known: Known) -> list[dict[str, object]]:
    """Of each visit what was told of it, in plain values."""
    return [
        {
            "who": visit.who,
            "organisation": visit.organisation,
            "day": visit.day.isoformat(),
            "suits": visit.suits.value,
            "came": visit.came.value,
            "wishes": [
                {
                    "at": wish.at.isoformat(),
                    "text": wish.text,
                    "is_passed_on": wish.passed_at is not None,
                }
                for wish in known.wishes_for(visit)
            ],
            "promises": [
                {
                    "at": promise.at.isoformat(),
                    "text": promise.text,
                    "due": promise.due.isoformat(),
                    "kept": promise.kept.value,
                }
                for promise in known.promises_of(visit)
            ],
        }
        for visit in known.visits
    ]
