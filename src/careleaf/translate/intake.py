"""A translator's file in: read, cleaned, compared with the English, and only then put into the catalog."""

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from careleaf.check import judge
from careleaf.check.characters import invisible_in, visible
from careleaf.findings import Finding, Severity
from careleaf.load import MAX_BYTES, decode
from careleaf.model import Catalog, Entry, Library, Provenance
from careleaf.translate.exchange import EXCHANGES, Exchange, Row, State
from careleaf.translate.sync import Synced, synced
from careleaf.translate.tasks import names, tasks
from careleaf.words import source_locale

SUFFIXES: Final = {exchange.suffix: exchange for exchange in EXCHANGES.values()}
NAMING: Final = (
    "Name it like the file that went out: TOPIC.LANGUAGE.po, .xlf or .csv, or a zip with it inside."
)
SPACING: Final = re.compile(r"[\t\r\v\f\u0085\u2028\u2029]+|(?<=\S)\n(?=\S)")
"""What parts words although a text has but spaces between them."""
LANGUAGE: Final = re.compile(r'^"Language: ([\w-]+)\\n"$', re.MULTILINE)
PARTS: Final = 3
"""Of a translator's file name: topic, language, suffix."""
BACK: Final = ".back."
"""What the name of a file of back-translations has before its suffix."""


class Refused(Exception):  # noqa: N818 # as in "the file was refused"
    """The file cannot be taken in. Carries the Findings."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*(str(finding) for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Delivery:
    """A translator's file: which catalog it is of, and its rows."""

    file: str
    name: str
    lang: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A text that an import would change. `old` is empty where there was none."""

    id: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Intake:
    """What an import comes to: the catalog as it will be, and what of it is new."""

    result: Synced
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    marked: int
    """Texts of which it now says that another made them: also those that came back unchanged."""

    @property
    def ok(self) -> bool:
        """Say whether it may be written."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def delivery(library: Library, file: str, content: bytes) -> Delivery:
    """Read a translator's file, or the one in a zip. Raises Refused."""
    if file.endswith(".zip"):
        file, content = _unzipped(library, file, content)
    name, lang, exchange = _named(library, file)
    if len(content) > MAX_BYTES:
        message = f"the file has {len(content)} bytes, and no catalog is over {MAX_BYTES // 1024} kB"
        raise Refused(Finding(file, 1, "size", message, "Send the Units of one topic only."))
    text, findings = decode(file, content)
    rows, more = exchange.read(file, text) if text is not None else ((), [])
    said = LANGUAGE.search(text or "")
    if said and said[1] not in {lang, source_locale(library)}:
        message = f"the file's header says that it is in {said[1]}, and its name says {lang}"
        more = [*more, Finding(file, 1, "header", message, "Correct the one that is wrong.")]
    if not (findings or more or rows):
        more = [
            Finding(file, 1, "empty", "there is no text in the file that was sent out", "Ask for it anew.")
        ]
    if findings or more:
        raise Refused(*findings, *more)
    return Delivery(file, name, lang, rows)


def _named(library: Library, file: str) -> tuple[str, str, Exchange]:
    parts = PurePosixPath(file).name.replace(BACK, ".").rsplit(".", PARTS - 1)
    if len(parts) != PARTS or parts[2] not in SUFFIXES:
        raise Refused(Finding(file, 0, "file-name", "the file's name does not say what it is", NAMING))
    name, lang, suffix = parts
    if name not in names(library) or lang not in library.locales or library.locales[lang].source:
        message = f"there is no topic {name} with a translation into {lang}"
        raise Refused(Finding(file, 0, "file-name", message, NAMING))
    return name, lang, SUFFIXES[suffix]


