"""What a finished PDF says of itself: the source that is embedded in it."""

from io import BytesIO
from typing import Final

import pikepdf
from pydantic import BaseModel, TypeAdapter

from careleaf.pdf.engine import ATTACHMENT


class Name(BaseModel):
    """What names an Edition."""

    topic: str
    lang: str
    clinic: str
    format: str
    path: str


class Version(BaseModel):
    """Of the topic's own fields, the one that staff ask for."""

    version: int


class Source(BaseModel):
    """The part of an embedded source that tells which leaflet it is, and from what it was made.

    `places` are those of a personal sheet.
    """

    edition: Name
    digest: str
    text_digest: str
    topic: Version
    places: tuple[str, ...] = ()


_SOURCE: Final = TypeAdapter(Source)


END: Final = b"%%EOF\n"


def source(content: bytes) -> Source | None:
    """Give the source embedded in a PDF, or None if this is no PDF, or none of ours.

    Of a PDF that was added to, what it said before: else who adds to it could have it say something else.
    """
    first = content[: content.find(END) + len(END)]
    return _embedded(first) or _embedded(content)


def _embedded(content: bytes) -> Source | None:
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            return _SOURCE.validate_json(pdf.attachments[ATTACHMENT].get_file().read_bytes())
    except (pikepdf.PdfError, OSError, KeyError, ValueError):
        return None


def is_whole(content: bytes) -> bool:
    """Say whether a PDF was written at once, and is all there."""
    return content.count(b"startxref") == 1 and content.rstrip().endswith(END.rstrip())
