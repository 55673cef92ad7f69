"""A clinic's list of patients in, for their personal sheets: bytes to Recipients, and every fault at once.

No finding, repr or exception says what stands under `name`, `site`, `clinician`, `email`, `record` or
`password`, but for the domain of an address that looks like a slip.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Final, Self, TypeVar

from careleaf import addresses, tables
from careleaf.cells import (
    LONGEST_QUOTE,
    CellError,
    Days,
    Order,
    days,
    key,
    password,
    quoted,
    said_yes,
    text,
)
from careleaf.findings import Finding, Severity
from careleaf.model import Clinic, Locale, Need, Recipient
from careleaf.tables import Row, Table


@dataclass(frozen=True, slots=True)
class Channel:
    """How the sheets of a list reach their readers, and so what the list says of each.

    `columns` are those that are used, each under its own name or the header that the clinic's file gives it.
    Of `needed`, the list has one column of each.
    """

    columns: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]

    def adding(self, *columns: str, needed: tuple[str, ...] = ()) -> Self:
        """Give a channel with more columns, of which all that are `needed` are."""
        more = tuple((column,) for column in needed)
        return replace(self, columns=(*self.columns, *columns), needed=(*self.needed, *more))


PAPER: Final = Channel(
    ("treated-on", "language", "topic", "procedure", "name", "site", "clinician", "large-print", "bilingual"),
    (("treated-on",), ("language",), ("topic", "procedure")),
)
CORRECTING: Final = PAPER.adding("email", "consent", "record", needed=("email",))
"""By mail, to call back what was sent: that is about safety, and asks for no consent."""
MAIL: Final = CORRECTING.adding(needed=("consent",))
LOCKED: Final = MAIL.adding("password", needed=("password",))
"""By mail, as PDFs that only a password opens."""
COLUMNS: Final = LOCKED.columns
"""All that a list can say of a patient."""
_WHY: Final = {"consent": " It has the day on which each patient agreed to get the sheet by mail."}
"""What a column is for, where its name does not say so."""
MOST_TOLD: Final = 50
"""So many findings are read; the rest are counted."""
MOST_HINTS: Final = 50
"""So many unknown names are compared with those that there are: for a whole wrong column it takes minutes."""
MOST_HEADERS: Final = 20
"""So many headers are told of a list."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """What a list is read against. `topics`, `langs` and `procedures` find what is meant by a `cells.key`.

    `today` is the clinic's own. `silent` are languages that the library has and the clinic does not hand out.
    `channel` says which columns count.
    """

    clinic: Clinic
    today: date
    topics: Mapping[str, tuple[str, ...]]
    langs: Mapping[str, str]
    silent: frozenset[str]
    procedures: Mapping[str, tuple[str, ...]]
    channel: Channel = PAPER

    @classmethod
    def of(
        cls,
        topics: Iterable[str],
        locales: Collection[Locale],
        clinic: Clinic,
        today: date,
        channel: Channel = PAPER,
    ) -> Self:
        """Take what a list may name: a library's topics, its languages, and the clinic's own codes."""
        return cls(
            clinic,
            today,
            topics={key(name): (name,) for name in topics},
            langs=_languages(locales),
            silent=frozenset(locale.name for locale in locales if not clinic.speaks(locale.name)),
            procedures={key(code): _all(found) for code, found in clinic.patients.procedures.items()},
            channel=channel,
        )


@dataclass(frozen=True, slots=True)
class Understood:
    """How a list was read, to be told before anything is made of it.

    `columns` gives the header of each column that is used, by what it stands for; `unused` are the others.
    `dates` is the order of the days in figures, None if the clinic has not set it: then only days count that
    leave no doubt. `blank` rows were left out.
    """

    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    dates: Order | None
    blank: int

    def __str__(self) -> str:
        columns = (
            name if name == header else f"{name} (here {quoted(header)})"
            for name, header in self.columns.items()
        )
        parts = [
            f"{self.encoding.upper()}, a {tables.DELIMITERS[self.delimiter]} between cells",
            f"days in figures: {self.dates or 'only where they leave no doubt'}",
            f"columns: {', '.join(columns)}",
        ]
        parts += [f"not used: {_some(self.unused)}"] if self.unused else []
        parts += [f"blank rows left out: {self.blank}"] if self.blank else []
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class PatientsRead:
    """What a list says: a Recipient for each row without an error. `understood` is None if nothing was."""

    recipients: tuple[Recipient, ...] = field(repr=False)
    findings: tuple[Finding, ...]
    understood: Understood | None


def read(file: str, content: bytes, known: Known, encoding: str | None = None) -> PatientsRead:
    """Read a list. `file` is its name, for the findings; `encoding` is one of `tables.ENCODINGS`, or UTF-8.

    Everything that is wrong is told at once: in a row, in the header, in the clinic's own file.
    """
    findings = [*_columns_wrong(known.clinic), *_procedures_wrong(known)]
    table, broken = tables.read(file, content, encoding)
    if table is None:
        return PatientsRead((), (*findings, *broken), None)
    columns = _columns(table.header, known)
    findings += _header_wrong(file, table.header, columns, known)
    understood = _understood(table, columns, known.clinic) if columns else None
    if not all(any(name in columns for name in names) for names in known.channel.needed):
        return PatientsRead((), (*findings, *broken), understood)
    recipients, faults = _rows(file, table, columns, known)
    doubles = _sent_once(file, recipients) if "email" in columns else _doubles(file, recipients)
    in_rows = sorted((*broken, *faults, *doubles), key=lambda each: each.line)
    return PatientsRead(recipients, (*findings, *in_rows), understood)


def told(findings: Iterable[Finding], most: int = MOST_TOLD) -> list[Finding]:
    """Give as many findings as a person reads, errors first, and one more that counts the rest by rule."""
    ranked = sorted(findings, key=lambda each: each.severity is not Severity.ERROR)
    rest = Counter(finding.rule for finding in ranked[most:])
    if not rest:
        return ranked
    first = ranked[most]
    counted = ", ".join(f"{rule} {count:,}" for rule, count in rest.most_common())
    message = f"{rest.total():,} more findings are not shown: {counted}"
    return [*ranked[:most], Finding(first.file, 0, "more", message, "Mend these first.", first.severity)]


def _all(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


def _languages(locales: Iterable[Locale]) -> dict[str, str]:
    """Find a language by its tag, its own name or its English name; a name of two languages finds neither."""
    names = {(key(name), locale.name) for locale in locales for name in (locale.title, locale.english)}
    count = Counter(name for name, _ in names)
    found = {name: tag for name, tag in names if count[name] == 1}
    return found | {key(locale.name): locale.name for locale in locales}


def _headers(clinic: Clinic) -> dict[str, str]:
    """Give the header under which the clinic's lists have each thing."""
    return {name: key(clinic.patients.columns.get(name, name)) for name in COLUMNS}


