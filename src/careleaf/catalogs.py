"""PO files in and out: one topic's words in one Locale, keyed by Unit id."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import polib

from careleaf.findings import Finding
from careleaf.model import Catalog, Entry, Provenance, Remembered

QUOTED: Final = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"')
"""A line of a PO file that is no comment."""

TRANSLATOR: Final = re.compile(r"^\s*([^<\n]+?)\s*<[^>]*>,? *[0-9]{4}", re.MULTILINE)
"""A translator in a header's comment, as GNU gettext writes it: NAME <ADDRESS>, YEAR."""

MEND: Final = "Open it in a PO editor, or compare it with its neighbours."
WIDTH: Final = 100
"""Where long lines of a PO file are wrapped."""
NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})


def parse(file: str, text: str) -> tuple[Catalog | None, list[Finding]]:
    """Read the text of a PO file. `file` is only named in Findings and in the Catalog.

    An entry's provenance is its flag `human`, `machine` or `memory`; unmarked words are taken for
    machine-made, the safest guess.
    """
    po, findings = _opened(file, text)
    if po is None:
        return None, findings
    current = [entry for entry in po if not entry.obsolete]
    findings += [*_headless(file, po), *_misplaced(file, current), *_plural(file, current)]
    entries = {entry.msgctxt: _entry(entry) for entry in current if entry.msgctxt}
    retired = {entry.msgctxt or entry.msgid: _entry(entry) for entry in po.obsolete_entries()}
    translators = tuple(dict.fromkeys(_translators(po)))
    return Catalog(file, entries, retired, translators, po.header, dict(po.metadata)), findings


def parse_memory(file: str, text: str) -> tuple[tuple[Remembered, ...], list[Finding]]:
    """Read a translation memory: a PO file in which a Unit may stand more than once."""
    po, findings = _opened(file, text)
    rows = [(entry.msgctxt or "", _entry(entry)) for entry in po or () if entry.msgstr]
    return tuple(Remembered(unit, row.english, row.text, row.provenance) for unit, row in rows), findings


def _opened(file: str, text: str) -> tuple[polib.POFile | None, list[Finding]]:
    if text.startswith("\ufeff"):
        message, mend = (
            "the file starts with a byte order mark, which gettext refuses",
            "Save it without (UTF-8, no BOM).",
        )
        return None, [Finding(file, 1, "byte-order-mark", message, mend)]
    if "\r" in text:
        message = "the line ends as on Windows (CR LF)"
        line = text.count("\n", 0, text.index("\r")) + 1
        return None, [Finding(file, line, "line-ends", message, "Save it with Unix line ends (LF).")]
    if torn := _torn(text):
        message = "this is not a PO file: the line has no text in straight quotes"
        return None, [Finding(file, line, "po", message, MEND) for line in torn]
    try:
        # polib takes a text for a path if such a file exists; a PO file's text has line ends, a path never.
        return polib.pofile(text + "\n", wrapwidth=WIDTH), []
    except (OSError, ValueError) as error:
        return None, [Finding(file, _line(error), "po", "this is not a PO file", MEND)]


def _headless(file: str, po: polib.POFile) -> Iterator[Finding]:
    """Tell if the header is missing, or names another encoding than the file has."""
    if not po.metadata:
        mend = 'Let a PO editor write it, or copy the entry with msgid "" from a neighbour.'
        yield Finding(file, 1, "header", "the file has no header", mend)
    charset = po.metadata.get("Content-Type", "").partition("charset=")[2].strip()
    if charset and charset.upper() not in {"UTF-8", "UTF8"}:
        message = f"the header says charset={charset}, and PO files here are UTF-8"
        yield Finding(file, 1, "encoding", message, "Save it as UTF-8, and say so in Content-Type.")


def _misplaced(file: str, current: Iterable[polib.POEntry]) -> Iterator[Finding]:
    """Tell of entries without a Unit, and of Units that are there twice."""
    counts = Counter(entry.msgctxt for entry in current if entry.msgctxt)
    for entry in current:
        line = entry.linenum or 0
        if not entry.msgctxt:
            yield Finding(file, line, "context", "an entry has no msgctxt", "Add the id of its Unit.")
        elif counts[entry.msgctxt] > 1:
            message = f"the Unit {entry.msgctxt} is here twice"
            yield Finding(file, line, "duplicate", message, "Remove one.")


def _plural(file: str, current: Iterable[polib.POEntry]) -> Iterator[Finding]:
    for entry in current:
        if entry.msgid_plural:
            message = (
                f"{entry.msgctxt} has plural forms ({len(entry.msgstr_plural)} of them), which no Unit has"
            )
            mend = "Write one msgstr: a {name} says its number with the form that fits."
            yield Finding(file, entry.linenum or 0, "plural", message, mend)


def write(catalog: Catalog, notes: Mapping[str, str] = NO_NOTES, *, flagged: bool = True) -> str:
    """Write a PO file. `notes` are what translators are told of a Unit, by its id.

    With `flagged` unset, it does not say who made the words: their next translator does.
    """
    po = polib.POFile(wrapwidth=WIDTH)
    po.header, po.metadata = catalog.preface, dict(catalog.header)
    po.extend(
        _written(id_, entry, notes.get(id_, ""), flagged=flagged) for id_, entry in catalog.entries.items()
    )
    return _text(po)


def write_memory(preface: str, header: Mapping[str, str], rows: Iterable[Remembered]) -> str:
    """Write a translation memory."""
    po = polib.POFile(wrapwidth=WIDTH)
    po.header, po.metadata = preface, dict(header)
    entries = [(row.unit, Entry(row.english, row.text, row.provenance, 0)) for row in rows]
    po.extend(_written(unit, entry, "", flagged=True) for unit, entry in entries)
    return _text(po)


def _text(po: polib.POFile) -> str:
    return str(po).rstrip("\n") + "\n"


def _written(id_: str, entry: Entry, note: str, *, flagged: bool) -> polib.POEntry:
    maker = [str(entry.provenance)] if entry.text and flagged else []
    return polib.POEntry(
        msgctxt=id_,
        msgid=entry.english,
        msgstr=entry.text,
        comment=note,
        tcomment=entry.remark,
        flags=[*(["fuzzy"] if entry.fuzzy else []), *maker],
        previous_msgid=entry.previous or None,
    )


def _translators(po: polib.POFile) -> Iterator[str]:
    """Yield who made the translation: the header's comment and its field, as PO editors write them."""
    yield from TRANSLATOR.findall(po.header)
    if name := po.metadata.get("Last-Translator", "").partition("<")[0].strip():
        yield name


def _torn(text: str) -> list[int]:
    """Find the lines whose quotes are not closed: polib cuts off a letter there without a word."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#") and not QUOTED.fullmatch(line.strip())
    ]


def _entry(entry: polib.POEntry) -> Entry:
    marks = [Provenance(flag) for flag in entry.flags if flag in set(Provenance)]
    return Entry(
        english=entry.msgid,
        text=entry.msgstr,
        provenance=marks[0] if marks else Provenance.MACHINE,
        line=entry.linenum or 0,
        fuzzy=entry.fuzzy or "fuzzy" in entry.flags,
        previous=entry.previous_msgid or "",
        remark=entry.tcomment,
    )


def _line(error: Exception) -> int:
    """Find the line number in polib's message, which is "Syntax error in po file (line 3)"."""
    digits = "".join(character for character in str(error).rpartition("line")[2] if character.isdigit())
    return int(digits) if digits else 0
