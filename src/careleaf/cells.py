"""One cell of a patient list: a day, a yes or no, a text.

What is wrong is said without what stands in a text: a name must be in no message. A code, a language or a day
is quoted, for who must find it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

from careleaf import fonts
from careleaf.check.characters import JOINERS, invisible_in, visible

Order = Literal["day-first", "month-first"]

LONGEST_TEXT: Final = 120
"""In characters, of a name, a place or a clinician."""
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 127
"""In bytes of UTF-8 (ISO 32000-2, 7.6.4.3.3)."""
LONGEST_QUOTE: Final = 40
OLDEST: Final = timedelta(days=366)
"""How long ago a treatment may be. Longer, and its year is likely a slip."""
YES: Final = frozenset({"yes", "y", "1", "true", "x"})
NO: Final = frozenset({"no", "n", "0", "false", ""})

# Blank although each is a letter or a symbol; and what stands where a character was lost on the way here.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LOST: Final = "\ufffd"
_SPACES: Final = "\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LINE_BREAKS: Final = frozenset("\n\r\v\f\x85\u2028\u2029")

_TIME: Final = r"(?:[ t]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[ap]\.?m\.?)?)?"
_ISO: Final = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}}){_TIME}", re.ASCII)
_FIGURES: Final = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.ASCII)
_SHORT_YEAR: Final = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2}\b.*", re.ASCII)
_SERIAL: Final = re.compile(r"\d{5}([.,]\d+)?", re.ASCII)
_ZONED: Final = re.compile(r".*\d:\d{2}.*(z|[+-]\d{2}:?(\d{2})?)", re.ASCII)
_WRITE: Final = "Write the day as in 2026-11-24."


class CellError(ValueError):
    """A cell cannot be used: what is wrong, and how to mend it."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message, self.mend = message, mend


def key(cell: str) -> str:
    """Give what two cells share that mean the same: no matter the case, spaces, or what nobody sees."""
    if cell.isascii() and cell.isprintable():
        return " ".join(cell.split()).lower()
    words = " ".join(unicodedata.normalize("NFC", cell).split())
    return unicodedata.normalize("NFC", visible(words).strip().casefold())


def quoted(cell: str) -> str:
    """Quote a cell that names no person, cut short; what nobody sees shows as its code.

    An address is never quoted: it is in the wrong column, and somebody's.
    """
    whole = cell.strip()
    if "@" in whole:
        return "an address"
    return repr(whole if len(whole) <= LONGEST_QUOTE else f"{whole[: LONGEST_QUOTE - 1]}…")


def said_yes(cell: str) -> bool:
    """Read yes or no. Raises CellError."""
    word = key(cell)
    if word in YES | NO:
        return word in YES
    raise CellError(f"{quoted(cell)} is neither yes nor no", "Write yes or no, or leave it empty.")


def text(cell: str) -> str:
    """Read a text that will be printed as it stands: NFC, each gap one space. Raises CellError."""
    said = re.sub(f"[{_SPACES}]+", " ", unicodedata.normalize("NFC", cell)).strip(" ")
    if not _printable().issuperset(said):
        _refuse(said)
    if len(said) > LONGEST_TEXT:
        message = f"the text has {len(said)} characters, and {LONGEST_TEXT} are the most"
        raise CellError(message, "Shorten it.")
    return said


def password(cell: str) -> str:
    """Read what will open a PDF. It is said nowhere: nobody may read it over a shoulder. Raises CellError.

    What no two programs type in the same bytes is refused. So is what has no letter: a day of birth, a phone
    number and a number in the records are guessed first.
    """
    said = unicodedata.normalize("NFC", cell.strip())
    if len(said) < SHORTEST_PASSWORD:
        raise CellError(f"a password has at least {SHORTEST_PASSWORD} characters", "Choose a longer one.")
    if not any(map(str.isalpha, said)):
        message = "a password of digits can be guessed: a day of birth, a phone number"
        raise CellError(message, "Choose one that has letters too, best a few words.")
    if not said.isprintable() or unicodedata.normalize("NFKC", said) != said:
        message = "there is a character in the password that each program types in its own way"
        raise CellError(message, "Choose one without it.")
    if len(said.encode()) > LONGEST_PASSWORD:
        raise CellError(f"a password has at most {LONGEST_PASSWORD} bytes", "Choose a shorter one.")
    return said


@lru_cache
def _printable() -> frozenset[str]:
    """Give every character that one of our fonts has and a reader sees."""
    codes = frozenset().union(*(fonts.characters(family) for family in fonts.families()))
    return frozenset(visible("".join(map(chr, codes)))) - _BLANK - {_LOST} | {" "}


def _refuse(said: str) -> None:
    """Say which character of a text cannot be printed; a joiner where spelling needs it can."""
    hidden = next(invisible_in(said), None)
    lacking = next((sign for sign in said if sign not in _printable() and sign not in JOINERS), None)
    if hidden in _LINE_BREAKS:
        raise CellError("there is a line break in the cell", "Write it on one line.")
    if hidden:
        raise CellError(f"there is a character that nobody sees: {named(hidden)}", "Type the text anew.")
    if lacking == _LOST:
        message = "a character was lost before the list came here: it is a question mark now"
        raise CellError(message, "Export the list anew as CSV UTF-8, or type the text anew.")
    if lacking:
        raise CellError(f"no font has the character {named(lacking)}", "Write it without that character.")


