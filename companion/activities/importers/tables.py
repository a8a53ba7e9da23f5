"""What CSV and spreadsheets have in common: which column is which, and which rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Context, NotRead, Read, about_file
from companion.activities.rows import read_row
from companion.activities.words import bare, load_words

# A title, a logo and a word of thanks stand above the columns at times.
HEADER_WITHIN_ROWS = 30

# Fewer known names are chance, such as "Plaats" in a letter.
LEAST_COLUMNS = 2

Row = tuple[int, Sequence[object]]
"""Number of the line, from 1, and what stands in it."""


def read_rows(rows: Iterable[Row], context: Context) -> Iterator[Read]:
    """Find the columns, and make a record of each row below them.

    Raises:
        NotRead: If no row names the columns.
    """
    rows = iter(rows)
    header_line, header, rows = _find_header(rows)
    columns, found = _columns(header_line, header)
    yield from found
    title = next(number for number, field in columns if field == "title")
    for line, cells in rows:
        if title < len(cells) and cells[title] == header[title] and is_header(cells):
            # Two exports pasted below each other.
            yield about_file(Reason.REPEATED_HEADER, Outcome.REPAIRED, line)
            continue
        if note := _note(cells):
            yield about_file(Reason.NOT_AN_ACTIVITY, Outcome.REPAIRED, line, found=note)
            continue
        by_field: dict[str, object] = {}
        for number, field in columns:
            if number < len(cells):
                value = cells[number]
                if value not in (None, "") and field not in by_field:
                    by_field[field] = value
        if by_field:
            yield read_row(by_field, line, context)


# Longer is no title: it is something to be read, below the table or between its parts.
LONGEST_NOTE_TITLE = 80


def _note(cells: Sequence[object]) -> str:
    """What stands in a row that is no activity; empty if it is one, or might be.

    A total begins with its word and holds nothing but numbers; a note stands alone.
    """
    filled = [it for it in cells if it not in (None, "")]
    if not filled or not isinstance(filled[0], str):
        return ""
    first = filled[0].strip()
    is_alone = len(filled) == 1
    words = f"{bare(first)} "
    if not (words.startswith(load_words().notes) or first[:1] == "*"):
        return first if is_alone and len(first) > LONGEST_NOTE_TITLE else ""
    texts = (it for it in filled[1:] if isinstance(it, str) and not is_number(it))
    return "" if any(texts) else first


def is_number(text: str) -> bool:
    """Whether a cell holds a number or an amount, as spreadsheets write them."""
    return bool(re.fullmatch(r"[€\s]*-?[\d.,\s]+(,-+)?\s*", text))


def is_header(cells: Sequence[object]) -> bool:
    """Whether a row names enough of the columns, the title among them."""
    known = load_words().columns
    fields = {known.get(bare(str(cell))) for cell in cells if cell}
    return "title" in fields and len(fields - {None}) >= LEAST_COLUMNS


def _find_header(rows: Iterator[Row]) -> tuple[int, Sequence[object], Iterator[Row]]:
    """The line and the cells that name the columns, and the rows below them."""
    for number, (line, cells) in enumerate(rows, start=1):
        if is_header(cells):
            return _of_two_rows(line, cells, rows)
        if number >= HEADER_WITHIN_ROWS:
            break
    wanted = ", ".join(list(load_words().column_names.values())[1:4])
    raise NotRead(Reason.NOTHING_KNOWN, wanted)


def _of_two_rows(
    line: int, header: Sequence[object], rows: Iterator[Row]
) -> tuple[int, Sequence[object], Iterator[Row]]:
    """The second row too, where names are split, such as "wanneer" above "datum".

    Cells that were merged downwards repeat in it, so that it names the title again.
    """
    following = next(rows, None)
    if following is None:
        return line, header, rows
    lower_line, lower = following
    if is_header(lower) and _known_count(lower) > _known_count(header):
        return lower_line, lower, rows
    return line, header, chain([following], rows)


def _known_count(cells: Sequence[object]) -> int:
    known = load_words().columns
    return len({known.get(bare(str(cell))) for cell in cells if cell} - {None})


def _columns(
    line: int, header: Sequence[object]
) -> tuple[list[tuple[int, str]], list[Read]]:
    """Number and field of each column that is known, and what is to be said."""
    known = load_words().columns
    columns: list[tuple[int, str]] = []
    found: list[Read] = []
    seen: set[str] = set()
    for number, cell in enumerate(header):
        name = bare(str(cell or ""))
        field = known.get(name)
        if field is None:
            if name:
                found.append(
                    about_file(
                        Reason.UNKNOWN_COLUMN, Outcome.LEFT_OUT, line, field=cell
                    )
                )
            continue
        if field in seen:
            found.append(
                about_file(Reason.DOUBLED_COLUMN, Outcome.REPAIRED, line, field=cell)
            )
        seen.add(field)
        columns.append((number, field))
    return columns, found
