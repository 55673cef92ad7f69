"""A leaflet laid out once, with places kept free for what only one patient's sheet says.

Each patient's words are painted into the places by the engine's own hand, so that they look as if they had
been laid out with the rest. What a sheet adds to the leaflet is in `update.py`.

Places are single lines. What does not fit into one, or needs two fonts, is not stamped: it is laid out anew.
"""

import re
import zlib
from codecs import BOM_UTF16_BE
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pydyf
from weasyprint import Document
from weasyprint.draw.text import draw_text
from weasyprint.formatting_structure.boxes import BlockBox, TextBox
from weasyprint.pdf.fonts import Font
from weasyprint.pdf.stream import Stream
from weasyprint.text.line_break import split_first_line, strut

from careleaf.model import Artifact, Job, Order, Slot
from careleaf.pdf import engine, subset, tagging, textlayer
from careleaf.pdf.update import PERSONAL, Filled, Free, Stamp

POINT: Final = 0.75
"""Points in a CSS pixel."""
KEPT: Final = 4096
"""So many painted lines that are not personal are kept: the dates of a batch are few."""
GLYPHS: Final = re.compile(rb"<([0-9a-f]+)>")
TYPEFACE: Final = re.compile(rb"/([A-Z]{6}) (?=[\d.]+ Tf)")

