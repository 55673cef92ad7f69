"""PDF pages as pictures, for people who compare them on a screen."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import pypdfium2
from PIL import ImageChops
from PIL.Image import Image, new

POINTS: Final = 72
"""A PDF's own units in an inch."""
MARGIN: Final = 32
"""Dots of ground that stay below a page's last line."""


def picture(page: pypdfium2.PdfPage, resolution: int) -> Image:
    """Give one page as a picture in red, green and blue."""
    drawn: Image = page.render(scale=resolution / POINTS, rev_byteorder=True).to_pil()
    return drawn.convert("RGB")


def pages(content: bytes, resolution: int) -> Iterator[Image]:
    """Yield each page of a PDF as a picture."""
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            yield picture(page, resolution)
    finally:
        document.close()


def pictures(content: bytes, resolution: int) -> Iterator[bytes]:
    """Yield each page as a PNG, in a resolution in dots per inch."""
    for drawn in pages(content, resolution):
        file = BytesIO()
        drawn.save(file, "PNG", optimize=True)
        yield file.getvalue()


def long_picture(content: bytes, resolution: int) -> Image:
    """Give the first page of a PDF as a picture, without the empty ground below its last line."""
    drawn = next(pages(content, resolution))
    ground = new("RGB", drawn.size, drawn.getpixel((0, drawn.height - 1)))
    used = ImageChops.difference(drawn, ground).getbbox()
    end = used[3] + MARGIN if used else drawn.height
    return drawn.crop((0, 0, drawn.width, min(end, drawn.height)))
