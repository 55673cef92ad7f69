"""The letters behind the glyphs, for search, copy and screen readers.

WeasyPrint notes for each glyph the text with which it first meets it. Right to left, a letter first met
together with a vowel mark gets no text at all, or the mark besides, in the whole file: "علاج" is copied
as "عج". So the notes are completed from the font itself before WeasyPrint writes them down.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import pydyf
from weasyprint.pdf.fonts import build_fonts_dictionary as build

from careleaf.fonts import letters


def build_fonts_dictionary(pdf: pydyf.PDF, fonts: Mapping[str, Any], *options: Any) -> pydyf.Dictionary:  # noqa: ANN401
    """Write the fonts of a document. Has the signature of the function that it replaces."""
    complete(fonts.values())
    return build(pdf, fonts, *options)


def complete(fonts: Iterable[Any]) -> None:
    """Give each glyph that was met without its letters those that the font has for it."""
    for font in fonts:
        doubtful = [glyph for glyph, text in font.to_unicode.items() if _is_doubtful(text)]
        if doubtful:
            known = letters(font.file_content)
            font.to_unicode.update({glyph: known[glyph] for glyph in doubtful if glyph in known})


def _is_doubtful(text: str) -> bool:
    return not text or any(unicodedata.category(sign) == "Mn" for sign in text)
