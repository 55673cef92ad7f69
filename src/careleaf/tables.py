"""CSV in and out, as spreadsheets write and read it. What the cells mean is not known here.

Nothing that is told of a table quotes a cell: a table may hold the names of patients.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from careleaf.findings import Finding

MOST_BYTES: Final = 64 * 1024**2
"""How large a file may be: 64 MB."""
MOST_ROWS: Final = 100_000
"""How many rows a file may have below its header, as lines are counted: a cell of two lines counts twice."""
MOST_COLUMNS: Final = 1000
LONGEST_LINE: Final = 1_000_000
"""In characters. A cell may have 131,072, which is the csv module's own limit."""

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
ENCODINGS: Final = ("utf-8", "cp1252")
"""What a file may be in: UTF-8, or on request what older Windows software writes in western languages."""

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the start of a formula, by OWASP's page on CSV injection."""

_UTF_8_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_QUOTES: Final = (
    'A quotation mark inside a cell is written twice, and such a cell stands between two more: "". '
    "Or open the list in a spreadsheet, and save it anew as CSV."
)
_SAVE_ANEW: Final = "Open the list in a spreadsheet, and save it as CSV UTF-8."


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, and the line of the file where it starts.

    The two differ below a cell that has line breaks in it. Both count from 1.
    """

    number: int
    line: int
    cells: tuple[str, ...] = field(repr=False)

    @property
    def place(self) -> str:
        """Say where it is, for somebody with a spreadsheet and somebody with an editor."""
        return f"row {self.number}" + (f" (line {self.line} of the file)" if self.line != self.number else "")


@dataclass(frozen=True, slots=True)
class Table:
    """A file that could be read. Every row has as many cells as the header; `blank` rows were left out."""

    encoding: str
    delimiter: str
    header: Row
    rows: tuple[Row, ...]
    blank: int


@dataclass(frozen=True, slots=True)
class _Broken:
    """A row that is not CSV."""

    row: Row
    message: str


class _UnreadableError(ValueError):
    """The file as a whole cannot be read."""

    def __init__(self, line: int, rule: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.line, self.rule, self.message, self.mend = line, rule, message, mend


def read(file: str, content: bytes, encoding: str | None = None) -> tuple[Table | None, list[Finding]]:
    """Read a file, and tell everything that is wrong with its rows; None if it cannot be read at all.

    `encoding` is one of ENCODINGS; without it, the file must be UTF-8.
    """
    try:
        _measure(content)
        text, found = _decoded(content, encoding)
        _look_over(text)
        return _table(file, text, found)
    except _UnreadableError as error:
        return None, [Finding(file, error.line, error.rule, error.message, error.mend)]


def _measure(content: bytes) -> None:
    """Refuse what is too large before anything is made of it."""
    if len(content) > MOST_BYTES:
        message = f"the list is larger than {MOST_BYTES // 1024**2} MB"
    elif _line_ends(content) > MOST_ROWS + 1:
        message = f"the list has {_line_ends(content):,} lines, and {MOST_ROWS:,} rows are the most"
    else:
        return
    raise _UnreadableError(0, "limit", message, "Split it into several lists, each with the header.")


def _line_ends(content: bytes) -> int:
    """Count the line ends of Unix, Windows and old Macs."""
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


def _decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    """Give the text and its encoding. Nothing is guessed: a wrong guess is a wrong name on a sheet."""
    if content.startswith(_UTF_16_MARKS):
        message = "the list is UTF-16, which some programs call Unicode text"
        raise _UnreadableError(1, "encoding", message, _SAVE_ANEW)
    if encoding == "cp1252":
        _refuse_utf_8(content)
    chosen = encoding or "utf-8"
    try:
        return content.removeprefix(_UTF_8_MARK).decode(chosen), chosen
    except UnicodeDecodeError as error:
        bad = error.start + (len(_UTF_8_MARK) if content.startswith(_UTF_8_MARK) else 0)
    line = _line_ends(content[:bad]) + 1
    hint = "" if chosen == "cp1252" else " If it comes from older Windows software: --encoding cp1252."
    mend = f"{_SAVE_ANEW}{hint}"
    raise _UnreadableError(line, "encoding", f"line {line} is not {chosen.upper()}", mend)


def _refuse_utf_8(content: bytes) -> None:
    """Refuse to read UTF-8 as another encoding: each accent would become two signs."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return
    if not content.isascii():
        raise _UnreadableError(0, "encoding", "the list is UTF-8, not cp1252", "Leave out --encoding.")


