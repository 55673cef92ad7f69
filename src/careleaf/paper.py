"""Sizes of paper, and how a page is told its size and its text's."""

from collections.abc import Mapping
from typing import Final

PAPERS: Final[Mapping[str, tuple[float, float]]] = {
    "A3": (297, 420),
    "A4": (210, 297),
    "A5": (148.5, 210),
    "A6": (105, 148.5),
    "Letter": (215.9, 279.4),
    "A4-panel": (100.0, 210),
}
"""Width and height of a page in millimetres, upright: ISO 216 and ANSI/ASME Y14.1. A5 and A6 are halves and
quarters of A4 to the hair, so that two or four fill a sheet. A panel is a third of A4 across; the one that
folds in is narrower (see docs/decisions/print.md)."""

PANEL: Final = "A4-panel"
BLEED: Final = 3.0
"""Millimetres that what is printed at an edge runs over it: what European print shops ask for."""


def page_rule(paper: str, *, bleed: bool) -> str:
    """Say in CSS how large a page is."""
    width, height = PAPERS[paper]
    return f"@page {{ size: {width:g}mm {height:g}mm; bleed: {BLEED if bleed else 0:g}mm }}\n"


def text_rule(size: float) -> str:
    """Say in CSS how large the text is, in points. All other sizes are relative to it."""
    return f"html {{ font-size: {size:g}pt }}\n"
