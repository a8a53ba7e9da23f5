"""What was wrong in a source, in a form that its publisher can act on."""

from dataclasses import dataclass
from enum import StrEnum

# Enough to recognise it by; a whole page pasted into a cell helps nobody.
LONGEST_FOUND = 120


class Outcome(StrEnum):
    """What was done about it."""

    SET_ASIDE = "set_aside"
    """The record is not in the catalogue."""
    LEFT_OUT = "left_out"
    """The record is there without this field."""
    REPAIRED = "repaired"
    """There was one way to read it, and it was read so."""


class Reason(StrEnum):
    """What was wrong. The value is the name of its sentences in the language pack."""

    # Of a whole file.
    NOT_READABLE = "not_readable"
    NOTHING_KNOWN = "nothing_known"
    ENDS_EARLY = "ends_early"
    WRONG_ENCODING = "wrong_encoding"
    TOO_LARGE = "too_large"
    LOCKED = "locked"
    OTHER_SPREADSHEET = "other_spreadsheet"
    HIDDEN_SHEET = "hidden_sheet"
    NOTHING_LEFT = "nothing_left"
    # Of a row or a record.
    NOT_A_RECORD = "not_a_record"
    OPEN_QUOTE = "open_quote"
    LOOSE_QUOTE = "loose_quote"
    TOO_MANY_CELLS = "too_many_cells"
    REPEATED_HEADER = "repeated_header"
    DOUBLED_COLUMN = "doubled_column"
    UNKNOWN_COLUMN = "unknown_column"
    MERGED_CELLS = "merged_cells"
    NOT_AN_ACTIVITY = "not_an_activity"
    SAME_ID = "same_id"
    SAME_RECORD = "same_record"
    # Of a field.
    MISSING = "missing"
    TOO_LONG = "too_long"
    MARKUP = "markup"
    ENTITIES = "entities"
    MOJIBAKE = "mojibake"
    CONTROL_CHARACTERS = "control_characters"
    NOT_A_DATE = "not_a_date"
    NOT_A_TIME = "not_a_time"
    NO_YEAR = "no_year"
    SHORT_YEAR = "short_year"
    EXCEL_NUMBER = "excel_number"
    FAR_YEAR = "far_year"
    ENDS_BEFORE_START = "ends_before_start"
    ENDS_NEXT_DAY = "ends_next_day"
    END_ON_START_DAY = "end_on_start_day"
    END_DAY_TOO_LATE = "end_day_too_late"
    NO_TIME_ZONE = "no_time_zone"
    UNKNOWN_ZONE = "unknown_zone"
    ZONE_GUESSED = "zone_guessed"
    NOT_A_RULE = "not_a_rule"
    REPEATS_NEVER = "repeats_never"
    RULE_WITHOUT_DATE = "rule_without_date"
    NOT_HOURS = "not_hours"
    MORE_IN_A_CELL = "more_in_a_cell"
    NOT_A_PHONE = "not_a_phone"
    LOST_ZERO = "lost_zero"
    MORE_PHONES = "more_phones"
    NOT_AN_EMAIL = "not_an_email"
    NOT_A_URL = "not_a_url"
    NO_SCHEME = "no_scheme"
    NOT_A_POSTCODE = "not_a_postcode"
    NOT_A_COORDINATE = "not_a_coordinate"
    SWAPPED_COORDINATES = "swapped_coordinates"
    DUTCH_GRID = "dutch_grid"
    CAPITALS = "capitals"
    NOT_A_NEIGHBOURHOOD = "not_a_neighbourhood"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_STATUS = "not_a_status"
    NOT_A_CATEGORY = "not_a_category"
    NOT_A_LANGUAGE = "not_a_language"
    NOT_AN_AGE = "not_an_age"
    NOT_A_PRICE = "not_a_price"
    OTHER_CURRENCY = "other_currency"
    WRONG_TYPE = "wrong_type"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was wrong.

    Attributes:
        reason: What.
        outcome: What was done about it.
        line: Number in the file, from 1; None where lines mean nothing.
        record: Title or number of the record, as far as it could be read.
        field: Name of the field, as the source calls it.
        found: What stands there, cut off.
        became: What it was read as, where it was repaired.
    """

    reason: Reason
    outcome: Outcome
    line: int | None = None
    record: str = ""
    field: str = ""
    found: str = ""
    became: str = ""


class SetAside(Exception):
    """This record cannot be used; carries the reason to whoever reads the file."""

    def __init__(self, reason: Reason, field: str = "", found: object = "") -> None:
        super().__init__(f"{field}: {reason}")
        self.reason = reason
        self.field = field
        self.found = found


class Notes:
    """What is found out about one record while it is read."""

    __slots__ = ("line", "problems", "record")

    def __init__(self, line: int | None = None, record: str = "") -> None:
        """Begin with nothing found.

        Args:
            line: Where the record begins.
            record: Its title or number.
        """
        self.line = line
        self.record = record
        self.problems: list[Problem] = []

    def repaired(
        self, reason: Reason, field: str, found: object, became: object = ""
    ) -> None:
        """There was one way to read it."""
        self._add(reason, Outcome.REPAIRED, field, found, became)

    def left_out(self, reason: Reason, field: str, found: object) -> None:
        """The record goes on without this field."""
        self._add(reason, Outcome.LEFT_OUT, field, found)

    def set_aside(self, error: SetAside) -> None:
        """The record does not go on."""
        self._add(error.reason, Outcome.SET_ASIDE, error.field, error.found)

    def _add(
        self,
        reason: Reason,
        outcome: Outcome,
        field: str,
        found: object,
        became: object = "",
    ) -> None:
        self.problems.append(
            Problem(
                reason,
                outcome,
                self.line,
                shorten(self.record),
                field,
                shorten(found),
                shorten(became),
            )
        )


def shorten(value: object) -> str:
    """On one line, and cut off."""
    text = " ".join(str(value)[: 4 * LONGEST_FOUND].split())
    return text if len(text) <= LONGEST_FOUND else f"{text[: LONGEST_FOUND - 1]}…"
