"""What a script's shaper makes of a text: a mark with nothing to stand on is drawn on a dotted circle."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

import uharfbuzz

from careleaf import fonts

DOTTED_CIRCLE: Final = 0x25CC
MISSING: Final = 0


@lru_cache(maxsize=64)
def _font(family: str) -> uharfbuzz.Font | None:
    file = next((face.file for face in fonts.faces() if face.family == family), None)
    return uharfbuzz.Font(uharfbuzz.Face(file.read_bytes())) if file and file.is_file() else None


def unshaped(text: str, families: tuple[str, ...]) -> str:
    """Give the stretch of a text that cannot be drawn in some fonts: no glyph, or a mark on no letter."""
    return next((run for family, run in _runs(text, families) if _fails(run, family)), "")


def _runs(text: str, families: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Split a text by the first font that has each letter; marks stay with what they follow."""
    chosen, last = [], families[0]
    for sign in text:
        if not unicodedata.category(sign).startswith("M"):
            last = next((each for each in families if ord(sign) in fonts.characters(each)), last)
        chosen.append((last, sign))
    for family, group in groupby(chosen, key=lambda pair: pair[0]):
        yield family, "".join(sign for _, sign in group)


def _fails(run: str, family: str) -> bool:
    font = _font(family)
    if font is None or chr(DOTTED_CIRCLE) in run:
        return False
    buffer = uharfbuzz.Buffer()
    buffer.add_str(run)
    buffer.guess_segment_properties()
    # Only at the beginning of a text does a mark get the circle in every script.
    buffer.flags = uharfbuzz.BufferFlags.BOT | uharfbuzz.BufferFlags.EOT
    uharfbuzz.shape(font, buffer)
    wrong = {MISSING, font.get_nominal_glyph(DOTTED_CIRCLE)}
    return any(info.codepoint in wrong for info in buffer.glyph_infos)