def _look_over(text: str) -> None:
    """Refuse what no spreadsheet writes."""
    for line, words in enumerate(io.StringIO(text, newline=""), 1):
        if "\0" in words:
            raise _UnreadableError(line, "csv", f"line {line} holds a NUL byte: this is not CSV", _SAVE_ANEW)
        if len(words) > LONGEST_LINE:
            message = f"line {line} is longer than {LONGEST_LINE:,} characters"
            raise _UnreadableError(line, "limit", message, _SAVE_ANEW)


def _table(file: str, text: str, encoding: str) -> tuple[Table, list[Finding]]:
    delimiter, header = _start(text)
    rows: list[Row] = []
    findings: list[Finding] = []
    blank = 0
    for one in _records(text, delimiter):
        if isinstance(one, _Broken):
            findings.append(_fault(file, one.row, one.message, _QUOTES))
        elif not any(map(str.strip, one.cells)):
            blank += 1
        elif len(one.cells) == len(header.cells):
            rows.append(one)
        else:
            findings.append(_uneven(file, one, header, DELIMITERS[delimiter]))
    if not rows[1:] and not findings:
        message, mend = "the list has a header, but no row below it", "Add a row for each patient."
        findings.append(_fault(file, header, message, mend))
    return Table(encoding, delimiter, header, tuple(rows[1:]), blank), findings


def _fault(file: str, row: Row, message: str, mend: str) -> Finding:
    return Finding(file, row.number, "csv", f"{row.place}: {message}", mend)


def _uneven(file: str, row: Row, header: Row, delimiter: str) -> Finding:
    message = f"there are {len(row.cells)} cells, but {len(header.cells)} in the header"
    mend = f"Put a cell that holds a {delimiter} between quotation marks, and give each row all its cells."
    return _fault(file, row, message, mend)


def _start(text: str) -> tuple[str, Row]:
    """Find the header, the first row that is not blank, and the delimiter that cuts it into most cells."""
    starts = {delimiter: _first(text, delimiter) for delimiter in DELIMITERS}
    broken = [start for start in starts.values() if isinstance(start, _Broken)]
    headers = {delimiter: row for delimiter, row in starts.items() if isinstance(row, Row)}
    if not headers and broken:
        message = f"{broken[0].row.place}: {broken[0].message}"
        raise _UnreadableError(broken[0].row.number, "csv", message, _QUOTES)
    if not headers:
        mend = "It needs a header, and a row for each patient."
        raise _UnreadableError(0, "csv", "the list is empty", mend)
    best = max(headers, key=lambda delimiter: len(headers[delimiter].cells))
    _refuse_width(headers[best])
    return best, headers[best]


def _refuse_width(header: Row) -> None:
    if len(header.cells) == 1:
        message = f"{header.place}: the header has one column only"
        mend = "Save the list as CSV, with a comma, semicolon or tab between the cells."
        raise _UnreadableError(header.number, "csv", message, mend)
    if len(header.cells) > MOST_COLUMNS:
        message = (
            f"{header.place}: the header has {len(header.cells):,} columns, and {MOST_COLUMNS:,} are the most"
        )
        raise _UnreadableError(header.number, "limit", message, "Delete the columns that are not needed.")


def _first(text: str, delimiter: str) -> Row | _Broken | None:
    records = _records(text, delimiter)
    return next((one for one in records if isinstance(one, _Broken) or any(map(str.strip, one.cells))), None)


def _records(text: str, delimiter: str) -> Iterator[Row | _Broken]:
    """Yield each row. After one that is not CSV, each line counts as a row until the next whole one."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    while True:
        line = reader.line_num + 1
        try:
            row = Row(number, line, tuple(next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            yield _Broken(Row(number, line, ()), _in_words(str(error)))
            number += reader.line_num - line
        else:
            yield row
        number += 1


def _in_words(error: str) -> str:
    if "unexpected end" in error:
        return "a quotation mark is opened here, and never closed"
    if "field limit" in error:
        return "a cell is too long, or a quotation mark is opened here and never closed"
    return "something stands between a closing quotation mark and the end of its cell"


def escaped(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula, by an apostrophe before it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def rows_out(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Write CSV that a spreadsheet opens without a question: UTF-8 with its mark, CRLF, no formula."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerows([escaped(cell) for cell in row] for row in (header, *rows))
    return _UTF_8_MARK + out.getvalue().encode()