def _columns_wrong(clinic: Clinic) -> Iterator[Finding]:
    """Find what is no column of a list, and a header that would stand for two things."""
    count = Counter(_headers(clinic).values())
    for name, header in clinic.patients.columns.items():
        if name not in COLUMNS:
            message = f"{name} is nothing that a list says"
            yield _in_clinic(clinic, "columns", name, message, _near(name, COLUMNS))
        elif count[key(header)] > 1:
            message = f"the header {quoted(header)} would stand for two things"
            yield _in_clinic(clinic, "columns", name, message, "Give each a header of its own.")


def _procedures_wrong(known: Known) -> Iterator[Finding]:
    """Find codes that stand there twice, and those for a topic that the library does not have."""
    clinic = known.clinic
    topics = {name for names in known.topics.values() for name in names}
    count = Counter(map(key, clinic.patients.procedures))
    for code, found in clinic.patients.procedures.items():
        if count[key(code)] > 1:
            mend = "Keep one of them: capital and small letters count alike."
            yield _in_clinic(clinic, "procedures", code, f"the code {quoted(code)} stands there twice", mend)
        for topic in _all(found):
            if topic not in topics:
                message = f"the code {quoted(code)} stands for {topic}, which is no topic"
                yield _in_clinic(clinic, "procedures", code, message, _near(topic, topics))


