"""Numbered pages on sheets of paper, and what hands do with them: turn over, stack, fold, cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import pypdfium2

from careleaf.model import Binding, Ink, Job, Variant
from careleaf.paper import page_rule
from careleaf.pdf.raster import POINTS
from tests.test_pool import job

MILLIMETRES: Final = 25.4
PAPERS: Final = {
    Binding.PAGES: "A6",
    Binding.SADDLE_STITCH: "A5",
    Binding.TRI_FOLD: "A4-panel",
    Binding.FOUR_UP: "A6",
}
NARROW_FLAP: Final = "@page :nth(4) { size: 97mm 210mm } @page :nth(5) { size: 97mm 210mm }"
STYLE: Final = """
@page { margin: 10mm }
body { margin: 0; font-family: 'Noto Sans' }
p { text-align: center; margin: 0 }
.page { break-before: page }
"""


def leaf(markup: str, variant: Variant = Variant(), direction: str = "ltr", style: str = "") -> Job:  # noqa: B008 # frozen
    """Give the Job of a whole small page of its own, on the paper of its binding."""
    paper = page_rule(PAPERS[variant.binding], bleed=variant.bleed)
    flap = NARROW_FLAP if variant.binding is Binding.TRI_FOLD else ""
    lang = "ar" if direction == "rtl" else "en"
    page = (
        f'<html lang="{lang}" dir="{direction}"><head><title>Numbers</title>'
        f'<meta name="dcterms.created" content="2026-11-22"></head><body>{markup}</body></html>'
    )
    return replace(
        job("numbers", page, paper + flap + STYLE + style), variant=variant, direction=direction, lang=lang
    )


def numbered(
    pages: int, binding: Binding, direction: str = "ltr", *, ink: Ink = Ink.COLOUR, bleed: bool = False
) -> Job:
    """Give the Job of so many pages, each with its number in its middle and nothing else."""
    rest = "".join(f'<p class="page">{number}</p>' for number in range(2, pages + 1))
    return leaf(f"<p>1</p>{rest}", Variant(binding, ink, bleed), direction)


@dataclass(frozen=True)
class Spot:
    """A word on a side of a sheet, and where its middle is: millimetres from the left and from the top."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Side:
    """One side of a sheet: its size in millimetres when it is trimmed, and its words."""

    width: float
    height: float
    spots: tuple[Spot, ...]

    def between(self, left: float, right: float) -> int | None:
        """Give the number of the page that stands there; None if there is none."""
        found = [int(spot.text) for spot in self.spots if left < spot.x < right]
        assert len(found) <= 1, f"two pages lie on each other: {found}"
        return found[0] if found else None

    def panels(self, *widths: float) -> list[int | None]:
        """Give the numbers of the pages that stand beside each other, from the left."""
        edges = [*accumulate(widths, initial=0.0)]
        assert abs(edges[-1] - self.width) < 0.05, f"{edges[-1]} mm of pages on {self.width} mm of paper"
        return [self.between(left, right) for left, right in pairwise(edges)]


def sides(file: bytes | Path) -> list[Side]:
    """Read where the words stand on each side of a PDF, by PDFium and nothing else."""
    document = pypdfium2.PdfDocument(file)
    try:
        return [_side(page) for page in document]
    finally:
        document.close()


def _side(page: pypdfium2.PdfPage) -> Side:
    left, bottom, right, top = page.get_trimbox()
    textpage = page.get_textpage()
    boxes = [textpage.get_rect(index) for index in range(textpage.count_rects())]
    spots = (
        Spot(
            textpage.get_text_bounded(*box).strip(),
            _millimetres((box[0] + box[2]) / 2 - left),
            _millimetres(top - (box[1] + box[3]) / 2),
        )
        for box in boxes
    )
    return Side(_millimetres(right - left), _millimetres(top - bottom), tuple(spots))


def _millimetres(points: float) -> float:
    return points * MILLIMETRES / POINTS


def stapled(found: Sequence[Side], direction: str) -> list[int | None]:
    """Print on both sides, turn over the short edge, stack, fold and staple; then read from the front."""
    halves = [side.panels(side.width / 2, side.width / 2) for side in found]
    to_middle: list[int | None] = []
    to_end: list[int | None] = []
    for front, back in zip(halves[::2], halves[1::2], strict=True):
        # What is left on one side is behind what is right on the other.
        right_leaf, left_leaf = (front[1], back[0]), (front[0], back[1])
        first, second = (right_leaf, left_leaf) if direction == "ltr" else (left_leaf, right_leaf)
        to_middle += first
        to_end = [*reversed(second), *to_end]
    return to_middle + to_end


def folded(found: Sequence[Side], direction: str, panel: float = 100, flap: float = 97) -> list[int | None]:
    """Turn over the short edge, fold the flap in, then the cover over it; read from the cover to the back."""
    outside, inside = found
    if direction == "ltr":
        flap_out, back, cover = outside.panels(flap, panel, panel)
        return [cover, *inside.panels(panel, panel, flap), flap_out, back]
    cover, back, flap_out = outside.panels(panel, panel, flap)
    return [cover, *reversed(inside.panels(flap, panel, panel)), flap_out, back]


def cut(found: Sequence[Side]) -> Iterator[tuple[Spot, Spot]]:
    """Turn over the long edge and cut both ways; give the words on both faces of each card."""
    front, back = (_quarters(side) for side in found)
    for (column, row), spot in front.items():
        yield spot, back[1 - column, row]


def _quarters(side: Side) -> dict[tuple[int, int], Spot]:
    width, height = side.width / 2, side.height / 2
    found = {
        (int(spot.x // width), int(spot.y // height)): Spot(spot.text, spot.x % width, spot.y % height)
        for spot in side.spots
    }
    assert len(found) == len(side.spots) == 4, "a card lies on another"
    return found