Box = Any  # WeasyPrint carries no types


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is kept free: its page, its number among the marked contents, and its box there.

    `left` and `width` are of the room there is, in CSS pixels; `text` is the box that stands in it.
    """

    page: int
    mcid: int
    left: float
    width: float
    text: Box


@dataclass(frozen=True, slots=True)
class Painted:
    """A line as it is painted: the operators, its width in CSS pixels, its font, and its glyphs' letters.

    One that needs two fonts has none: it cannot be stamped. It `lacks` glyphs if its font in the master
    cannot draw it, or would read it out as other letters.
    """

    operators: bytes
    width: float
    font: str
    glyphs: Mapping[int, str]
    lacks: bool


@dataclass(slots=True)
class Master:
    """A leaflet laid out with places kept free, in the process that did so."""

    leaflet: Free
    places: Mapping[str, Place]
    heights: tuple[float, ...]
    known: Mapping[str, Mapping[int, str]]
    """The glyphs of each of its fonts, with their letters."""
    kept: dict[tuple[str, str], Painted] = field(default_factory=dict)
    """Lines painted before, by key and text: never one that is personal."""
    overlays: dict[tuple[Slot, ...], bytes] = field(default_factory=dict)
    """Whole pages of such lines."""


@dataclass(slots=True)
class _Making:
    """What is learnt of a master while the engine writes it."""

    document: Document = None
    reserved: dict[str, tuple[int, int]] = field(default_factory=dict)
    overlays: dict[int, pydyf.Stream] = field(default_factory=dict)
    pdf: pydyf.PDF = None


def make(job: Job) -> Master | Artifact:
    """Lay a leaflet out with its places free; give the Artifact alone if it must not be used."""
    making = _Making()
    artifact = engine.make(job, partial(_prepare, making, job.vocabulary), partial(_finish, making))
    return _master(making, artifact) if artifact.usable else artifact


def _prepare(making: _Making, vocabulary: Iterable[Slot], document: Document) -> None:
    """Have the fonts take in what the places may say of anybody: days and months, and the alphabet."""
    making.document, document.reserved = document, making.reserved
    boxes = {key: box for key, (_, box) in _boxes(document).items()}
    stream = _stream(document.fonts)
    for slot in vocabulary:
        if slot.key in boxes:
            _paint(stream, Place(0, 0, 0, 0, boxes[slot.key]), slot)


def _finish(making: _Making, _: Document, pdf: pydyf.PDF) -> None:
    """Give each page that has places a second content, to be replaced by each stamp."""
    making.pdf = pdf
    pages = [item for item in pdf.objects if isinstance(item, pydyf.Dictionary) and "MediaBox" in item]
    for number in sorted({page for page, _ in making.reserved.values()}):
        page = pages[number]
        base = next(item for item in pdf.objects if item.number and page["Contents"] == item.reference)
        base.stream = [b"q", *base.stream, b"Q"]
        marks = (mcid for where, mcid in making.reserved.values() if where == number)
        overlay = pydyf.Stream([_marked(mcid, b"", b"") for mcid in sorted(marks)], compress=True)
        pdf.add_object(overlay)
        page["Contents"] = pydyf.Array([base.reference, overlay.reference])
        making.overlays[number] = overlay


def _master(making: _Making, artifact: Artifact) -> Master:
    document, pdf = making.document, making.pdf
    boxes, names = _boxes(document), {font.hash for font in document.fonts.values()}
    dictionaries = (item for item in pdf.objects if isinstance(item, pydyf.Dictionary))
    fonts = next(item for item in dictionaries if item.keys() & names)
    return Master(
        leaflet=Free(
            artifact=artifact,
            overlays={page: stream.number for page, stream in making.overlays.items()},
            fonts=fonts.number,
            entries=b" ".join(f"/{name} ".encode() + value for name, value in fonts.items()),
        ),
        places={
            key: Place(page, mcid, boxes[key][0].content_box_x(), boxes[key][0].width, boxes[key][1])
            for key, (page, mcid) in making.reserved.items()
        },
        heights=tuple(page.height * POINT for page in document.pages),
        known=_glyphs(document.fonts.values()),
    )


def _boxes(document: Document) -> dict[str, tuple[Box, Box]]:
    """Find the places on laid-out pages: the block of each, and the text in it."""
    found = {}
    for page in document.pages:
        for block in _blocks(page):
            key = block.element.get(tagging.SLOT)
            text = next((each for each in block.descendants() if isinstance(each, TextBox)), None)
            if key and text is not None:
                found[key] = (block, text)
    return found


def _blocks(page: Any) -> Iterator[Box]:  # noqa: ANN401 # WeasyPrint carries no types
    for box in page._page_box.descendants():  # noqa: SLF001 # the only way to boxes
        if isinstance(box, BlockBox) and box.element is not None and box.element.get(tagging.SLOT):
            yield box


_FONTS: Final[dict[Any, Font]] = {}
"""The fonts that stamps are painted with. Only what is asked of them for one line is kept in them."""


def _stream(fonts: dict[Any, Font]) -> Stream:
    resources: dict[str, Any] = {"ExtGState": {}, "XObject": {}, "Pattern": {}, "Shading": {}, "Font": None}
    return Stream(fonts, (0, 0, 0, 0), resources, {}, None, {}, None)


def _paint(stream: Stream, place: Place, slot: Slot) -> float:
    """Paint a line into its place; give its width in CSS pixels."""
    line = copy(place.text)
    line.text, line.style = slot.text, _style(place.text.style, slot.families)
    line.pango_layout, _, _, width, height, line.baseline = split_first_line(
        slot.text, line.style, None, None, 0
    )
    room = place.width - width
    line.position_x = place.left + (room if line.style["direction"] == "rtl" else 0)
    # In another font, the letters stand as much higher or lower as that font's own line would have them.
    higher = strut(line.style)[1] - strut(place.text.style)[1]
    line.position_y += place.text.baseline + higher - line.baseline
    line.width, line.height = width, height
    draw_text(stream, line, 0, "clip", "none")
    return float(width)


def _style(style: Any, families: tuple[str, ...]) -> Any:  # noqa: ANN401 # WeasyPrint carries no types
    if not families:
        return style
    other = style.copy()
    other["font_family"] = families
    return other


def painted(master: Master, slot: Slot) -> Painted:
    """Paint a line into its place."""
    for font in _FONTS.values():
        font.to_unicode = {}
    stream = _stream(_FONTS)
    width = _paint(stream, master.places[slot.key], slot)
    textlayer.complete(_FONTS.values())
    used = _glyphs(_FONTS.values())
    operators = b"\n".join(each if isinstance(each, bytes) else str(each).encode() for each in stream.stream)
    (font, glyphs) = used.popitem() if len(used) == 1 else ("", {})
    lacks = not glyphs.items() <= master.known.get(font, {}).items()
    return Painted(operators, width, font, glyphs, lacks)


def _glyphs(fonts: Iterable[Font]) -> dict[str, dict[int, str]]:
    """Give the glyphs of each font with their letters: the engine may know one font as several."""
    found: dict[str, dict[int, str]] = {}
    for font in fonts:
        if font.to_unicode:
            found.setdefault(font.hash, {}).update(font.to_unicode)
    return found


def stamp(master: Master, slots: Iterable[Slot]) -> Stamp | None:
    """Paint one patient's words into the places; None if they do not all fit there, each on its line."""
    lines = {slot.key: line_of(master, slot) for slot in slots}
    if any(not _fits(master.places[key], line) for key, line in lines.items()):
        return None
    own = _own_glyphs(lines.values())
    found = {name: subset.make(_font(name), glyphs) for name, glyphs in own.items()}
    fonts = {name: font for name, font in found.items() if font}
    if fonts.keys() != own.keys():
        return None
    pages: dict[int, list[Slot]] = {page: [] for page in master.leaflet.overlays}
    for slot in slots:
        pages[master.places[slot.key].page].append(slot)
    return Stamp(
        {page: _overlay(master, tuple(whose), lines, fonts) for page, whose in pages.items()},
        tuple(fonts.values()),
    )


