"""PO files in: one topic's words in one Locale, keyed by Unit id."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import polib

from careleaf.findings import Finding
from careleaf.model import Catalog, Entry, Provenance

QUOTED: Final = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"')
"""A line of a PO file that is no comment."""

TRANSLATOR: Final = re.compile(r"^\s*([^<\n]+?)\s*<[^>]*>,? *[0-9]{4}", re.MULTILINE)
"""A translator in a header's comment, as GNU gettext writes it: NAME <ADDRESS>, YEAR."""

MEND: Final = "Open it in a PO editor, or compare it with its neighbours."


def parse(file: str, text: str) -> tuple[Catalog | None, list[Finding]]:
    """Read the text of a PO file. `file` is only named in Findings and in the Catalog.

    An entry's provenance is its flag `human`, `machine` or `memory`; unmarked words are taken for
    machine-made, the safest guess.
    """
    if torn := _torn(text):
        message = "this is not a PO file: the line has no text in straight quotes"
        return None, [Finding(file, line, "po", message, MEND) for line in torn]
    try:
        # polib takes a text for a path if such a file exists; a PO file's text has line ends, a path never.
        po = polib.pofile(text + "\n")
    except (OSError, ValueError) as error:
        return None, [Finding(file, _line(error), "po", "this is not a PO file", MEND)]
    current = [entry for entry in po if not entry.obsolete]
    findings = [
        Finding(file, entry.linenum or 0, "context", "an entry has no msgctxt", "Add the id of its Unit.")
        for entry in current
        if not entry.msgctxt
    ]
    counts = Counter(entry.msgctxt for entry in current if entry.msgctxt)
    findings += [
        Finding(
            file, entry.linenum or 0, "duplicate", f"the Unit {entry.msgctxt} is here twice", "Remove one."
        )
        for entry in current
        if counts[entry.msgctxt] > 1
    ]
    entries = {entry.msgctxt: _entry(entry) for entry in current if entry.msgctxt}
    obsolete = tuple(entry.linenum or 0 for entry in po.obsolete_entries())
    return Catalog(file, entries, obsolete, tuple(dict.fromkeys(_translators(po)))), findings


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
    )


def _line(error: Exception) -> int:
    """Find the line number in polib's message, which is "Syntax error in po file (line 3)"."""
    digits = "".join(character for character in str(error).rpartition("line")[2] if character.isdigit())
    return int(digits) if digits else 0