def _unzipped(library: Library, file: str, content: bytes) -> tuple[str, bytes]:
    """Find the one translator's file in a zip. Nothing is unpacked to disk. Raises Refused."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            for info in infos:
                path = PurePosixPath(info.filename.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts:
                    message = f"the zip holds a path that leads out of it: {info.filename}"
                    raise Refused(Finding(file, 0, "outside", message, "Do not trust it: ask for it anew."))
            found = [info for info in infos if _is_ours(library, info.filename)]
            if len(found) != 1:
                message = f"the zip holds {len(found)} files of a translation"
                raise Refused(Finding(file, 0, "zip", message, "It must hold just one. " + NAMING))
            if found[0].file_size > MAX_BYTES:
                message = f"{found[0].filename} unpacks to {found[0].file_size} bytes"
                raise Refused(Finding(file, 0, "size", message, "Send the Units of one topic only."))
            return f"{file}/{found[0].filename}", archive.read(found[0])
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        message = f"the zip cannot be read: {str(error)[:80]}"
        raise Refused(Finding(file, 0, "zip", message, "Pack it anew, without a password.")) from error


def _is_ours(library: Library, path: str) -> bool:
    try:
        _named(library, path)
    except Refused:
        return False
    return True


def intake(library: Library, sent: Delivery, by: str, provenance: Provenance, today: date) -> Intake:
    """Work out what a delivery changes, and judge the catalog that it would make.

    Rows without words change nothing; neither do rows that are as they went out and still marked as stale.
    """
    result = synced(library, sent.name, sent.lang)
    rows, told = _cleaned(sent)
    told += _strange(sent, result.catalog)
    entries = dict(result.catalog.entries)
    for row in rows:
        if row.id in entries and _says_something(row, entries[row.id]):
            entries[row.id] = _entry(row, entries[row.id], provenance)
    catalog = _signed(replace(result.catalog, entries=entries), by, today)
    changes = _changes(library.catalogs.get((sent.lang, sent.name)), entries)
    marked = sum(entry.provenance != result.catalog.entries[id_].provenance for id_, entry in entries.items())
    findings = (*told, *_judged(library, sent, catalog, rows))
    return Intake(replace(result, catalog=catalog), changes, findings, marked)


def _cleaned(sent: Delivery) -> tuple[tuple[Row, ...], list[Finding]]:
    """Leave out direction marks and other signs that nobody sees, and say so; compose letters (NFC)."""
    told, rows = [], []
    for row in sent.rows:
        spaced = SPACING.sub(" ", row.text)
        hidden = tuple(invisible_in(spaced))
        if hidden:
            named = ", ".join(f"U+{ord(sign):04X}" for sign in sorted(set(hidden)))
            message, mend = (
                f"{row.id}: invisible characters were taken out: {named}",
                "Nothing is left to do.",
            )
            told.append(Finding(sent.file, row.line, "stripped", message, mend, Severity.WARNING))
        rows.append(replace(row, text=unicodedata.normalize("NFC", visible(spaced)).strip()))
    return tuple(rows), told


def _strange(sent: Delivery, catalog: Catalog) -> list[Finding]:
    """Tell of rows that are of no Unit, there twice, or made from other English than today's."""
    seen: set[str] = set()
    found = []
    for row in sent.rows:
        entry = catalog.entries.get(row.id)
        if entry is None:
            message, mend = f"there is no Unit {row.id!r} in {sent.name}", "Is the file of another topic?"
            found.append(Finding(sent.file, row.line, "unknown-unit", message, mend))
        elif row.english != entry.english:
            message = f"the English of {row.id} is not today's: {entry.english!r}"
            found.append(Finding(sent.file, row.line, "changed-english", message, "Export it again."))
        if row.id in seen:
            found.append(Finding(sent.file, row.line, "duplicate", f"{row.id} is here twice", "Remove one."))
        seen.add(row.id)
    return found


def _says_something(row: Row, old: Entry) -> bool:
    untouched = row.state is State.STALE and old.fuzzy and row.text == old.text
    return bool(row.text) and not untouched


def _entry(row: Row, old: Entry, provenance: Provenance) -> Entry:
    """Take a row's words. Words that come back as they went out get a better provenance, never a worse."""
    fuzzy = row.state is State.STALE
    if row.text == old.text and provenance is not Provenance.HUMAN:
        provenance = old.provenance
    return replace(
        old, text=row.text, fuzzy=fuzzy, previous=old.previous if fuzzy else "", provenance=provenance
    )


def _signed(catalog: Catalog, by: str, today: date) -> Catalog:
    """Add who made the words to the header, as GNU gettext has it; nobody is left out who was there."""
    lines = catalog.preface.splitlines()
    for name in (*catalog.translators, by):
        if not any(line.strip().startswith(f"{name} <") for line in lines):
            lines.append(f"{name} <>, {today.year}.")
    header = {"PO-Revision-Date": f"{today.isoformat()} 00:00+0000", "Last-Translator": by}
    return replace(catalog, preface="\n".join(lines), header=dict(catalog.header) | header)


def _changes(old: Catalog | None, entries: dict[str, Entry]) -> tuple[Change, ...]:
    before = old.entries if old else {}
    texts = {id_: before[id_].text if id_ in before else "" for id_ in entries}
    return tuple(
        Change(id_, texts[id_], entry.text) for id_, entry in entries.items() if entry.text != texts[id_]
    )


def _judged(library: Library, sent: Delivery, catalog: Catalog, rows: tuple[Row, ...]) -> Iterator[Finding]:
    """Judge the rows that came, each at its line in the file that it came in."""
    lines = {row.id: row.line for row in rows if row.text}
    entries = {id_: replace(entry, line=lines[id_]) for id_, entry in catalog.entries.items() if id_ in lines}
    candidate = replace(catalog, file=sent.file, entries=entries)
    alone = replace(library, catalogs={(sent.lang, sent.name): candidate})
    for finding in judge(alone, sent.lang, sent.name):
        if finding.severity is not Severity.HELD:
            yield finding


def back(library: Library, sent: Delivery, by: str, today: date) -> tuple[Catalog, tuple[Finding, ...]]:
    """Take in back-translations: what the words say in English to someone who read only those.

    It holds as long as the words that it was made from.
    """
    ours = library.catalogs.get((sent.lang, sent.name))
    file = f"locales/{sent.lang}/back/{sent.name}.po"
    old = library.back.get((sent.lang, sent.name)) or Catalog(file, {})
    critical = {task.id for task in tasks(library, sent.name, sent.lang) if task.critical}
    entries, findings = dict(old.entries), []
    for row in (row for row in sent.rows if row.text):
        words = ours.entries[row.id].text if ours and row.id in ours.entries else ""
        if row.id not in critical:
            message, mend = f"{row.id!r} is no critical Unit of {sent.name}", "Is the file of another topic?"
            findings.append(Finding(sent.file, row.line, "unknown-unit", message, mend))
        elif row.english != words:
            message = f"the words of {row.id} are not today's: {words!r}"
            findings.append(Finding(sent.file, row.line, "changed-words", message, "Export it again."))
        entries[row.id] = Entry(row.english, row.text, Provenance.HUMAN, row.line)
    header = ours.header if ours else {}
    preface = f"careleaf: back-translation of {sent.name} from {library.locales[sent.lang].english}."
    catalog = _signed(replace(old, entries=entries, header=header, preface=old.preface or preface), by, today)
    return catalog, tuple(findings)