def _in_clinic(clinic: Clinic, part: str, name: str, message: str, mend: str) -> Finding:
    line = clinic.line_of("patients", part, name)
    return Finding(clinic.file, line, "patients", f"patients: {part}: {message}", mend)


def _columns(header: Row, known: Known) -> dict[str, int]:
    """Find the place of each column by what it stands for."""
    headers = [key(cell) for cell in header.cells]
    wanted = {name: _headers(known.clinic)[name] for name in known.channel.columns}
    return {name: headers.index(said) for name, said in wanted.items() if said in headers}


def _header_wrong(file: str, header: Row, columns: Mapping[str, int], known: Known) -> Iterator[Finding]:
    """Find what is wrong with the header. One that names no column may be a patient: it is not quoted."""
    clinic = known.clinic
    if not columns:
        message = f"none of the {len(header.cells)} cells of the first row is a header that a list needs"
        yield Finding(file, header.number, "columns", message, _how_to_map(clinic))
        return
    count = Counter(filter(None, map(key, header.cells)))
    for said in (said for said in count if count[said] > 1):
        message = f"the header {quoted(said)} stands there twice"
        yield Finding(file, header.number, "columns", message, "Rename or delete one of the columns.")
    yield from _missing(file, header, columns, known)
    yield from _misspelt(file, header, columns, known)


def _missing(file: str, header: Row, columns: Mapping[str, int], known: Known) -> Iterator[Finding]:
    clinic = known.clinic
    for names in known.channel.needed:
        if not any(name in columns for name in names):
            wanted = " or ".join(quoted(clinic.patients.columns.get(name, name)) for name in names)
            message = f"there is no column {wanted}. Found were: {_some(filter(None, header.cells))}"
            mend = _how_to_map(clinic, names[0]) + _WHY.get(names[0], "")
            yield Finding(file, header.number, "columns", message, mend)
    if "topic" not in columns and "procedure" in columns and not clinic.patients.procedures:
        message = "the list has procedures, but the clinic's file does not say which topics they stand for"
        mend = f"Write each code with its topic into {clinic.file}, under `patients: procedures:`."
        yield Finding(file, header.number, "columns", message, mend)


def _misspelt(file: str, header: Row, columns: Mapping[str, int], known: Known) -> Iterator[Finding]:
    """Find columns that are not used, but almost have the name of one that could be."""
    headers = _headers(known.clinic)
    free = {headers[name]: name for name in known.channel.columns if name not in columns}
    for place, cell in enumerate(header.cells):
        near = get_close_matches(key(cell)[:LONGEST_QUOTE], free, 1, 0.8)
        if near and place not in columns.values():
            message = f"the column {quoted(cell)} is not used"
            mend = f"If it is the {free[near[0]]}, name it {near[0]}."
            yield Finding(file, header.number, "columns", message, mend, Severity.WARNING)


def _how_to_map(clinic: Clinic, name: str = "treated-on") -> str:
    return (
        f"Rename the column in the list, or write into {clinic.file}, under `patients: columns:`, "
        f"what your lists call it, such as `{name}: Your header`."
    )


def _some(names: Iterable[str]) -> str:
    found = [quoted(name) for name in names]
    more = f" and {len(found) - MOST_HEADERS} more" if len(found) > MOST_HEADERS else ""
    return ", ".join(found[:MOST_HEADERS]) + more


def _understood(table: Table, columns: Mapping[str, int], clinic: Clinic) -> Understood:
    headers = [cell.strip() for cell in table.header.cells]
    return Understood(
        table.encoding,
        table.delimiter,
        {name: headers[place] for name, place in columns.items()},
        tuple(cell for place, cell in enumerate(headers) if cell and place not in columns.values()),
        clinic.patients.dates,
        table.blank,
    )


