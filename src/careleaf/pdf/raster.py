"""PDF pages as pictures, for people who compare them on a screen."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import pypdfium2
from PIL.Image import Image

POINTS: Final = 72
"""A PDF's own units in an inch."""


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