def _overlay(
    master: Master, slots: tuple[Slot, ...], lines: Mapping[str, Painted], fonts: Mapping[str, subset.Subset]
) -> bytes:
    """Paint over one page, or find what was painted for those treated on the same day: nothing personal."""
    if any(slot.personal or lines[slot.key].lacks for slot in slots):
        return _written(master, slots, lines, fonts)
    if slots not in master.overlays:
        if len(master.overlays) >= KEPT:
            master.overlays.clear()
        master.overlays[slots] = _written(master, slots, lines, fonts)
    return master.overlays[slots]


def _written(
    master: Master, slots: tuple[Slot, ...], lines: Mapping[str, Painted], fonts: Mapping[str, subset.Subset]
) -> bytes:
    """Write what is painted over the page of some places."""
    parts = []
    for slot in slots:
        place, line = master.places[slot.key], lines[slot.key]
        operators = _renamed(line, fonts[line.font]) if line.lacks else line.operators
        parts.append(_marked(place.mcid, operators, letters_of(slot.text)))
    return _placed(parts, master.heights[master.places[slots[0].key].page])


def line_of(master: Master, slot: Slot) -> Painted:
    """Paint a line, or find it among those painted before: never one that is personal."""
    key = slot.key, slot.text
    if slot.personal:
        return painted(master, slot)
    if key not in master.kept:
        if len(master.kept) >= KEPT:
            master.kept.clear()
        master.kept[key] = painted(master, slot)
    return master.kept[key]


def _fits(place: Place, line: Painted) -> bool:
    return line.width <= place.width and bool(line.font)


def _own_glyphs(lines: Iterable[Painted]) -> dict[str, dict[int, str]]:
    """Find what the fonts of the master cannot draw, or would read out as other letters."""
    own: dict[str, dict[int, str]] = {}
    for line in lines:
        if line.lacks:
            own.setdefault(line.font, {}).update(line.glyphs)
    return own


def _font(name: str) -> Font:
    return next(font for font in _FONTS.values() if font.hash == name)


def _renamed(line: Painted, font: subset.Subset) -> bytes:
    """Say a line in the glyph numbers of a sheet's own font."""

    def renumbered(match: re.Match[bytes]) -> bytes:
        old = (int(match[1][place : place + 4], 16) for place in range(0, len(match[1]), 4))
        return b"<" + b"".join(b"%04x" % font.numbers[glyph] for glyph in old) + b">"

    return TYPEFACE.sub(rb"/" + PERSONAL + rb"\1 ", GLYPHS.sub(renumbered, line.operators))


def letters_of(text: str) -> bytes:
    """Give the letters behind the glyphs, where one glyph stands for several: see `tagging.COMPLEX`."""
    if not tagging.COMPLEX.search(text):
        return b""
    return b" /ActualText <" + (BOM_UTF16_BE + text.encode("utf-16-be")).hex().encode() + b">"


def _marked(mcid: int, operators: bytes, properties: bytes) -> bytes:
    return b"/Span <</MCID %d%b>> BDC\n%b\nEMC" % (mcid, properties, operators)


def _placed(parts: Iterable[bytes], height: float) -> bytes:
    """Paint in CSS pixels from the page's upper left corner, as the engine does; compressed."""
    return zlib.compress(opening(height) + b"\n".join(parts) + b"\nQ")


def opening(height: float) -> bytes:
    """Give what comes before the lines of a page, whose height is in points."""
    return b"q\n%g 0 0 %g 0 %.4f cm\n" % (POINT, -POINT, height)


_LAID_OUT: Final[dict[str, Master | Artifact]] = {}
MASTERS: Final = 2
"""So many leaflets a worker keeps: those of one shape follow one another."""


def fill(order: Order) -> Filled | Artifact:
    """Lay the leaflet out, unless this process has, and stamp each sheet. A faulty one is given as it is."""
    if order.key not in _LAID_OUT:
        while len(_LAID_OUT) >= MASTERS:
            _LAID_OUT.pop(next(iter(_LAID_OUT)))
        _LAID_OUT[order.key] = make(order.job)
    found = _LAID_OUT[order.key]
    if isinstance(found, Artifact):
        return found
    return Filled(found.leaflet, tuple(stamp(found, slots) for slots in order.sheets))
