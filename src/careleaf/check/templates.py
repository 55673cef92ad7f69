"""Rules for formats and templates: complete, and nothing is fetched from elsewhere."""

import re
from collections.abc import Iterator
from typing import Final

from careleaf.findings import Finding
from careleaf.model import Library
from careleaf.writers import WRITERS

# A load, not a link: a page may link to its sources, but must never fetch anything.
REMOTE: Final = re.compile(
    r"""(?:url\(\s*["']?|@import\s+["']|\bsrc\s*=\s*["']?|<link\b[^>]*\bhref\s*=\s*["']?)\s*(?:[a-z+.-]+:)?//""",
    re.IGNORECASE,
)


def remote(library: Library) -> Iterator[Finding]:
    """A leaflet is made of the library's own files alone."""
    for name, text in library.templates.items():
        for match in REMOTE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            message, mend = "a file is fetched from another place", "Put the file into the library."
            yield Finding(f"templates/{name}", line, "remote", message, mend)


def complete(library: Library) -> Iterator[Finding]:
    """Every format has its page, and a writer that careleaf has."""
    for format_ in library.formats.values():
        file = f"templates/{format_.folder}/format.yaml"
        if format_.writer not in WRITERS:
            mend = f"Choose from: {', '.join(sorted(WRITERS))}."
            yield Finding(file, format_.line, "writer", f"there is no writer {format_.writer}", mend)
        if format_.page not in library.templates:
            mend = "Add it: see a neighbouring format."
            yield Finding(file, format_.line, "template", f"templates/{format_.page} is missing", mend)


RULES = (remote, complete)
