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
    """Give the pages of a PDF below one another, without the empty ground below the last line."""
    drawn = list(pages(content, resolution))
    whole = new("RGB", (drawn[0].width, sum(each.height for each in drawn)))
    for number, each in enumerate(drawn):
        whole.paste(each, (0, sum(above.height for above in drawn[:number])))
    ground = new("RGB", whole.size, whole.getpixel((0, whole.height - 1)))
    used = ImageChops.difference(whole, ground).getbbox()
    end = used[3] + MARGIN if used else whole.height
    return whole.crop((0, 0, whole.width, min(end, whole.height)))