def named(sign: str) -> str:
    """Name a character by its code and its name in Unicode: "U+1F600 GRINNING FACE"."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'control character or without a name')}"


@dataclass(frozen=True, slots=True)
class Days:
    """How the days of one list are read: by `order` if they are in figures, up to `today`.

    Without an order, a day counts that leaves no doubt. `clash` are two rows of the list, of which the first
    is a day only with the day first, the other only with the month first: then no order can be trusted.
    `file` is where the clinic says its order.
    """

    today: date
    file: str
    order: Order | None = None
    clash: tuple[int, int] | None = None

    def read(self, cell: str) -> date:
        """Read the day of a treatment. A time of day is left out. Raises CellError."""
        day = self._past(cell, "Write the day on which the treatment was.")
        if self.today - day > OLDEST:
            message = f"{quoted(cell)} would be a sheet for a treatment over a year ago"
            raise CellError(message, "Check the year.")
        return day

    def agreed(self, cell: str) -> date | None:
        """Read the day on which a patient agreed to get mail; None if there is none. Raises CellError.

        It may be long ago. Words in place of a day may be about the patient: they are not quoted.
        """
        said = key(cell)
        if said and not said[0].isdigit():
            message = "it does not say on which day the patient agreed"
            raise CellError(message, f"{_WRITE} Leave it empty if the patient has not agreed.")
        return self._past(cell, "Write the day on which the patient agreed.") if said else None

    def _past(self, cell: str, mend: str) -> date:
        day = self._day(cell, key(cell))
        if day > self.today:
            raise CellError(f"{quoted(cell)} is after today, which is {self.today}", mend)
        return day

    def _day(self, cell: str, said: str) -> date:
        if iso := _ISO.fullmatch(said):
            day = _date(*map(int, iso.groups()))
            if not day:
                raise CellError(f"{quoted(cell)} is not in the calendar", _WRITE)
            return day
        if _FIGURES.fullmatch(said):
            return self._figures(cell, in_figures(said))
        raise _no_day(cell, said)

    def _figures(self, cell: str, days: dict[Order, date]) -> date:
        if self.order:
            if self.order not in days:
                mend = f"{_WRITE} The order is from `patients: dates:` in {self.file}."
                raise CellError(f"{quoted(cell)} is not in the calendar, read {self.order}", mend)
            return days[self.order]
        if self.clash:
            first, second = self.clash
            message = (
                f"{quoted(cell)} cannot be trusted: row {first} has its day first, row {second} its month"
            )
            raise CellError(message, "Bring all days of the list into one order, best as in 2026-11-24.")
        if len(set(days.values())) > 1:
            message = f"{quoted(cell)} could be {' or '.join(map(str, days.values()))}"
            mend = f"Set `patients: dates:` in {self.file} to day-first or month-first."
            raise CellError(message, mend)
        if not days:
            raise CellError(f"{quoted(cell)} is not in the calendar", _WRITE)
        return next(iter(days.values()))


def days(cells: Iterable[tuple[int, str]], order: Order | None, today: date, file: str) -> Days:
    """Look through all days of a list, each with its row, for the order of those in figures."""
    if order:
        return Days(today, file, order)
    rows: dict[Order, int] = {}
    for row, cell in cells:
        found = in_figures(key(cell))
        if len(found) == 1:
            rows.setdefault(next(iter(found)), row)
    clash = (rows["day-first"], rows["month-first"]) if len(rows) > 1 else None
    return Days(today, file, clash=clash)


def in_figures(said: str) -> dict[Order, date]:
    """Give what a day in figures may be, such as 24/11/2026, by the order of its figures."""
    match = _FIGURES.fullmatch(said)
    if not match:
        return {}
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    read: dict[Order, date | None] = {
        "day-first": _date(year, second, first),
        "month-first": _date(year, first, second),
    }
    return {order: day for order, day in read.items() if day}


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _no_day(cell: str, said: str) -> CellError:
    """Say why a cell is no day that we can read."""
    if not said:
        return CellError("there is no day", _WRITE)
    if _ZONED.fullmatch(said):
        message = f"{quoted(cell)} has a time zone, in which it may be another day than at the clinic"
        return CellError(message, f"{_WRITE} Leave out the time.")
    if _SERIAL.fullmatch(said):
        message = f"{quoted(cell)} is how a spreadsheet counts days, not a day"
        return CellError(
            message, "Format the column as a date in the spreadsheet, such as 2026-11-24, and save it anew."
        )
    if _SHORT_YEAR.fullmatch(said):
        return CellError(f"{quoted(cell)} has a year of two figures", "Write all four figures of the year.")
    return CellError(f"{quoted(cell)} is no day that can be read", _WRITE)
