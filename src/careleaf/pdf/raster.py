"""PDF pages as pictures, for people who compare them on a screen."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import pypdfium2

POINTS: Final = 72
"""A PDF's own units in an inch."""


def pictures(content: bytes, resolution: int) -> Iterator[bytes]:
    """Yield each page as a PNG, in a resolution in dots per inch."""
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            file = BytesIO()
            page.render(scale=resolution / POINTS).to_pil().save(file, "PNG", optimize=True)
            yield file.getvalue()
    finally:
        document.close()
