"""Rules for numbers in a text: read once, read right, in every script; phones are the clinic's."""

import re
from collections.abc import Iterator
from typing import Final

from careleaf import markup
from careleaf.findings import Finding
from careleaf.model import Library
from careleaf.words import spoken

SIDE_BY_SIDE: Final = re.compile(r"(?<![\d.,:/-])\d[\d.,:]*[^\S\u00a0\u202f]+\d")
NUMERIC_DATE: Final = re.compile(r"\b\d{1,4}([./-])\d{1,2}\1\d{2,4}\b")
HYPHEN_RANGE: Final = re.compile(r"\d\s?[-\u2010-\u2015\u2212~\u301c\uff5e]\s?\d")
PHONE: Final = re.compile(
    r"\+?\(?\d[\d ().\u00a0-]{5,}\d"
    r"|(?<![\d.,])(?<!\d[\u00a0\u202f])\b(?:999|911|112|111|000|110|119|120|116 ?117)\b"
)
ADDRESS: Final = re.compile(
    r"\S+@\S+\.\w+|https?://|\bwww\.|\b[\w-]+\.(?:com|org|net|info|uk|eu|gov|health)\b"
    r"|\b\d+\w?,? (?:\w+ ){1,3}(?:street|st|road|rd|avenue|ave|lane|drive|square|boulevard|terrace)\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b",
    re.IGNORECASE,
)
MINIMUM: Final = 7
"""Fewer digits than this are no telephone number, but for the short ones that are listed."""


def readable(library: Library) -> Iterator[Finding]:
    """No two numerals side by side, no date in numbers alone, no range with a hyphen: RTL turns it round."""
    for file, line, id_, text in _texts(library):
        if SIDE_BY_SIDE.search(text) and not _phones(text):
            message, mend = (
                f"{id_}: two numerals stand side by side",
                "Put a word between them, or write one in words.",
            )
            yield Finding(file, line, "numerals", message, mend)
        if NUMERIC_DATE.search(text):
            message, mend = (
                f"{id_}: a date is written in numbers alone",
                "Write the month in words: 6 August 2027.",
            )
            yield Finding(file, line, "numeric-date", message, mend)
        elif HYPHEN_RANGE.search(text) and not _phones(text):
            mend = "Make it a Fact: value: [7, 14] is said as a range in every language."
            yield Finding(file, line, "hyphen-range", f"{id_}: a range is written with a hyphen", mend)


def the_clinics_own(library: Library) -> Iterator[Finding]:
    """No text has a phone number or an address: they change, and each clinic has its own."""
    for file, line, id_, text in _texts(library):
        if _phones(text):
            mend = "Write {phone}, {urgent} or {emergency}: the numbers are in the clinic's file."
            yield Finding(file, line, "raw-contact", f"{id_} has a telephone number in it", mend)
        if ADDRESS.search(text):
            mend = "Leave it out: the contact box has what the clinic wants to give."
            yield Finding(file, line, "raw-contact", f"{id_} has an address in it", mend)


def _phones(text: str) -> bool:
    found = [match[0] for match in PHONE.finditer(text) if not NUMERIC_DATE.fullmatch(match[0].strip())]
    return any(len(re.sub(r"\D", "", each)) >= MINIMUM or each.isdigit() for each in found)


def _texts(library: Library) -> Iterator[tuple[str, int, str, str]]:
    """Yield every text of every topic and catalog; the Facts of a translation are left out."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            yield topic.file, text.line, text.id, text.text
    for catalog in library.catalogs.values():
        for id_, entry in catalog.entries.items():
            # Without bold: stars in a number would hide it.
            yield (
                catalog.file,
                entry.line,
                id_,
                markup.PLACEHOLDER.sub("\u2026", entry.text.replace("**", "")),
            )


RULES = (readable, the_clinics_own)
