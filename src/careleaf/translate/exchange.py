"""The files that translators and agencies work in: PO, XLIFF 1.2, and CSV for a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree as ET

from careleaf import catalogs
from careleaf.findings import Finding
from careleaf.model import Catalog, Entry, Provenance
from careleaf.render import page

NAMESPACE: Final = "{urn:oasis:names:tc:xliff:document:1.2}"
DECLARATION: Final = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
COLUMNS: Final = ("id", "english", "translation", "state", "notes")


class State(StrEnum):
    """How sure the words of a text are."""

    OPEN = "open"
    """There are none yet."""
    STALE = "stale"
    """They were made from other English."""
    DONE = "done"


XLIFF_STATES: Final = {State.OPEN: "new", State.STALE: "needs-review-translation", State.DONE: "translated"}


@dataclass(frozen=True, slots=True)
class Row:
    """One text in a translator's file, and its line there."""

    id: str
    english: str
    text: str
    state: State
    line: int = 0
    notes: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a translator's file is of: a topic (or `ui`), its source language and its own."""

    name: str
    source: str
    lang: str
    header: Mapping[str, str]


Read = tuple[tuple[Row, ...], list[Finding]]


def write_po(sheet: Sheet, rows: Iterable[Row]) -> str:
    """Write PO for Poedit and its like. Words that are not sure are marked fuzzy."""
    preface = f"careleaf: {sheet.name}, {sheet.lang}"
    rows = tuple(rows)
    entries = {
        row.id: Entry(row.english, row.text, Provenance.HUMAN, 0, fuzzy=row.state is State.STALE)
        for row in rows
    }
    catalog = Catalog("", entries, preface=preface, header=sheet.header)
    return catalogs.write(catalog, {row.id: row.notes for row in rows}, flagged=False)


def read_po(file: str, text: str) -> Read:
    """Read PO."""
    catalog, findings = catalogs.parse(file, text)
    entries = catalog.entries.items() if catalog else ()
    return tuple(
        Row(id_, e.english, e.text, _state(e.text, stale=e.fuzzy), e.line) for id_, e in entries
    ), findings


def _state(text: str, *, stale: bool) -> State:
    return State.OPEN if not text else State.STALE if stale else State.DONE


def write_xliff(sheet: Sheet, rows: Iterable[Row]) -> str:
    """Write XLIFF 1.2, which agencies' tools read."""
    return page("exchange.xlf", sheet=sheet, rows=rows, states=XLIFF_STATES)


def read_xliff(file: str, text: str) -> Read:
    """Read XLIFF 1.2. A document type is refused: its entities could unfold to any size."""
    mend = "Save it from the translation tool anew, as XLIFF 1.2."
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        message = "the file declares a document type, which XLIFF has not"
        return (), [Finding(file, _line_of(text, "<!"), "xliff", message, mend)]
    try:
        # Without its declaration: the text is decoded already, whatever encoding that names.
        root = ET.fromstring(DECLARATION.sub("", text))  # noqa: S314 # no entities, see above
    except ET.ParseError as error:
        message = f"this is not XLIFF: {error.msg.partition(':')[0]}"
        return (), [Finding(file, error.position[0], "xliff", message, mend)]
    if root.tag != f"{NAMESPACE}xliff":
        return (), [Finding(file, 1, "xliff", "this is not XLIFF 1.2", mend)]
    return tuple(_unit(text, unit) for unit in root.iter(f"{NAMESPACE}trans-unit")), []


def _unit(text: str, unit: ET.Element) -> Row:
    id_ = unit.get("id", "")
    english, words = (_inside(unit.find(f"{NAMESPACE}{name}")) for name in ("source", "target"))
    target = unit.find(f"{NAMESPACE}target")
    mark = target.get("state", "") if target is not None else ""
    state = _state(words, stale=mark == XLIFF_STATES[State.STALE])
    return Row(id_, english, words, state, _line_of(text, f'id="{id_}"'))


def _inside(element: ET.Element | None) -> str:
    """Give an element's text; tags that a tool put around parts of it are looked through."""
    return "" if element is None else "".join(element.itertext())


def _line_of(text: str, sign: str) -> int:
    return text.count("\n", 0, max(text.find(sign), 0)) + 1


def write_csv(_: Sheet, rows: Iterable[Row]) -> str:
    """Write CSV. The byte order mark tells spreadsheets that it is UTF-8."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    table.writerows((row.id, row.english, row.text, row.state, row.notes) for row in rows)
    return f"\ufeff{out.getvalue()}"


def read_csv(file: str, text: str) -> Read:
    """Read CSV as spreadsheets save it: with commas, semicolons or tabs."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma)
    try:
        missing = [name for name in COLUMNS[:3] if name not in (table.fieldnames or ())]
        if not missing:
            return tuple(_csv_row(row, table.line_num) for row in table), []
    except csv.Error as error:
        line = max(table.line_num, 1)
        return (), [Finding(file, line, "csv", f"this is not CSV: {error}", "Save it anew as CSV.")]
    message = f"the first line does not name the columns {', '.join(missing)}"
    return (), [Finding(file, 1, "csv", message, f"It must be: {','.join(COLUMNS)}")]


def _csv_row(row: Mapping[str, str | None], line: int) -> Row:
    id_, english, text, state = (_unix(row.get(name)) for name in COLUMNS[:4])
    return Row(id_.strip(), english, text, _state(text, stale=state.strip() == State.STALE), line)


def _unix(cell: str | None) -> str:
    return re.sub(r"\r\n?", "\n", cell or "")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One kind of file: its suffix, how it is written and read."""

    suffix: str
    write: Callable[[Sheet, Iterable[Row]], str]
    read: Callable[[str, str], Read]


EXCHANGES: Final = {
    "po": Exchange("po", write_po, read_po),
    "xliff": Exchange("xlf", write_xliff, read_xliff),
    "csv": Exchange("csv", write_csv, read_csv),
}
"""Every kind of file that goes out to translators and comes back, by name."""
