"""What a finished PDF says of itself: the source that is embedded in it."""

from pathlib import Path
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
    """The part of an embedded source that tells which leaflet it is, and from what it was made."""

    edition: Name
    digest: str
    text_digest: str
    topic: Version


_SOURCE: Final = TypeAdapter(Source)


def source(path: Path) -> Source | None:
    """Give the source embedded in a PDF, or None if this is no PDF, or none of ours."""
    try:
        with pikepdf.open(path) as pdf:
            return _SOURCE.validate_json(pdf.attachments[ATTACHMENT].get_file().read_bytes())
    except (pikepdf.PdfError, OSError, KeyError, ValueError):
        return None
