"""A font with the glyphs of one sheet only, and the objects that bring it into a PDF (ISO 32000-1, 9.7)."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import uharfbuzz

if TYPE_CHECKING:
    from weasyprint.pdf.fonts import Font

TABLES: Final = (
    "BASE",
    "DSIG",
    "GDEF",
    "GPOS",
    "GSUB",
    "JSTF",
    "LTSH",
    "OS/2",
    "PCLT",
    "SVG ",
    "name",
    "post",
)
"""What a PDF has no use for: the glyphs are chosen already."""


@dataclass(frozen=True, slots=True)
class Subset:
    """A few glyphs of a font. `numbers` are their new numbers, by their old ones; lengths are in 1/1000 em.

    `program` is the font file, compressed; `length` is its length before that, in bytes.
    """

    name: bytes
    title: bytes
    program: bytes
    length: int
    numbers: Mapping[int, int]
    widths: Mapping[int, int]
    letters: Mapping[int, str]
    ascent: int
    descent: int


def make(font: "Font", glyphs: Mapping[int, str]) -> Subset | None:
    """Cut a font down to some glyphs, given with their letters; None if it is no TrueType font."""
    program, new = cut(font.file_content, font.weight if "fvar" in font.tables else 0, glyphs)
    if program[:4] == b"OTTO":
        return None
    return Subset(
        name=font.hash.encode(),
        title=font.name,
        program=zlib.compress(program),
        length=len(program),
        numbers=new,
        widths={new[glyph]: font.widths[glyph] for glyph in new},
        letters={new[glyph]: glyphs[glyph] for glyph in new},
        ascent=font.ascent,
        descent=font.descent,
    )


def cut(content: bytes, weight: int, glyphs: Iterable[int]) -> tuple[bytes, dict[int, int]]:
    """Cut a font file down to some glyphs: the same always gives the same bytes.

    `weight` is that of a variable file, and 0 for any other. Gives the new file, and the glyphs' new numbers
    by their old ones. Raises KeyError for a glyph that the font does not have.
    """
    chosen = uharfbuzz.SubsetInput()
    chosen.glyph_set.update(glyphs)
    chosen.flags = uharfbuzz.SubsetFlags.NO_HINTING
    chosen.sets(uharfbuzz.SubsetInputSets.DROP_TABLE_TAG).update(map(_tag, TABLES))
    face = _face(content)
    if weight:
        chosen.pin_all_axes_to_default(face)
        chosen.pin_axis_location(face, "wght", weight)
    plan = uharfbuzz.SubsetPlan(face, chosen)
    numbers = plan.old_to_new_glyph_mapping
    return plan.execute().blob.data, {glyph: numbers[glyph] for glyph in sorted(glyphs)}


def _tag(name: str) -> int:
    return int.from_bytes(name.encode(), "big")


@lru_cache(maxsize=64)
def _face(content: bytes) -> uharfbuzz.Face:
    """Prepare a font once: then a subset takes a tenth of a millisecond."""
    return uharfbuzz.subset_preprocess(uharfbuzz.Face(content))


def objects(font: Subset, number: int) -> tuple[bytes, ...]:
    """Write a font as PDF objects that are numbered from `number` on; the first is the font itself.

    `XXGlyphs` tells which glyphs of the font's own file they are, so that it can be cut again and compared.
    """
    widths = b" ".join(b"%d [%d]" % pair for pair in font.widths.items())
    return (
        b"<</Type /Font /Subtype /Type0 /BaseFont %b /Encoding /Identity-H /DescendantFonts [%d 0 R]"
        b" /ToUnicode %d 0 R /XXGlyphs [%b]>>"
        % (font.title, number + 1, number + 4, b" ".join(b"%d" % old for old in font.numbers)),
        b"<</Type /Font /Subtype /CIDFontType2 /BaseFont %b /CIDToGIDMap /Identity /W [%b]"
        b" /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R>>"
        % (font.title, widths, number + 2),
        b"<</Type /FontDescriptor /FontName %b /Flags 4 /FontBBox [0 %d %d %d] /ItalicAngle 0 /Ascent %d"
        b" /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R>>"
        % (
            font.title,
            font.descent,
            max(font.widths.values()),
            font.ascent,
            font.ascent,
            font.descent,
            font.ascent,
            number + 3,
        ),
        compressed(font.program, b"/Length1 %d" % font.length),
        compressed(zlib.compress(_to_unicode(font.letters))),
    )


OBJECTS: Final = 5
"""So many objects are a font."""


def compressed(body: bytes, entries: bytes = b"") -> bytes:
    """Write a stream whose content is compressed already."""
    return plain(body, b"/Filter /FlateDecode " + entries)


def plain(body: bytes, entries: bytes) -> bytes:
    """Write a stream as it is."""
    return b"<</Length %d %b>>\nstream\n%b\nendstream" % (len(body), entries, body)


def _to_unicode(letters: Mapping[int, str]) -> bytes:
    rows = [
        b"<%04x> <%b>" % (glyph, text.encode("utf-16-be").hex().encode()) for glyph, text in letters.items()
    ]
    blocks = [b"%d beginbfchar\n%b\nendbfchar" % (len(some), b"\n".join(some)) for some in _hundreds(rows)]
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + b"\n".join(blocks)
        + b"\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


def _hundreds(rows: list[bytes]) -> list[list[bytes]]:
    """Part rows into blocks: a CMap may have a hundred in one."""
    return [rows[start : start + 100] for start in range(0, len(rows), 100)]
