"""A page for a screen as a picture, for people who look at it before it goes out."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from weasyprint import CSS, HTML

from careleaf.model import Artifact
from careleaf.pdf.assets import BASE, Assets
from careleaf.pdf.raster import long_picture

DOTS: Final = 96
"""CSS pixels in an inch."""
SHARPNESS: Final = 2
"""Dots of the picture for each CSS pixel, as on a telephone."""
LONGEST: Final = 4000
"""CSS pixels of a page of the PDF in between; what is longer goes on below, after a line's break."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page, and how many CSS pixels wide its screen is. `name` is for who is told of a fault."""

    name: str
    path: str
    markup: str = field(repr=False)
    width: int


def picture(screen: Screen) -> Artifact:
    """Draw a page as one long PNG, as it looks on a light ground. It may load nothing."""
    size = CSS(string=f"@page {{ size: {screen.width}px {LONGEST}px; margin: 0 }}")
    html = HTML(string=screen.markup, base_url=BASE, url_fetcher=Assets({}))
    drawn = long_picture(html.write_pdf(stylesheets=[size], presentational_hints=True), DOTS * SHARPNESS)
    file = BytesIO()
    drawn.save(file, "PNG", optimize=True)
    return Artifact(screen.path, file.getvalue(), 1)