def _rows(
    file: str, table: Table, columns: Mapping[str, int], known: Known
) -> tuple[tuple[Recipient, ...], list[Finding]]:
    dated = [columns[name] for name in ("treated-on", "consent") if name in columns]
    cells = ((row.number, row.cells[place]) for row in table.rows for place in dated)
    clinic = known.clinic
    names = _Names(known, days(cells, clinic.patients.dates, known.today, clinic.file))
    headers = {name: quoted(table.header.cells[place]) for name, place in columns.items()}
    recipients: list[Recipient] = []
    findings: list[Finding] = []
    for row in table.rows:
        reading = _Reading(file, row, columns, headers)
        recipient = _recipient(reading, names)
        findings += reading.findings
        recipients += [] if reading.findings else [recipient]
        findings += _slip(reading, recipient.email)
    return tuple(recipients), findings


class _Reading:
    """One row while it is read, and what is wrong with it."""

    __slots__ = ("_columns", "_file", "_headers", "findings", "row")

    def __init__(self, file: str, row: Row, columns: Mapping[str, int], headers: Mapping[str, str]) -> None:
        self._file, self.row, self._columns, self._headers = file, row, columns, headers
        self.findings: list[Finding] = []

    def has(self, column: str) -> bool:
        """Say whether the list has such a column."""
        return column in self._columns

    def take(self, column: str, reader: Callable[[str], T], otherwise: T) -> T:
        """Read a cell, empty if the list has no such column; or keep what is wrong with it."""
        if not self.has(column):
            return otherwise
        try:
            return reader(self.row.cells[self._columns[column]])
        except CellError as error:
            self.fault(column, error)
            return otherwise

    def fault(self, column: str, error: CellError) -> None:
        """Keep what is wrong, with the row and the header of the column."""
        self.findings.append(self.about(column, error))

    def about(self, column: str, error: CellError, severity: Severity = Severity.ERROR) -> Finding:
        """Tell of a cell, with the row and the header of the column."""
        where = f"{self.row.place}, column {self._headers.get(column, column)}"
        message = f"{where}: {error.message}"
        return Finding(self._file, self.row.number, column, message, error.mend, severity)


