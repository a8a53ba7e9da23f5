"""What CSV and spreadsheets have in common: which column is which, and which rows."""

from collections.abc import Iterable, Iterator, Sequence

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
    header_line, header = _find_header(rows)
    columns, found = _columns(header_line, header)
    yield from found
    title = next(number for number, field in columns if field == "title")
    for line, cells in rows:
        if title < len(cells) and cells[title] == header[title] and is_header(cells):
            # Two exports pasted below each other.
            yield about_file(Reason.REPEATED_HEADER, Outcome.REPAIRED, line)
            continue
        by_field: dict[str, object] = {}
        for number, field in columns:
            if number < len(cells):
                value = cells[number]
                if value not in (None, "") and field not in by_field:
                    by_field[field] = value
        if by_field:
            yield read_row(by_field, line, context)


def is_header(cells: Sequence[object]) -> bool:
    """Whether a row names enough of the columns, the title among them."""
    known = load_words().columns
    fields = {known.get(bare(str(cell))) for cell in cells if cell}
    return "title" in fields and len(fields - {None}) >= LEAST_COLUMNS


def _find_header(rows: Iterator[Row]) -> Row:
    for number, row in enumerate(rows, start=1):
        if is_header(row[1]):
            return row
        if number >= HEADER_WITHIN_ROWS:
            break
    wanted = ", ".join(list(load_words().column_names.values())[1:4])
    raise NotRead(Reason.NOTHING_KNOWN, wanted)


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
