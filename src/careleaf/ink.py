"""Colours turned into greys of the same lightness: what a leaflet in grey ink is painted with.

Done to the style sheet and the drawings before the page is laid out, so that neither a clinic's own drawing
nor a new format can forget it. Converting the finished PDF would lose its tags.
"""

import re
from codecs import BOM_UTF8
from functools import lru_cache
from io import BytesIO
from typing import Final

COLOUR: Final = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
PALE: Final = 0.85
"""Grounds lighter than this become white paper: toner is dear, and a photocopy makes them blotches."""


def grey(text: str) -> str:
    """Turn every colour of a style sheet or a drawing into a grey."""
    return COLOUR.sub(lambda match: _grey(match[0][1:]), text)


def _grey(digits: str) -> str:
    full = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)  # noqa: PLR2004 # #rrggbb
    red, green, blue = (int(full[place : place + 2], 16) / 255 for place in (0, 2, 4))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    level = 255 if luma > PALE else round(luma * 255)
    return f"#{level:02x}{level:02x}{level:02x}"


@lru_cache
def grey_asset(content: bytes) -> bytes:
    """Turn a picture into one in greys: a drawing stays a drawing, dots become a PNG."""
    drawing = content.removeprefix(BOM_UTF8).lstrip()
    return grey(drawing.decode()).encode() if drawing.startswith(b"<") else _grey_dots(content)


def _grey_dots(content: bytes) -> bytes:
    from PIL import Image  # noqa: PLC0415 # only a clinic with such a logo pays for it

    file = BytesIO()
    with Image.open(BytesIO(content)) as picture:
        alpha = picture.convert("RGBA").getchannel("A")
        Image.merge("LA", (picture.convert("L"), alpha)).save(file, "PNG", optimize=True)
    return file.getvalue()
