"""QR codes: just the address that is printed beside them, as a drawing.

ISO/IEC 18004. Error correction M (a seventh of the code may be lost to a stain), and the quiet zone of four
modules that readers need is part of the drawing, so that no style sheet can take it away.
"""

import hashlib
from functools import lru_cache
from io import BytesIO


def file(address: str) -> str:
    """Name the drawing of an address."""
    return f"qr/{hashlib.sha256(address.encode()).hexdigest()[:12]}.svg"


@lru_cache
def code(address: str) -> bytes:
    """Draw the QR code of an address, black on white."""
    import segno  # noqa: PLC0415 # a tenth of the time of a build with nothing to do

    drawing = BytesIO()
    segno.make_qr(address, error="m", boost_error=False).save(
        drawing,
        kind="svg",
        border=4,
        dark="#000000",
        light="#ffffff",
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return drawing.getvalue()
