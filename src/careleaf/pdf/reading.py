"""What a finished PDF says of itself: the source that is embedded in it."""

import json
from pathlib import Path
from typing import Any

import pikepdf

from careleaf.pdf.engine import ATTACHMENT


def source(path: Path) -> dict[str, Any] | None:
    """Give the source embedded in a PDF, or None if this is no PDF, or none of ours."""
    try:
        with pikepdf.open(path) as pdf:
            content = pdf.attachments[ATTACHMENT].get_file().read_bytes()
            found = json.loads(content)
    except (pikepdf.PdfError, OSError, KeyError, ValueError):
        return None
    return found if isinstance(found, dict) and "edition" in found else None