class _Names:
    """The names that one list may use, and how its days are read."""

    def __init__(self, known: Known, days: Days) -> None:
        self._known, self.days = known, days
        self._hints: dict[tuple[str, str], str] = {}

    def lang(self, cell: str) -> str:
        """Read a language. Never guessed, and never English instead. Raises CellError."""
        said, clinic = key(cell), self._known.clinic
        if not said:
            raise CellError("there is no language", "Write the patient's language, by its tag or its name.")
        if said not in self._known.langs:
            mend = self._near("language", said, self._known.langs)
            raise CellError(f"{quoted(cell)} is no language of the library", mend)
        found = self._known.langs[said]
        if found in self._known.silent:
            mend = f"Add {found} to `languages:` in {clinic.file}, or choose another language."
            raise CellError(f"the clinic does not hand out {quoted(cell)}", mend)
        return found

    def topics(self, cell: str) -> tuple[str, ...]:
        """Read the topics of a visit. Raises CellError."""
        return self._each("topic", cell, self._known.topics)

    def procedures(self, cell: str) -> tuple[str, ...]:
        """Read the clinic's codes of what was done at a visit. Raises CellError."""
        return self._each("procedure", cell, self._known.procedures)

    def _each(self, kind: str, cell: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Read one name, or several between + or ;. A code may have such a sign in itself."""
        if found := names.get(key(cell)):
            return found
        parts = [part for part in cell.replace(";", "+").split("+") if key(part)]
        if strange := [part for part in parts if key(part) not in names]:
            mend = self._near(kind, key(strange[0]), names)
            raise CellError(f"{_some(strange)} is no {kind} that is known", mend)
        return tuple(dict.fromkeys(topic for part in parts for topic in names[key(part)]))

    def _near(self, kind: str, said: str, names: Iterable[str]) -> str:
        asked = (kind, said[:LONGEST_QUOTE])
        if asked not in self._hints and len(self._hints) < MOST_HINTS:
            self._hints[asked] = _near(asked[1], names)
        hint = self._hints.get(asked, "The first findings say which there are.")
        where = f" Codes stand in {self._known.clinic.file}, under `patients: procedures:`."
        return hint + (where if kind == "procedure" else "")


def _near(name: str, names: Iterable[str]) -> str:
    known = sorted(names)
    near = get_close_matches(name, known, 3)
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known) or 'none'}."


def _recipient(reading: _Reading, names: _Names) -> Recipient:
    """Read a row. If anything is wrong with it, what it gives is of no use."""
    return Recipient(
        row=reading.row.number,
        treated_on=reading.take("treated-on", names.days.read, date.min),
        lang=reading.take("language", names.lang, ""),
        topics=_topics(reading, names),
        name=reading.take("name", text, ""),
        site=reading.take("site", text, ""),
        clinician=reading.take("clinician", text, ""),
        need=_need(reading),
        email=reading.take("email", _address, ""),
        consented_on=reading.take("consent", names.days.agreed, None),
        record=reading.take("record", text, ""),
        password=reading.take("password", password, ""),
    )


def _address(cell: str) -> str:
    """Read an address, empty if there is none. Raises CellError."""
    return addresses.read(cell) if key(cell) else ""


def _slip(reading: _Reading, address: str) -> Iterator[Finding]:
    """Warn of an address that looks like a slip: its mail reaches a stranger, or nobody."""
    if near := addresses.suspect(address):
        message = f"the address ends in {address.rpartition('@')[2]}, which is almost {near}"
        error = CellError(
            message, "Ask the patient if it is right: a slip may bring the sheet to a stranger."
        )
        yield reading.about("email", error, Severity.WARNING)


def _topics(reading: _Reading, names: _Names) -> tuple[str, ...]:
    """Read what was done: by topic, by the clinic's own code, or by both if they agree."""
    before, none = len(reading.findings), tuple[str, ...]()
    topics = reading.take("topic", names.topics, none)
    coded = reading.take("procedure", names.procedures, none)
    if len(reading.findings) == before:
        if not topics and not coded:
            error = CellError("it does not say what was done", "Write a topic or a procedure.")
            reading.fault("topic" if reading.has("topic") else "procedure", error)
        elif topics and coded and set(topics) != set(coded):
            error = CellError("topic and procedure differ", "Leave one of the two cells empty.")
            reading.fault("topic", error)
    return topics or coded


def _need(reading: _Reading) -> Need:
    large = reading.take("large-print", said_yes, otherwise=False)
    bilingual = reading.take("bilingual", said_yes, otherwise=False)
    if large and bilingual:
        mend = "Say yes to one of them, or make two rows of it."
        reading.fault("bilingual", CellError("one sheet cannot be both large print and bilingual", mend))
    return Need.LARGE_PRINT if large else Need.BILINGUAL if bilingual else Need.PLAIN


def _doubles(file: str, recipients: Iterable[Recipient]) -> Iterator[Finding]:
    """Find rows that say the same of the same person. Without a name, they may be two people."""
    first: dict[tuple[object, ...], int] = {}
    for one in recipients:
        who = (one.name.casefold(), one.site, one.clinician, one.lang, one.need)
        before = first.setdefault((*who, one.treated_on, frozenset(one.topics)), one.row)
        if one.name and before != one.row:
            message = f"row {one.row} says the same as row {before}: two sheets would be made"
            yield Finding(file, one.row, "double", message, "Delete one of the two.", Severity.WARNING)


def _sent_once(file: str, recipients: Iterable[Recipient]) -> Iterator[Finding]:
    """Find rows that nothing tells apart: of such, only the first would be sent."""
    first: dict[tuple[object, ...], int] = {}
    for one in recipients:
        who = (one.email.lower(), one.person, one.lang, one.treated_on, frozenset(one.topics))
        before = first.setdefault(who, one.row)
        if one.email and before != one.row:
            message = f"row {one.row} is for the same person, address, treatment and day as row {before}"
            mend = "Delete one of the two; or, if they are two people, give each a name or a record number."
            yield Finding(file, one.row, "double", message, mend, Severity.HELD)
