"""Does a finished PDF say what it was to say? Read back from its bytes, by another program than made it."""

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2
from PIL import ImageChops, ImageStat
from PIL.Image import Image

from careleaf.pdf import raster

RESOLUTION: Final = 36
"""Dots in an inch, for what is asked of a page's colours."""

GAP: Final = r"[\s()\u00a0-]*"
"""What may part the groups of a telephone number."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was read back: how often each letter and digit, and the digits of each line from left to right.

    `ink` is how much of a page is covered on average, in per cent, all four toners added up; `coloured` says
    whether anything is painted that is no grey.
    """

    letters: Counter[str]
    digits: tuple[str, ...]
    ink: float
    coloured: bool


def read(content: bytes) -> Proof:
    """Read a PDF back."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.get_textpage() for page in document]
        text = "".join(page.get_text_range() for page in pages)
        digits = tuple(line for page in pages for line in _digits(page))
        pictures = [raster.picture(page, RESOLUTION) for page in document]
        covered = sum(map(_covered, pictures)) / len(pictures)
        return Proof(letters(text), digits, round(covered, 1), any(map(_coloured, pictures)))
    finally:
        document.close()


def _covered(picture: Image) -> float:
    """Reckon how much of a page is covered, in per cent: black takes the place of equal parts of colours."""
    red, green, blue = picture.split()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    light = sum(ImageStat.Stat(band).mean[0] for band in (red, green, blue))
    black = 255 - ImageStat.Stat(lightest).mean[0]
    return (3 * 255 - light - 2 * black) / 255 * 100


def _coloured(picture: Image) -> bool:
    red, green, blue = picture.split()
    return any(ImageChops.difference(red, band).getbbox() for band in (green, blue))


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
