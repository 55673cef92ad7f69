"""Does a finished PDF say what it was to say? Read back from its bytes, by another program than made it."""

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2

GAP: Final = r"[\s()\u00a0-]*"
"""What may part the groups of a telephone number."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was read back: how often each letter and digit, and the digits of each line from left to right."""

    letters: Counter[str]
    digits: tuple[str, ...]


def read(content: bytes) -> Proof:
    """Read a PDF back."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.get_textpage() for page in document]
        text = "".join(page.get_text_range() for page in pages)
        return Proof(letters(text), tuple(line for page in pages for line in _digits(page)))
    finally:
        document.close()


def letters(text: str) -> Counter[str]:
    """Count the letters and digits of a text, composed alike: signs are drawn mirrored from right to left."""
    composed = unicodedata.normalize("NFKC", text)
    return Counter(sign for sign in composed if unicodedata.category(sign)[0] in "LN")


def _digits(page: pypdfium2.PdfTextPage) -> Iterator[str]:
    """Yield the digits of each line, in the order of their places on paper."""
    raw, x, y = pypdfium2.raw, ctypes.c_double(), ctypes.c_double()
    found: dict[float, list[tuple[float, int, str]]] = {}
    for index in range(page.count_chars()):
        code = raw.FPDFText_GetUnicode(page.raw, index)
        if ord("0") <= code <= ord("9"):
            raw.FPDFText_GetCharOrigin(page.raw, index, x, y)
            # Letters that were shaped together have one place: they stand there in the order of the text.
            found.setdefault(round(y.value), []).append((x.value, index, chr(code)))
    for line in found.values():
        yield "".join(digit for _, _, digit in sorted(line))


def lost(proof: Proof, text: str) -> str:
    """Give the letters of a text that a PDF has too few of: search and screen readers miss them."""
    return "".join(sorted((letters(text) - proof.letters).elements()))


def turned(proof: Proof, text: str, phones: Iterable[str]) -> list[str]:
    """Give the phone numbers that do not stand from left to right as often as the text has them."""
    digits = {number: re.sub(r"\D", "", number) for number in phones}
    wanted = {number: len(re.findall(_spaced(each), text)) for number, each in digits.items()}
    found = {number: sum(line.count(each) for line in proof.digits) for number, each in digits.items()}
    return [number for number in digits if found[number] < wanted[number]]


def _spaced(digits: str) -> str:
    """Match the digits of a number with whatever parts their groups."""
    return rf"(?<!\d)\+?{GAP.join(digits)}(?!\d)"
