"""Every finished page at once, for a person to look at: a page for a browser, and one picture of it all."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from careleaf.model import Library, Status
from careleaf.pdf.raster import pages
from careleaf.publish import Row
from careleaf.render import page as own_page

RESOLUTION: Final = 24
"""Dots in an inch of a page in the gallery: its layout shows, its words do not."""
A_ROW: Final = 8
GAP: Final = 6
GROUND: Final = (226, 230, 232)
COLOURS: Final = 64
THUMB: Final = (72, 102)
LABEL: Final = 190
FRAMES: Final[Mapping[Status, str]] = {
    Status.DRAFT: "#c9a400",
    Status.APPROVED: "#1f6b3a",
    Status.EXPIRED: "#9b1c31",
}
"""What a leaflet's picture is framed in."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One leaflet in the gallery: its row of the manifest, a strip of its pages, and its first page small."""

    row: Row
    strip: bytes
    first: bytes


def shown(library: Library, out: Path, rows: Iterable[Row]) -> list[Row]:
    """Choose what can be shown: files on paper, of topics and languages that the library has."""
    found = (
        row
        for row in rows
        if row.sides and row.topic in library.topics and row.lang in library.locales
        if (out / row.path).is_file()
    )
    return sorted(found, key=lambda row: row.path)


def pictures(out: Path, rows: Sequence[Row], workers: int) -> list[Shown]:
    """Draw every leaflet on paper, over the cores."""
    files = [out / row.path for row in rows]
    # PDFium may be used by one thread of a process only; a fork would share its locks.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_drawn, files, chunksize=4)
        return [Shown(row, strip, first) for row, (strip, first) in zip(rows, drawn, strict=True)]


def _drawn(file: Path) -> tuple[bytes, bytes]:
    drawn = list(pages(file.read_bytes(), RESOLUTION))
    first = drawn[0].copy()
    first.thumbnail(THUMB)
    return _png(_strip(drawn)), _png(first)


def _strip(drawn: Sequence[Image.Image]) -> Image.Image:
    """Lay pages side by side, and in rows where there are many."""
    width, height = max(each.width for each in drawn) + GAP, max(each.height for each in drawn) + GAP
    across = min(A_ROW, len(drawn))
    sheet = Image.new("RGB", (across * width + GAP, -(-len(drawn) // across) * height + GAP), GROUND)
    for number, each in enumerate(drawn):
        sheet.paste(each, (GAP + number % across * width, GAP + number // across * height))
    return sheet


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def contact_sheet(drawn: Iterable[Shown], topics: Sequence[str]) -> bytes:
    """Draw the first page of every leaflet: a line for each language and format, a column for each topic."""
    lines = [
        (f"{clinic}  {lang}  {kind}", {each.row.topic: each for each in group})
        for (clinic, lang, kind), group in groupby(sorted(drawn, key=_line), key=_line)
    ]
    width, height = THUMB[0] + GAP, THUMB[1] + GAP
    sheet = Image.new("RGB", (LABEL + len(topics) * width, (len(lines) or 1) * height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for number, (label, found) in enumerate(lines):
        top = number * height
        draw.text((GAP, top + THUMB[1] / 2), label, fill="black", font=font)
        for column, topic in enumerate(topics):
            if topic in found:
                _frame(sheet, draw, found[topic], (LABEL + column * width, top))
    return _png(sheet)


def _frame(sheet: Image.Image, draw: ImageDraw.ImageDraw, each: Shown, place: tuple[int, int]) -> None:
    left, top = place
    with Image.open(BytesIO(each.first)) as thumb:
        sheet.paste(thumb.convert("RGB"), (left + 2, top + 2))
        corner = (left + thumb.width + 3, top + thumb.height + 3)
    draw.rectangle((place, corner), outline=FRAMES[each.row.status], width=2)


def _line(each: Shown) -> tuple[str, str, str]:
    return each.row.clinic, each.row.lang, each.row.kind


def strip_name(row: Row) -> str:
    """Name the picture of a leaflet's pages."""
    return f"pages/{row.path.removesuffix('.pdf')}.png"


def page(library: Library, rows: Sequence[Row], out: str) -> str:
    """Write the gallery's page. `out` is the way from it to the leaflets."""
    by_topic = groupby(sorted(rows, key=lambda row: (row.topic, _lang(row))), key=lambda row: row.topic)
    chapters = [
        (name, [(lang, list(found)) for lang, found in groupby(group, key=_lang)]) for name, group in by_topic
    ]
    return own_page(
        "gallery.html", chapters=chapters, topics=library.topics, locales=library.locales, out=out,
        strip_name=strip_name, count=len(rows),
    )  # fmt: skip


def _lang(row: Row) -> str:
    return row.lang
